"""Pages of what is listed, and the format of documents."""

from __future__ import annotations

from typing import TypeVar

from skyjar.kernel.pages import BadToken, page

from . import limits
from .errors import InvalidNextTokenException, InvalidParameterException

T = TypeVar("T")


def paged(found: list[T], token: str, most: int | None) -> tuple[list[T], dict[str, str]]:
    """The items of this page, and the member NextToken when there are more."""
    try:
        listed, following = page(found, token, most or limits.RESULTS)
    except BadToken:
        raise InvalidNextTokenException from None
    return listed, {"NextToken": following} if following else {}


def check_format(version: str) -> None:
    if version != limits.FORMAT:
        raise InvalidParameterException(f"FormatVersion {version} is not supported. Use {limits.FORMAT}.")
