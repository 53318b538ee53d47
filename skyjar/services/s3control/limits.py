"""S3 Control's quotas. Source: "Access points restrictions and limitations", "Amazon S3 quotas", and the API reference."""

POINTS = 10_000  # access points of an account in a Region
NAME_LENGTH = 50
ALIAS_LENGTH = 63
ALIAS_NOISE = 34  # letters and digits that make an alias its own
OBJECT_LAMBDAS = 1000  # Object Lambda access points of an account in a Region
POLICY_BYTES = 20 * 1024
PAGE = 1000

# Batch operations. Source: "Amazon S3 quotas", "Managing S3 Batch Operations jobs".
FAILING_TASKS = 1000  # from here on a job fails whose failures are more than half of what was done
KEPT_S = 90 * 86_400  # how long a job that has ended is kept
SUSPENDED_S = 30 * 86_400  # how long a job waits for its confirmation
MANIFEST_BYTES = 256 * 1024**2  # ours
TASKS = 200_000  # ours: of a job; AWS takes 20 thousand million
TASKS_STEP = 50  # ours: done in one transaction
TASKS_PAGE = 5000  # ours: read of a manifest in one transaction
TASK_TRIES = 5  # ours: of a function that answers TemporaryFailure
