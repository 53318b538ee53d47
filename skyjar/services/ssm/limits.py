"""Quotas and defaults. Source: Systems Manager User Guide, "Parameter Store" quotas; API reference."""

STANDARD_CHARS = 4_096
ADVANCED_CHARS = 8_192
STANDARD_PARAMETERS = 10_000  # in an account and Region
ADVANCED_PARAMETERS = 100_000  # in an account and Region
POLICIES = 10  # per parameter
SHARING_POLICY_CHARS = 10_240
VERSIONS = 100
NAME_LENGTH = 1_011  # of the whole ARN
LEVELS = 15
LABELS = 10  # per version
LABEL_LENGTH = 100
TAGS = 50
BY_PATH_RESULTS = 10
RESULTS = 50

# Not AWS's: how long a user's AllowedPattern may take, so that it cannot hold up everybody else.
PATTERN_S = 0.1
