"""CBOR as DAX uses it: only plain items, large numbers, decimals and DAX's own tags; everything else is malformed."""

from __future__ import annotations

import io
from decimal import Decimal
from typing import Any

import cbor2

DEPTH_MAX = 120  # DynamoDB nests values to 32 levels, and expressions to about 100
ITEMS_MAX = 500_000  # parts of one item; a BatchWriteItem of the most and smallest attributes has fewer
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


def item(data: bytes, start: int = 0) -> tuple[Any, int]:
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


class Scanner:
    """Finds the end of a long item as its bytes come, each looked at once, and refuses what would be too much to take in."""

    def __init__(self) -> None:
        self._at = 0  # from the item's start
        self._open: list[int] = []  # how much is to come in each container around; -1: until a break
        self._count = 0

    def end(self, data: bytes, start: int) -> int | None:
        """Where the item at `start` ends; None while it goes on after `data`. Malformed: too deep, too many, or no CBOR."""
        while True:
            at = start + self._at
            if at >= len(data):
                return None
            major, minor = data[at] >> 5, data[at] & 31
            size = 1 << (minor - 24) if 24 <= minor <= 27 else 0
            if at + 1 + size > len(data):
                return None
            value = int.from_bytes(data[at + 1 : at + 1 + size], "big") if size else minor
            length = 1 + size
            if major in (2, 3) and minor != 31:
                length += value
                if at + length > len(data):
                    return None
            self._at += length
            self._count += 1
            self._enter(major, minor, value)
            if self._count > ITEMS_MAX or len(self._open) > DEPTH_MAX:
                raise Malformed("an item of too many parts")
            if not self._open:
                return start + self._at

    def _enter(self, major: int, minor: int, value: int) -> None:
        """One head has been read: something has begun, or is whole."""
        if minor == 31 and major in (2, 3, 4, 5):
            self._open.append(-1)
            return
        if minor == 31 and major == 7 and self._open and self._open[-1] == -1:
            self._open.pop()
        elif minor >= 28:
            raise Malformed("no item")
        elif major in (4, 5, 6):
            inside = 1 if major == 6 else value * (major - 3)
            if inside:
                self._open.append(inside)
                return
        while self._open and self._open[-1] != -1:
            self._open[-1] -= 1
            if self._open[-1]:
                return
            self._open.pop()


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
