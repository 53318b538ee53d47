"""Tumbling windows of mappings of streams: records of one span of time go to the function with the state that it returned for
the last ones, and when the span is over it is invoked once more, without records."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import orjson

from . import limits
from .mapping_state import Mapping, Reader, StreamBatch


def start_of(at_s: float, length_s: int) -> int:
    return int(at_s // length_s) * length_s


def is_over(reader: Reader, mapping: Mapping, first_s: float | None, now: float, is_closed: bool) -> bool:
    """Whether the reader's window ended before the next record, or without one."""
    if not reader.tumbling_start:
        return False
    if first_s is not None:
        return start_of(first_s, mapping.tumbling_s) != reader.tumbling_start
    return is_closed or now >= reader.tumbling_start + mapping.tumbling_s


def payload(mapping: Mapping, reader: Reader, batch: StreamBatch) -> bytes:
    """The event of an invocation in a window."""
    window = {"start": _time(batch.window_start), "end": _time(batch.window_start + mapping.tumbling_s)}
    rest = {
        "window": window,
        "state": orjson.loads(reader.tumbling_state or b"{}"),
        "shardId": batch.shard,
        "eventSourceARN": mapping.source,
        "isFinalInvokeForWindow": batch.is_final,
        "isWindowTerminatedEarly": False,
    }
    return b'{"Records":' + batch.records + b"," + orjson.dumps(rest)[1:]


def _time(at_s: int) -> str:
    return datetime.fromtimestamp(at_s, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def state_of(answer: bytes) -> bytes | None:
    """The state that a function returned; None where there is none, or too much of it."""
    try:
        found: Any = orjson.loads(answer or b"null")
    except orjson.JSONDecodeError:
        return None
    state = found.get("state") if isinstance(found, dict) else None
    if not isinstance(state, dict):
        return None
    text = orjson.dumps(state)
    return text if len(text) <= limits.WINDOW_STATE_BYTES else None
