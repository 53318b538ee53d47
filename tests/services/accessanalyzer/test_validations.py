"""What ValidatePolicy finds, and where."""

from __future__ import annotations

import json
from typing import Any

import pytest

from skyjar.services.accessanalyzer import limits
from skyjar.services.accessanalyzer.errors import ValidationException
from skyjar.services.accessanalyzer.locations import Located, Unreadable
from skyjar.services.accessanalyzer.structure import Type
from skyjar.services.accessanalyzer.validations import validated

IDENTITY, RESOURCE = Type("IDENTITY_POLICY"), Type("RESOURCE_POLICY")
GOOD = {"Effect": "Allow", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::b/*"}


def codes(*statements: Any, of: Type = IDENTITY, **top: Any) -> list[tuple[str, str]]:
    policy = {"Version": "2012-10-17", "Statement": list(statements), **top}
    return [(each["findingType"], each["issueCode"]) for each in validated(json.dumps(policy), of)]


def test_a_good_policy_has_no_findings() -> None:
    assert codes(GOOD) == []
    assert codes({**GOOD, "Principal": "*"}, of=RESOURCE) == []
    trust = {"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": {"Service": "lambda.amazonaws.com"}}
    assert codes(trust, of=Type("RESOURCE_POLICY", "AWS::IAM::AssumeRolePolicyDocument")) == []


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"Effect": None}, "MISSING_EFFECT"),
        ({"Effect": "allow"}, "INVALID_EFFECT"),
        ({"Action": None}, "MISSING_ACTION"),
        ({"Resource": None}, "MISSING_RESOURCE"),
        ({"Principal": "*"}, "UNSUPPORTED_PRINCIPAL"),
        ({"NotAction": "s3:*"}, "UNSUPPORTED_ELEMENT_COMBINATION"),
        ({"Actions": "s3:*"}, "INVALID_POLICY_ELEMENT"),
        ({"Action": 1}, "DATA_TYPE_MISMATCH"),
        ({"Action": "s3:GetObjekt"}, "INVALID_ACTION"),
        ({"Action": "s4:GetObject"}, "INVALID_SERVICE_IN_ACTION"),
        ({"Condition": {"StringEqual": {"aws:SourceVpc": "v"}}}, "INVALID_CONDITION_OPERATOR"),
        ({"Condition": {"StringEquals": {"aws:SourceVpcs": "v"}}}, "INVALID_GLOBAL_CONDITION_KEY"),
    ],
)
def test_errors(change: dict[str, Any], code: str) -> None:
    statement = {name: value for name, value in {**GOOD, **change}.items() if value is not None}
    assert ("ERROR", code) in codes(statement)


def test_what_is_broad_spare_or_missing() -> None:
    assert codes({**GOOD, "Action": "iam:PassRole", "Resource": "*"}) == [
        ("SECURITY_WARNING", "PASS_ROLE_WITH_STAR_IN_RESOURCE")
    ]
    assert ("SECURITY_WARNING", "PASS_ROLE_WITH_STAR_IN_ACTION_AND_RESOURCE") in codes(
        {**GOOD, "Action": "*", "Resource": "*"}
    )
    passed = {"StringEquals": {"iam:PassedToService": "lambda.amazonaws.com"}}
    assert codes({**GOOD, "Action": "iam:PassRole", "Resource": "*", "Condition": passed}) == []
    assert codes({**GOOD, "NotPrincipal": {"AWS": "111122223333"}}, of=RESOURCE) == [
        ("SECURITY_WARNING", "ALLOW_WITH_NOT_PRINCIPAL")
    ]
    single = {"ForAllValues:StringEquals": {"aws:PrincipalAccount": "111122223333"}}
    assert codes({**GOOD, "Condition": single}) == [("SECURITY_WARNING", "FOR_ALL_VALUES_WITH_SINGLE_VALUED_KEY")]
    several = {"ForAllValues:StringEquals": {"aws:TagKeys": "a"}}
    assert codes({**GOOD, "Condition": several}) == []
    assert codes({**GOOD, "Action": ["s3:GetObject", "s3:Get*"]}) == [("SUGGESTION", "REDUNDANT_ACTION")]
    assert codes({**GOOD, "Resource": ["arn:aws:s3:::b/*", "arn:aws:s3:::b/x"]}) == [
        ("SUGGESTION", "REDUNDANT_RESOURCE")
    ]
    assert codes(GOOD, {**GOOD, "Sid": "again"}) == [("SUGGESTION", "REDUNDANT_STATEMENT")]
    assert codes({**GOOD, "Condition": {}}) == [("SUGGESTION", "EMPTY_OBJECT_CONDITION")]
    assert codes({**GOOD, "Action": []}) == [("SUGGESTION", "EMPTY_ARRAY_ACTION")]
    assert [code for _, code in codes({**GOOD, "Sid": "a"}, {**GOOD, "Action": "s3:PutObject", "Sid": "a"})] == [
        "UNIQUE_SIDS_REQUIRED"
    ]
    assert [each["issueCode"] for each in validated(json.dumps({"Statement": [GOOD]}), IDENTITY)] == ["MISSING_VERSION"]


def test_findings_know_their_place() -> None:
    text = '{\n  "Version": "2012-10-17",\n  "Statement": {"Effect": "Allow", "Action": ["s3:GetObjekt"], "Resource": "*"}\n}'
    [found] = validated(text, IDENTITY)
    [place] = found["locations"]
    assert place["path"] == [{"value": "Statement"}, {"value": "Action"}, {"index": 0}]
    start, end = place["span"]["start"], place["span"]["end"]
    assert text[start["offset"] : end["offset"]] == '"s3:GetObjekt"'
    assert (start["line"], start["column"]) == (3, text.splitlines()[2].index('"s3:'))
    assert found["learnMoreLink"].endswith("#access-analyzer-reference-policy-checks-error-invalid-action")


@pytest.mark.parametrize(
    "text", ["", "{", '{"a": }', '{"a": 1} x', '{"a": 1, "a": 2}', "[" * 5000, '{"a": "\n"}', "nul"]
)
def test_what_is_no_json_is_one_finding(text: str) -> None:
    [found] = validated(text, IDENTITY)
    assert found["issueCode"] == "JSON_SYNTAX_ERROR"
    assert found["locations"][0]["span"]["start"]["offset"] <= len(text)


@pytest.mark.parametrize(
    "text", ["1", '"x"', "[]", '{"Statement": 1}', '{"Statement": [1, [], null]}', '{"Statement": []}']
)
def test_what_is_no_policy_is_said_so(text: str) -> None:
    assert validated(text, IDENTITY)


def test_values_are_those_of_json() -> None:
    text = json.dumps({"a": [1, -2.5e3, True, None, 'ü\\"'], "b": {}, "c": []}, indent=2)
    located = Located(text)
    assert located.value == json.loads(text)
    start, end = located.spans["a", 4]
    assert json.loads(text[start:end]) == 'ü\\"'
    with pytest.raises(Unreadable):
        Located("01")


def test_pages_and_refusals(desk: Any, analyzer: Any) -> None:
    many = json.dumps({"Version": "2012-10-17", "Statement": [{**GOOD, "Effect": "x"}] * 3})

    def page(**more: Any) -> Any:
        answer = analyzer.validate_policy(policy_document=many, policy_type="IDENTITY_POLICY", **more)
        result = desk.loop.run_until_complete(desk.pipeline.perform(answer.request))
        return desk.store.transact(lambda tx: answer.then(desk.call(tx), result))

    first = page(max_results=2)
    assert len(first["findings"]) == 2
    assert len(page(max_results=2, next_token=first["nextToken"])["findings"]) == 1
    with pytest.raises(ValidationException, match="English only"):
        page(locale="DE")
    with pytest.raises(ValidationException, match="longer than"):
        analyzer.validate_policy(policy_document=" " * (limits.POLICY_CHARS + 1), policy_type="IDENTITY_POLICY")
    with pytest.raises(ValidationException, match="resource policy"):
        page(validate_policy_resource_type="AWS::S3::Bucket")
