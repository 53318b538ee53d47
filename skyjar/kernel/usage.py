"""What is used, as it is billed: by day, account, Region, service, usage type and operation. See decisions/0013-what-it-would-cost.md.

A service's `usage.py` may hold

- `counts(operation) -> Callable[[Ended, Tallies], None] | None`: what is called when a call of that operation has ended, well or not,
  as those of `metrics.py` are;
- `held(tx, since, until) -> Iterable[Held]`: what all accounts hold, in unit-hours of that stretch of one day. While it says anything,
  were it 0, it is asked every midnight; whoever makes the first of what is held says `begin(call)`.

What no ended call tells says so itself: `use(call, …)`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import partial
from math import ceil
from typing import TYPE_CHECKING, NamedTuple, cast

from . import prices, principals
from . import service as services
from .metrics import Tallies
from .store import Transaction
from .tables import At, Place, Record, Table

if TYPE_CHECKING:
    from .call import Call
    from .jobs import Job

DAY_S = prices.DAY_S
GIB = 1024**3
HOUR_S = 3600
Key = tuple[str, str, str, str, str]  # account, Region, service, usage type, operation


class Used(Record, frozen=True):
    """`day` is counted since the epoch. Calls to a service that has no prices have no usage type."""

    day: int
    account: str
    region: str
    service: str
    usage_type: str
    operation: str
    amount: float


class Held(NamedTuple):
    account: str
    region: str
    service: str
    usage_type: str
    operation: str
    amount: float


used = Table("kernel.used", Used, key=("day", "account", "region", "service", "usage_type", "operation"), scope="cloud")


def add(call: Call, day: int, amounts: Mapping[Key, float]) -> None:
    if amounts:
        _add(call.tx, day, amounts)
        begin(call)


class Measuring(Record, frozen=True):
    """How far what is held has been measured: the days before `day`. `is_waiting`: a job is planned for the next midnight."""

    name: str
    day: int
    is_waiting: bool


measuring = Table("kernel.measuring", Measuring, key=("name",), scope="cloud")


class _Measure:
    """The job of `ce`, by its name: that service is loaded at midnight, and not by whoever makes the first bucket."""

    name = "ce.measure"


def begin(call: Call) -> None:
    """Something has been made that is billed while it is there; said in the transaction that makes it."""
    before = measured(call.tx)
    if before is None or not before.is_waiting:
        plan(call, int(call.now // DAY_S), True)


def measured(tx: Transaction) -> Measuring | None:
    return measuring.get(Place(tx, "", ""), "all")


def plan(call: Call, day: int, is_waiting: bool) -> None:
    """Days before this one have been measured; go on at its end, or wait until something begins."""
    measuring.put(Place(call.tx, "", ""), Measuring(name="all", day=day, is_waiting=is_waiting))
    if is_waiting:
        own = call.at(call.tx, call.now)  # the job is the cloud's, not that of the account that happened to begin
        own.account, own.region, own.caller = "", "", principals.service("ce.amazonaws.com")
        own.later(cast("Job", _Measure()), key="all", due=float((day + 1) * DAY_S))


def _add(tx: Transaction, day: int, amounts: Mapping[Key, float]) -> None:
    place = Place(tx, "", "")
    for key, amount in amounts.items():
        if not amount:
            continue
        before = used.get(place, day, *key)
        account, region, service, usage_type, operation = key
        used.put(
            place,
            Used(
                day=day,
                account=account,
                region=region,
                service=service,
                usage_type=usage_type,
                operation=operation,
                amount=amount + (before.amount if before is not None else 0.0),
            ),
        )


def days(tx: Transaction, since: int, until: int) -> list[Used]:
    """What was written of the days from `since` to before `until`."""
    return used.range(Place(tx, "", ""), start=(since,), end=(until,))


def count(tallies: Tallies, now: float, key: Key, amount: float = 1.0) -> None:
    """Add to what is written when the minute is over."""
    known = tallies.known(now)
    counted = known.get("kernel.usage")
    if counted is None:
        counted = known["kernel.usage"] = {}
    if not counted:
        tallies.pull(now, partial(_pulled, counted))
    counted[key] = counted.get(key, 0.0) + amount


def _pulled(counted: dict[Key, float], tallies: Tallies, at: float) -> None:
    written = dict(counted)
    counted.clear()
    tallies.keep("", "", lambda call: add(call, int(at // DAY_S), written))


def use(
    call: Call, service: str, usage_type: str, operation: str, amount: float = 1.0, *, at: At | None = None
) -> None:
    """Something was used, once this transaction is in; by `at`'s account and Region, or the call's."""
    place, now, tallies = at or call, call.now, call.tallies
    key = (place.account, place.region, service, usage_type, operation)
    call.tx.after_commit.append(lambda: count(tallies, now, key, amount))


def unpriced(names: set[str]) -> set[str]:
    """Those of these services that have no prices."""
    return {name for name in names if prices.of(name) is None and services.exists(name)}


def called(tx: Transaction, calls: Iterable[tuple[float, str, str, str]]) -> None:
    """Count calls that were made to services without prices: (when, account, Region, service) each."""
    amounts: dict[int, dict[Key, float]] = {}
    for at, account, region, service in calls:
        own = amounts.setdefault(int(at // DAY_S), {})
        key = (account, region, service, "", "")
        own[key] = own.get(key, 0.0) + 1.0
    for day, counted in amounts.items():
        _add(tx, day, counted)


def held(tx: Transaction, since: float, until: float) -> dict[Key, float]:
    """What is held in a stretch of one day, in the units that are priced: GB-months, or hours."""
    found: dict[Key, float] = {}
    month_h = prices.hours_of_month(int(since // DAY_S))
    for service in services.having("usage.py"):
        held_by = getattr(service.usage, "held", None)
        for each in held_by(tx, since, until) if held_by is not None else ():
            *_, name, usage_type, operation, amount = each
            priced = prices.product(name, usage_type, operation)
            if priced is not None and priced.held == "month":
                amount /= month_h
            key = each[:5]
            found[key] = found.get(key, 0.0) + amount
    return found


def clock_hours(since: float, until: float) -> float:
    """How many hours of the clock were begun: a part of an hour is billed as a whole one."""
    return float(max(0, ceil(until / HOUR_S) - int(since // HOUR_S))) if until > since else 0.0
