"""How services' resources stand: asked at the end of each minute (of each day for some) while a resource is in use.

What a service says of a time replaces what it said of it before.
"""

from __future__ import annotations

from math import inf
from types import ModuleType

from skyjar.kernel import service as services
from skyjar.kernel.call import Call
from skyjar.kernel.metrics import Gauge

from . import jobs, limits, state, storing
from .samples import of_values
from .state import Sampled
from .storing import Told

MINUTE_S = 60


def touch(call: Call, touched: list[tuple[str, str, float]]) -> None:
    """Resources were in use, (service, resource, when) each: they are asked how they stand until they have been idle for
    long enough."""
    asked = {each.every_s for each in state.sampled.range(call)} if touched else set()
    for service, resource, at in touched:
        module = _declared(service)
        every_s = int(getattr(module, "EVERY_S", MINUTE_S))
        until_s = at + getattr(module, "IDLE_S", inf)
        state.sampled.put(call, Sampled(service=service, resource=resource, until_s=until_s, every_s=every_s))
        if every_s not in asked:
            asked.add(every_s)
            ask_again(call, every_s, at)


def ask_again(call: Call, every_s: int, at: float) -> None:
    """At the end of the stretch of time that `at` is in."""
    number = int(at // every_s)
    call.later(jobs.sample, key=f"every {every_s}", due=float((number + 1) * every_s), every_s=every_s, number=number)


def sample(call: Call, every_s: int, number: int) -> bool:
    """Ask what is in use, at the end of the stretch of time with this number; whether to ask again."""
    at = float(max(number, int(call.now // every_s) - 1) * every_s)
    return _ask(call, at, every_s)


def look(call: Call) -> None:
    """Somebody reads: what was counted is written, and what is asked every few minutes is asked now, as of those that are
    running. What is asked once a day takes longer, and waits for its end, as on AWS."""
    call.keep_metrics()
    for every_s in sorted({each.every_s for each in state.sampled.range(call)} - {limits.DAY_S}):
        _ask(call, float(int(call.now // every_s) * every_s), every_s)


def _ask(call: Call, at: float, every_s: int) -> bool:
    told: list[Told] = []
    is_any = False
    for each in state.sampled.range(call):
        if each.every_s != every_s:
            continue
        module = _declared(each.service)
        gauges = module.gauges(call, each.resource) if each.until_s > at else []
        if not gauges:
            state.sampled.remove(call, each)
            continue
        is_any = True
        told += [said for gauge in gauges if (said := _told(call, module.NAMESPACE, gauge, at)) is not None]
    storing.store(call, told)
    return is_any


def _told(call: Call, namespace: str, gauge: Gauge, at: float) -> Told | None:
    dimensions = tuple(sorted(gauge.dimensions))
    series = state.series_of(namespace, gauge.name, dimensions)
    old = state.points.get(call, series, MINUTE_S, int(at), gauge.unit)
    if old is not None:
        if gauge.is_floor:
            return None
        state.points.remove(call, old)
    return Told(namespace, gauge.name, dimensions, at, gauge.unit, of_values([gauge.value], [1.0]))


def _declared(service: str) -> ModuleType:
    found = services.load(service)
    assert found is not None
    assert found.metrics is not None, service
    return found.metrics
