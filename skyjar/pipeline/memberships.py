"""The organizations' say on a call: service and resource control policies, and condition keys of membership.

All memberships are held in memory, compiled, and read anew after a commit that changed one. An account outside of every
organization costs a test of an empty dictionary.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from skyjar.kernel.memberships import Level, everywhere, memberships
from skyjar.kernel.principals import Principal

if TYPE_CHECKING:
    from skyjar.kernel.call import Call
    from skyjar.kernel.store import Store
    from skyjar.policy.evaluation import Named

Levels = tuple[tuple["Named", ...], ...]
_LINKED = "/aws-service-role/"  # the path of service-linked roles, which no organization limits


class Place:
    """An account's place in its organization; the policies are compiled."""

    __slots__ = ("organization", "path", "rcp", "scp")

    def __init__(self, organization: str, path: str, scp: Levels, rcp: Levels) -> None:
        self.organization = organization
        self.path = path
        self.scp = scp
        self.rcp = rcp


class Memberships:
    """`known`: the accounts that are in an organization. `limited`: those among them whose root user is not simply
    allowed; None until they are read. `changes` is called whenever they are read."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self.changes: Callable[[], None] = lambda: None
        self.known: dict[str, Place] = {}
        self.limited: dict[str, Place] | None = None

    def load(self) -> dict[str, Place]:
        """`limited`, read from the store."""
        tx = self._store.begin()
        try:
            rows = memberships.range(everywhere(tx))
        finally:
            tx.abort()
        self.known = {
            row.account: Place(row.organization, row.path, _compiled(row.scp), _compiled(row.rcp)) for row in rows
        }
        self.limited = {account: place for account, place in self.known.items() if place.scp or place.rcp}
        self.changes()
        return self.limited

    def forget(self) -> None:
        self.limited = None

    def changed(self, call: Call, event: Any) -> None:
        """The reaction to a change: what is in memory is void once it has been committed."""
        call.tx.after_commit.append(self.forget)

    def limits(self, principal: Principal, owner: str) -> tuple[Levels, Levels]:
        """The levels of service control policies on the principal, and of resource control policies on what `owner` has."""
        if principal.kind == "role" and principal.path.startswith(_LINKED):
            return (), ()
        caller, holder = self.known.get(principal.account), self.known.get(owner)
        return caller.scp if caller else (), holder.rcp if holder else ()

    def conditions(self, principal: Principal, owner: str, source: str) -> dict[str, Any]:
        """The condition keys that follow from membership; `source` is the account on whose behalf a service calls."""
        found: dict[str, Any] = {}
        for prefix, account in (("Principal", principal.account), ("Resource", owner), ("Source", source)):
            place = self.known.get(account)
            if place is not None and (prefix != "Principal" or principal.kind != "service"):
                found[f"aws:{prefix}OrgID"] = place.organization
                found[f"aws:{prefix}OrgPaths"] = [place.path]
        return found


def _compiled(levels: tuple[Level, ...]) -> Levels:
    from skyjar.policy.documents import compile_document

    return tuple(tuple((name, compile_document(document)) for name, document in level) for level in levels)
