"""ListMetrics."""

from __future__ import annotations

from typing import Any

from skyjar.kernel.call import Call
from skyjar.kernel.pages import BadToken, page
from skyjar.kernel.service import operation

from . import gauges, limits, reading, state
from .errors import InvalidNextToken, InvalidParameterValueException
from .state import Metric


@operation
def list_metrics(
    call: Call,
    *,
    namespace: str | None = None,
    metric_name: str | None = None,
    dimensions: list[dict[str, str]] | None = None,
    next_token: str | None = None,
    recently_active: str | None = None,
) -> dict[str, Any]:
    gauges.look(call)
    if recently_active not in (None, "PT3H"):
        raise InvalidParameterValueException("The parameter RecentlyActive must be set to PT3H.")
    since = call.now - (limits.RECENT_S if recently_active else limits.LISTED_S)
    wanted = [(each["Name"], each.get("Value")) for each in dimensions or ()]
    found = [
        {"Namespace": metric.namespace, "MetricName": metric.name, "Dimensions": state.shown(metric.dimensions)}
        for metric in reading.told_since(call, since, namespace, metric_name)
        if _has(metric, wanted)
    ]
    try:
        listed, token = page(found, next_token or "", limits.LISTED)
    except BadToken:
        raise InvalidNextToken from None
    return {"Metrics": listed} | ({"NextToken": token} if token else {})


def _has(metric: Metric, wanted: list[tuple[str, str | None]]) -> bool:
    own = dict(metric.dimensions)
    return all(name in own and value in (None, own[name]) for name, value in wanted)
