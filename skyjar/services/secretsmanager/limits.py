"""Quotas and defaults. Source: Secrets Manager User Guide, "AWS Secrets Manager quotas"; API reference."""

VALUE_BYTES = 65_536
VERSIONS = 100
VERSION_KEPT_S = 86_400  # however many there are
STAGES = 20  # per version
TAGS = 50
POLICY_CHARS = 20_480
RECOVERY_DAYS = (7, 30)
RECOVERY_DEFAULT_DAYS = 30
PASSWORD_LENGTH = 32
PASSWORD_LENGTH_MOST = 4_096
ROTATION_DAYS = (1, 1_000)
ROTATION_HOURS_LEAST = 4
RESULTS = 100
BATCH_RESULTS = 20
DAY_S = 86_400

# Not AWS's, which says nothing of it: how often a failed rotation is tried, and how long it rests in between.
ROTATION_TRIES = 5
ROTATION_REST_S = 300
