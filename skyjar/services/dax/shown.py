"""Parts of answers that several methods have."""

from __future__ import annotations

from typing import Any

from skyjar.planes.dax import answers, expressions
from skyjar.planes.dax.expressions import Path

from .asking import Item
from .options import Options


def capacity_of(options: Options, used: Any) -> dict[int, Any]:
    """The capacity that was used, where the client asks for it."""
    return {answers.CAPACITY: answers.capacity(used)} if used and options.capacity != "NONE" else {}


def projected(item: Item, paths: list[Path]) -> dict[int, Any]:
    """What a projection shows of an item."""
    found = [(ordinal, expressions.at(item, path)) for ordinal, path in enumerate(paths)]
    return answers.projected([(ordinal, value) for ordinal, value in found if value is not None])
