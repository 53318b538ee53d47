"""S3 Control's quotas. Source: "Access points restrictions and limitations", "Amazon S3 quotas", and the API reference."""

POINTS = 10_000  # access points of an account in a Region
NAME_LENGTH = 50
ALIAS_LENGTH = 63
ALIAS_NOISE = 34  # letters and digits that make an alias its own
POLICY_BYTES = 20 * 1024
PAGE = 1000
