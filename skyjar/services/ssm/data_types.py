"""Data types of parameters: what a value has to look like. Pure.

Source: Systems Manager User Guide, "Parameter data types in Parameter Store": all but aws:ec2:image and
aws:ssm:integration are checked when the parameter is put, each item of a StringList by itself. How strictly AWS reads
each of them is not published; here it is by the standard that each names.
"""

from __future__ import annotations

import binascii
import math
import re
from base64 import b64decode
from collections.abc import Callable
from ipaddress import IPv4Address, IPv6Address
from urllib.parse import urlsplit

import orjson

from skyjar.kernel.errors import NotImplementedHere

from . import regions
from .errors import ValidationException

TEXT = "text"
ADVANCED = frozenset(("url", "json", "jsonc"))
_ELSEWHERE = ("aws:ec2:image", "aws:ssm:integration")
_INTEGER = re.compile(r"[+-]?[0-9]+")
_FLOAT = re.compile(r"[+-]?([0-9]+(\.[0-9]*)?|\.[0-9]+)([eE][+-]?[0-9]+)?")
_LABEL = r"[A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?"
_HOST = re.compile(rf"{_LABEL}(\.{_LABEL})*\.?")
_EMAIL = re.compile(r"[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]{1,64}@(.+)")
_COMMENT = re.compile(r'"(?:[^"\\\n]|\\.)*"|//[^\n]*|/\*.*?(?:\*/|\Z)', re.DOTALL)
_TRAILING_COMMA = re.compile(r'"(?:[^"\\\n]|\\.)*"|,(?=\s*[}\]])', re.DOTALL)


def check(data_type: str, parameter_type: str, value: str) -> None:
    if data_type in _ELSEWHERE:
        raise NotImplementedHere(f"Skyjar does not implement the DataType {data_type} of ssm:PutParameter.")
    if data_type == TEXT:
        return
    fits = _FITS.get(data_type)
    if fits is None:
        raise ValidationException(
            f"The following data type is not supported: {data_type} (Data type names are all lowercase.)"
        )
    items = value.split(",") if parameter_type == "StringList" else [value]
    if not all(fits(item) for item in items):
        raise ValidationException(f"Parameter value does not match the data type {data_type}.")


def _is_host(text: str) -> bool:
    return len(text) <= 253 and bool(_HOST.fullmatch(text))


def _is_email(text: str) -> bool:
    found = _EMAIL.fullmatch(text)
    return bool(found) and "." in text.rpartition("@")[2] and _is_host(text.rpartition("@")[2])


def _is_url(text: str) -> bool:
    try:
        parts = urlsplit(text)
        _ = parts.port
    except ValueError:
        return False
    return bool(parts.scheme and parts.hostname) and not re.search(r"\s", text)


def _is_base64(text: str) -> bool:
    try:
        b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        return False
    return True


def _reads(read: Callable[[str], object]) -> Callable[[str], bool]:
    def fits(text: str) -> bool:
        try:
            read(text)
        except ValueError:
            return False
        return True

    return fits


def _plain(text: str) -> str:
    """JSON with comments and trailing commas, without these."""
    bare = _COMMENT.sub(lambda found: " " if _is_comment(found[0]) else found[0], text)
    return _TRAILING_COMMA.sub(lambda found: "" if found[0] == "," else found[0], bare)


def _is_comment(text: str) -> bool:
    return text.startswith("//") or (text.startswith("/*") and text.endswith("*/") and len(text) > 3)


_FITS: dict[str, Callable[[str], bool]] = {
    "aws:region": lambda text: text in regions.LONG_NAMES,
    "aws:account:id": lambda text: bool(re.fullmatch(r"[0-9]{12}", text)),
    "boolean": lambda text: text in ("true", "false"),
    "integer": lambda text: bool(_INTEGER.fullmatch(text)),
    "float": lambda text: bool(_FLOAT.fullmatch(text)) and math.isfinite(float(text)),
    "binary": _is_base64,
    "hostname": _is_host,
    "email": _is_email,
    "ipv4-address": _reads(IPv4Address),
    "ipv6-address": _reads(IPv6Address),
    "url": _is_url,
    "json": _reads(orjson.loads),
    "jsonc": _reads(lambda text: orjson.loads(_plain(text))),
}
