"""GetMetricData."""

from __future__ import annotations

from typing import Any

from skyjar.kernel.call import Call
from skyjar.kernel.pages import BadToken, page
from skyjar.kernel.service import operation

from . import gauges, labels, limits, queries, reading
from .errors import InvalidNextToken, ValidationException
from .lines import Line
from .queries import Result, Window


@operation
def get_metric_data(
    call: Call,
    *,
    metric_data_queries: list[dict[str, Any]],
    start_time: float,
    end_time: float,
    next_token: str | None = None,
    scan_by: str = "TimestampDescending",
    max_datapoints: int | None = None,
) -> dict[str, Any]:
    """Pages are of whole results: a result's points are never divided."""
    gauges.look(call)
    if start_time >= end_time:
        raise ValidationException("The parameter StartTime must be less than the parameter EndTime.")
    if len(metric_data_queries) > limits.QUERIES:
        raise ValidationException(
            f"The collection MetricDataQueries must not have a size greater than {limits.QUERIES}."
        )
    most = limits.DATA_POINTS if max_datapoints is None else max_datapoints
    if not 0 < most <= limits.DATA_POINTS:
        raise ValidationException(f"The parameter MaxDatapoints must be between 1 and {limits.DATA_POINTS}.")
    queries.check(metric_data_queries)
    start = reading.rounded_start(start_time, call.now, _shortest(metric_data_queries))
    found = queries.run(call, metric_data_queries, Window(start, -int(-end_time // 1), call.now))
    shown = [each for result in found.values() for each in _shown(result, scan_by)]
    points = max((len(each["Values"]) for each in shown), default=0)
    try:
        listed, token = page(shown, next_token or "", max(1, most // max(points, 1)))
    except BadToken:
        raise InvalidNextToken from None
    return {"MetricDataResults": listed, "Messages": []} | ({"NextToken": token} if token else {})


def _shortest(given: list[dict[str, Any]]) -> int:
    return min((query["MetricStat"]["Period"] for query in given if "MetricStat" in query), default=limits.MINUTE_S)


def _shown(result: Result, scan_by: str) -> list[dict[str, Any]]:
    query = result.query
    if not query.get("ReturnData", True):
        return []
    is_array = isinstance(result.value, list)
    return [_line(query, line, scan_by, is_one_of_many=is_array) for line in result.lines]


def _line(query: dict[str, Any], line: Line, scan_by: str, *, is_one_of_many: bool) -> dict[str, Any]:
    times = sorted(line.values, reverse=scan_by == "TimestampDescending")
    name = line.label if "MetricStat" in query else query["Id"]
    return {
        "Id": query["Id"],
        "Label": labels.label(query.get("Label"), line, name, is_one_of_many=is_one_of_many),
        "Timestamps": [float(at) for at in times],
        "Values": [line.values[at] for at in times],
        "StatusCode": "Complete",
    }
