"""The policies that apply to a principal, as `iam` holds them."""

from __future__ import annotations

from skyjar.kernel import service as services
from skyjar.kernel.principals import Principal
from skyjar.kernel.store import Transaction
from skyjar.policy.documents import compile_document
from skyjar.policy.evaluation import Policies

NONE = Policies()


class Identities:
    """Asks `services/iam/identities.py`; root users, services and anonymous callers have no identity policies."""

    def policies_of(self, tx: Transaction, principal: Principal, account: str) -> Policies:
        if principal.kind not in ("user", "role", "federated-user"):
            return NONE
        services.load("iam")
        from skyjar.services.iam import identities

        found = identities.documents_of(tx, principal)
        session = [(f"session policy {n + 1}", compile_document(d)) for n, d in enumerate(principal.session_policies)]
        return Policies(
            identity=[(name, compile_document(document)) for name, document in found.identity],
            boundary=(found.boundary[0], compile_document(found.boundary[1])) if found.boundary else None,
            session=session if session or principal.kind == "federated-user" else None,
        )
