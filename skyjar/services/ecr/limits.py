"""Quotas and defaults. Source: ECR User Guide, "Amazon ECR service quotas"; API reference."""

REPOSITORIES = 100_000
RESULTS = 100
TAGS = 50
LIFECYCLE_RULES = 50
POLICY_CHARS = 10_240
