import pytest

from skyjar.policy.errors import MalformedPolicy
from skyjar.policy.evaluation import BOUNDARY, IDENTITY
from skyjar.policy.expectations import Unreadable, outcomes, principal

ALLOW = {"Version": "2012-10-17", "Statement": {"Effect": "Allow", "Action": "s3:Get*", "Resource": "*"}}
DENY = {"Version": "2012-10-17", "Statement": {"Effect": "Deny", "Action": "s3:*", "Resource": "arn:aws:s3:::secret/*"}}
BUCKET = {"Version": "2012-10-17", "Statement": {"Effect": "Allow", "Principal": {"AWS": "444455556666"}, "Action": "s3:*", "Resource": "*"}}  # fmt: skip


def run(*expect, **policies):
    return list(outcomes({"policies": policies, "expect": list(expect)}))


def test_each_action_on_each_resource_is_one_evaluation():
    found = run({"allow": ["s3:GetObject", "s3:GetObjectAcl"], "resource": ["arn:aws:s3:::a/b", "arn:aws:s3:::c/d"]}, identity=ALLOW)  # fmt: skip
    assert len(found) == 4
    assert all(each.is_met for each in found)


@pytest.mark.parametrize(
    ("expectation", "is_met"),
    [
        ({"allow": "s3:GetObject", "resource": "arn:aws:s3:::a/b"}, True),
        ({"deny": "s3:GetObject", "resource": "arn:aws:s3:::a/b"}, False),
        ({"deny": "s3:GetObject", "resource": "arn:aws:s3:::secret/b", "by": "explicit"}, True),
        ({"deny": "s3:GetObject", "resource": "arn:aws:s3:::secret/b", "by": "implicit"}, False),
        ({"deny": "s3:PutObject", "resource": "arn:aws:s3:::a/b", "by": "identity"}, True),
        ({"deny": "s3:PutObject", "resource": "arn:aws:s3:::a/b", "by": "boundary"}, False),
    ],
)
def test_what_is_expected_is_met_or_not(expectation, is_met):
    (found,) = run(expectation, identity=[ALLOW, DENY])
    assert found.is_met is is_met


def test_every_kind_of_policy_has_its_place():
    (found,) = run({"deny": "s3:GetObject"}, identity=ALLOW, boundary={**ALLOW, "Statement": {**ALLOW["Statement"], "Action": "sqs:*"}})  # fmt: skip
    assert found.decision.kind == BOUNDARY
    bob = {"as": "arn:aws:iam::444455556666:user/bob", "resource_account": "111122223333"}
    (found,) = run({"allow": "s3:GetObject", **bob}, identity=ALLOW, resource=BUCKET)
    assert (found.is_met, found.decision.kind) == (True, IDENTITY)
    (found,) = run({"deny": "s3:PutObject", **bob}, identity=ALLOW, resource=BUCKET)
    assert found.is_met


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("arn:aws:iam::111122223333:root", "root"),
        ("arn:aws:iam::111122223333:user/team/ann", "user"),
        ("arn:aws:iam::111122223333:role/path/app", "assumed-role"),
        ("arn:aws:sts::111122223333:assumed-role/app/run", "assumed-role"),
        ("arn:aws:sts::111122223333:federated-user/fay", "federated-user"),
        ("arn:aws:iam::111122223333:saml-provider/ADFS", "federated"),
        ("sns.amazonaws.com", "service"),
        ("accounts.google.com", "service"),
        ("anonymous", "anonymous"),
    ],
)
def test_a_principal_is_read_off_its_name(name, kind):
    assert principal(name).kind == kind


def test_a_roles_arn_stands_for_its_session():
    found = principal("arn:aws:iam::111122223333:role/path/app", {"team": "red"})
    assert found.arn == "arn:aws:sts::111122223333:assumed-role/app/session"
    assert found.parent_arn == "arn:aws:iam::111122223333:role/path/app"
    assert found.tags == {"team": "red"}


@pytest.mark.parametrize(
    "suite",
    [
        {"policy": ALLOW, "expect": []},
        {"policies": {"identities": ALLOW}, "expect": []},
        {"policies": [ALLOW], "expect": []},
        {"expect": [{"allow": "s3:GetObject", "deny": "s3:GetObject"}]},
        {"expect": [{"resource": "*"}]},
        {"expect": [{"allow": "s3:GetObject", "by": "chance"}]},
        {"expect": [{"allow": "s3:GetObject", "as": "bob"}]},
        {"expect": ["s3:GetObject"]},
    ],
)
def test_what_cannot_be_read_is_said(suite):
    with pytest.raises(Unreadable):
        list(outcomes(suite))


def test_a_policy_that_aws_would_refuse_is_refused():
    with pytest.raises(MalformedPolicy, match="Syntax errors"):
        run({"allow": "s3:GetObject"}, identity={"Statement": {}})
    with pytest.raises(MalformedPolicy, match="should not specify a principal"):
        run({"allow": "s3:GetObject"}, identity=BUCKET)
