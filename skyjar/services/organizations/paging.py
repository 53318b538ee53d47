"""Pages of lists."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any, TypeVar

from skyjar.kernel import pages

from . import limits
from .errors import InvalidInputException

T = TypeVar("T")


def page(
    member: str, items: Iterable[T], token: str, most: int | None, show: Callable[[T], Any] = lambda item: item
) -> dict[str, Any]:
    try:
        found, following = pages.page(list(items), token, most or limits.RESULTS)
    except pages.BadToken:
        raise InvalidInputException("INVALID_NEXT_TOKEN", "You provided an invalid token.") from None
    return {member: [show(item) for item in found], **({"NextToken": following} if following else {})}
