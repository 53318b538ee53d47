"""What a policy grants to outsiders, statement by statement."""

from __future__ import annotations

from typing import Any

import pytest

from skyjar.policy.documents import compile_document
from skyjar.services.accessanalyzer.external import Access, accesses
from skyjar.services.accessanalyzer.zones import Zone

OWN, OTHER = "111122223333", "444455556666"
QUEUE = f"arn:aws:sqs:us-east-1:{OWN}:q"
ACCOUNT = Zone(frozenset({OWN}))
ORGANIZATION = Zone(frozenset({OWN, OTHER}), "o-abcdefghij")


def found(*statements: dict[str, Any], zone: Zone = ACCOUNT, arn: str = QUEUE) -> list[Access]:
    return accesses(compile_document({"Version": "2012-10-17", "Statement": list(statements)}), zone, arn)


def allow(principal: Any = "*", action: Any = "sqs:SendMessage", **more: Any) -> dict[str, Any]:
    return {"Effect": "Allow", "Principal": principal, "Action": action, "Resource": QUEUE, **more}


def test_only_outsiders_are_found() -> None:
    own = [OWN, f"arn:aws:iam::{OWN}:root", f"arn:aws:iam::{OWN}:role/r", "AROAEXAMPLEEXAMPLEEXA"]
    assert found(allow({"AWS": own}), allow({"Service": "sns.amazonaws.com"})) == []
    outsiders = {"AWS": [f"arn:aws:iam::{OTHER}:root", f"arn:aws:iam::{OTHER}:user/u"], "CanonicalUser": "c" * 64}
    assert [each.principal for each in found(allow(outsiders))] == [
        ("AWS", OTHER),
        ("AWS", f"arn:aws:iam::{OTHER}:user/u"),
        ("CanonicalUser", "c" * 64),
    ]
    assert found(allow({"AWS": OTHER}), zone=ORGANIZATION) == []
    assert [each.principal for each in found(allow({"AWS": "777788889999"}), zone=ORGANIZATION)] == [
        ("AWS", "777788889999")
    ]


def test_actions_are_spelled_out_and_joined_by_principal_and_condition() -> None:
    [one] = found(allow(action="sqs:Send*"), allow({"AWS": "*"}, "SQS:ReceiveMessage"))
    assert one.actions == ("sqs:ReceiveMessage", "sqs:SendMessage")
    assert one.is_public
    several = found(allow(), allow(Condition={"IpAddress": {"aws:SourceIp": ["10.1.0.0/16", "10.2.0.0/16"]}}))
    assert [each.condition for each in several] == [(), (("aws:SourceIp", "[10.1.0.0/16,10.2.0.0/16]"),)]
    assert [each.is_public for each in several] == [True, False]
    [whole] = found(allow({"AWS": OTHER}, "*"))
    assert "sqs:DeleteQueue" in whole.actions
    assert not any(name.startswith("s3:") for name in whole.actions)
    [inverse] = found({"Effect": "Allow", "Principal": {"AWS": OTHER}, "NotAction": "sqs:Delete*", "Resource": "*"})
    assert "sqs:SendMessage" in inverse.actions
    assert "sqs:DeleteQueue" not in inverse.actions


@pytest.mark.parametrize(
    ("condition", "is_found"),
    [
        ({"StringEquals": {"aws:SourceAccount": OWN}}, False),
        ({"StringEquals": {"aws:PrincipalAccount": [OWN, OTHER]}}, True),
        ({"ArnLike": {"aws:SourceArn": f"arn:aws:sns:*:{OWN}:*"}}, False),
        ({"ArnLike": {"aws:SourceArn": "arn:aws:s3:::b"}}, True),
        ({"StringEqualsIfExists": {"aws:SourceAccount": OWN}}, True),
        ({"ForAllValues:StringEquals": {"aws:SourceAccount": OWN}}, True),
        ({"StringNotEquals": {"aws:SourceAccount": OWN}}, True),
        ({"StringEquals": {"aws:PrincipalOrgID": "o-abcdefghij"}}, True),
    ],
)
def test_a_condition_may_keep_access_within_the_account(condition: Any, is_found: bool) -> None:
    assert bool(found(allow(Condition=condition))) is is_found


def test_an_organization_is_told_by_its_keys() -> None:
    for key, value in (("aws:PrincipalOrgID", "o-abcdefghij"), ("aws:PrincipalOrgPaths", "o-abcdefghij/r-ab12/*")):
        assert found(allow(Condition={"StringLike": {key: value}}), zone=ORGANIZATION) == []
        assert found(allow(Condition={"StringLike": {key: "o-zzzzzzzzzz"}}), zone=ORGANIZATION)


def test_a_deny_takes_away_what_it_covers_and_no_more() -> None:
    def deny(**more: Any) -> dict[str, Any]:
        return {**allow(), "Effect": "Deny", **more}

    assert found(allow(), deny()) == []
    [left] = found(allow(action="sqs:*"), deny(Action="sqs:Delete*"))
    assert "sqs:DeleteQueue" not in left.actions
    assert found(allow(), deny(Resource=f"{QUEUE}-2"))
    assert found(allow(), deny(Principal={"AWS": OTHER}))
    assert found(allow({"AWS": OTHER}), deny(Principal={"AWS": OTHER})) == []
    outside = {"StringNotEquals": {"aws:PrincipalAccount": OWN}}
    assert found(allow(), deny(Condition=outside)) == []
    assert found(allow(), deny(Condition={"StringNotEquals": {"aws:PrincipalAccount": OTHER}}))
    assert found(allow(), deny(Condition={**outside, "Bool": {"aws:SecureTransport": "false"}}))


def test_a_trust_policy_is_of_sts() -> None:
    role = f"arn:aws:iam::{OWN}:role/r"
    trust = {"Effect": "Allow", "Action": "sts:AssumeRoleWithWebIdentity"}
    provider = f"arn:aws:iam::{OWN}:oidc-provider/example.com"
    [one] = found({**trust, "Principal": {"Federated": provider}}, arn=role)
    assert (one.principal, one.actions) == (("Federated", provider), ("sts:AssumeRoleWithWebIdentity",))
    assert (
        found({**trust, "Principal": {"Service": "lambda.amazonaws.com"}, "Action": "sts:AssumeRole"}, arn=role) == []
    )
