"""Items as they stand in files: DynamoDB JSON, where binary values are base64, and CSV. Pure."""

from __future__ import annotations

import csv
from base64 import b64decode, b64encode
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

import orjson

from .errors import ValidationException
from .values import Item, Value


def write(record: dict[str, Item]) -> bytes:
    """A line: of a full export the record is `Item` alone."""
    plain = {part: {name: _plain(value) for name, value in item.items()} for part, item in record.items()}
    return orjson.dumps(plain) + b"\n"


def _plain(value: Value) -> Any:
    ((kind, content),) = value.items()
    if kind == "B":
        return {"B": b64encode(content).decode()}
    if kind == "BS":
        return {"BS": [b64encode(each).decode() for each in content]}
    if kind == "M":
        return {"M": {name: _plain(each) for name, each in content.items()}}
    return {"L": [_plain(each) for each in content]} if kind == "L" else value


def read(line: bytes) -> Item:
    """The item of a line; whatever is wrong with it is a ValidationException."""
    try:
        found = orjson.loads(line)
    except (ValueError, RecursionError):
        raise ValidationException("Unexpected token") from None
    if not isinstance(found, dict) or not isinstance(found.get("Item"), dict):
        raise ValidationException("Expected 'Item' top level container")
    try:
        return {name: _value(value) for name, value in found["Item"].items()}
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        raise ValidationException("The line is not an item in DynamoDB JSON") from None


def _value(value: Any) -> Value:
    ((kind, content),) = value.items()
    if kind == "B":
        return {"B": b64decode(content, validate=True)}
    if kind == "BS":
        return {"BS": [b64decode(each, validate=True) for each in content]}
    if kind == "M":
        return {"M": {name: _value(each) for name, each in content.items()}}
    if kind == "L":
        return {"L": [_value(each) for each in content]}
    if kind in ("SS", "NS") and all(isinstance(each, str) for each in content):
        return {kind: list(content)}
    if (kind in ("S", "N") and isinstance(content, str)) or (kind in ("BOOL", "NULL") and isinstance(content, bool)):
        return {kind: content}
    raise ValueError


def rows(lines: Iterable[str], delimiter: str, names: Sequence[str], types: dict[str, str]) -> Iterator[Item]:
    """The items of lines of a CSV file: every attribute is a string, but for keys of another type. Empty cells are left out."""
    for cells in csv.reader(lines, delimiter=delimiter):
        if cells:
            yield {name: _cell(cell, types.get(name, "S")) for name, cell in zip(names, cells, strict=False) if cell}


def _cell(cell: str, kind: str) -> Value:
    if kind == "B":
        try:
            return {"B": b64decode(cell, validate=True)}
        except ValueError:
            return {"S": cell}
    return {kind: cell}
