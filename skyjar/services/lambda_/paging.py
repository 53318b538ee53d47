"""Pages of lists. A marker is the key of the last record of the page before, in Base64. Pure."""

from __future__ import annotations

from base64 import urlsafe_b64decode, urlsafe_b64encode
from binascii import Error
from collections.abc import Callable
from typing import TypeVar

from . import limits
from .errors import InvalidParameterValueException

T = TypeVar("T")


def page(everything: list[T], key: Callable[[T], str], marker: str | None, most: int | None) -> tuple[list[T], str]:
    """The records after the marker, in order of their keys, and the next marker (empty at the end)."""
    after = _read(marker) if marker else None
    ordered = sorted(everything, key=key)
    left = ordered if after is None else [each for each in ordered if key(each) > after]
    count = min(most or limits.PAGE, limits.PAGE)
    found = left[:count]
    return found, urlsafe_b64encode(key(found[-1]).encode()).decode() if len(left) > count else ""


def _read(marker: str) -> str:
    try:
        return urlsafe_b64decode(marker).decode()
    except (Error, ValueError):
        raise InvalidParameterValueException("Invalid pagination token") from None
