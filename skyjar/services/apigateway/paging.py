"""Lists in pages."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TypeVar

from . import limits

T = TypeVar("T")


def paged(
    found: Iterable[T], name: Callable[[T], str], position: str, limit: int | None
) -> tuple[list[T], dict[str, str]]:
    """The records from `position` on, in the order of their names, and the next position when there is more."""
    size = min(limit if limit is not None and limit > 0 else limits.PAGE, limits.PAGE_MOST)
    rest = sorted((record for record in found if name(record) >= position), key=name)
    return rest[:size], ({"position": name(rest[size])} if len(rest) > size else {})
