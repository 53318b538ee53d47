"""Points become coarser as they age: a second for three hours, a minute for 15 days, five minutes for 63 days, an hour for
455 days (User Guide, "Metrics retention"). What is read follows the same rule whether or not this has been done yet."""

from __future__ import annotations

from skyjar.kernel.call import Call

from . import limits, state

METRICS_AT_ONCE = 200
_AGES = ((1, limits.TIERS[0][0]), (60, limits.TIERS[1][0]), (300, limits.TIERS[2][0]))


def tidy(call: Call, namespace: str, name: str, series: str) -> tuple[str, str, str] | None:
    """Of the metrics from the named one on, as many as fit; the next one's name, or None at the end. Histories of alarms go
    after their time as well."""
    if not namespace:
        oldest_ms = int((call.now - limits.HISTORY_S) * 1000)
        for item in state.items.range(call, end=(oldest_ms,)):
            state.items.remove(call, item)
    found = state.metrics.each(call, start=(namespace, name, series))
    for number, metric in enumerate(found):
        if number == METRICS_AT_ONCE:
            return metric.namespace, metric.name, metric.series
        coarsen(call, metric.series)
        if metric.told_s < call.now - limits.KEPT_S:
            state.metrics.remove(call, metric)
    return None


def coarsen(call: Call, series: str) -> None:
    for (tier, kept_s), coarser in zip(_AGES, state.TIERS[1:], strict=True):
        end = int(call.now - kept_s) // coarser * coarser
        for point in state.points.range(call, series, tier, end=(end,)):
            state.points.remove(call, point)
            state.add_point(call, series, coarser, point.at_s // coarser * coarser, point.unit, point.sample)
    for point in state.points.range(call, series, state.TIERS[-1], end=(int(call.now - limits.KEPT_S),)):
        state.points.remove(call, point)
