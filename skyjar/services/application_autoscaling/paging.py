"""Pages of what is described, and which things are asked for."""

from __future__ import annotations

from typing import Any, TypeVar

from skyjar.kernel.pages import BadToken, page

from . import limits
from .errors import InvalidNextTokenException, ValidationException

T = TypeVar("T")


def check(resource_id: Any, scalable_dimension: str | None) -> None:
    if scalable_dimension and not resource_id:
        raise ValidationException("If you specify a scalable dimension, you must also specify a resource ID.")


def paged(found: list[T], token: str | None, most: int | None) -> tuple[list[T], dict[str, str]]:
    """The items of this page, and the member NextToken when there are more."""
    number = limits.RESULTS if most is None else most
    if not 1 <= number <= limits.RESULTS:
        raise ValidationException(
            f"1 validation error detected: Value '{number}' at 'maxResults' failed to satisfy constraint: "
            f"Member must have value between 1 and {limits.RESULTS}"
        )
    try:
        listed, following = page(found, token or "", number)
    except BadToken:
        raise InvalidNextTokenException from None
    return listed, {"NextToken": following} if following else {}
