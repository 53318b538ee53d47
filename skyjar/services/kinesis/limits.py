"""Quotas and defaults. Source: Kinesis Data Streams Developer Guide, "Quotas and limits"; the API reference."""

MIB = 1_048_576
SHARD_WRITE_BYTES = MIB  # a second
SHARD_WRITE_RECORDS = 1_000  # a second
SHARD_READ_BYTES = 2 * MIB  # a second, shared by all GetRecords; and again for each consumer
SHARD_READ_CALLS = 5  # a second
PUT_RECORDS_BYTES = 10 * MIB
RECORD_KIB = 1_024
GET_RECORDS = 10_000
GET_RECORDS_BYTES = 10 * MIB
CHUNK_BYTES = 256 * 1_024  # our own: records that came together and lie in one row
ITERATOR_MS = 300_000
TOKEN_MS = 300_000
RETENTION_H = (24, 8_760)
TRIM_PAUSE_S = 60.0
TAGS = 50
DESCRIBE_SHARDS = 100
LIST_SHARDS = 1_000
LIST_STREAMS = 100
LIST_CONSUMERS = 100
CONSUMERS_CREATING = 5
STREAMS_CREATING = 5
CONSUMERS_ADVANTAGE = 50  # with a minimum throughput billing commitment
SUBSCRIPTION_S = 300.0
SUBSCRIPTION_PAUSE_S = 5.0  # how long a subscription cannot be taken over
HEARTBEAT_S = 5.0  # our own: AWS says only that events come while there are no records
SCALINGS_A_DAY = 10
MODE_CHANGES_A_DAY = 2
ON_DEMAND_SHARDS = 4
ON_DEMAND_SHARDS_MOST = 200
GROWTH_S = 60.0  # our own: AWS says within 15 minutes
SHARDS_MOST = 10_000
POLICY_BYTES = 20_480
COMMITMENT_S = 24 * 3600.0
WARM_MIBPS_MOST = 10_240
KEY_REUSE_S = 300.0
HASHES = 2**128

QUOTAS = {
    "shards": (500, "Shards of provisioned streams in an account and Region"),
    "on-demand-streams": (50, "On-demand streams in an account and Region"),
    "consumers": (20, "Registered consumers of a stream"),
    "shard-write-records": (SHARD_WRITE_RECORDS, "Records a second that a shard takes"),
    "shard-write-bytes": (SHARD_WRITE_BYTES, "Bytes a second that a shard takes"),
    "shard-read-calls": (SHARD_READ_CALLS, "GetRecords a second on a shard"),
    "shard-read-bytes": (SHARD_READ_BYTES, "Bytes a second that GetRecords reads of a shard"),
}
