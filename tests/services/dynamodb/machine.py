"""What a random test does to a service and its model; how the service is reached, turned on and restarted is left open."""

from __future__ import annotations

from abc import abstractmethod
from typing import Any

from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, rule, run_state_machine_as_test

from .comparison import Pair
from .model import Condition, Move, Place
from .moves import (
    BESIDE_KEYS,
    BESIDE_N,
    FILTERS,
    GROUPS,
    PLACES,
    RETURNED,
    SMALL,
    batches,
    singles,
    statements,
    transactions,
)
from .sayings import is_sayable

NOON = 1_800_000_000  # 2027-01-15T08:00:00Z, where the clock stands at first
HOUR = 3600
EXPIRIES = st.sampled_from([NOON + hour * HOUR for hour in (-1, 1, 2, 3, 1_000)])
LIMITS = st.integers(1, 6)
OF_STREAMS = {"ListStreams", "DescribeStream", "GetShardIterator", "GetRecords"}


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

    @rule(move=singles(EXPIRIES), returned=RETURNED)
    def one_write(self, move: Move, returned: str) -> None:
        self.pair.single(move, returned=returned)

    @rule(move=singles(EXPIRIES).filter(is_sayable), returning=st.sampled_from(["", "ALL OLD", "ALL NEW"]))
    def a_statement(self, move: Move, returning: str) -> None:
        self.pair.statement(move, returning)

    @rule(moves=statements(EXPIRIES))
    def a_batch_of_statements(self, moves: list[Move]) -> None:
        self.pair.statements(moves)

    @rule(moves=statements(EXPIRIES))
    def a_transaction_of_statements(self, moves: list[Move]) -> None:
        self.pair.said_together(moves)

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

    @rule(low=SMALL, limit=LIMITS, is_down=st.booleans())
    def a_select(self, low: int, limit: int, is_down: bool) -> None:
        places = [place for place in self.pair.model.partition("a") if place[1] >= low]
        order = " ORDER BY sk DESC" if is_down else ""
        self.pair.select(
            f"SELECT * FROM tab WHERE pk = ? AND sk >= ?{order}", ["a", low], limit,
            places[::-1] if is_down else places, is_ordered=True,
        )  # fmt: skip

    @rule(limit=LIMITS)
    def a_select_of_two_keys(self, limit: int) -> None:
        """The partitions come as they are named."""
        places = [*self.pair.model.partition("b"), *self.pair.model.partition("a")]
        self.pair.select("SELECT * FROM tab WHERE pk IN [?, ?]", ["b", "a"], limit, places, is_ordered=True)

    @rule(group=GROUPS, limit=LIMITS)
    def a_select_of_an_index(self, group: str, limit: int) -> None:
        places = sorted(self.pair.model.members("gsi", group))
        self.pair.select('SELECT * FROM tab."gsi" WHERE g = ?', [group], limit, places, is_ordered=False)

    @rule()
    def the_stream(self) -> None:
        self.pair.told()

    @rule()
    def an_hour_passes(self) -> None:
        """And two minutes, in which what expired in it is deleted. What is a day old is not in the stream any more."""
        self.pair.told()
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
