"""Whose costs an account sees: its own, and as the management account of an organization those of all members."""

from __future__ import annotations

from skyjar.kernel.call import Call
from skyjar.kernel.memberships import everywhere, memberships


def seen_by(call: Call) -> dict[str, str]:
    """Accounts and their names."""
    place = everywhere(call.tx)
    own = memberships.get(place, call.account)
    if own is None or not own.is_management:
        return {call.account: own.name if own is not None else ""}
    found = memberships.range(place)
    return {each.account: each.name for each in found if each.organization == own.organization}
