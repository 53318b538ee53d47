"""Attribute values as the wire has them, `{"S": "x"}`: what is admitted, what they count for, how they compare. Pure.

Admitting a value checks it, brings its numbers into canonical form and its sets into order, so that two values are equal
exactly when their dicts are.
"""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Callable
from decimal import Decimal
from typing import Any

from . import limits, numbers
from .errors import NestingException, RewordedException, ValidationException

Value = dict[str, Any]
Item = dict[str, Value]
TYPES = ("S", "N", "B", "SS", "NS", "BS", "M", "L", "NULL", "BOOL")
_UNNAMED = "Empty attribute name"
_PARAMETERS = "One or more parameter values were invalid: "


def text_size(text: str) -> int:
    return len(text) if text.isascii() else len(text.encode("utf-8", "surrogatepass"))


def admit(item: Item) -> int:
    """Check and normalise an item (or the values of an expression) in place; returns its size in bytes."""
    size = 0
    if "" in item:
        raise ValidationException(_UNNAMED)
    for name, value in item.items():
        size += (len(name) if name.isascii() else text_size(name)) + admit_value(value)
    return size


def admit_value(value: Value, depth: int = 1) -> int:
    """Check and normalise a value in place; returns its size in bytes. `depth`: its level, an attribute's being 1."""
    if len(value) != 1:
        if not value:
            raise ValidationException(
                "Supplied AttributeValue is empty, must contain exactly one of the supported datatypes"
            )
        raise ValidationException(
            "Supplied AttributeValue has more than one datatypes set, must contain exactly one of the supported datatypes"
        )
    if "S" in value:
        text = value["S"]
        return len(text) if text.isascii() else text_size(text)
    if "N" in value:
        number = value["N"] = numbers.normalise(value["N"])
        return numbers.size(number)
    kind, content = next(iter(value.items()))
    return _ADMIT[kind](value, content, depth)


def _binary(value: Value, content: bytes, depth: int) -> int:
    return len(content)


def _flag(value: Value, content: bool, depth: int) -> int:
    return 1


def _null(value: Value, content: bool, depth: int) -> int:
    if not content:
        raise ValidationException(_PARAMETERS + "Null attribute value types must have the value of true")
    return 1


def _strings(value: Value, content: list[str], depth: int) -> int:
    if not content:
        raise ValidationException(_PARAMETERS + "An string set  may not be empty")
    if len(set(content)) != len(content):
        raise RewordedException(
            f"{_PARAMETERS}Input collection [{', '.join(content)}] contains duplicates.",
            f"{_PARAMETERS}Input collection [{', '.join(map(_quoted, content))}] contains duplicates.",
        )
    value["SS"] = sorted(content, key=lambda text: text.encode("utf-8", "surrogatepass"))
    return sum(map(text_size, content))


def _numbers(value: Value, content: list[str], depth: int) -> int:
    if not content:
        raise ValidationException(_PARAMETERS + "An number set  may not be empty")
    canonical = [numbers.normalise(text) for text in content]
    if len(set(canonical)) != len(canonical):
        raise ValidationException("Input collection contains duplicates")
    value["NS"] = sorted(canonical, key=numbers.encode)
    return sum(map(numbers.size, canonical))


def _binaries(value: Value, content: list[bytes], depth: int) -> int:
    if not content:
        raise ValidationException(_PARAMETERS + "Binary sets should not be empty")
    if len(set(content)) != len(content):
        shown = [b64encode(each).decode() for each in content]
        raise RewordedException(
            f"{_PARAMETERS}Input collection [{', '.join(shown)}]of type BS contains duplicates.",
            f"{_PARAMETERS}Input collection [{','.join(map(_quoted, shown))}]of type BS contains duplicates.",
        )
    value["BS"] = sorted(content)
    return sum(map(len, content))


def _quoted(text: str) -> str:
    return f'"{text}"'


def _map(value: Value, content: Item, depth: int) -> int:
    if depth >= limits.NESTING and content:
        raise NestingException
    if "" in content:
        raise ValidationException(_UNNAMED)
    return 3 + sum([text_size(name) + 1 + admit_value(each, depth + 1) for name, each in content.items()])


def _list(value: Value, content: list[Value], depth: int) -> int:
    if depth >= limits.NESTING and content:
        raise NestingException
    return 3 + sum([1 + admit_value(each, depth + 1) for each in content])


_ADMIT: dict[str, Callable[[Value, Any, int], int]] = {
    "B": _binary,
    "BOOL": _flag,
    "NULL": _null,
    "SS": _strings,
    "NS": _numbers,
    "BS": _binaries,
    "M": _map,
    "L": _list,
}


def size_of(item: Item) -> int:
    """The size of an item that was admitted before."""
    return sum([text_size(name) + value_size(value) for name, value in item.items()])


def value_size(value: Value) -> int:
    kind, content = next(iter(value.items()))
    if kind == "S":
        return text_size(content)
    if kind == "N":
        return numbers.size(content)
    if kind == "B":
        return len(content)
    if kind == "M":
        return 3 + sum([text_size(name) + 1 + value_size(each) for name, each in content.items()])
    if kind == "L":
        return 3 + sum([1 + value_size(each) for each in content])
    if kind in ("BOOL", "NULL"):
        return 1
    measure: Callable[[Any], int] = {"SS": text_size, "NS": numbers.size, "BS": len}[kind]
    return sum([measure(each) for each in content])


def type_of(value: Value) -> str:
    return next(iter(value))


def copy(value: Value) -> Value:
    """A deep copy, so that changing one place of an item changes no other."""
    kind, content = next(iter(value.items()))
    if kind == "M":
        return {"M": {name: copy(each) for name, each in content.items()}}
    if kind == "L":
        return {"L": [copy(each) for each in content]}
    return {kind: list(content)} if kind in ("SS", "NS", "BS") else {kind: content}


def order(value: Value) -> tuple[str, Any] | None:
    """What values of one type are ordered by; None for types that have no order."""
    kind, content = next(iter(value.items()))
    if kind == "N":
        return kind, Decimal(content)
    if kind == "S":
        return kind, content.encode("utf-8", "surrogatepass")
    return (kind, content) if kind == "B" else None


def show(value: Value) -> str:
    """A value in an error's sentence."""
    kind, content = next(iter(value.items()))
    if isinstance(content, bytes):
        return f"{{{kind}:java.nio.HeapByteBuffer[pos=0 lim={len(content)} cap={len(content)}]}}"
    if isinstance(content, bool):
        return f"{{{kind}:{str(content).lower()}}}"
    return f"{{{kind}:{content}}}"
