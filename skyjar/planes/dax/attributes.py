"""Attribute values (`{"S": "x"}`) and what stands for them in CBOR."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from cbor2 import CBORTag

from . import cbor
from .cbor import BINARY_SET, NUMBER_SET, STRING_SET, Malformed

Value = dict[str, Any]
Item = dict[str, Value]


def plain(value: Value) -> Any:
    """What is written for a value."""
    kind, given = next(iter(value.items()))
    if kind == "N":
        return cbor.number(given)
    if kind == "NULL":
        return None
    if kind == "L":
        return [plain(each) for each in given]
    if kind == "M":
        return {name: plain(each) for name, each in given.items()}
    if kind == "SS":
        return CBORTag(STRING_SET, list(given))
    if kind == "NS":
        return CBORTag(NUMBER_SET, [cbor.number(each) for each in given])
    if kind == "BS":
        return CBORTag(BINARY_SET, [bytes(each) for each in given])
    return given


def value(found: Any) -> Value:
    """The value that was written so. Malformed for what stands for none."""
    if isinstance(found, bool):
        return {"BOOL": found}
    if found is None:
        return {"NULL": True}
    if isinstance(found, str):
        return {"S": found}
    if isinstance(found, bytes):
        return {"B": found}
    if isinstance(found, int | Decimal | float):
        return {"N": _text(found)}
    if isinstance(found, list | tuple):
        return {"L": [value(each) for each in found]}
    if isinstance(found, dict):
        return {"M": {cbor.bound(name, str, "a name"): value(each) for name, each in found.items()}}
    if isinstance(found, CBORTag):
        return _set(found)
    raise Malformed(f"no attribute value: {type(found).__name__}")


def _text(found: float | Decimal) -> str:
    """Digits of a length that DynamoDB may refuse, but no longer."""
    if isinstance(found, int) and found.bit_length() > 1024:
        raise Malformed("a number of too many digits")
    return str(found)


def _set(tag: CBORTag) -> Value:
    members = tag.value
    if not isinstance(members, list | tuple):
        raise Malformed("a set is no array")
    kind, of = {STRING_SET: ("SS", str), NUMBER_SET: ("NS", object), BINARY_SET: ("BS", bytes)}.get(tag.tag, ("", str))
    if not kind:
        raise Malformed(f"tag {tag.tag}")
    found = [value(each) for each in members]
    if any(of is not object and not isinstance(each, of) for each in members):
        raise Malformed("a set of several types")
    return {kind: [each[kind[0]] if kind[0] in each else _no_member() for each in found]}


def _no_member() -> Any:
    raise Malformed("a set of several types")


def names_of(item: Item, keys: tuple[str, ...]) -> tuple[str, ...]:
    """The names in a list of attributes: all but those of the key, in order."""
    return tuple(sorted(item.keys() - set(keys)))


def pack(number: int, names: tuple[str, ...], item: Item) -> bytes:
    """An item without its key: the number of the list of its names, and its values in that order."""
    return cbor.encode(number) + b"".join(cbor.encode(plain(item[name])) for name in names)


def unpack(data: bytes) -> tuple[int, list[Value]]:
    found = cbor.items(data)
    if not found or type(found[0]) is not int:
        raise Malformed("an item begins with the number of its attribute list")
    return found[0], [value(each) for each in found[1:]]
