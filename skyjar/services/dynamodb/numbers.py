"""Numbers: 38 significant digits, from 1E-130 to 9.9…E+125. Their canonical text, arithmetic, and order in keys. Pure."""

from __future__ import annotations

import re
from decimal import Context, Decimal
from functools import lru_cache

from .errors import RewordedException, ValidationException

_NUMBER = re.compile(r"[+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]{1,6})?", re.ASCII)
_DIGITS = 38
_LARGEST, _SMALLEST = 125, -130
_EXACT = Context(prec=400)
_WIDE = Context(prec=_DIGITS * 8, Emax=999_999, Emin=-999_999)


def normalise(text: str) -> str:
    """The canonical text of a number as DynamoDB returns it: no exponent, no leading or trailing zeros."""
    if text.isdigit() and text.isascii() and len(text) <= _DIGITS and (text[0] != "0" or text == "0"):
        return text
    if not _NUMBER.fullmatch(text):
        if not text.strip():
            said = "The parameter cannot be converted to a numeric value"
            raise RewordedException(said, f"{said}: {text}")
        raise ValidationException(f"The parameter cannot be converted to a numeric value: {text}")
    return _show(Decimal(text))


def _show(value: Decimal) -> str:
    if not value:
        return "0"
    sign, digits, exponent = value.as_tuple()
    stripped = "".join(map(str, digits)).lstrip("0")
    exponent = int(exponent) + len(stripped)
    stripped = stripped.rstrip("0")
    if exponent - 1 > _LARGEST:
        raise ValidationException(
            "Number overflow. Attempting to store a number with magnitude larger than supported range"
        )
    if exponent - 1 < _SMALLEST:
        raise ValidationException(
            "Number underflow. Attempting to store a number with magnitude smaller than supported range"
        )
    if len(stripped) > _DIGITS:
        raise ValidationException("Attempting to store more than 38 significant digits in a Number")
    if exponent <= 0:
        shown = "0." + "0" * -exponent + stripped
    elif exponent >= len(stripped):
        shown = stripped + "0" * (exponent - len(stripped))
    else:
        shown = f"{stripped[:exponent]}.{stripped[exponent:]}"
    return "-" + shown if sign else shown


def decimal(text: str) -> Decimal:
    return _EXACT.create_decimal(text)


def add(left: str, right: str) -> str:
    """The sum of two canonical numbers; refused where it needs more than 38 digits."""
    if len(left) < 18 and len(right) < 18 and left.lstrip("-").isdigit() and right.lstrip("-").isdigit():
        return str(int(left) + int(right))
    return _show(_WIDE.add(Decimal(left), Decimal(right)))


def negate(text: str) -> str:
    return text[1:] if text[0] == "-" else text if text == "0" else "-" + text


def size(text: str) -> int:
    """What a canonical number counts for: a byte for every two significant digits before the point, and for every two behind it,
    one more, and one for a minus sign. Source: measured on AWS to the byte, in the notes of the project dynamodb-conformance;
    the Developer Guide says "approximately"."""
    whole, _, fraction = text.partition(".")
    if not fraction:
        digits = len(whole.rstrip("0"))
        return (digits + 3) // 2 if whole[0] != "-" else (digits + 4) // 2
    is_negative = whole[0] == "-"
    before = len(whole) - is_negative
    if whole in ("0", "-0"):
        before, fraction = 0, fraction.lstrip("0")
    return 1 + (before + 1) // 2 + (len(fraction) + 1) // 2 + is_negative


_COMPLEMENT = bytes(255 - byte for byte in range(256))


@lru_cache(4096)
def encode(text: str) -> bytes:
    """Bytes that sort as the numbers do, none a prefix of another: sign, decimal exponent, pairs of digits, an end."""
    is_negative = text[0] == "-"
    whole, _, fraction = (text[1:] if is_negative else text).partition(".")
    digits = (whole + fraction).lstrip("0")
    if not digits:
        return b"\x80"
    exponent = len(whole) - 1 if whole != "0" else len(digits) - len(fraction) - 1
    digits = digits.rstrip("0")
    if len(digits) & 1:
        digits += "0"
    body = bytes((exponent - _SMALLEST, *[int(digits[at : at + 2]) + 1 for at in range(0, len(digits), 2)], 0))
    return b"\x40" + body.translate(_COMPLEMENT) if is_negative else b"\xc0" + body
