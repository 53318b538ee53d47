"""Quotas. Source: CloudFormation User Guide, "Understand CloudFormation quotas"."""

TEMPLATE_BODY_BYTES = 51_200
TEMPLATE_URL_BYTES = 1_000_000
STACK_NAME_LENGTH = 128
TAGS = 50
OUTPUTS = 200
PARAMETERS = 200
PAGE = 100
RESPONSE_BYTES = 4_096  # of a custom resource
SERVICE_TIMEOUT_S = 3_600

# Not AWS's: how long a description of work in progress is held back, so that waiters, which look every 5 to 30 seconds,
# see the end at their first look. Never longer than an HTTP client would notice.
HELD_S = 4.0
