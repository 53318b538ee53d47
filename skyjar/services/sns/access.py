"""AddPermission and RemovePermission: statements of the topic's policy."""

from __future__ import annotations

from typing import Any

import orjson

from skyjar.kernel.call import Call
from skyjar.kernel.service import operation

from . import state, topic_attributes
from .errors import InvalidParameterException, NotFoundException

GRANTABLE = ("Publish", "RemovePermission", "SetTopicAttributes", "DeleteTopic", "ListSubscriptionsByTopic",
             "GetTopicAttributes", "AddPermission", "Subscribe", "GetDataProtectionPolicy",
             "PutDataProtectionPolicy", "Receive")  # fmt: skip


@operation
def add_permission(
    call: Call, *, topic_arn: str, label: str, aws_account_id: list[str], action_name: list[str]
) -> None:
    at, topic = state.existing(call, topic_arn)
    document = _document(topic.policy or topic_attributes.default_policy(topic_arn))
    for action in action_name:
        if action not in GRANTABLE:
            raise InvalidParameterException("Policy statement action out of service scope!")
    if any(statement.get("Sid") == label for statement in document["Statement"]):
        raise InvalidParameterException("Statement already exists")
    principals = [f"arn:aws:iam::{account}:root" for account in aws_account_id]
    actions = [f"SNS:{action}" for action in action_name]
    document["Statement"].append(
        {
            "Sid": label,
            "Effect": "Allow",
            "Principal": {"AWS": principals[0] if len(principals) == 1 else principals},
            "Action": actions[0] if len(actions) == 1 else actions,
            "Resource": topic_arn,
        }
    )
    text = topic_attributes.checked_policy(orjson.dumps(document).decode(), topic_arn)
    state.topics.replace(at, topic, state.replace(topic, policy=text))


@operation
def remove_permission(call: Call, *, topic_arn: str, label: str) -> None:
    at, topic = state.existing(call, topic_arn)
    document = _document(topic.policy or topic_attributes.default_policy(topic_arn))
    left = [statement for statement in document["Statement"] if statement.get("Sid") != label]
    if len(left) == len(document["Statement"]):
        raise NotFoundException("Label does not exist")
    text = orjson.dumps({**document, "Statement": left}).decode()
    state.topics.replace(at, topic, state.replace(topic, policy=text))


def _document(text: str) -> dict[str, Any]:
    document: dict[str, Any] = orjson.loads(text)
    if isinstance(document.get("Statement"), dict):
        document["Statement"] = [document["Statement"]]
    return document
