"""Up and down the tree: parents and children."""

from __future__ import annotations

from typing import Any

from skyjar.kernel.call import Call
from skyjar.kernel.service import operation

from . import paging, state
from .errors import ChildNotFoundException
from .units import below, check_parent


@operation
def list_parents(call: Call, *, child_id: str, next_token: str = "", max_results: int | None = None) -> dict[str, Any]:
    organization = state.mine(call)
    account = state.accounts.get(call, child_id)
    unit = state.units.get(call, organization.id, child_id)
    if account is not None and account.organization == organization.id:
        parent = account.parent
    elif unit is not None:
        parent = unit.parent
    else:
        raise ChildNotFoundException
    kind = "ROOT" if parent == organization.root else "ORGANIZATIONAL_UNIT"
    return paging.page("Parents", [{"Id": parent, "Type": kind}], next_token, max_results)


@operation
def list_children(
    call: Call, *, parent_id: str, child_type: str, next_token: str = "", max_results: int | None = None
) -> dict[str, Any]:
    organization = state.mine(call)
    check_parent(call, organization, parent_id)
    if child_type == "ACCOUNT":
        ids = [each.id for each in state.accounts.range(call, organization.id, parent_id, via="parent")]
    else:
        ids = [each.id for each in below(call, organization, parent_id)]
    return paging.page("Children", ids, next_token, max_results, lambda each: {"Id": each, "Type": child_type})
