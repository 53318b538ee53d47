"""Order-preserving keys: a tuple of strings, integers, floats and bytes becomes bytes that sort as the tuple does.

A string ends in 00 01 and an inner 00 is written 00 FF, so that "a" < "a\\0" < "ab" and no key is a prefix of another
by accident. Integers are eight bytes, big-endian, offset by 2**63; floats likewise in IEEE order.
"""

from __future__ import annotations

import struct
from collections.abc import Callable
from typing import Any

Part = str | int | float | bytes | bool

_END = b"\0\x01"
_BIAS = 1 << 63
_pack_int = struct.Struct(">Q").pack
_pack_two = struct.Struct(">QQ").pack
_pack_float = struct.Struct(">d").pack


def text(value: str) -> bytes:
    try:
        raw = value.encode()
    except UnicodeEncodeError:
        raw = value.encode("utf-8", "surrogatepass")
    return (raw.replace(b"\0", b"\0\xff") if b"\0" in raw else raw) + _END


def raw(value: bytes) -> bytes:
    return (value.replace(b"\0", b"\0\xff") if b"\0" in value else value) + _END


def integer(value: int) -> bytes:
    return _pack_int(value + _BIAS)


def integers(first: int, second: int) -> bytes:
    """Two in a row, as `integer` would write them."""
    return _pack_two(first + _BIAS, second + _BIAS)


def real(value: float) -> bytes:
    packed = _pack_float(value + 0.0)  # -0.0 becomes 0.0, to which it is equal
    if packed[0] & 0x80:
        return bytes(byte ^ 0xFF for byte in packed)
    return bytes((packed[0] | 0x80,)) + packed[1:]


ENCODERS: dict[type, Callable[[Any], bytes]] = {str: text, bytes: raw, int: integer, bool: integer, float: real}


def encode(parts: tuple[Part, ...]) -> bytes:
    return b"".join([ENCODERS[type(part)](part) for part in parts])


def after(prefix: bytes) -> bytes:
    """The first key behind all keys that begin with `prefix`."""
    stripped = prefix.rstrip(b"\xff")
    return stripped[:-1] + bytes((stripped[-1] + 1,)) if stripped else b"\xff" * 64
