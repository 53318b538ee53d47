"""A page of a table's records, by name."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from skyjar.kernel.call import Call
from skyjar.kernel.tables import Table

from . import limits


def page(
    call: Call, member: str, table: Table[Any], most: int | None, token: str, show: Callable[[Any], Any]
) -> dict[str, Any]:
    """The token is the name that the next page begins with."""
    limit = min(most or limits.PAGE, limits.PAGE)
    found = table.range(call, start=(token,) if token else (), limit=limit + 1)
    more = {"NextToken": found[limit].name} if len(found) > limit else {}
    return {member: [show(each) for each in found[:limit]], **more}
