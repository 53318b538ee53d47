"""Encoded authorization messages: made for services that answer with them, read by those who may."""

import json
from typing import Any

import pytest

from skyjar.kernel import service as services
from skyjar.kernel.errors import AWSError
from skyjar.kernel.principals import Principal, root


@pytest.fixture
def encoding(monkeypatch: pytest.MonkeyPatch) -> None:
    """SQS, as if it answered as EC2 does."""
    monkeypatch.setattr(services.load("sqs"), "encodes_denials", True)


def user(desk: Any, name: str, *statements: dict[str, Any]) -> Principal:
    iam = desk.ask("iam")
    made = iam.create_user(user_name=name)["User"]
    if statements:
        text = json.dumps({"Version": "2012-10-17", "Statement": list(statements)})
        iam.put_user_policy(user_name=name, policy_name="p", policy_document=text)
    return Principal(kind="user", account=desk.account, arn=made["Arn"], id=made["UserId"], name=name)


def denied(desk: Any, who: Principal) -> tuple[str, str]:
    with pytest.raises(AWSError) as caught:
        desk.ask("sqs", who).create_queue(queue_name="q")
    said, _, encoded = caught.value.message.partition(". Encoded authorization failure message: ")
    return said, encoded


DENY = {"Sid": "No", "Effect": "Deny", "Action": ["sqs:Create*"], "Resource": "*"}
DECODE = {"Effect": "Allow", "Action": "sts:DecodeAuthorizationMessage", "Resource": "*"}


@pytest.mark.usefixtures("encoding")
def test_a_denial_says_why_to_those_who_may_know(desk: Any) -> None:
    ann, reader = user(desk, "ann", DENY), user(desk, "reader", DECODE)
    said, encoded = denied(desk, ann)
    assert said.startswith("You are not authorized to perform this operation. User: arn:aws:iam::111122223333:user/ann")
    assert "CreateQueue" not in encoded
    found = json.loads(desk.ask("sts", reader).decode_authorization_message(encoded_message=encoded)["DecodedMessage"])
    assert (found["allowed"], found["explicitDeny"]) == (False, True)
    (statement,) = found["matchedStatements"]["items"]
    assert (statement["statementId"], statement["effect"]) == ("No", "DENY")
    assert statement["actions"] == {"items": [{"value": "sqs:Create*"}]}
    context = found["context"]
    assert context["principal"] == {"id": ann.id, "name": "ann", "arn": ann.arn}
    assert context["action"] == "sqs:CreateQueue"
    assert {"key": "aws:RequestedRegion", "values": {"items": [{"value": "us-east-1"}]}} in context["conditions"][
        "items"
    ]


@pytest.mark.usefixtures("encoding")
def test_a_message_is_for_its_account_and_whole(desk: Any) -> None:
    ann = user(desk, "ann")
    _, encoded = denied(desk, ann)
    with pytest.raises(AWSError, match="is not authorized to perform: sts:DecodeAuthorizationMessage"):
        desk.ask("sts", ann).decode_authorization_message(encoded_message=encoded)
    decode = desk.ask("sts").decode_authorization_message
    found = json.loads(decode(encoded_message=encoded)["DecodedMessage"])
    assert (found["explicitDeny"], found["matchedStatements"]["items"]) == (False, [])
    strangers = desk.ask("sts", root("444455556666")).decode_authorization_message
    for function, text in (
        (strangers, encoded),
        (decode, encoded[:-6] + "AAAA=="),
        (decode, "x"),
        (decode, "AAAA" * 9),
    ):
        with pytest.raises(AWSError) as caught:
            function(encoded_message=text)
        assert caught.value.code == "InvalidAuthorizationMessageException"
