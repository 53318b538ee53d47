"""Quotas and defaults. Source: KMS Developer Guide, "Resource quotas" and "Request quotas"; API reference."""

KEYS = 100_000  # customer managed keys, per account and Region
ALIASES = 50  # per key
GRANTS = 50_000  # per key
TAGS = 50
POLICY_BYTES = 32_768
CONTEXT_BYTES = 8_192  # of an encryption context, keys and values
CONSTRAINT_PAIRS = 8
CONSTRAINT_CHARS = 384
DELETION_DAYS = (7, 30)
DELETION_DEFAULT_DAYS = 30
ROTATION_DEFAULT_DAYS = 365
ON_DEMAND_ROTATIONS = 25  # per key
IMPORT_TOKEN_S = 86_400
MATERIAL_DAYS = 365  # how long imported material may be valid at most
LISTED_KEYS = 100
LISTED_ALIASES = 50
LISTED_GRANTS = 50
LISTED_POLICIES = 100
LISTED_TAGS = 50
LISTED_ROTATIONS = 100
DAY_S = 86_400
