"""Quotas and defaults. Source: IAM User Guide, "IAM and AWS STS quotas"."""

from skyjar.kernel.quotas import Published

QUOTAS = {
    "users": (5_000, "Users of an account"),
    "groups": (300, "Groups of an account"),
    "roles": (1_000, "Roles of an account"),
    "policies": (1_500, "Customer managed policies of an account"),
}
PUBLISHED_AS = "AWS Identity and Access Management (IAM)"
PUBLISHED = {
    "users": Published("L-F55AF5E4", "Users per account", is_adjustable=False, is_global=True),
    "groups": Published("L-F4A5425F", "Groups per account", is_global=True, most=500),
    "roles": Published("L-FE177D64", "Roles per account", is_global=True, most=5_000),
    "policies": Published("L-E95E4862", "Customer managed policies per account", is_global=True, most=5_000),
}
INSTANCE_PROFILES = 1_000
GROUPS_PER_USER = 10
ATTACHED_POLICIES = 10  # of a user, group or role
KEYS_PER_USER = 2
VERSIONS_PER_POLICY = 5
ROLES_PER_PROFILE = 1
TAGS = 50
TAG_KEY_LENGTH = 128
TAG_VALUE_LENGTH = 256
MANAGED_POLICY_CHARS = 6_144  # white space is not counted
TRUST_POLICY_CHARS = 2_048
INLINE_CHARS = {"user": 2_048, "group": 5_120, "role": 10_240}  # all inline policies of one together
SESSION_DEFAULT_S = 3_600
SESSION_S = (3_600, 43_200)
LIST_ITEMS = 100
SIGNING_CERTIFICATES_PER_USER = 2
SERVER_CERTIFICATES = 20
MFA_DEVICES_PER_USER = 8
MFA_SEED_BYTES = 40  # 64 characters of Base32, as AWS shows them
ISSUERS = 100
CLIENTS_PER_ISSUER = 100
THUMBPRINTS = 5
SAML_PROVIDERS = 100
SAML_PRIVATE_KEYS = 2
SAML_METADATA_S = 3_155_760_000  # a hundred years: how long metadata without an end is valid
SALT_BYTES = 16
PASSWORDS_REMEMBERED = 24
SSH_KEYS_PER_USER = 5
CREDENTIALS_PER_SERVICE = 2
BEARER_SERVICES = ("bedrock.amazonaws.com", "logs.amazonaws.com")
CREDENTIAL_SERVICES = ("codecommit.amazonaws.com", "cassandra.amazonaws.com", *BEARER_SERVICES)
CREDENTIAL_REPORT_S = 14_400
DAY_S = 86_400
ACCESS_REPORT_S = 604_800  # how long a report is kept at least
