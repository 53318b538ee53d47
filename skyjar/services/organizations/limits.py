"""Quotas and defaults. Source: Organizations User Guide, "Quotas and service limits"; API reference."""

ACCOUNTS = 10  # invitations that are open count as well
UNITS = 2_000
UNIT_LEVELS = 5
REMOVABLE_AFTER_DAYS = 7  # an account that was created here
CLOSED_DAYS = 90  # until a closed account is gone for good
CLOSED_SHARE = 10  # percent of the members that can be closed in CLOSED_PERIOD_DAYS, at least CLOSED_LEAST
CLOSED_LEAST = 10
CLOSED_PERIOD_DAYS = 30
INVITATION_DAYS = 15
ALL_FEATURES_DAYS = 90
ENDED_HANDSHAKE_DAYS = 30  # how long one that has ended is still listed
TAGS = 50
RESULTS = 20
DELEGATED_ADMINISTRATORS = 5  # for each service; AWS has other numbers for some services
RESOURCE_POLICY_CHARS = 40_000
DAY_S = 86_400

# By type of policy: characters of a document, policies in the organization, policies attached in one place.
POLICIES = {
    "SERVICE_CONTROL_POLICY": (5_120, 10_000, 5),
    "RESOURCE_CONTROL_POLICY": (5_120, 1_000, 5),
    "TAG_POLICY": (10_000, 1_000, 10),
    "BACKUP_POLICY": (10_000, 1_000, 10),
    "AISERVICES_OPT_OUT_POLICY": (2_500, 1_000, 5),
    "CHATBOT_POLICY": (10_000, 1_000, 5),
    "DECLARATIVE_POLICY_EC2": (10_000, 1_000, 10),
}
