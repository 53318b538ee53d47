"""Pages of lists, in the order of keys. A token is the last key of the page before it."""

from __future__ import annotations

from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Callable
from typing import TypeVar

from . import limits
from .errors import InvalidParameterException

T = TypeVar("T")


def page(
    read: Callable[[str, int], list[T]], key: Callable[[T], str], token: str | None, most: int = limits.PAGE
) -> tuple[list[T], dict[str, str]]:
    """What `read(after, limit)` gives for this page, and the member NextToken, if there is more."""
    found = read(_after(token), most + 1)
    if len(found) <= most:
        return found, {}
    return found[:most], {"NextToken": urlsafe_b64encode(key(found[most - 1]).encode()).decode()}


def _after(token: str | None) -> str:
    try:
        return urlsafe_b64decode(token).decode() if token else ""
    except ValueError:
        raise InvalidParameterException("NextToken Reason: Invalid token") from None
