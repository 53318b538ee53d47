"""Quotas and defaults. Source: DynamoDB Developer Guide, "Quotas in Amazon DynamoDB", and the API reference."""

from skyjar.kernel.quotas import Published

ITEM_BYTES = 409_600
HASH_KEY_BYTES = 2_048
RANGE_KEY_BYTES = 1_024
UNITS = 1_000_000_000_000  # of a throughput that is looked at at all
PLACEHOLDER = 255  # the length of a #name or :value, with its sign
NESTING = 32  # levels of an item, its attributes being the first
VALUE_NESTING = (
    63  # of a value of a transaction's expressions (measured on AWS, in the tests of the project dynamodb-conformance)
)
PAGE_BYTES = 1_048_576  # read by one Query or Scan, before its filter
BATCH_GET_KEYS = 100
BATCH_GET_BYTES = 16 * 1_048_576
BATCH_WRITES = 25
TRANSACTION_ITEMS = 100
TRANSACTION_BYTES = 4 * 1_048_576
TOKEN_S = 600
EXPRESSION_BYTES = 4_096
OPERATORS = 300
IN_OPERANDS = 100
PATH_DEPTH = 32
EXPRESSION_DEPTH = 100  # of parentheses; ours, so that a hostile expression cannot exhaust the stack
KEY_ATTRIBUTES = (
    4  # of the partition key, and of the sort key, of a global index; Developer Guide, "Multi-attribute keys pattern"
)
LOCAL_INDEXES = 5
GLOBAL_INDEXES = 20
PROJECTED_ATTRIBUTES = 100  # non-key attributes of all INCLUDE projections of a table
NAME_LENGTH = (3, 255)
LIST_TABLES = 100
TAGS = 50
DECREASES_A_DAY = 27
QUOTAS = {
    "tables": (2_500, "Tables in an account and Region"),
    "on-demand-read-units": (12_000, "Read units per second of a new on-demand table or index"),
    "on-demand-write-units": (4_000, "Write units per second of a new on-demand table or index"),
    "partition-read-units": (3_000, "Read units per second of one partition key of a table or global index"),
    "partition-write-units": (1_000, "Write units per second of one partition key of a table or global index"),
    "partition-reserve": (
        30,
        "Seconds of that which one partition key of an on-demand table has in reserve; none with --aws-timing",
    ),
    "table-read-units": (40_000, "Read units per second of a table or index"),
    "table-write-units": (40_000, "Write units per second of a table or index"),
    "on-demand-switches": (4, "Changes of a table from provisioned to on-demand in 24 hours"),
    "table-class-changes": (2, "Changes of a table's class in 30 days"),
    "account-read-units": (80_000, "Provisioned read units of all tables and indexes in an account and Region"),
    "account-write-units": (80_000, "Provisioned write units of all tables and indexes in an account and Region"),
}
PUBLISHED_AS = "Amazon DynamoDB"
PUBLISHED = {
    "tables": Published("L-F98FE922", "Maximum number of tables", most=10_000),
    "table-read-units": Published("L-CF0CBE56", "Table-level read throughput limit"),
    "table-write-units": Published("L-AB614373", "Table-level write throughput limit"),
    "account-read-units": Published("L-34F6A552", "Account-level read throughput limit (Provisioned mode)"),
    "account-write-units": Published("L-34F8CCC8", "Account-level write throughput limit (Provisioned mode)"),
}
BURST_S = 300
COUNT_S = 6 * 3_600  # how often ItemCount is brought up to date, where AWS's timing is asked for
EXPIRY_DELAY_S = 60.0  # AWS: within a few days
EXPIRY_AGE_S = 5 * 365 * 86_400  # items that expired longer ago than this are left alone
TTL_CHANGE_S = 3_600
READ_UNIT_BYTES = 4_096
WRITE_UNIT_BYTES = 1_024
COLLECTION_BYTES = 10 * 1024**3
PARTITION_READ_UNITS, PARTITION_WRITE_UNITS = 3_000, 1_000
PEAK_WINDOW_S = 1_800
PARTITIONS_ON_DEMAND = 4
POLICY_BYTES = 20_480
NO_POLICY = "NO_POLICY"  # as an expected revision: there must be no policy yet
BATCH_STATEMENTS = 25
RECOVERY_DAYS = 35
RECOVERY_LAG_S = 300.0
PAGE = 25
IMPORT_BYTES = 64 * 1024**3  # of one object, decompressed; ours, so that a small file cannot fill the disk
IMPORT_LINE_BYTES = 4_194_304  # ours; an item of 400 KB is shorter in every form
DATA_KEY_S = 300.0  # how long an opened data key serves whoever had it opened
ENCRYPTIONS, ENCRYPTION_PAUSE_S = 4, 21_600  # changes of encryption in a day; further ones, six hours after the last
SWITCH_S = 86_400  # from provisioned to on-demand: "up to four times in a 24-hour rolling window"
CLASS_S = 30 * 86_400  # "no more than two table class updates … in a 30-day trailing period"
DESTINATIONS = 2  # Kinesis streams of a table
DESTINATION_RECORDS, DESTINATION_BYTES = 100, 4_194_304  # sent at once; ours
DESTINATION_PAUSE_S = 10.0  # before it is tried again where a stream cannot be written to; ours
REPLICATION_S = 0.5  # until a change goes to the other replicas; AWS: usually within a second
REPLICATION_PAUSE_S = 30.0  # before replication is tried again that failed for good
REPLICA_EXPIRY_DELAY_S = 30.0  # replicas but the first delete what expired later, so that one of them does it
REPLICA_SOURCE_S = 86_400.0  # "acted as a source region … in the last 24 hours"
CONTRIBUTORS = 500  # keys kept of a minute by contributor insights (our own)
INSIGHTS_PAGE = 100  # API reference, ListContributorInsights, MaxResults
