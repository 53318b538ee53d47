"""Quotas and defaults. Source: CloudWatch User Guide, "CloudWatch service quotas" and "CloudWatch concepts", and the API
reference of the operation named."""

MINUTE_S = 60
HOUR_S = 3_600
DAY_S = 86_400

DATUMS = 1_000  # of one PutMetricData
VALUES = 150  # distinct values of one datum
VALUE_MOST = 2.0**360
PAST_S = 14 * DAY_S
FUTURE_S = 2 * HOUR_S
DISTINCT = 1_000  # distinct values kept for percentiles of one point; more are rounded (our own)

# For how long points of a period are kept: (seconds, period below which they are not seen any more).
TIERS = ((3 * HOUR_S, 60), (15 * DAY_S, 300), (63 * DAY_S, HOUR_S))
KEPT_S = 455 * DAY_S
HIGH_RESOLUTION_S = (1, 5, 10, 20, 30)

LISTED = 500  # of one page of ListMetrics
LISTED_S = 14 * DAY_S
RECENT_S = 3 * HOUR_S
FILTERED_DIMENSIONS = 10

STATISTICS_POINTS = 1_440  # of one GetMetricStatistics
QUERIES = 500  # of one GetMetricData
DATA_POINTS = 100_800
SEARCHED = 500  # metrics of one SEARCH

ALARMS_DESCRIBED = 50
ALARMS_DELETED = 100
ALARM_SPAN_S = 7 * DAY_S  # of all evaluation periods, when the period is an hour or more
ALARM_SPAN_SHORT_S = DAY_S  # when it is shorter
ALARM_ACTIONS = 5
ALARM_METRICS = 10
PERIODS_MORE = 2  # points looked at beyond the evaluation periods; AWS says only that there are some
HISTORY_S = 30 * DAY_S
HISTORY_PAGE = 100
RULE_LENGTH = 10_240
RULE_ALARMS = 100
TAGS = 50

DASHBOARD_WIDGETS = 500
DASHBOARD_WIDTH = 24
DASHBOARD_HEIGHT = 1_000
