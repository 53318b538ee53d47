"""Pages of lists."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

from skyjar.kernel import pages

from .errors import ValidationException

T = TypeVar("T")


def page(member: str, items: list[T], token: str, most: int, show: Callable[[T], Any]) -> dict[str, Any]:
    if most < 1:
        raise ValidationException("The maximum number of results must be positive.")
    try:
        found, after = pages.page(items, token, most)
    except pages.BadToken:
        raise ValidationException("The token is not valid.") from None
    shown: dict[str, Any] = {member: [show(each) for each in found]}
    return {**shown, "nextToken": after} if after else shown
