"""Generated policies: what is asked for, and what is made of recorded calls."""

from __future__ import annotations

import json
from typing import Any

import pytest

from skyjar.services.accessanalyzer import limits, recorded
from skyjar.services.accessanalyzer.errors import ServiceQuotaExceededException, ValidationException

ROLE = "arn:aws:iam::111122223333:role/app"
DAY = 86_400


@pytest.fixture
def request_of(desk: Any) -> Any:
    trust = {"Effect": "Allow", "Principal": {"AWS": desk.account}, "Action": "sts:AssumeRole"}
    document = json.dumps({"Version": "2012-10-17", "Statement": trust})
    desk.ask("iam").create_role(role_name="app", assume_role_policy_document=document)

    def made(**changes: Any) -> dict[str, Any]:
        details = {
            "trails": [{"cloudTrailArn": "arn:aws:cloudtrail:us-east-1:111122223333:trail/all"}],
            "accessRole": "arn:aws:iam::111122223333:role/reader",
            "startTime": desk.clock.now() - DAY,
            **changes,
        }
        return {"policy_generation_details": {"principalArn": ROLE}, "cloud_trail_details": details}

    return made


def test_one_at_a_time_and_a_token_for_each(desk: Any, analyzer: Any, request_of: Any) -> None:
    job = analyzer.start_policy_generation(**request_of(), client_token="t")["jobId"]
    assert analyzer.start_policy_generation(**request_of(), client_token="t") == {"jobId": job}
    with pytest.raises(ServiceQuotaExceededException):
        analyzer.start_policy_generation(**request_of())
    analyzer.cancel_policy_generation(job_id=job)
    desk.settle()
    answer = analyzer.get_generated_policy(job_id=job)
    assert answer["jobDetails"]["status"] == "CANCELED"
    assert "generatedPolicies" not in answer["generatedPolicyResult"]
    desk.advance(limits.GENERATION_KEPT_S + 1)
    assert analyzer.list_policy_generations()["policyGenerations"] == []


def test_what_is_asked_for_is_checked(desk: Any, analyzer: Any, request_of: Any) -> None:
    now = desk.clock.now()
    for changes in ({"startTime": now + 1}, {"startTime": now - 91 * DAY}, {"trails": []}):
        with pytest.raises(ValidationException):
            analyzer.start_policy_generation(**request_of(**changes))
    missing = {**request_of(), "policy_generation_details": {"principalArn": f"{ROLE}-2"}}
    with pytest.raises(ValidationException, match="does not exist"):
        analyzer.start_policy_generation(**missing)
    with pytest.raises(ValidationException, match="does not exist"):
        analyzer.get_generated_policy(job_id="x")


def event(name: str, source: str = "s3", **more: Any) -> dict[str, Any]:
    issuer = {"sessionContext": {"sessionIssuer": {"arn": ROLE}}}
    return {
        "eventName": name,
        "eventSource": f"{source}.amazonaws.com",
        "userIdentity": issuer,
        "eventTime": "2027-01-15T08:00:00Z",
        **more,
    }


@pytest.mark.parametrize(
    ("name", "source", "action"),
    [
        ("GetObject", "s3", "s3:GetObject"),
        ("HeadObject", "s3", "s3:GetObject"),
        ("ListFunctions20150331", "lambda", "lambda:ListFunctions"),
        ("UpdateFunctionCode20150331v2", "lambda", "lambda:UpdateFunctionCode"),
        ("PutMetricData", "monitoring", "cloudwatch:PutMetricData"),
        ("NoSuchThing", "s3", ""),
    ],
)
def test_events_are_told_by_the_action_that_allows_them(name: str, source: str, action: str) -> None:
    assert recorded.action_of(event(name, source)) == action


def test_whose_and_when() -> None:
    assert recorded.is_of(event("GetObject"), ROLE)
    assert not recorded.is_of(event("GetObject", errorCode="AccessDenied"), ROLE)
    assert not recorded.is_of({"userIdentity": None}, ROLE)
    assert recorded.is_between(event("GetObject"), 1_800_000_000.0, 1_800_000_000.0)
    assert not recorded.is_between(event("GetObject"), 1_800_000_001.0, 1_800_000_002.0)
    assert not recorded.is_between(event("GetObject", eventTime="yesterday"), 0.0, 9e9)


def test_resources_are_left_open() -> None:
    actions = ["s3:GetObject", "s3:ListAllMyBuckets", "sqs:SendMessage"]
    open_ended = recorded.policy(actions, has_placeholders=False)
    assert [each["Resource"] for each in open_ended["Statement"]] == ["*", "*"]
    forms = recorded.policy(actions, has_placeholders=True)
    by_action = {action: each["Resource"] for each in forms["Statement"] for action in each["Action"]}
    assert by_action["s3:ListAllMyBuckets"] == "*"
    assert "arn:aws:s3:::${BucketName}/${ObjectName}" in by_action["s3:GetObject"]
