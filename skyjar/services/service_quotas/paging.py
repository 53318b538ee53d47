"""Pages of what is listed."""

from __future__ import annotations

from typing import TypeVar

from skyjar.kernel.pages import BadToken, page

from . import limits
from .errors import InvalidPaginationTokenException

T = TypeVar("T")


def paged(found: list[T], token: str | None, most: int | None) -> tuple[list[T], dict[str, str]]:
    """The items of this page, and the member NextToken when there are more."""
    try:
        listed, following = page(found, token or "", most or limits.RESULTS)
    except BadToken:
        raise InvalidPaginationTokenException from None
    return listed, {"NextToken": following} if following else {}
