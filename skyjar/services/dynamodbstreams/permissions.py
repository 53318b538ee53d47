"""What the operations need: DynamoDB's actions, on the ARN of the stream. ListStreams is judged on all."""

from __future__ import annotations

from typing import Any

from skyjar.kernel.call import Call

from . import iterators


def resources(call: Call, operation: str, parameters: dict[str, Any]) -> list[str]:
    if operation == "list_streams":
        return ["*"]
    found = parameters.get("stream_arn") or iterators.stream_of(parameters.get("shard_iterator", ""))
    return [found or f"arn:aws:dynamodb:{call.region}:{call.account}:table/*/stream/*"]
