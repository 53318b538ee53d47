"""Points of a metric, put together into periods."""

from __future__ import annotations

from skyjar.kernel.tables import At

from . import limits, state
from .samples import Sample, merge
from .state import Metric

Periods = dict[tuple[int, str], Sample]


def is_valid_period(period_s: int) -> bool:
    return period_s in limits.HIGH_RESOLUTION_S or period_s % limits.MINUTE_S == 0


def rounded_start(start: float, now: float, period_s: int) -> int:
    """Down to what is kept of that age (API reference, GetMetricStatistics, StartTime)."""
    age = now - start
    step = limits.MINUTE_S if age < limits.TIERS[1][0] else 300 if age < limits.TIERS[2][0] else limits.HOUR_S
    if period_s < limits.MINUTE_S and age < limits.TIERS[0][0]:
        step = period_s
    return int(start // step) * step


def periods(
    at: At, series: str, start_s: int, end_s: float, period_s: int, now: float, unit: str | None, *, by_unit: bool
) -> Periods:
    """What is known of each period from `start_s` to before `end_s`, by (start of the period, unit); the unit is empty
    unless `by_unit`. Points of a finer period than is kept of their age are not seen."""
    found: Periods = {}
    for tier in state.TIERS:
        for point in state.points.each(at, series, tier, start=(start_s,)):
            if point.at_s >= end_s:
                break
            if (unit is not None and point.unit != unit) or not _is_seen(point.at_s, period_s, now):
                continue
            begin = start_s + (point.at_s - start_s) // period_s * period_s
            key = (begin, point.unit if by_unit else "")
            old = found.get(key)
            found[key] = point.sample if old is None else merge(old, point.sample)
    return found


def _is_seen(at_s: int, period_s: int, now: float) -> bool:
    age = now - at_s
    if age > limits.KEPT_S:
        return False
    return all(age <= kept_s or period_s % step == 0 for kept_s, step in limits.TIERS)


def has_any_since(at: At, series: str, start_s: int) -> bool:
    return any(state.points.range(at, series, tier, start=(start_s,), limit=1) for tier in state.TIERS)


def told_since(at: At, since: float, namespace: str | None, name: str | None) -> list[Metric]:
    """Metrics of which something was told since then."""
    prefix = (namespace, name) if namespace and name else (namespace,) if namespace else ()
    return [
        metric
        for metric in state.metrics.range(at, *prefix)
        if metric.told_s + limits.MINUTE_S > since and name in (None, metric.name)
    ]
