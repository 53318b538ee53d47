"""Quotas and defaults. Source: IAM User Guide, "IAM Access Analyzer quotas", "Understand how IAM Access Analyzer works"; API
reference."""

ANALYZERS = {"ACCOUNT": 1, "ACCOUNT_UNUSED_ACCESS": 1, "ORGANIZATION": 5, "ORGANIZATION_UNUSED_ACCESS": 5}
ARCHIVE_RULES = 100  # per analyzer
FILTER_VALUES = 20  # per criterion
EXCLUSIONS = 100
TAGS = 50
UNUSED_DAYS = 90
UNUSED_DAYS_MOST = 365
DAY_S = 86_400
SCAN_EVERY_S = DAY_S
NOTICE_S = 60  # from a change to the scan that it causes; AWS's own takes up to 30 minutes
RESOLVED_KEPT_S = 90 * DAY_S
PAGE = 100
VALIDATION_PAGE = 100
POLICY_CHARS = 40_960  # of a policy that is checked
GENERATIONS = 1  # at a time
GENERATION_KEPT_S = 7 * DAY_S
GENERATION_RANGE_S = 90 * DAY_S
TOKEN_S = DAY_S  # how long a client token counts
LOG_FILES = 200  # read in one go
LOG_FILES_MOST = 10_000  # of one generation
LOG_FILE_BYTES = 64 * 1_048_576
