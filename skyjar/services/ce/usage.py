"""Cost Explorer's own price: each request costs. Source: "AWS Cost Management pricing"."""

from __future__ import annotations

from collections.abc import Callable

from skyjar.kernel import usage
from skyjar.kernel.metrics import Ended, Tallies


def counts(operation: str) -> Callable[[Ended, Tallies], None] | None:
    name = operation.title().replace("_", "")

    def asked(ended: Ended, tallies: Tallies) -> None:
        if not ended.error_code:
            usage.count(tallies, ended.clock_began, (ended.account, ended.region, "ce", "APIRequest", name))

    return asked
