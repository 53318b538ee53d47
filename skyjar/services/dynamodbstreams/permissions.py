"""What the operations need: DynamoDB's actions, on the ARN of the stream. ListStreams is judged on all."""

from __future__ import annotations

from typing import Any

from skyjar.kernel.call import Call
from skyjar.kernel.errors import AWSError

from . import iterators, state


def resources(call: Call, operation: str, parameters: dict[str, Any]) -> list[str]:
    if operation == "list_streams":
        return ["*"]
    found = parameters.get("stream_arn") or iterators.stream_of(parameters.get("shard_iterator", ""))
    return [found or f"arn:aws:dynamodb:{call.region}:{call.account}:table/*/stream/*"]


def resource_policy(call: Call, operation: str, parameters: dict[str, Any]) -> str | None:
    if operation == "list_streams":
        return None
    try:
        return state.find(call, resources(call, operation, parameters)[0]).policy or None
    except AWSError:
        return None
