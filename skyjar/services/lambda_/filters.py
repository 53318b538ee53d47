"""Filter criteria of event source mappings: EventBridge's patterns, on a message's body, attributes and the rest. Pure."""

from __future__ import annotations

from typing import Any

import orjson

from skyjar.planes import event_patterns
from skyjar.planes.event_patterns import InvalidPattern, Test

from .errors import InvalidParameterValueException


def matching(patterns: tuple[str, ...], messages: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The messages that any of the patterns lets through; all, where there are none."""
    if not patterns:
        return messages
    tests = [compile(pattern) for pattern in patterns]
    return [message for message in messages if any(test(_event(message)) for test in tests)]


def lets_through(patterns: tuple[str, ...], record: dict[str, Any]) -> bool:
    """Whether any of the patterns lets through a stream's record; any record passes where there are none."""
    return not patterns or any(compile(pattern)(record) for pattern in patterns)


def _event(message: dict[str, Any]) -> dict[str, Any]:
    body = message["Body"]
    try:
        found = orjson.loads(body)
    except orjson.JSONDecodeError:
        found = body
    return {
        "messageId": message["MessageId"],
        "body": found if isinstance(found, dict) else body,
        "attributes": message.get("Attributes", {}),
        "messageAttributes": {
            name: {"stringValue": value.get("StringValue"), "dataType": value["DataType"]}
            for name, value in message.get("MessageAttributes", {}).items()
        },
    }


def compile(pattern: str) -> Test:
    try:
        return event_patterns.compiled(pattern)
    except InvalidPattern:
        raise InvalidParameterValueException("Invalid filter pattern definition.") from None
