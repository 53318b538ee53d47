"""What Secrets Manager bills: secrets by the month, each replica as one of its own, and requests. Source: "AWS Secrets Manager pricing"."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from skyjar.kernel import usage
from skyjar.kernel.metrics import Ended, Tallies
from skyjar.kernel.store import Transaction
from skyjar.kernel.usage import HOUR_S, Held

from . import state


def counts(operation: str) -> Callable[[Ended, Tallies], None] | None:
    name = operation.title().replace("_", "")

    def asked(ended: Ended, tallies: Tallies) -> None:
        if not ended.error_code:
            key = (ended.account, ended.region, "secretsmanager", "AWSSecretsManagerAPIRequest", name)
            usage.count(tallies, ended.clock_began, key)

    return asked


def held(tx: Transaction, since: float, until: float) -> Iterable[Held]:
    """Not those that are marked for deletion."""
    for account, region, secret in state.secrets.anywhere(tx):
        if not secret.deletes_at:
            hours = max(0.0, until - max(since, secret.created_at)) / HOUR_S
            yield Held(account, region, "secretsmanager", "AWSSecretsManager-Secrets", "", hours)
