"""What SQS's operations need. Batches are judged as their single forms."""

from __future__ import annotations

from typing import Any

from skyjar.kernel.call import Call

from . import jobs, state
from .state import Queue

_AS = {
    "send_message_batch": "SendMessage",
    "delete_message_batch": "DeleteMessage",
    "change_message_visibility_batch": "ChangeMessageVisibility",
}


_PLAIN = frozenset(("send_message", "receive_message", "delete_message", *_AS))


def question(call: Call, operation: str, parameters: dict[str, Any]) -> str | None:
    """The queue's name, for messages of a queue of the caller's own that has no policy."""
    if operation not in _PLAIN:
        return None
    at, name, queue = state.find(call, parameters["queue_url"])
    return name if at is call and queue is not None and not queue.policy else None


def actions(call: Call, operation: str, parameters: dict[str, Any]) -> list[str] | None:
    if operation in _AS:
        return [f"sqs:{_AS[operation]}"]
    if operation == "create_queue" and parameters.get("tags"):
        return ["sqs:CreateQueue", "sqs:TagQueue"]
    return None


def resources(call: Call, operation: str, parameters: dict[str, Any]) -> list[str]:
    url = parameters.get("queue_url")
    if url is not None:
        at, name, _ = state.find(call, url)
        return [state.arn_of(at, name)]
    wanted = parameters.get("queue_name")
    if wanted is not None:
        owner = parameters.get("queue_owner_aws_account_id") or call.account
        return [f"arn:aws:sqs:{call.region}:{owner}:{wanted}"]
    source = parameters.get("source_arn")
    if operation == "cancel_message_move_task":
        source = jobs.read_handle(parameters["task_handle"])[1]
    return [source] if source else [f"arn:aws:sqs:{call.region}:{call.account}:*"]


def also(call: Call, operation: str, parameters: dict[str, Any]) -> list[tuple[str, str, dict[str, Any]]]:
    """A task to move messages does what its maker could do by hand (Developer Guide, "dead-letter queue redrive")."""
    if not operation.endswith(("_message_move_task", "_message_move_tasks")):
        return []
    source = resources(call, operation, parameters)[0]
    needed = [(f"sqs:{name}", source) for name in ("ReceiveMessage", "DeleteMessage", "GetQueueAttributes")]
    if parameters.get("destination_arn"):
        needed.append(("sqs:SendMessage", parameters["destination_arn"]))
    return [(action, arn, {}) for action, arn in needed]


def resource_policy(call: Call, operation: str, parameters: dict[str, Any]) -> str | None:
    queue = _queue(call, operation, parameters)
    return queue.policy or None if queue is not None else None


def _queue(call: Call, operation: str, parameters: dict[str, Any]) -> Queue | None:
    url = parameters.get("queue_url")
    if url is None:
        if operation != "get_queue_url":
            return None
        url = f"/{parameters.get('queue_owner_aws_account_id') or call.account}/{parameters['queue_name']}"
    return state.find(call, url)[2]


def conditions(call: Call, operation: str, parameters: dict[str, Any]) -> dict[str, Any]:
    queue = _queue(call, operation, parameters)
    found: dict[str, Any] = {f"aws:ResourceTag/{key}": value for key, value in queue.tags.items()} if queue else {}
    tags = parameters.get("tags")
    if isinstance(tags, dict):
        found["aws:TagKeys"] = list(tags)
        found.update({f"aws:RequestTag/{key}": value for key, value in tags.items()})
    elif parameters.get("tag_keys"):
        found["aws:TagKeys"] = list(parameters["tag_keys"])
    return found
