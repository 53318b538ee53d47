"""What a cloud does slower or less consistently than it could, because AWS does; all of it off unless it is asked for."""

from __future__ import annotations

import time

from .rates import Rates


class Behaviour:
    """`stale_reads_s`: eventually consistent reads may be as old as that. `has_aws_timing`: what AWS takes its time for takes
    as long here, by the cloud's clock (`durations.py`). `set_quotas`: the quotas that somebody has set, by service and name, so
    that who asks of one that is in force only then need not look into the store."""

    __slots__ = ("has_aws_timing", "rates", "set_quotas", "stale_reads_s")

    def __init__(self) -> None:
        self.stale_reads_s = 0.0
        self.has_aws_timing = False
        self.set_quotas: frozenset[tuple[str, str]] = frozenset()
        self.rates = Rates(time.monotonic)

    def heed(self, service: str, name: str) -> None:
        """A quota was set."""
        self.set_quotas |= {(service, name)}
