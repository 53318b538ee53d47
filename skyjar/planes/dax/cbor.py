"""CBOR as DAX uses it: only plain items, large numbers, decimals and DAX's own tags; everything else is malformed."""

from __future__ import annotations

import io
from decimal import Decimal
from typing import Any

import cbor2

DEPTH_MAX = 120  # DynamoDB nests values to 32 levels, and expressions to about 100
STRING_SET, NUMBER_SET, BINARY_SET, ORDINAL = 3321, 3322, 3323, 3324
# What cbor2 understands by itself and DAX never says: dates, shared references, patterns, addresses, sets …
_STRANGE = (0, 1, 5, 25, 28, 29, 30, 35, 36, 37, 52, 54, 100, 256, 258, 260, 261, 1004, 43000, 55799)


class Malformed(ValueError):
    """Bytes that are no CBOR, or not what was to come."""


class Incomplete(Malformed):
    """The item goes on after the bytes at hand."""


def _refuse(*given: object) -> Any:
    raise Malformed("a tag that DAX does not use")


_DECODERS: Any = dict.fromkeys(_STRANGE, _refuse)


def item(data: bytes | bytearray, start: int = 0) -> tuple[Any, int]:
    """The item at `start` and where it ends."""
    file = io.BytesIO(data)
    file.seek(start)
    decoder = cbor2.CBORDecoder(file, read_size=1, max_depth=DEPTH_MAX, semantic_decoders=_DECODERS)
    try:
        found = decoder.decode()
    except cbor2.CBORDecodeEOF as error:
        raise Incomplete(str(error)) from None
    except (cbor2.CBORError, ValueError, TypeError, OverflowError, ArithmeticError, RecursionError) as error:
        raise Malformed(str(error)) from None
    return found, file.tell()


def items(data: bytes) -> list[Any]:
    """All of what is in a byte string that holds items."""
    found, at = [], 0
    while at < len(data):
        one, at = item(data, at)
        found.append(one)
    return found


def encode(value: Any) -> bytes:
    return cbor2.dumps(value)


def number(text: str) -> int | Decimal:
    """A DynamoDB number as what is written of it."""
    if text.lstrip("-").isdigit():
        return int(text)
    return Decimal(text)


def bound(value: Any, kind: type, name: str) -> Any:
    """The value, which must be of that type."""
    if type(value) is not kind:
        raise Malformed(f"{name} is no {kind.__name__}")
    return value
