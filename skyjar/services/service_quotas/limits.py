"""Defaults. Source: Service Quotas API reference and User Guide, 2026."""

RESULTS = 100
TAGS = 50
HISTORY_S = 90 * 86_400  # how long requests that were closed are shown (User Guide, "Viewing quota request history")
SMALL = 2  # our own, AWS does not say: times what holds, up to which nobody is asked
PENDING_S = 1.0  # our own: so long a request is PENDING
