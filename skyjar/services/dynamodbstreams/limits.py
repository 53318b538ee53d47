"""Quotas and defaults. Source: DynamoDB Developer Guide, "Change data capture for DynamoDB Streams"; API reference."""

RETENTION_MS = 86_400_000
SHARD_MS = 4 * 3_600_000  # how long a shard is written to before another takes its place
ITERATOR_MS = 900_000
LIST_STREAMS = 100
DESCRIBE_SHARDS = 100
GET_RECORDS = 1_000
GET_RECORDS_BYTES = 1_048_576
LISTS_A_SECOND = 5  # API reference, ListStreams
DESCRIBES_A_SECOND = 10  # API reference, DescribeStream; ours: of one stream
READS_A_SECOND = 5  # of one shard, where AWS's timing is asked for; AWS documents none
TRIM_PAUSE_S = 60.0
