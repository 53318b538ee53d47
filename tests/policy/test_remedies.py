import pytest

from skyjar.policy.evaluation import IDENTITY, RESOURCE, TRUST, Policies
from skyjar.policy.remedies import changes
from skyjar.policy.requests import Request

from .cases import CALLERS, document

QUEUE = "arn:aws:sqs:us-east-1:111122223333:q"
ALL = ("all", document(Resource="*"))
S3 = ("s3", document(Resource="*", Action="s3:*"))
ADD = {"Effect": "Allow", "Action": "sqs:SendMessage", "Resource": QUEUE}
ROLE = {"AWS": "arn:aws:iam::111122223333:role/svc/app"}


def remedy(who, action="sqs:SendMessage", on=QUEUE, context=None, **policies):
    found = changes(Request(CALLERS[who], action, on, context), Policies(**policies))
    return [change.public() for change in found]


def test_what_is_allowed_needs_nothing():
    assert remedy("alice", identity=[ALL]) == []


def test_a_user_needs_one_narrow_statement():
    assert remedy("alice") == [{"kind": IDENTITY, "add": ADD}]


def test_every_limit_is_named():
    found = remedy("alice", boundary=S3, scp=[[ALL], [S3, ("s4", S3[1])]], endpoint=S3)
    assert [(change["kind"], change.get("source", "")) for change in found] == [
        ("service control policy", "s3, s4"),
        ("VPC endpoint policy", "s3"),
        (IDENTITY, ""),
        ("permissions boundary", "s3"),
    ]


def test_a_deny_must_be_lifted():
    deny = ("deny", document(Sid="Never", Effect="Deny", Resource="*"))
    assert remedy("alice", identity=[ALL, deny]) == [{"kind": IDENTITY, "source": "deny", "lift": "Never"}]


def test_another_account_must_allow_as_well():
    found = remedy("bob", resource_account="111122223333")
    assert found == [
        {
            "kind": RESOURCE,
            "add": {"Effect": "Allow", "Principal": {"AWS": "arn:aws:iam::444455556666:user/bob"}, **ADD},
        },
        {"kind": IDENTITY, "add": ADD},
    ]


def test_a_trust_policy_names_the_role_of_a_session_and_no_resource():
    role = "arn:aws:iam::111122223333:role/other"
    found = remedy("session", "sts:AssumeRole", role, resource_required=True, resource_kind=TRUST)
    assert found == [{"kind": TRUST, "add": {"Effect": "Allow", "Principal": ROLE, "Action": "sts:AssumeRole"}}]


@pytest.mark.parametrize(
    ("who", "principal"),
    [
        ("sns", {"Service": "sns.amazonaws.com"}),
        ("anonymous", "*"),
        ("github", {"Federated": "arn:aws:iam::111122223333:oidc-provider/token.actions.githubusercontent.com"}),
    ],
)
def test_who_has_no_policies_of_its_own_must_be_named_by_the_resource(who, principal):
    assert remedy(who) == [{"kind": RESOURCE, "add": {"Effect": "Allow", "Principal": principal, **ADD}}]


def test_the_statement_that_came_near_is_told():
    near = ("near", document(Sid="Near", Resource="*", Condition={"Bool": {"aws:SecureTransport": "true"}}))
    (found,) = remedy("alice", identity=[near], context={"aws:SecureTransport": "false"})
    assert found["near"] == "Near of near would allow it, but for Bool aws:SecureTransport: false, wanted true"
