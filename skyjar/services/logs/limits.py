"""Quotas. Source: CloudWatch Logs User Guide, "CloudWatch Logs quotas", and the API reference of PutLogEvents."""

BATCH_BYTES = 1_048_576
BATCH_EVENTS = 10_000
EVENT_OVERHEAD_BYTES = 26
EVENT_BYTES = 1_048_576  # 1 MB since April 2025
BATCH_SPAN_MS = 24 * 3_600_000
FUTURE_MS = 2 * 3_600_000
PAST_MS = 14 * 24 * 3_600_000
RETENTION_DAYS = frozenset(
    (1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653)
)
DAY_MS = 24 * 3_600_000
DESCRIBED = 50
EVENTS_RETURNED = 10_000
BYTES_RETURNED = 1_048_576
GROUPS = 1_000_000
TAGS = 50
FILTER_STREAMS = 100
FILTER_LENGTH = 1_024
METRIC_FILTERS = 100  # of a group
FILTER_DIMENSIONS = 3

# Not AWS's figure, which tells only of "up to 5 minutes" until a change of keys takes effect.
DATA_KEY_S = 300
