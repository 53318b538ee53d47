"""What KMS bills: keys by the month, and requests. Source: "AWS Key Management Service pricing".

A customer managed key costs while it is there, disabled or not, but no longer once its deletion is planned; the first and the second
rotation each cost as much again.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable

from skyjar.kernel import usage
from skyjar.kernel.metrics import Ended, Tallies
from skyjar.kernel.store import Transaction
from skyjar.kernel.tables import Place
from skyjar.kernel.usage import HOUR_S, Held

from . import state

ROTATIONS = 2
_GOING = (state.PENDING_DELETION, state.PENDING_REPLICA_DELETION)


def counts(operation: str) -> Callable[[Ended, Tallies], None] | None:
    name = operation.title().replace("_", "")

    def asked(ended: Ended, tallies: Tallies) -> None:
        if not ended.error_code:
            usage.count(tallies, ended.clock_began, (ended.account, ended.region, "kms", "KMS-Requests", name))

    return asked


def held(tx: Transaction, since: float, until: float) -> Iterable[Held]:
    for account, region, key in state.keys.anywhere(tx):
        if key.manager != "CUSTOMER" or key.state in _GOING:
            continue
        times = 1
        if key.origin == state.AWS_KMS:
            made = len(state.materials.range(Place(tx, account, region), key.id))
            times += min(ROTATIONS, max(0, made - 1))
        hours = max(0.0, until - max(since, key.created_at)) / HOUR_S
        yield Held(account, region, "kms", "KMS-Keys", "", hours * times)
