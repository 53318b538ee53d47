"""Quotas. Source: API Gateway Developer Guide, "Quotas for configuring and running an HTTP API"."""

INTEGRATION_TIMEOUT_MS = (50, 30_000)
ROUTES = 300
INTEGRATIONS = 300
STAGES = 10
PAYLOAD_BYTES = 10 * 1024 * 1024
TAGS = 50
