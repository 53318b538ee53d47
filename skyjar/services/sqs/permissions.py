"""What SQS's operations need. Batches are judged as their single forms."""

from __future__ import annotations

from typing import Any

from skyjar.kernel.call import Call

from . import state

_AS = {
    "send_message_batch": "SendMessage",
    "delete_message_batch": "DeleteMessage",
    "change_message_visibility_batch": "ChangeMessageVisibility",
}


def actions(call: Call, operation: str, parameters: dict[str, Any]) -> list[str] | None:
    if operation in _AS:
        return [f"sqs:{_AS[operation]}"]
    if operation == "create_queue" and parameters.get("tags"):
        return ["sqs:CreateQueue", "sqs:TagQueue"]
    return None


def resources(call: Call, operation: str, parameters: dict[str, Any]) -> list[str]:
    url = parameters.get("queue_url")
    if url is not None:
        at, name = state.locate(call, url)
        return [state.arn_of(at, name)]
    wanted = parameters.get("queue_name")
    if wanted is not None:
        owner = parameters.get("queue_owner_aws_account_id") or call.account
        return [f"arn:aws:sqs:{call.region}:{owner}:{wanted}"]
    source = parameters.get("source_arn")
    return [source] if source else [f"arn:aws:sqs:{call.region}:{call.account}:*"]


def resource_policy(call: Call, operation: str, parameters: dict[str, Any]) -> str | None:
    url = parameters.get("queue_url")
    if url is None:
        return None
    at, name = state.locate(call, url)
    queue = state.queues.get(at, name)
    return queue.policy or None if queue is not None else None


def conditions(call: Call, operation: str, parameters: dict[str, Any]) -> dict[str, Any]:
    tags = parameters.get("tags")
    if not isinstance(tags, dict):
        return {}
    return {"aws:TagKeys": list(tags), **{f"aws:RequestTag/{key}": value for key, value in tags.items()}}
