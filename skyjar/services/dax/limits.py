"""Quotas and defaults. Sources: DynamoDB Developer Guide, "Quotas in Amazon DynamoDB" (DAX) and "DAX cluster components"; the API's
reference for the forms of names."""

import re

NAME = re.compile(r"[a-z](?!.*--)[a-z0-9-]{0,18}[a-z0-9]|[a-z]")
NODES = 11  # a primary and ten read replicas
CLUSTERS = 50  # per Region
PARAMETER_GROUPS = 20
TAGS = 50
TTL_MS = 300_000
DEFAULT_GROUP = "default.dax1.0"
QUERY_TTL, RECORD_TTL = "query-ttl-millis", "record-ttl-millis"
NODE_TYPES = re.compile(r"dax\.(r[34567]|t[23])\.(small|medium|large|xlarge|\d+xlarge)")
ZONES = "abc"
PAGE = 100
EVENTS_S = 14 * 86_400
EVENTS_DEFAULT_S = 3_600

SCHEMA_MS = 60_000  # how long a table's key is remembered, as long as clients do
FOREVER_MS = 2**53
CACHED = 100_000  # items, and answers of queries, that a cluster keeps; ours
SWEEP_S = 60.0
SESSION_LEFT_S = 300.0
DATA_KEY_S = 300.0  # how long a cluster's data key stays open; ours, AWS says "not for every DAX operation"
LISTS = 2**31
EMPTY_LIST = 1  # the list of no names has this number; others follow

# What DynamoDB's model says of calls, which the calls here do not pass: API reference of DynamoDB.
BATCH_WRITES = 25
BATCH_READS = 100
TRANSACTION = 100
SEGMENTS = 1_000_000
TABLE_NAME = re.compile(r"[a-zA-Z0-9_.-]{1,255}|arn:[a-zA-Z0-9_./:-]{1,1020}")
