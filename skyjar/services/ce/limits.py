"""Source: Cost Explorer API reference, "Quotas and restrictions" of the Billing User Guide, 2026."""

DAY_S = 86_400
MONTHS_DAILY = 14  # what is older is there from the first of a month only
MONTHS = 38
GROUPS = 2  # dimensions to group by
PAGE = 5_000  # ours: groups in one answer
VALUES_PAGE = 1_000
