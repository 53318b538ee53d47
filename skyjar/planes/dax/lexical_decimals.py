"""Numbers as bytes that sort as the numbers do: how DAX writes the sort keys of a table whose sort key is a number.

The first byte tells sign and exponent, those far from zero in four more. Then come the digits, three at a time in ten bits,
and how many of the last three count. A negative number's bits are turned around.
"""

from __future__ import annotations

from decimal import Context, Decimal

from .cbor import Malformed

ZERO = 0x80
DIGITS = 38
_EXACT = Context(prec=60, Emax=10**6, Emin=-(10**6))


def encode(text: str) -> bytes:
    """Equal numbers are equal bytes. The zeros of a whole number are written, as clients do, so that they show 30 and not 3E+1."""
    value = _EXACT.create_decimal(text).normalize(_EXACT)
    if not value:
        return bytes((ZERO,))
    sign, digits, scale = value.as_tuple()
    assert isinstance(scale, int)
    significand = "".join(map(str, digits))
    exponent = scale + len(significand)
    if len(significand) < exponent <= DIGITS:
        significand = significand.ljust(exponent, "0")
    last = (2, 0, 1)[len(significand) % 3]
    padded = significand.ljust(-(-len(significand) // 3) * 3, "0")
    groups = [int(padded[at : at + 3]) for at in range(0, len(padded), 3)]
    ten_bits = [*(1011 - each for each in groups), 1023 - last] if sign else [*(each + 12 for each in groups), last]
    bits = 0
    for each in ten_bits:
        bits = bits << 10 | each
    size = -(-len(ten_bits) * 10 // 8)
    return _head(exponent, bool(sign)) + (bits << (size * 8 - len(ten_bits) * 10)).to_bytes(size, "big")


def _head(exponent: int, is_negative: bool) -> bytes:
    if -0x3E <= exponent < 0x3E:
        return bytes((0x3F - exponent if is_negative else exponent + 0xC0,))
    if is_negative:
        return bytes((0x7E if exponent < 0 else 0x01,)) + ((exponent & 0xFFFFFFFF) ^ 0x7FFFFFFF).to_bytes(4, "big")
    return bytes((0x81 if exponent < 0 else 0xFE,)) + ((exponent & 0xFFFFFFFF) ^ 0x80000000).to_bytes(4, "big")


def decode(data: bytes) -> str:
    if not data or data[0] in (0x00, 0xFF):
        raise Malformed("no number")
    head = data[0]
    if head in (0x7F, ZERO):
        return "0"
    is_negative = head < 0x80
    if head in (0x01, 0x7E, 0x81, 0xFE):
        raw = int.from_bytes(data[1:5], "big") ^ (0x7FFFFFFF if is_negative else 0x80000000)
        exponent, rest = raw - (1 << 32) if raw >> 31 else raw, data[5:]
    else:
        exponent, rest = (0x3F - head if is_negative else head - 0xC0), data[1:]
    digits = _digits(rest, is_negative)
    if len(digits) > 60 or not -1000 < exponent < 1000:
        raise Malformed("a number of too many digits")
    found = Decimal((int(is_negative), tuple(map(int, digits)), exponent - len(digits)))
    return format(found, "f")


def _digits(rest: bytes, is_negative: bool) -> str:
    bits, count, digits = int.from_bytes(rest, "big"), len(rest) * 8, ""
    while count >= 10:
        count -= 10
        found = bits >> count & 0x3FF
        found = 1023 - found if is_negative else found
        if found <= 2:
            if not digits:
                break
            return digits[: len(digits) - 2 + found]
        if found > 1011 or found < 12:
            break
        digits += f"{found - 12:03}"
    raise Malformed("no number")
