"""Pages of a list whose order does not change between calls. Pure. A token says how many came before."""

from __future__ import annotations

from base64 import urlsafe_b64decode, urlsafe_b64encode
from typing import TypeVar

T = TypeVar("T")


class BadToken(Exception):
    """The token is none of ours; every service has its own words for that."""


def page(items: list[T], token: str, most: int) -> tuple[list[T], str]:
    """The items of this page, and the token of the next one (empty at the end)."""
    start = _read(token) if token else 0
    end = start + most
    return items[start:end], urlsafe_b64encode(f"after {end}".encode()).decode() if end < len(items) else ""


def _read(token: str) -> int:
    try:
        word, _, number = urlsafe_b64decode(token).decode().partition(" ")
    except ValueError:
        raise BadToken from None
    if word != "after" or not (number.isascii() and number.isdigit() and len(number) < 10):
        raise BadToken
    return int(number)
