"""Pages of lists."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

from skyjar.kernel import pages

from .errors import InvalidNextTokenException

T = TypeVar("T")


def page(
    member: str, items: list[T], token: str, most: int, show: Callable[[T], Any] = lambda item: item
) -> dict[str, Any]:
    try:
        found, following = pages.page(items, token, most)
    except pages.BadToken:
        raise InvalidNextTokenException from None
    return {member: [show(item) for item in found], **({"NextToken": following} if following else {})}
