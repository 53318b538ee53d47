"""What services tell of themselves as metrics, counted in memory until a minute is over. See decisions/0011-metrics.md.

A service's `metrics.py` may hold

- `COUNTED = {"send_message": function}`: called as `function(ended, tallies)` when a call of that operation has ended, from
  a socket or (once its transaction is in) from inside; `ended.error_code` is empty for a success;
- `FAILED`, the same for calls that have failed, which costs those that succeed nothing;
- `gauges(call, resource) -> list[Gauge]`: how one of its resources stands, asked at the end of every `EVERY_S` (a minute,
  unless given) for `IDLE_S` after the resource was touched, or while there is something to say when that is not given;
- `NAMESPACE`, such as `AWS/SQS`.

What only some calls are counted for says so itself: its `permissions.py` gives the call a `follower`, a function as in `COUNTED`
that is called when it has ended, however it does. Other calls pay nothing for that.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol

if TYPE_CHECKING:
    from .call import Call

Dimensions = tuple[tuple[str, str], ...]
MINUTE_S = 60.0


class Gauge(NamedTuple):
    """`is_floor`: only written where nothing else was told of that time (the zeros of a queue that nobody uses)."""

    name: str
    unit: str
    value: float
    dimensions: Dimensions
    is_floor: bool = False


class Ended(Protocol):
    """A call that has ended; `result` is what the operation returned, None when it failed."""

    @property
    def account(self) -> str: ...

    @property
    def region(self) -> str: ...

    @property
    def parameters(self) -> dict[str, Any]: ...

    @property
    def result(self) -> Any: ...

    @property
    def error_code(self) -> str: ...

    @property
    def status(self) -> int: ...

    @property
    def clock_began(self) -> float: ...

    @property
    def took_ms(self) -> float: ...

    @property
    def is_inside(self) -> bool:
        """Whether the answer stays in the cloud: for a service or a function, not for the internet."""
        ...

    @property
    def received_bytes(self) -> int:
        """Of the request's body; asked by followers."""
        ...

    @property
    def sent_bytes(self) -> int:
        """Of the answer's body; asked by followers."""
        ...


Follower = Callable[["Ended", "Tallies"], None]
Named = tuple[str, str]  # a metric's name and its unit


class Tally:
    """What was told in one minute of the metrics of one resource: how often each value came."""

    __slots__ = ("told",)

    def __init__(self) -> None:
        self.told: dict[Named, dict[float, float]] = {}

    def add(self, metric: Named, value: float) -> None:
        values = self.told.get(metric)
        if values is None:
            self.told[metric] = {value: 1.0}
        else:
            values[value] = values.get(value, 0.0) + 1.0


class Contributions:
    """What each contributor (its keys) gave to a rule of contributor insights in one minute. Those that were dropped to keep
    it short are in `unique` and `total` still."""

    __slots__ = ("samples", "total", "unique", "values")

    def __init__(self) -> None:
        self.values: dict[tuple[str, ...], float] = {}
        self.total = 0.0
        self.unique = 0
        self.samples = 0

    def add(self, keys: tuple[str, ...], value: float) -> None:
        if keys not in self.values:
            self.unique += 1
        self.values[keys] = self.values.get(keys, 0.0) + value
        self.total += value
        self.samples += 1

    def shorten(self, most: int) -> None:
        """Keep the greatest."""
        self.values = dict(sorted(self.values.items(), key=lambda each: -each[1])[:most])


class Tallies(Protocol):
    """Where counts go."""

    def known(self, now: float) -> dict[Any, Any]:
        """The tallies of the minute of `now` by keys of a service's own, so that it finds one again at once. What is put
        there under a key must be what `of` gave, or have itself pulled."""
        ...

    def of(self, account: str, region: str, now: float, namespace: str, dimensions: Dimensions) -> Tally:
        """The tally of a resource, in the minute of `now`."""
        ...

    def pull(self, now: float, puller: Callable[[Tallies, float], None]) -> None:
        """Have `puller(tallies, at)` called once, when the minute of `now` is over or somebody reads: for what a service
        adds up by itself, where even a tally would cost too much. It tells what it has of the minute that begins `at`."""
        ...

    def keep(self, account: str, region: str, write: Callable[[Call], None]) -> None:
        """Have `write(call)` run in a transaction of its own when tallies are written: for what a service counts that is no
        metric. Given by a puller."""
        ...

    def contributed(self, account: str, region: str, at: float, rule: str, told: Contributions) -> None:
        """What contributors gave to a rule in the minute that begins `at`."""
        ...

    def touch(self, account: str, region: str, service: str, resource: str) -> None:
        """That a resource is in use, so that its gauges are asked for."""
        ...
