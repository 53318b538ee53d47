"""Quotas and defaults. Source: STS API reference; IAM User Guide, "IAM and AWS STS quotas"."""

SESSION_LEAST_S = 900
ROLE_DEFAULT_S = 3_600
CHAINED_S = 3_600
ROOT_S = 3_600
USER_S = 129_600
USER_DEFAULT_S = 43_200
SESSION_POLICY_CHARS = 2_048
PACKED_CHARS = (
    2_048 + 10 * 200 + 50 * 384
)  # what is 100 % of PackedPolicySize here: policy, ARNs and tags as plain text
SESSION_POLICY_ARNS = 10
TAGS = 50
TAG_KEY_CHARS = 128
TAG_VALUE_CHARS = 256
SWEEP_S = 3_600  # how long after its end a session's row is kept at least
TOKEN_BYTES = 4_096
WEB_TOKEN_DEFAULT_S = 300
WEB_TOKEN_ALGORITHMS = ("RS256", "ES384")
BUILT_IN_ISSUERS = ("https://accounts.google.com",)
CLAIM_CHARS = 2_048
LATEST_TIME = 1e11  # seconds; beyond any date
SKEW_S = 300  # how far the clock of an identity provider may be ahead
SAML_S = 300  # how long after it was issued a SAML response may be shown

# The claims of a token that are condition keys besides aud, oaud, sub and amr, for the issuers whose claims AWS checks.
CLAIMS_OF = {
    "accounts.google.com": ("email", "email_verified"),
    "token.actions.githubusercontent.com": (
        "actor",
        "actor_id",
        "enterprise_id",
        "environment",
        "job_workflow_ref",
        "ref",
        "repository",
        "repository_id",
        "workflow",
    ),
}
# Condition keys of SAML attributes. Source: IAM User Guide, "Available keys for SAML-based AWS STS federation".
SAML_KEYS = {
    "urn:oid:1.3.6.1.4.1.5923.1.1.1.1": "edupersonaffiliation",
    "urn:oid:1.3.6.1.4.1.5923.1.1.1.2": "edupersonnickname",
    "urn:oid:1.3.6.1.4.1.5923.1.1.1.3": "edupersonorgdn",
    "urn:oid:1.3.6.1.4.1.5923.1.1.1.4": "edupersonorgunitdn",
    "urn:oid:1.3.6.1.4.1.5923.1.1.1.5": "edupersonprimaryaffiliation",
    "urn:oid:1.3.6.1.4.1.5923.1.1.1.6": "edupersonprincipalname",
    "urn:oid:1.3.6.1.4.1.5923.1.1.1.7": "edupersonentitlement",
    "urn:oid:1.3.6.1.4.1.5923.1.1.1.8": "edupersonprimaryorgunitdn",
    "urn:oid:1.3.6.1.4.1.5923.1.1.1.9": "edupersonscopedaffiliation",
    "urn:oid:1.3.6.1.4.1.5923.1.1.1.10": "edupersontargetedid",
    "urn:oid:1.3.6.1.4.1.5923.1.1.1.11": "edupersonassurance",
    "urn:oid:2.5.4.3": "commonName",
    "urn:oid:2.5.4.4": "surname",
    "urn:oid:2.5.4.41": "name",
    "urn:oid:2.5.4.42": "givenName",
    "urn:oid:2.5.4.45": "x500UniqueIdentifier",
    "urn:oid:0.9.2342.19200300.100.1.1": "uid",
    "urn:oid:0.9.2342.19200300.100.1.3": "mail",
    "urn:oid:0.9.2342.19200300.100.1.45": "organizationStatus",
}

# A session token begins like AWS's, then names us: a token whose row has been swept is told from one of AWS's own.
SESSION_MARK = "IQoJb3JpZ2luX2VjU2t5amFy"
