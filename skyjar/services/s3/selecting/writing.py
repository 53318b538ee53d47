"""Chosen rows as CSV or JSON, in messages of up to a million bytes."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from datetime import datetime
from typing import Any

import orjson

from .errors import Refused
from .sources import RECORD_CHARS
from .values import MISSING, text_of, written

MESSAGE_BYTES = 1 << 20
Fields = list[tuple[str, Any]]


def messages(rows: Iterable[Fields], given: dict[str, Any]) -> Iterator[bytes]:
    line = _csv(given["CSV"] or {}) if given.get("CSV") is not None else _json(given.get("JSON") or {})
    held = bytearray()
    for fields in rows:
        record = line(fields)
        if len(record) > RECORD_CHARS:
            raise Refused("OverMaxRecordSize")
        if len(held) + len(record) > MESSAGE_BYTES:
            yield bytes(held)
            held.clear()
        held += record
    if held:
        yield bytes(held)


def _json(given: dict[str, Any]) -> Callable[[Fields], bytes]:
    end = (given.get("RecordDelimiter") or "\n").encode()

    def line(fields: Fields) -> bytes:
        return orjson.dumps({name: value for name, value in fields if value is not MISSING}, default=_plain) + end

    return line


def _plain(value: Any) -> Any:
    if isinstance(value, datetime):
        return written(value)
    if isinstance(value, int):  # longer than 64 bits
        return float(value)
    raise TypeError


def _csv(given: dict[str, Any]) -> Callable[[Fields], bytes]:
    comma, end = given.get("FieldDelimiter") or ",", given.get("RecordDelimiter") or "\n"
    quote = given.get("QuoteCharacter") or '"'
    escape = given.get("QuoteEscapeCharacter") or quote
    quoting = given.get("QuoteFields") or "ASNEEDED"
    if quoting not in ("ASNEEDED", "ALWAYS"):
        raise Refused("InvalidQuoteFields")

    def field(value: Any) -> str:
        if value is None or value is MISSING:
            text = ""
        elif isinstance(value, dict | list):
            text = orjson.dumps(value, default=_plain).decode()
        else:
            text = text_of(value)
        if quoting == "ALWAYS" or any(mark in text for mark in (comma, end, quote, "\n", "\r")):
            return f"{quote}{text.replace(quote, escape + quote)}{quote}"
        return text

    return lambda fields: (comma.join(field(value) for _, value in fields) + end).encode()
