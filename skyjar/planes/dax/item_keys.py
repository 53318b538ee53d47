"""Keys of items as bytes. A partition key alone is its text, its bytes, or a number in CBOR; with a sort key it is in CBOR and the sort
key follows: text, bytes, or a number that sorts (`lexical_decimals.py`)."""

from __future__ import annotations

from decimal import Context, Decimal

from . import cbor, lexical_decimals
from .attributes import Item, Value, plain, value
from .cbor import Malformed

_EXACT = Context(prec=400)
Schema = tuple[
    tuple[str, str], ...
]  # name and type (S, N or B) of the partition key, and of the sort key if there is one


def encode(schema: Schema, item: Item) -> bytes:
    (name, kind), *more = schema
    found = item[name]
    if not more:
        return cbor.encode(plain(found)) if kind == "N" else _bare(kind, found[kind])
    (name, kind), head = more[0], cbor.encode(plain(found))
    last = item[name][kind]
    return head + (lexical_decimals.encode(last) if kind == "N" else _bare(kind, last))


def _bare(kind: str, found: str | bytes) -> bytes:
    return found.encode() if isinstance(found, str) else bytes(found)


def decode(schema: Schema, data: bytes) -> Item:
    """Malformed when the bytes are no key of this schema."""
    (name, kind), *more = schema
    if not more:
        if kind != "N":
            return {name: _value(kind, data)}
        found, end = cbor.item(data)
        rest = data[end:]
        if rest:
            raise Malformed("a key is followed by more")
        return {name: _of(kind, value(found))}
    found, end = cbor.item(data)
    key = {name: _of(kind, value(found))}
    name, kind = more[0]
    key[name] = {"N": _plain(lexical_decimals.decode(data[end:]))} if kind == "N" else _value(kind, data[end:])
    return key


def _value(kind: str, data: bytes) -> Value:
    if kind == "B":
        return {"B": data}
    try:
        return {"S": data.decode()}
    except UnicodeDecodeError:
        raise Malformed("a key is no text") from None


def _of(kind: str, found: Value) -> Value:
    if kind not in found:
        raise Malformed("a key is of another type")
    return {"N": _plain(found["N"])} if kind == "N" else found


def _plain(number: str) -> str:
    """In one form only, so that equal keys are equal bytes."""
    value = Decimal(number)
    if not value.is_finite() or not -200 < value.adjusted() < 200:
        raise Malformed("a number of too many digits")
    return format(value.normalize(_EXACT), "f") if value else "0"
