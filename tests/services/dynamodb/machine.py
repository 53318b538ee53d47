"""What a random test does to a service and its model; how the service is reached, turned on and restarted is left open."""

from __future__ import annotations

from abc import abstractmethod
from typing import Any

from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, rule, run_state_machine_as_test

from .comparison import Pair
from .model import Condition, Move, Place
from .moves import BESIDE_KEYS, BESIDE_N, FILTERS, GROUPS, PLACES, SMALL, batches, singles, transactions

NOON = 1_800_000_000  # 2027-01-15T08:00:00Z, where the clock stands at first
HOUR = 3600
EXPIRIES = st.sampled_from([NOON + hour * HOUR for hour in (-1, 1, 2, 3, 1_000)])
LIMITS = st.integers(1, 6)


class Machine(RuleBasedStateMachine):
    def __init__(self) -> None:
        super().__init__()
        self.now = NOON
        self.open()
        self.pair = Pair(self.send)

    @abstractmethod
    def open(self) -> None:
        """An empty cloud whose clock stands at noon."""

    @abstractmethod
    def send(self, operation: str, **members: Any) -> dict[str, Any]: ...

    @abstractmethod
    def turn(self, seconds: int) -> None: ...

    @abstractmethod
    def restart(self) -> None: ...

    @abstractmethod
    def close(self) -> None: ...

    @initialize()
    def begin(self) -> None:
        self.pair.create()

    @rule(move=singles(EXPIRIES))
    def one_write(self, move: Move) -> None:
        self.pair.single(move)

    @rule(moves=batches(EXPIRIES))
    def a_batch(self, moves: list[Move]) -> None:
        self.pair.batch(moves)

    @rule(moves=transactions(EXPIRIES))
    def a_transaction(self, moves: list[Move]) -> None:
        self.pair.together(moves)

    @rule(places=st.lists(PLACES, min_size=1, max_size=4, unique=True))
    def reads(self, places: list[Place]) -> None:
        self.pair.read(places)

    @rule(
        pk=st.sampled_from("ab"), low=st.integers(-3, 0), high=st.integers(0, 3), limit=LIMITS, forward=st.booleans(),
        kept=st.none() | FILTERS,
    )  # fmt: skip
    def a_query(self, pk: str, low: int, high: int, limit: int, forward: bool, kept: Condition | None) -> None:
        self.pair.query(pk, low, high, limit, forward, kept)

    @rule(index=st.sampled_from(["gsi", "thin"]), group=GROUPS, limit=LIMITS, forward=st.booleans())
    def an_index(self, index: str, group: str, limit: int, forward: bool) -> None:
        self.pair.query_index(index, group, limit, forward, None)

    @rule(pk=st.sampled_from("ab"), limit=LIMITS, forward=st.booleans(), kept=st.none() | BESIDE_N)
    def a_local_index(self, pk: str, limit: int, forward: bool, kept: Condition | None) -> None:
        self.pair.query_index("lsi", pk, limit, forward, kept)

    @rule(
        group=GROUPS, pk=st.sampled_from("ab"), n=st.none() | SMALL, low=SMALL, limit=LIMITS, forward=st.booleans(),
        kept=st.none() | BESIDE_KEYS,
    )  # fmt: skip
    def a_wide_index(
        self, group: str, pk: str, n: int | None, low: int, limit: int, forward: bool, kept: Condition | None
    ) -> None:
        self.pair.query_wide(group, pk, n, low, limit, forward, kept)

    @rule(limit=LIMITS, segments=st.integers(1, 3), kept=st.none() | FILTERS)
    def a_scan(self, limit: int, segments: int, kept: Condition | None) -> None:
        self.pair.scan(limit, segments, kept)

    @rule()
    def an_hour_passes(self) -> None:
        """And two minutes, in which what expired in it is deleted."""
        self.turn(HOUR)
        self.now += HOUR
        self.pair.model.expire(self.now)
        self.turn(120)
        self.now += 120

    @rule()
    def a_restart(self) -> None:
        self.restart()

    def teardown(self) -> None:
        try:
            self.pair.everything()
        finally:
            self.close()


def explore(machine: type[Machine], examples: int, steps: int) -> None:
    chosen = settings(
        max_examples=examples,
        stateful_step_count=steps,
        deadline=None,
        database=None,
        phases=[Phase.generate, Phase.shrink],
        suppress_health_check=list(HealthCheck),
    )
    run_state_machine_as_test(machine, settings=chosen)  # type: ignore[no-untyped-call]
