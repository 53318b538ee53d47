"""Event patterns of rules and archives, in EventBridge's words; TestEventPattern."""

from __future__ import annotations

from typing import Any

import orjson

from skyjar.kernel.call import Call
from skyjar.kernel.service import operation
from skyjar.planes import event_patterns
from skyjar.planes.event_patterns import InvalidPattern, Test

from .errors import InvalidEventPatternException, ValidationException

_FIELDS = ("id", "detail-type", "source", "account", "time", "region", "resources")


def checked(text: str) -> str:
    compiled(text)
    return text


def compiled(text: str) -> Test:
    try:
        return event_patterns.compiled(text)
    except InvalidPattern as error:
        raise InvalidEventPatternException(str(error)) from None


@operation
def test_event_pattern(call: Call, *, event_pattern: str, event: str) -> dict[str, bool]:
    test = compiled(event_pattern)
    try:
        found: Any = orjson.loads(event)
    except orjson.JSONDecodeError:
        raise ValidationException("Parameter Event is not valid.") from None
    if not isinstance(found, dict):
        raise ValidationException("Parameter Event is not valid.")
    missing = [name for name in _FIELDS if name not in found]
    if missing:
        raise ValidationException(f"Parameter Event is not valid. Reason: {missing[0]} is a required field.")
    return {"Result": test(found)}
