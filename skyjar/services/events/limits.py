"""Quotas and defaults. Source: EventBridge User Guide, "Amazon EventBridge quotas", and the API reference of the operation
that is named."""

ENTRIES = 10  # PutEvents
ENTRIES_BYTES = 1_048_576  # PutEvents: all entries together, less than this
BUSES = 100  # per account and Region
RULES = 300  # per bus
TARGETS = 5  # per rule
POLICY_BYTES = 10_240  # of a bus
PATTERN_LENGTH = 4_096  # PutRule
TAGS = 50
PAGE = 100
TIME_BYTES = 14  # what an entry's Time counts for
TARGET_INPUT_BYTES = 8_192
RETRIES = 185  # "Retry policy and dead-letter queues": the default, and the most
EVENT_AGE_S = 86_400
BACKOFF_S = (1.0, 600.0)  # AWS says "exponential back off"; the first pause and the longest are our own
ARCHIVES = 100
REPLAYS_AT_ONCE = 10
CONNECTIONS = 3_000
API_DESTINATIONS = 3_000
API_RATE_PER_S = 300  # CreateApiDestination: the default
HTTP_TIMEOUT_S = 5.0  # "API destinations": requests time out after five seconds
TOKEN_S = 3_600.0  # an OAuth token without expires_in
HOPS = 8  # from bus to bus; a limit of Skyjar's own, against circles
