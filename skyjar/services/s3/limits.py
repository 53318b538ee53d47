"""S3's quotas and defaults, each with its unit. Source: "Amazon S3 quotas" and the API reference, 2026."""

from skyjar.kernel.quotas import Published

KIB, MIB, GIB, TIB = 1024, 1024**2, 1024**3, 1024**4

PUBLISHED_AS = "Amazon Simple Storage Service (Amazon S3)"
PUBLISHED = {"buckets": Published("L-DC2B2D3D", "General purpose buckets", is_global=True, most=1_000_000)}
BUCKETS_PAGE = 10_000
KEY_BYTES = 1024
METADATA_BYTES = 2 * KIB
OBJECT_TAGS = 10
BUCKET_TAGS = 50
TAG_KEY_LENGTH = 128
TAG_VALUE_LENGTH = 256
PUT_BYTES = 5 * GIB
OBJECT_BYTES = 50 * 10**12  # 50 TB since December 2025
PART_BYTES_LEAST = 5 * MIB
PART_BYTES = 5 * GIB
PARTS = 10_000
LIST_KEYS = 1000
DELETE_KEYS = 1000
POLICY_BYTES = 20 * KIB
RULE_ID = 255  # characters of the name of a lifecycle or replication rule
LIFECYCLE_RULES = 1000
NEWER_VERSIONS = 100  # that a lifecycle rule can keep (API reference, NoncurrentVersionExpiration)
FILTER_BYTES = 1000 * TIB  # the most that a lifecycle rule's filter can say of a size
CORS_RULES = 100
FORM_FIELDS_BYTES = 20 * KIB  # of a browser's form, before its file
REPLICATION_RULES = 1000
METERED_COPIES = 1000  # ours: of those that wait, what replication metrics look at
REPLICATION_MINUTES = 15  # of S3 Replication Time Control: there is no other threshold
ROUTING_RULES = 50
NAMED_CONFIGURATIONS = 1000  # of a bucket: inventories, and as many each of metrics, analytics and tierings
TIERING_DAYS = {"ARCHIVE_ACCESS": (90, 730), "DEEP_ARCHIVE_ACCESS": (180, 730)}  # unused, least and most
INSTANT_DAYS = 90  # unused, until Intelligent-Tiering has it in its archive instant tier
TIERING_BYTES = 128 * KIB  # what is smaller stays in the frequent tier
CONFIGURATIONS_PAGE = 100
ANALYSIS_DAYS = 30  # that storage class analysis looks at before it says anything
STABLE_DAYS = 7  # ours: on which it said the same before it recommends that
INFREQUENT_RATIO = (
    1.0  # ours: retrieved in those days, by stored; what STANDARD_IA saves is what as much costs to retrieve
)
NOTIFICATIONS = 100  # configurations of a bucket
DAY_S = 86_400
TRANSITION_BYTES = 128 * KIB  # what is smaller stays where it is, unless the rule says otherwise
ARCHIVED_BYTES, ARCHIVED_S3_BYTES = 32 * KIB, 8 * KIB  # that an archived object takes beside its size
INFREQUENT_DAYS = 30  # the earliest transition to an infrequent-access class
RETENTION_DAYS = 36_500
RESTORE_S = {  # the longest that a retrieval takes, by class and tier
    "GLACIER": {"Expedited": 5 * 60, "Standard": 5 * 3600, "Bulk": 12 * 3600},
    "DEEP_ARCHIVE": {"Standard": 12 * 3600, "Bulk": 48 * 3600},
}
TIERING_RESTORE_S = {  # and from Intelligent-Tiering's archives
    "ARCHIVE_ACCESS": {"Expedited": 5 * 60, "Standard": 5 * 3600, "Bulk": 12 * 3600},
    "DEEP_ARCHIVE_ACCESS": {"Standard": 12 * 3600, "Bulk": 48 * 3600},
}

LOG_DELAY_S = 300  # ours: AWS delivers within hours
LOG_LINES = 10_000  # ours: in one log object
ANALYSIS_DELAY_S = 300  # ours: after midnight, when the day's last minute has been counted

PREFIX_WRITES = 3_500  # PUT, COPY, POST and DELETE a second of one prefix; "Best practices design patterns"
PREFIX_READS = 5_500  # GET and HEAD
QUOTAS = {
    "buckets": (10_000, "General purpose buckets of an account"),
    "prefix-writes": (
        PREFIX_WRITES,
        "PUT, COPY, POST and DELETE requests a second of one prefix, once set or with --aws-timing",
    ),
    "prefix-reads": (PREFIX_READS, "GET and HEAD requests a second of one prefix, once set or with --aws-timing"),
}

INLINE_BYTES = 16 * KIB
"""Ours: bodies up to here live in the object's record, longer ones in a blob."""

BUCKET_KEY_S = 300
"""Ours: how long a Bucket Key's data key serves its caller."""

MASTER_KEY_S = 365 * DAY_S
"""Ours: how often S3's own key is another one."""

STORAGE_CLASSES = (
    "STANDARD",
    "REDUCED_REDUNDANCY",
    "STANDARD_IA",
    "ONEZONE_IA",
    "INTELLIGENT_TIERING",
    "GLACIER",
    "DEEP_ARCHIVE",
    "GLACIER_IR",
)
