"""Metrics that services tell of themselves: tallied in memory, written when their minute is over or somebody reads.

Counting is a lookup and an addition. What was counted is lost when the process is killed within that minute; a clean
stop writes it. See decisions/0011-metrics.md.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from skyjar.kernel import service as services
from skyjar.kernel.call import Call, Origin
from skyjar.kernel.clock import Alarm
from skyjar.kernel.metrics import MINUTE_S, Contributions, Dimensions, Tallies, Tally
from skyjar.kernel.principals import service

if TYPE_CHECKING:
    from skyjar.kernel.store import Transaction

    from .pipeline import Pipeline

PRINCIPAL = "cloudwatch.amazonaws.com"
RESOURCES_MOST = 20_000  # tallies kept before they are written in the middle of a minute
Key = tuple[str, str, str, Dimensions]


class Metrics:
    def __init__(self, pipeline: Pipeline) -> None:
        self._pipeline = pipeline
        self._begins = self._ends = 0.0
        self._open: dict[Key, Tally] = {}
        self._closed: list[tuple[float, dict[Key, Tally]]] = []
        self._known: dict[Any, Any] = {}
        self._touched: dict[tuple[str, str, str, str], float] = {}
        self._contributed: list[tuple[str, str, float, str, Contributions]] = []
        self._kept: list[tuple[str, str, Callable[[Call], None]]] = []
        self._pullers: list[Callable[[Tallies, float], None]] = []
        self._alarm: Alarm | None = None

    def of(self, account: str, region: str, now: float, namespace: str, dimensions: Dimensions) -> Tally:
        if not self._begins <= now < self._ends:
            self._turn(now)
        key = (account, region, namespace, dimensions)
        found = self._open.get(key)
        if found is None:
            found = self._open[key] = Tally()
            if len(self._open) > RESOURCES_MOST:
                self._turn(now)
        return found

    def known(self, now: float) -> dict[Any, Any]:
        if not self._begins <= now < self._ends:
            self._turn(now)
        return self._known

    def touch(self, account: str, region: str, service: str, resource: str) -> None:
        now = self._pipeline.clock.now()
        if not self._begins <= now < self._ends:
            self._turn(now)
        self._touched.setdefault((account, region, service, resource), now)

    def contributed(self, account: str, region: str, at: float, rule: str, told: Contributions) -> None:
        self._contributed.append((account, region, at, rule, told))

    def keep(self, account: str, region: str, write: Callable[[Call], None]) -> None:
        self._kept.append((account, region, write))

    def pull(self, now: float, puller: Callable[[Tallies, float], None]) -> None:
        if not self._begins <= now < self._ends:
            self._turn(now)
        self._pullers.append(puller)

    def _pull(self) -> None:
        while self._pullers:  # one may have another pulled
            pullers, self._pullers = self._pullers, []
            for puller in pullers:
                puller(self, self._begins)

    def _turn(self, now: float) -> None:
        """Another minute begins; what belongs to the old one is written at the next turn of the loop."""
        self._pull()
        if self._open or self._contributed or self._kept:
            self._close()
            self._pipeline.loop.call_soon(self.flush)
        self._begins = now // MINUTE_S * MINUTE_S
        self._ends = self._begins + MINUTE_S
        if self._alarm is not None:
            self._alarm.cancel()
        self._alarm = self._pipeline.clock.call_at(self._ends, self._over)

    def _close(self) -> None:
        self._closed.append((self._begins, self._open))
        self._open, self._known = {}, {}

    def _over(self) -> None:
        self._alarm = None
        self.flush()
        self._ends = 0.0

    def flush(self) -> None:
        """Write what was told up to now, also of the minute that is not over."""
        self._pull()
        if self._open:
            self._close()
        told, self._closed = self._closed, []
        touched, self._touched = self._touched, {}
        contributed, self._contributed = self._contributed, []
        kept, self._kept = self._kept, []
        places = {key[:2] for _, tallies in told for key in tallies} | {each[:2] for each in touched}
        for place in sorted(places | {each[:2] for each in contributed}):
            here = [
                (at, key[2], key[3], tally)
                for at, tallies in told
                for key, tally in tallies.items()
                if key[:2] == place
            ]
            used = [(key[2], key[3], at) for key, at in touched.items() if key[:2] == place]
            given = [each[2:] for each in contributed if each[:2] == place]
            self._inside(*place, lambda call: _write(call, here, used, given))  # noqa: B023
        for account, region, write in kept:
            self._inside(account, region, write)

    def forget(self) -> None:
        """Another state has been loaded: what was counted is not its own."""
        self._open, self._known, self._closed, self._touched = {}, {}, [], {}
        self._begins = self._ends = 0.0
        self._pullers, self._contributed, self._kept = [], [], []

    def _inside(self, account: str, region: str, body: Callable[[Call], Any]) -> None:
        pipeline = self._pipeline
        services.load("cloudwatch")

        def run(tx: Transaction) -> None:
            body(
                Call(
                    pipeline.inside,
                    tx,
                    now=pipeline.clock.now(),
                    caller=service(PRINCIPAL, account),
                    account=account,
                    region=region,
                    service="cloudwatch",
                    operation="cloudwatch.tell",
                    origin=Origin(pipeline.own_endpoint, secure=True),
                )
            )

        pipeline.store.transact(run)


def _write(
    call: Call,
    told: list[tuple[float, str, Dimensions, Tally]],
    touched: list[tuple[str, str, float]],
    contributed: list[tuple[float, str, Contributions]],
) -> None:
    from skyjar.services.cloudwatch import contributions, gauges, storing
    from skyjar.services.cloudwatch.samples import of_values
    from skyjar.services.cloudwatch.storing import Told

    storing.store(
        call,
        [
            Told(namespace, name, tuple(sorted(dimensions)), at, unit, of_values(values, values.values()))
            for at, namespace, dimensions, tally in told
            for (name, unit), values in tally.told.items()
        ],
    )
    gauges.touch(call, touched)
    contributions.store(call, contributed)
