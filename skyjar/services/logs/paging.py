"""Pages of lists; a token is the key of the last record of the page before. Pure."""

from __future__ import annotations

from base64 import urlsafe_b64decode, urlsafe_b64encode
from binascii import Error
from collections.abc import Callable
from typing import TypeVar

from . import limits
from .errors import InvalidParameterException

T = TypeVar("T")


def page(
    everything: list[T], key: Callable[[T], str], token: str | None, most: int, *, descending: bool = False
) -> tuple[list[T], str]:
    """The records behind the token, in order of their keys, and the next token (empty at the end)."""
    after = read(token) if token else None
    ordered = sorted(everything, key=key, reverse=descending)
    if after is not None:
        ordered = [each for each in ordered if (key(each) < after if descending else key(each) > after)]
    count = min(most, limits.DESCRIBED)
    found = ordered[:count]
    return found, write(key(found[-1])) if len(ordered) > count else ""


def write(text: str) -> str:
    return urlsafe_b64encode(text.encode()).decode()


def read(token: str) -> str:
    try:
        return urlsafe_b64decode(token).decode()
    except (Error, ValueError):
        raise InvalidParameterException("The specified nextToken is invalid.") from None
