"""Taking in what is told of metrics, by clients and by services."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from skyjar.kernel.call import Call

from . import jobs, limits, state
from .samples import Sample
from .state import Dimensions, Metric


class Told(NamedTuple):
    """One thing told of a metric. `resolution_s` is 1 or 60."""

    namespace: str
    name: str
    dimensions: Dimensions
    at: float
    unit: str
    sample: Sample
    resolution_s: int = 60


def store(call: Call, told: Iterable[Told]) -> None:
    """Add to the points of metrics, and wake the alarms that are about them."""
    known: dict[str, Metric] = {}
    latest: dict[str, float] = {}
    minute_s = int(call.now // limits.MINUTE_S) * limits.MINUTE_S
    for each in told:
        series = state.series_of(each.namespace, each.name, each.dimensions)
        if series not in known:
            known[series] = Metric(
                namespace=each.namespace,
                name=each.name,
                series=series,
                dimensions=each.dimensions,
                told_s=minute_s,
            )
        latest[series] = max(latest.get(series, each.at), each.at)
        tier = 1 if each.resolution_s == 1 and call.now - each.at <= limits.TIERS[0][0] else limits.MINUTE_S
        state.add_point(call, series, tier, int(each.at // tier) * tier, each.unit, each.sample)
    for series, metric in known.items():
        state.metrics.put(call, metric)
        for watching in state.watchings.range(call, series):
            jobs.wake(call, watching.alarm, is_over=latest[series] < minute_s)
    if known:
        jobs.keep_tidy(call)
