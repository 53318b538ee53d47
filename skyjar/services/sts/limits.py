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
SWEEP_S = 3_600  # how long after its end a session's row is kept at least

# A session token begins like AWS's, then names us: a token whose row has been swept is told from one of AWS's own.
SESSION_MARK = "IQoJb3JpZ2luX2VjU2t5amFy"
