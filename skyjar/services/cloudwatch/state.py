"""Metrics, their points, alarms and dashboards as they are stored, and the only reads and writes of them.

A metric is a namespace, a name and dimensions; `series` is a digest of the three, under which its points lie. A point is
what was told of one second (tier 1) or one minute (tier 60) in one unit; older ones are put together into five minutes and
hours (see `jobs.py`).
"""

from __future__ import annotations

import hashlib
from typing import Any

import msgspec

from skyjar.kernel.call import Call
from skyjar.kernel.tables import At, Record, Table

from .samples import Sample, merge

Dimensions = tuple[tuple[str, str], ...]
TIERS = (1, 60, 300, 3600)


class Metric(Record, frozen=True):
    """`told_s`: the minute in which it was last told of."""

    namespace: str
    name: str
    series: str
    dimensions: Dimensions
    told_s: int


class Point(Record, frozen=True):
    series: str
    tier: int
    at_s: int
    unit: str
    sample: Sample


class Alarm(Record, frozen=True):
    """`settings` is what the alarm was put with, by AWS's names; times are seconds. `is_composite`: of a rule over others.

    `suppressed` is why a composite alarm's actions wait, empty while they do not, `suppressed_until` how long at most.
    """

    name: str
    is_composite: bool
    settings: dict[str, Any]
    created_at: float
    configured_at: float
    actions_enabled: bool = True
    state: str = "INSUFFICIENT_DATA"
    reason: str = "Unchecked: Initial alarm creation"
    reason_data: str = ""
    updated_at: float = 0.0
    transitioned_at: float = 0.0
    tags: dict[str, str] = {}
    suppressed: str = ""
    suppressed_until: float = 0.0
    held: str = ""


class Watching(Record, frozen=True):
    """That an alarm is about a series (`subject` its digest) or about another alarm (`subject` is "alarm:" and its name)."""

    subject: str
    alarm: str


class Item(Record, frozen=True):
    """An item of an alarm's history."""

    alarm: str
    at_ms: int
    number: int
    type: str
    kind: str
    summary: str
    data: str


class Dashboard(Record, frozen=True):
    name: str
    body: str
    modified_at: float
    tags: dict[str, str] = {}


class Sampled(Record, frozen=True):
    """A resource whose service says every so often how it stands, until it has been idle for long enough."""

    service: str
    resource: str
    until_s: float
    every_s: int


class Tidied(Record, frozen=True):
    """When old points of this account and Region are put together next; there is one, without a name."""

    name: str
    due: float


metrics = Table("cloudwatch.metrics", Metric, key=("namespace", "name", "series"))
points = Table("cloudwatch.points", Point, key=("series", "tier", "at_s", "unit"))
alarms = Table("cloudwatch.alarms", Alarm, key=("name",))
watchings = Table("cloudwatch.watchings", Watching, key=("subject", "alarm"))
items = Table("cloudwatch.history", Item, key=("at_ms", "number"), indexes={"alarm": ("alarm", "at_ms", "number")})
dashboards = Table("cloudwatch.dashboards", Dashboard, key=("name",), scope="account")
tidied = Table("cloudwatch.tidied", Tidied, key=("name",))
sampled = Table("cloudwatch.sampled", Sampled, key=("service", "resource"))


def series_of(namespace: str, name: str, dimensions: Dimensions) -> str:
    """The digest of a metric; `dimensions` in their order by name."""
    return hashlib.blake2b(msgspec.msgpack.encode((namespace, name, dimensions)), digest_size=16).hexdigest()


def ordered(dimensions: list[dict[str, str]] | None) -> Dimensions:
    return tuple(sorted((each["Name"], each["Value"]) for each in dimensions or ()))


def shown(dimensions: Dimensions) -> list[dict[str, str]]:
    return [{"Name": name, "Value": value} for name, value in dimensions]


def add_point(at: At, series: str, tier: int, at_s: int, unit: str, sample: Sample) -> None:
    """Add to what is known of that time."""
    old = points.get(at, series, tier, at_s, unit)
    whole = sample if old is None else merge(old.sample, sample)
    points.put(at, Point(series=series, tier=tier, at_s=at_s, unit=unit, sample=whole))


def alarm_arn(at: At, name: str) -> str:
    return f"arn:aws:cloudwatch:{at.region}:{at.account}:alarm:{name}"


def dashboard_arn(at: At, name: str) -> str:
    return f"arn:aws:cloudwatch::{at.account}:dashboard/{name}"


def remember(call: Call, alarm: Alarm, kind: str, summary: str, data: str) -> None:
    """Write an item of an alarm's history."""
    last = items.range(call, call.now_ms, reverse=True, limit=1)
    items.add(
        call,
        Item(
            alarm=alarm.name,
            at_ms=call.now_ms,
            number=last[0].number + 1 if last else 1,
            type="CompositeAlarm" if alarm.is_composite else "MetricAlarm",
            kind=kind,
            summary=summary,
            data=data,
        ),
    )


def replace(record: Any, **changes: Any) -> Any:
    return msgspec.structs.replace(record, **changes)
