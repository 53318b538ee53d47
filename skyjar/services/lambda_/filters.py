"""Filter criteria of event source mappings: EventBridge's patterns, on a message's body, attributes and the rest. Pure."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from typing import Any

import orjson

from .errors import InvalidParameterValueException

Test = Callable[[Any], bool]
_MISSING = object()
_INVALID = "Invalid filter pattern definition."


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


@lru_cache(1024)
def compile(pattern: str) -> Test:
    try:
        found = orjson.loads(pattern)
    except orjson.JSONDecodeError:
        raise InvalidParameterValueException(_INVALID) from None
    if not isinstance(found, dict):
        raise InvalidParameterValueException(_INVALID)
    return _fields(found)


def _fields(pattern: dict[str, Any]) -> Test:
    tests: list[Test] = []
    for name, wanted in pattern.items():
        if name == "$or" and isinstance(wanted, list):
            either = [_fields(each) for each in wanted]
            tests.append(lambda value, either=either: any(test(value) for test in either))  # type: ignore[misc]
        else:
            tests.append(_field(name, _fields(wanted) if isinstance(wanted, dict) else _values(wanted)))
    return lambda value: all(test(value) for test in tests)


def _field(name: str, test: Test) -> Test:
    return lambda value: test(value.get(name, _MISSING) if isinstance(value, dict) else _MISSING)


def _values(wanted: Any) -> Test:
    if not isinstance(wanted, list) or not wanted:
        raise InvalidParameterValueException(_INVALID)
    tests = [_value(each) for each in wanted]

    def test(value: Any) -> bool:
        if isinstance(value, list):
            return any(each(item) for item in value for each in tests)
        return any(each(value) for each in tests)

    return test


def _value(wanted: Any) -> Test:
    if not isinstance(wanted, dict):
        return lambda value: (type(value) is type(wanted) and value == wanted) or _same_number(value, wanted)
    if len(wanted) != 1:
        raise InvalidParameterValueException(_INVALID)
    ((kind, argument),) = wanted.items()
    make = _KINDS.get(kind)
    if make is None:
        raise InvalidParameterValueException(_INVALID)
    try:
        return make(argument)
    except (TypeError, ValueError, AttributeError):
        raise InvalidParameterValueException(_INVALID) from None


def _same_number(value: Any, wanted: Any) -> bool:
    return _is_number(value) and _is_number(wanted) and value == wanted


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _text(holds: Callable[[str], bool]) -> Test:
    return lambda value: isinstance(value, str) and holds(value)


def _prefix(argument: Any) -> Test:
    if isinstance(argument, dict):
        start = argument["equals-ignore-case"].lower()
        return _text(lambda value: value.lower().startswith(start))
    return _text(lambda value: value.startswith(argument))


def _suffix(argument: Any) -> Test:
    if isinstance(argument, dict):
        end = argument["equals-ignore-case"].lower()
        return _text(lambda value: value.lower().endswith(end))
    return _text(lambda value: value.endswith(argument))


def _anything_but(argument: Any) -> Test:
    tests = [_value(each) for each in (argument if isinstance(argument, list) else [argument])]
    return lambda value: value is not _MISSING and not any(test(value) for test in tests)


def _numeric(argument: list[Any]) -> Test:
    compare: dict[str, Callable[[float, float], bool]] = {
        "=": lambda a, b: a == b,
        "<": lambda a, b: a < b,
        "<=": lambda a, b: a <= b,
        ">": lambda a, b: a > b,
        ">=": lambda a, b: a >= b,
    }
    pairs = list(zip(argument[::2], argument[1::2], strict=True))
    if not pairs or any(sign not in compare for sign, _ in pairs):
        raise ValueError
    return lambda value: _is_number(value) and all(compare[sign](value, float(limit)) for sign, limit in pairs)


def _wildcard(argument: str) -> Test:
    import re

    found = re.compile("^" + ".*".join(map(re.escape, argument.split("*"))) + "$", re.DOTALL)
    return _text(lambda value: found.match(value) is not None)


_KINDS: dict[str, Callable[[Any], Test]] = {
    "prefix": _prefix,
    "suffix": _suffix,
    "anything-but": _anything_but,
    "exists": lambda argument: lambda value: (value is not _MISSING) == argument,
    "equals-ignore-case": lambda argument: _text(lambda value: value.lower() == argument.lower()),
    "numeric": _numeric,
    "wildcard": _wildcard,
}
