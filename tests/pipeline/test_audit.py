"""Audit: what policies deny is let through and recorded. Questions (`call.may`) are recorded as well."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec
import pytest

from skyjar.app import Settings
from skyjar.kernel.principals import Principal
from skyjar.pipeline.judgement import Judgement
from skyjar.pipeline.pipeline import Pipeline

from . import conftest

if TYPE_CHECKING:
    from .conftest import Front
else:
    Front = Any

SOURCE = "user ann, inline policy p"
ONLY_LIST = {"Statement": {"Effect": "Allow", "Action": "sqs:ListQueues", "Resource": "*"}}


@pytest.fixture
def auditing(tmp_path: Path) -> Iterator[Front]:
    made = conftest.Front(Settings(port=0, data=tmp_path / "data", seed=1, is_auditing=True))
    yield made
    made.close()


def test_what_would_be_denied_is_let_through_and_recorded(auditing: Front) -> None:
    key, secret = auditing.user("ann", ONLY_LIST)
    tags = {"QueueName": "q", "tags": {"a": "b"}}
    assert auditing.json("AmazonSQS.CreateQueue", tags, key=key, secret=secret).status == 200
    (told,) = auditing.control("GET", "/_skyjar/why")["calls"]
    decision = told["decision"]
    assert (told["status"], decision["is_allowed"], decision["is_audited"]) == (200, True, True)
    assert (decision["reason"], decision["policy"]) == ("implicit-deny", "identity-based policy")
    arn = decision["resource"]
    assert decision["remedy"] == [
        {
            "kind": "identity-based policy",
            "source": SOURCE,
            "add": {"Effect": "Allow", "Action": "sqs:CreateQueue", "Resource": arn},
        }
    ]
    assert decision["further"] == [["sqs:TagQueue", arn, {}]]
    assert auditing.control("GET", "/_skyjar/health")["is_auditing"] is True


def test_what_is_allowed_is_not_marked(auditing: Front) -> None:
    key, secret = auditing.user("ann", ONLY_LIST)
    assert auditing.json("AmazonSQS.ListQueues", {}, key=key, secret=secret).status == 200
    decision = auditing.control("GET", "/_skyjar/calls?limit=1")["calls"][0]["decision"]
    assert (decision["reason"], decision["source"], decision["statement"]) == ("allow", SOURCE, "#0")
    assert "is_audited" not in decision


def test_signatures_are_verified_all_the_same(auditing: Front) -> None:
    key, _ = auditing.user("ann", ONLY_LIST)
    assert auditing.json("AmazonSQS.ListQueues", {}, key=key, secret="wrong").status == 403


def test_a_denial_says_what_each_policy_says(front: Front) -> None:
    deny = {"Sid": "No", "Effect": "Deny", "Action": "sqs:CreateQueue", "Resource": "*"}
    key, secret = front.user("ann", {"Statement": [deny, {"Effect": "Allow", "Action": "*", "Resource": "*"}]})
    assert front.json("AmazonSQS.CreateQueue", {"QueueName": "q"}, key=key, secret=secret).status == 403
    (told,) = front.control("GET", "/_skyjar/why")["calls"]
    assert told["decision"]["policies"] == [f"identity-based policy ({SOURCE}) denies: No"]
    assert told["decision"]["remedy"] == [{"kind": "identity-based policy", "source": SOURCE, "lift": "No"}]
    assert (told["decision"]["source"], told["decision"]["statement"]) == (SOURCE, "No")


def test_what_else_a_call_needs_is_kept_whatever_its_keys_are() -> None:
    told = Judgement(is_allowed=True, reason="allow", action="a:One", resource="r")
    role = ("iam:PassRole", "role", {"iam:PassedToService": "lambda.amazonaws.com", "a:k": lambda: "x"})
    found = told.with_further(
        ["a:One", "a:Two"], ["r"], [role, ("a:Three", "s", {"a:k": lambda: "x"}, "{}", "key policy")]
    )
    assert found.further == (
        ("a:Two", "r", {}),
        ("iam:PassRole", "role", {"iam:PassedToService": "lambda.amazonaws.com"}),
        ("a:Three", "s", {}),
    )
    assert msgspec.msgpack.decode(msgspec.msgpack.encode(found), type=Judgement) == found


def test_a_question_is_recorded_below_the_call_that_asked(desk: Any) -> None:
    ann = Principal(kind="user", account=desk.account, arn=f"arn:aws:iam::{desk.account}:user/ann", name="ann")

    def ask(tx: Any) -> tuple[str, bool]:
        call = desk.call(tx)
        call.request_id = "asking"
        return call.may("apigateway", "get_stage", ann, invoked="arn:aws:execute-api:us-east-1:1:a/s/GET/", policy="")

    pipeline: Pipeline = desk.pipeline
    assert desk.store.transact(ask) is False
    (record,) = pipeline.records.latest(1)[1]
    assert (record.service, record.operation, record.status, record.parent) == ("execute-api", "Invoke", 403, "asking")
    assert record.judgement is not None
    assert record.judgement.policies == ()  # nobody gave ann any
    assert record.judgement.remedy[0]["add"]["Action"] == "execute-api:Invoke"
    pipeline.is_auditing = True
    assert desk.store.transact(ask) is True
    assert pipeline.records.latest(1)[1][0].judgement.is_audited  # type: ignore[union-attr]
