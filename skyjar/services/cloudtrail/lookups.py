"""The event history: management events of the last 90 days, in this account and Region, newest first."""

from __future__ import annotations

from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Callable
from typing import Any

import orjson

from skyjar.kernel.call import Call
from skyjar.kernel.history import Seen, backwards
from skyjar.kernel.service import operation

from . import contents, limits
from .errors import InvalidLookupAttributesException, InvalidNextTokenException, InvalidTimeRangeException

_TESTS: dict[str, Callable[[Seen, str], bool]] = {
    "EventId": lambda seen, value: contents.event_id(seen) == value,
    "EventName": lambda seen, value: contents.name(seen) == value,
    "ReadOnly": lambda seen, value: contents.is_read(seen) == (value == "true"),
    "Username": lambda seen, value: contents.username(seen.principal) == value,
    "ResourceType": lambda seen, value: any(kind == value for kind, _ in contents.resources(seen)),
    "ResourceName": lambda seen, value: any(name == value for _, name in contents.resources(seen)),
    "EventSource": lambda seen, value: contents.source(seen) == value,
    "AccessKeyId": lambda seen, value: seen.principal.access_key == value,
}


@operation
def lookup_events(
    call: Call,
    *,
    lookup_attributes: list[dict[str, str]] | None = None,
    start_time: float | None = None,
    end_time: float | None = None,
    max_results: int = limits.LOOKED_UP,
    next_token: str = "",
) -> dict[str, Any]:
    call.keep_history()
    if start_time is not None and end_time is not None and start_time > end_time:
        raise InvalidTimeRangeException
    if len(lookup_attributes or []) > 1:
        raise InvalidLookupAttributesException("You can specify only one lookup attribute.")
    tests = [(_TESTS[each["AttributeKey"]], each["AttributeValue"]) for each in lookup_attributes or []]
    earliest = max(start_time or 0.0, call.now - limits.HISTORY_DAYS * limits.DAY_S)
    latest = end_time if end_time is not None else call.now + 1
    found: list[dict[str, Any]] = []
    for seen in backwards(call.tx, _read(next_token) if next_token else None):
        if seen.is_data or (seen.account, seen.region) != (call.account, call.region):
            continue
        if earliest <= seen.at < latest + 1 and all(test(seen, value) for test, value in tests):
            if len(found) == max_results:
                return {"Events": found, "NextToken": _write(seen.seq)}
            found.append(_show(seen))
    return {"Events": found}


def _show(seen: Seen) -> dict[str, Any]:
    shown: dict[str, Any] = {
        "EventId": contents.event_id(seen),
        "EventName": contents.name(seen),
        "ReadOnly": "true" if contents.is_read(seen) else "false",
        "EventTime": float(int(seen.at)),
        "EventSource": contents.source(seen),
        "Resources": [{"ResourceType": kind, "ResourceName": name} for kind, name in contents.resources(seen)],
        "CloudTrailEvent": orjson.dumps(contents.event(seen)).decode(),
    }
    optional = {"Username": contents.username(seen.principal), "AccessKeyId": seen.principal.access_key}
    return shown | {name: value for name, value in optional.items() if value}


def _write(number: int) -> str:
    return urlsafe_b64encode(f"from {number}".encode()).decode()


def _read(token: str) -> int:
    try:
        word, _, number = urlsafe_b64decode(token).decode().partition(" ")
    except ValueError:
        raise InvalidNextTokenException from None
    if word != "from" or not (number.isascii() and number.isdigit() and len(number) < 16):
        raise InvalidNextTokenException
    return int(number)
