"""Quotas. Source: CloudFormation User Guide, "Understand CloudFormation quotas"."""

TEMPLATE_BODY_BYTES = 51_200
TEMPLATE_URL_BYTES = 1_000_000
STACK_NAME_LENGTH = 128
TAGS = 50
OUTPUTS = 200
PARAMETERS = 200
PAGE = 100
