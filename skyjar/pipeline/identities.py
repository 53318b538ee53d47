"""The policies that apply to a principal, as `iam` holds them."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import TYPE_CHECKING, Any

from skyjar.kernel import service as services
from skyjar.kernel.principals import Principal
from skyjar.kernel.store import Transaction

if TYPE_CHECKING:
    from skyjar.policy.evaluation import Policies

REMEMBERED = 1_024


class Held:
    """A principal's policies, compiled, and the tags of the user or role itself."""

    __slots__ = ("policies", "tags")

    def __init__(self, policies: Policies, tags: dict[str, str]) -> None:
        self.policies = policies
        self.tags = tags


class Identities:
    """Asks `services/iam/identities.py`; root users, services and anonymous callers have no identity policies."""

    def __init__(self) -> None:
        self._documents_of: Callable[[Transaction, Principal], Any] | None = None
        self._seen: dict[Principal, tuple[bytes, bytes | None, Held]] = {}  # key and value of what it follows from
        self._compiled: dict[tuple[str, tuple[str, ...], bool], Held] = {}

    def held_by(self, tx: Transaction, principal: Principal) -> Held:
        seen = self._seen.get(principal)
        if seen is not None and tx.get(seen[0]) is seen[1]:
            return seen[2]
        if principal.kind not in ("user", "role", "federated-user"):
            return _none()
        documents_of = self._documents_of
        if documents_of is None:
            services.load("iam")
            from skyjar.services.iam import identities

            documents_of = self._documents_of = identities.documents_of
        found = documents_of(tx, principal)
        key = (found.digest, principal.session_policies, principal.kind == "federated-user")
        held = self._compiled.get(key)
        if held is None:
            if len(self._compiled) >= REMEMBERED:
                self._compiled.clear()
            held = self._compiled[key] = Held(_compile(found, principal), found.tags)
        self._see(tx, principal, held)
        return held

    def _see(self, tx: Transaction, principal: Principal, held: Held) -> None:
        from skyjar.services.iam import identities

        place = identities.place_of(tx, principal)
        if place is not None:
            if len(self._seen) >= REMEMBERED:
                self._seen.clear()
            self._seen[principal] = (place, tx.get(place), held)


@cache
def _none() -> Held:
    from skyjar.policy.evaluation import Policies

    return Held(Policies(), {})


def _compile(found: Any, principal: Principal) -> Policies:
    from skyjar.policy.documents import compile_document
    from skyjar.policy.evaluation import Policies

    session = [(f"session policy {n + 1}", compile_document(d)) for n, d in enumerate(principal.session_policies)]
    return Policies(
        identity=[(name, compile_document(document)) for name, document in found.identity],
        boundary=(found.boundary[0], compile_document(found.boundary[1])) if found.boundary else None,
        session=session if session or principal.kind == "federated-user" else None,
    )
