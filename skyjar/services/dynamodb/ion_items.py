"""Items as they stand in Amazon Ion files: sets are lists with an annotation (`$dynamodb_SS::[…]`). Pure.

Developer Guide, "DynamoDB table export output format", "Amazon Ion". The library is loaded when the first such file is; it is not
installed with Skyjar, because it brings much along.
"""

from __future__ import annotations

from decimal import Decimal, InvalidOperation
from functools import cache
from importlib import import_module
from types import SimpleNamespace
from typing import Any

from skyjar.kernel.errors import NotImplementedHere

from .errors import ValidationException
from .values import Item, Value

_SETS = {"$dynamodb_SS": "SS", "$dynamodb_NS": "NS", "$dynamodb_BS": "BS"}
_MARKS = {kind: mark for mark, kind in _SETS.items()}


@cache
def _library() -> SimpleNamespace:
    found: dict[str, Any] = {}
    for name in ("simpleion", "core", "exceptions", "simple_types"):
        found |= vars(import_module(f"amazon.ion.{name}"))
    return SimpleNamespace(**found)


def check_there() -> None:
    try:
        _library()
    except ImportError:
        raise NotImplementedHere(
            "Skyjar needs the library of Amazon Ion for that: pip install 'skyjar[ion]'."
        ) from None


def write(record: dict[str, Item]) -> bytes:
    """A line, as `plain_items.write`."""
    ion = {part: {name: _ion(value) for name, value in item.items()} for part, item in record.items()}
    text: str = _library().dumps(ion, binary=False)
    return text.encode() + b"\n"


def _ion(value: Value) -> Any:
    ((kind, content),) = value.items()
    if kind in _MARKS:
        ion = _library()
        elements = [_ion({kind[0]: each}) for each in content]
        return ion.IonPyList.from_value(ion.IonType.LIST, elements, (_MARKS[kind],))
    if kind == "N":
        return Decimal(content)
    if kind == "M":
        return {name: _ion(each) for name, each in content.items()}
    if kind == "L":
        return [_ion(each) for each in content]
    return None if kind == "NULL" else content


def read(line: bytes) -> Item:
    """The item of a line; whatever is wrong with it is a ValidationException."""
    wrong = (_library().IonException, ValueError, KeyError, TypeError, AttributeError, RecursionError, InvalidOperation)
    try:
        found = _library().loads(line.decode())
        return {str(name): _value(value) for name, value in found["Item"].items()}
    except wrong:
        raise ValidationException("The line is not an item in Amazon Ion") from None


def _value(value: Any) -> Value:
    kind: str = value.ion_type.name
    marks = [mark.text for mark in value.ion_annotations]
    if kind == "LIST" and marks:
        return {_SETS[marks[0]]: [_scalar(each) for each in value]}
    if kind == "STRUCT":
        return {"M": {str(name): _value(each) for name, each in value.items()}}
    if kind == "LIST":
        return {"L": [_value(each) for each in value]}
    if kind == "NULL":
        return {"NULL": True}
    if kind == "BOOL":
        return {"BOOL": bool(value)}
    return {"N" if kind in ("INT", "DECIMAL") else "S" if kind == "STRING" else "B": _scalar(value)}


def _scalar(value: Any) -> Any:
    """As the wire has it: numbers as text."""
    kind = value.ion_type.name
    if kind in ("INT", "DECIMAL", "STRING"):
        return str(value)
    if kind in ("BLOB", "CLOB"):
        return bytes(value)
    raise ValueError(kind)
