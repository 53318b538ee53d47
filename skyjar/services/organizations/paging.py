"""Pages of lists; a token says how many came before. Pure."""

from __future__ import annotations

from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Callable, Iterable
from typing import Any, TypeVar

from . import limits
from .errors import InvalidInputException

T = TypeVar("T")


def page(
    member: str, items: Iterable[T], token: str, most: int | None, show: Callable[[T], Any] = lambda item: item
) -> dict[str, Any]:
    everything = list(items)
    start = _read(token) if token else 0
    end = start + (most or limits.RESULTS)
    answer: dict[str, Any] = {member: [show(item) for item in everything[start:end]]}
    if end < len(everything):
        answer["NextToken"] = urlsafe_b64encode(f"after {end}".encode()).decode()
    return answer


def _read(token: str) -> int:
    try:
        word, _, number = urlsafe_b64decode(token).decode().partition(" ")
        if word == "after" and number.isascii() and number.isdigit():
            return int(number)
    except ValueError:
        pass
    raise InvalidInputException("INVALID_NEXT_TOKEN", "You provided an invalid token.")
