"""S3 Control's quotas. Source: "Access points restrictions and limitations", "Amazon S3 quotas", and the API reference."""

POINTS = 10_000  # access points of an account in a Region
NAME_LENGTH = 50
ALIAS_LENGTH = 63
ALIAS_NOISE = 34  # letters and digits that make an alias its own
OBJECT_LAMBDAS = 1000  # Object Lambda access points of an account in a Region
POLICY_BYTES = 20 * 1024
PAGE = 1000
TAGS = 50  # of an access point or a job
TAG_KEY_LENGTH = 128
TAG_VALUE_LENGTH = 256

# Multi-Region access points. Source: "Multi-Region Access Point restrictions and limitations", "Rules for naming Amazon S3
# Multi-Region Access Points".
MULTI_REGION_POINTS = 100  # of an account
MULTI_REGION_REGIONS = 17  # of one of them
MULTI_REGION_ALIAS = 13  # letters and digits before `.mrap`
MULTI_REGION_HOME = ("us-west-2",)  # where they are managed
MULTI_REGION_FAILOVER = ("us-east-1", "us-west-2", "ap-southeast-2", "ap-northeast-1", "eu-west-1")
MULTI_REGION_PLACES = frozenset(
    ("us-east-1", "us-east-2", "us-west-1", "us-west-2", "ap-south-1", "ap-northeast-3", "ap-northeast-2",
     "ap-southeast-1", "ap-southeast-2", "ap-northeast-1", "ca-central-1", "eu-central-1", "eu-west-1", "eu-west-2",
     "eu-west-3", "eu-north-1", "sa-east-1", "af-south-1", "ap-east-1", "ap-southeast-3", "ap-southeast-4",
     "ap-south-2", "ca-west-1", "eu-central-2", "eu-south-1", "eu-south-2", "il-central-1", "me-south-1",
     "me-central-1")
)  # fmt: skip
REQUESTS_KEPT_S = 90 * 86_400  # ours: how long an asynchronous request can be described

# Batch operations. Source: "Amazon S3 quotas", "Managing S3 Batch Operations jobs".
FAILING_TASKS = 1000  # from here on a job fails whose failures are more than half of what was done
KEPT_S = 90 * 86_400  # how long a job that has ended is kept
SUSPENDED_S = 30 * 86_400  # how long a job waits for its confirmation
MANIFEST_BYTES = 256 * 1024**2  # ours
TASKS = 200_000  # ours: of a job; AWS takes 20 thousand million
TASKS_STEP = 50  # ours: done in one transaction
TASKS_PAGE = 5000  # ours: read of a manifest in one transaction
TASK_TRIES = 5  # ours: of a function that answers TemporaryFailure
