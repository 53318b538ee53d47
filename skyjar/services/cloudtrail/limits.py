"""Quotas and defaults. Source: CloudTrail User Guide, "Quotas in AWS CloudTrail"; API reference."""

TRAILS = 5  # per Region
SELECTORS = 5
DATA_RESOURCES = 250  # of all selectors of a trail
CONDITIONS = 500  # of all advanced selectors of a trail
TAGS = 50
LOOKED_UP = 50  # events of one answer
HISTORY_DAYS = 90
DAY_S = 86_400
DELIVERY_S = 300  # CloudTrail delivers "about every five minutes"
DIGEST_S = 3_600
FILE_EVENTS = 10_000
LOG_EVENTS = 1_000  # of one call to CloudWatch Logs
LOG_EVENT_BYTES = 262_144
KEY_BITS = 2_048
KEY_DAYS = 365 * 10  # a signing key is not replaced here
