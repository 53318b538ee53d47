"""AddPermission and RemovePermission: statements of the queue's policy."""

from __future__ import annotations

from typing import Any

import orjson

from skyjar.kernel.call import Call
from skyjar.kernel.service import operation

from . import limits, state
from .errors import InvalidParameterValue, MissingParameter, OverLimit
from .state import Queue

GRANTABLE = (
    "SendMessage",
    "ReceiveMessage",
    "DeleteMessage",
    "ChangeMessageVisibility",
    "GetQueueAttributes",
    "GetQueueUrl",
    "ListDeadLetterSourceQueues",
    "PurgeQueue",
    "*",
)


@operation
def add_permission(call: Call, *, queue_url: str, label: str, aws_account_ids: list[str], actions: list[str]) -> None:
    at, queue = state.by_url(call, queue_url)
    for name, given in (("Actions", actions), ("AWSAccountIds", aws_account_ids)):
        if not given:
            raise MissingParameter(name)
    if len(actions) > limits.PERMISSION_ACTIONS:
        raise OverLimit(f"{len(actions)} Actions were found, maximum allowed is {limits.PERMISSION_ACTIONS}.")
    for action in actions:
        if action not in GRANTABLE:
            raise InvalidParameterValue(
                f"Value SQS:{action} for parameter ActionName is invalid. Reason: Only the queue owner is allowed to "
                "invoke this action."
            )
    document = _document(at, queue)
    if any(statement.get("Sid") == label for statement in document["Statement"]):
        raise InvalidParameterValue(f"Value {label} for parameter Label is invalid. Reason: Already exists.")
    principals = [f"arn:aws:iam::{account}:root" for account in aws_account_ids]
    document["Statement"].append(
        {
            "Sid": label,
            "Effect": "Allow",
            "Principal": {"AWS": principals[0] if len(principals) == 1 else principals},
            "Action": [f"SQS:{action}" for action in actions] if len(actions) > 1 else f"SQS:{actions[0]}",
            "Resource": state.arn_of(at, queue.name),
        }
    )
    state.queues.replace(at, queue, state.replace(queue, policy=orjson.dumps(document).decode()))


@operation
def remove_permission(call: Call, *, queue_url: str, label: str) -> None:
    at, queue = state.by_url(call, queue_url)
    document = _document(at, queue)
    left = [statement for statement in document["Statement"] if statement.get("Sid") != label]
    if len(left) == len(document["Statement"]):
        raise InvalidParameterValue(
            f"Value {label} for parameter Label is invalid. Reason: can't find label on existing policy."
        )
    policy = orjson.dumps({**document, "Statement": left}).decode() if left else ""
    state.queues.replace(at, queue, state.replace(queue, policy=policy))


def _document(at: Any, queue: Queue) -> dict[str, Any]:
    if not queue.policy:
        return {
            "Version": "2012-10-17",
            "Id": f"{state.arn_of(at, queue.name)}/SQSDefaultPolicy",
            "Statement": [],
        }
    document: dict[str, Any] = orjson.loads(queue.policy)
    if isinstance(document.get("Statement"), dict):
        document["Statement"] = [document["Statement"]]
    return document
