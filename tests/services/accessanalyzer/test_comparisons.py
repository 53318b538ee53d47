"""Whether a policy allows what another does not, and custom policy checks as they answer."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from skyjar.kernel.outside import Outside
from skyjar.policy.documents import compile_document
from skyjar.services.accessanalyzer import comparisons, limits, patterns
from skyjar.services.accessanalyzer.errors import InvalidParameterException, ValidationException

BUCKET = "arn:aws:s3:::b"


def statement(action: Any, resource: Any = "*", effect: str = "Allow", **more: Any) -> dict[str, Any]:
    return {"Effect": effect, "Action": action, "Resource": resource, **more}


def deny(action: Any, resource: Any = "*", **more: Any) -> dict[str, Any]:
    return statement(action, resource, "Deny", **more)


def text(*statements: dict[str, Any]) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": list(statements)})


def is_new(new: list[dict[str, Any]], existing: list[dict[str, Any]]) -> bool:
    return bool(comparisons.new_access(compile_document(text(*new)), compile_document(text(*existing))))


@pytest.mark.parametrize(
    ("inner", "outer", "is_within"),
    [
        ("abc", "a*c", True),
        ("a*b", "a*", True),
        ("a*", "a*b", False),
        ("a?c", "a?c", True),
        ("a*c", "a?c", False),
        ("a??", "a?*", True),
        ("a*", "a?*", False),
        ("${aws:username}/*", "*", True),
        ("a", "${aws:username}", False),
    ],
)
def test_patterns_within_patterns(inner: str, outer: str, is_within: bool) -> None:
    assert patterns.is_within(inner, outer) is is_within


@pytest.mark.parametrize(
    ("one", "other", "do_overlap"),
    [
        ("a*c", "*b?", True),
        ("a*c", "b*", False),
        ("a?", "abc", False),
        ("*x*", "*y*", True),
        ("a*b", "a", False),
        ("${aws:username}", "ann", True),
        ("ab*", "a?c*d", True),
        ("ab?", "abcd*", False),
    ],
)
def test_patterns_that_overlap(one: str, other: str, do_overlap: bool) -> None:
    assert patterns.do_overlap(one, other) is do_overlap
    assert patterns.do_overlap(other, one) is do_overlap


def test_less_is_not_new_and_more_is() -> None:
    assert not is_new([statement("s3:GetObject", f"{BUCKET}/x")], [statement("s3:Get*", f"{BUCKET}/*")])
    assert is_new([statement("s3:Get*")], [statement("s3:GetObject")])
    assert is_new([statement("s3:GetObject")], [statement("s3:GetObject", f"{BUCKET}/*")])
    assert not is_new([statement("s3:GetObject*")], [statement("s3:GetObject"), statement("s3:GetObject?*")])
    assert not is_new([statement("*"), deny("*")], [statement("s3:GetObject")])
    everything_else = {"Effect": "Allow", "NotAction": ["iam:*", "sts:*"], "Resource": "*"}
    assert not is_new([everything_else], [{"Effect": "Allow", "NotAction": "iam:*", "Resource": "*"}])
    assert is_new([{"Effect": "Allow", "NotAction": "iam:*", "Resource": "*"}], [everything_else])


def test_a_deny_that_goes_is_new_access() -> None:
    assert is_new([statement("s3:*")], [statement("s3:*"), deny("s3:DeleteBucket")])
    assert not is_new([statement("s3:*"), deny("s3:Delete*")], [statement("s3:*"), deny("s3:DeleteBucket")])
    assert not is_new([statement("s3:*", f"{BUCKET}/*")], [statement("s3:*"), deny("s3:*", "arn:aws:s3:::other/*")])
    insecure = {"Bool": {"aws:SecureTransport": "false"}}
    assert not is_new([statement("s3:*"), deny("s3:*")], [statement("s3:*"), deny("s3:*", Condition=insecure)])
    assert is_new([statement("s3:*"), deny("s3:*", Condition=insecure)], [statement("s3:*"), deny("s3:*")])


def test_conditions_may_narrow_but_not_widen() -> None:
    def when(operator: str, *values: str) -> dict[str, Any]:
        return statement("s3:GetObject", Condition={operator: {"aws:PrincipalTag/team": list(values)}})

    assert not is_new([when("StringEquals", "a")], [statement("s3:GetObject")])
    assert not is_new([when("StringEquals", "a")], [when("StringEquals", "a", "b")])
    assert is_new([when("StringEquals", "a", "c")], [when("StringEquals", "a", "b")])
    assert not is_new([when("StringLike", "ab*")], [when("StringLike", "a*")])
    assert is_new([when("StringNotEquals", "a")], [when("StringNotEquals", "a", "b")])
    assert not is_new([when("StringNotEquals", "a", "b")], [when("StringNotEquals", "a")])
    assert is_new([statement("s3:GetObject")], [when("StringEquals", "a")])


def test_principals_are_compared() -> None:
    def to(principal: Any, element: str = "Principal") -> dict[str, Any]:
        return statement("s3:GetObject", f"{BUCKET}/*", **{element: principal})

    account, role = "111122223333", "arn:aws:iam::111122223333:role/r"
    assert not is_new([to({"AWS": role})], [to({"AWS": account})])
    assert is_new([to({"AWS": account})], [to({"AWS": role})])
    assert not is_new([to({"AWS": [account, role]})], [to("*")])
    assert is_new([to("*")], [to({"AWS": account})])
    assert is_new([to({"Service": "sns.amazonaws.com"})], [to({"AWS": account})])
    assert not is_new([to({"AWS": account}, "NotPrincipal")], [to({"AWS": account}, "NotPrincipal")])


def granting(statements: list[dict[str, Any]], actions: list[str], resources: list[str]) -> list[int]:
    found = comparisons.granting(compile_document(text(*statements)), actions, resources)
    return [each.index for each in found]


def test_what_is_granted() -> None:
    read = statement("s3:Get*", f"{BUCKET}/*")
    assert granting([read], ["s3:GetObject"], []) == [0]
    assert granting([read], ["s3:PutObject"], []) == []
    assert granting([read], ["s3:*"], [f"{BUCKET}/x"]) == [0]
    assert granting([read], [], ["arn:aws:s3:::other/*"]) == []
    assert granting([read, deny("s3:GetObject")], ["s3:GetObject"], []) == []
    assert granting([read, deny("s3:Get*", f"{BUCKET}/secret/*")], ["s3:GetObject"], [f"{BUCKET}/secret/a"]) == []
    assert granting([read, deny("s3:Get*", f"{BUCKET}/secret/*")], ["s3:GetObject"], []) == [0]
    assert granting([statement("*")], ["new:Thing"], []) == [0]
    spared = {"Effect": "Allow", "Action": "s3:*", "NotResource": f"{BUCKET}/*"}
    assert granting([spared], ["s3:GetObject"], [f"{BUCKET}/x"]) == []
    assert granting([spared], ["s3:GetObject"], ["arn:aws:s3:::c/x"]) == [0]


@pytest.fixture
def done(desk: Any) -> Callable[[Any], Any]:
    def carried_out(answer: Any) -> Any:
        while isinstance(answer, Outside):
            result, then = desk.loop.run_until_complete(desk.pipeline.perform(answer.request)), answer.then
            answer = desk.store.transact(lambda tx: then(desk.call(tx), result))  # noqa: B023
        return answer

    return carried_out


def test_checks_say_which_statement(analyzer: Any, done: Any) -> None:
    old, new = text(statement("s3:GetObject")), text(statement("s3:GetObject"), statement("s3:*", Sid="More"))
    given = {"existing_policy_document": old, "policy_type": "IDENTITY_POLICY"}
    assert done(analyzer.check_no_new_access(new_policy_document=new, **given)) == {
        "result": "FAIL",
        "message": "The modified permissions grant new access compared to your existing policy.",
        "reasons": [
            {"description": "New access in the statement with sid: More.", "statementIndex": 1, "statementId": "More"}
        ],
    }
    assert done(analyzer.check_no_new_access(new_policy_document=old, **given))["result"] == "PASS"
    access = [{"actions": ["s3:GetObject"]}]
    answer = done(analyzer.check_access_not_granted(policy_document=old, access=access, policy_type="IDENTITY_POLICY"))
    assert (answer["result"], answer["reasons"][0]["statementIndex"]) == ("FAIL", 0)
    for bad in ("{", text(statement("s3:GetObject", Principal="*"))):
        with pytest.raises(InvalidParameterException):
            analyzer.check_no_new_access(new_policy_document=bad, **given)
    with pytest.raises(ValidationException):
        analyzer.check_no_new_access(new_policy_document=" " * (limits.POLICY_CHARS + 1), **given)
    with pytest.raises(InvalidParameterException):
        analyzer.check_access_not_granted(policy_document=old, access=[], policy_type="IDENTITY_POLICY")


@pytest.mark.parametrize(
    ("principal", "condition", "result"),
    [
        ("*", {}, "FAIL"),
        ({"AWS": "*"}, {"StringEquals": {"aws:SourceVpc": "vpc-1"}}, "PASS"),
        ({"AWS": "*"}, {"StringLike": {"aws:SourceVpc": "*"}}, "FAIL"),
        ({"AWS": "444455556666"}, {}, "PASS"),
        ("*", {"IpAddress": {"aws:SourceIp": "0.0.0.0/0"}}, "FAIL"),
    ],
)
def test_what_is_public(analyzer: Any, principal: Any, condition: Any, result: str) -> None:
    policy = text(statement("sqs:SendMessage", "*", Principal=principal, Condition=condition))
    answer = analyzer.check_no_public_access(policy_document=policy, resource_type="AWS::SQS::Queue")
    assert answer["result"] == result
    trust = {"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": principal, "Condition": condition}
    kind = "AWS::IAM::AssumeRolePolicyDocument"
    assert analyzer.check_no_public_access(policy_document=text(trust), resource_type=kind)["result"] == result
