"""Metric filters of log groups: PutMetricFilter and its kin."""

from __future__ import annotations

import re
from typing import Any

import orjson

from skyjar.kernel.call import Call
from skyjar.kernel.service import operation

from . import json_patterns, limits, paging, patterns, state
from .errors import InvalidParameterException, LimitExceededException, ResourceNotFoundException
from .state import MetricFilter

_PATH = re.compile(r"\$(?:\.[A-Za-z0-9_\-]+|\[\d+\])+")
_SIZES = ("B", "Kilob", "Megab", "Gigab", "Terab")
_UNITS = frozenset(f"{size}{what}{rate}" for what in ("ytes", "its") for size in _SIZES for rate in ("", "/Second")) | {
    "Seconds",
    "Microseconds",
    "Milliseconds",
    "Percent",
    "Count",
    "Count/Second",
    "None",
}


@operation
def put_metric_filter(
    call: Call,
    *,
    log_group_name: str,
    filter_name: str,
    filter_pattern: str,
    metric_transformations: list[dict[str, Any]],
) -> None:
    group = state.find_group(call, log_group_name)
    patterns.compile(filter_pattern)
    wanted = metric_transformations[0]
    _check(wanted, filter_pattern)
    old = state.metric_filters.get(call, group.space, filter_name)
    if old is None:
        if group.filters >= limits.METRIC_FILTERS:
            raise LimitExceededException
        state.groups.replace(call, group, state.replace(group, filters=group.filters + 1))
    state.metric_filters.put(
        call,
        MetricFilter(
            space=group.space,
            name=filter_name,
            group=group.name,
            pattern=filter_pattern,
            metric=wanted["metricName"],
            namespace=wanted["metricNamespace"],
            value=wanted["metricValue"],
            created_ms=call.now_ms,
            default=wanted.get("defaultValue"),
            dimensions=wanted.get("dimensions") or {},
            unit=wanted.get("unit", "None"),
        ),
    )


def _check(wanted: dict[str, Any], pattern: str) -> None:
    value, dimensions = wanted["metricValue"], wanted.get("dimensions") or {}
    if wanted["metricNamespace"].startswith("AWS/"):
        raise InvalidParameterException("Invalid metric transformation: the namespace must not begin with AWS/.")
    if wanted.get("unit", "None") not in _UNITS:
        raise InvalidParameterException(f"Invalid metric transformation: unit {wanted['unit']} is not known.")
    if value.startswith("$"):
        if not _PATH.fullmatch(value) or not pattern.strip().startswith("{"):
            raise InvalidParameterException(
                f"Invalid metric transformation: {value} is no field of the filter pattern."
            )
    else:
        try:
            float(value)
        except ValueError:
            raise InvalidParameterException(
                f"Invalid metric transformation: metricValue {value} is neither a number nor a field."
            ) from None
    if dimensions and wanted.get("defaultValue") is not None:
        raise InvalidParameterException(
            "Invalid metric transformation: dimensions and default value are mutually exclusive properties."
        )
    if len(dimensions) > limits.FILTER_DIMENSIONS:
        raise InvalidParameterException(
            f"Invalid metric transformation: at most {limits.FILTER_DIMENSIONS} dimensions are allowed."
        )
    if any(not _PATH.fullmatch(path) for path in dimensions.values()):
        raise InvalidParameterException("Invalid metric transformation: a dimension's value must be a field.")


@operation
def delete_metric_filter(call: Call, *, log_group_name: str, filter_name: str) -> None:
    group = state.find_group(call, log_group_name)
    if state.metric_filters.delete(call, group.space, filter_name) is None:
        raise ResourceNotFoundException("The specified metric filter does not exist.")
    state.groups.replace(call, group, state.replace(group, filters=group.filters - 1))


@operation
def describe_metric_filters(
    call: Call,
    *,
    log_group_name: str | None = None,
    filter_name_prefix: str | None = None,
    next_token: str | None = None,
    limit: int = limits.DESCRIBED,
    metric_name: str | None = None,
    metric_namespace: str | None = None,
) -> dict[str, Any]:
    if (metric_name is None) != (metric_namespace is None):
        raise InvalidParameterException("metricName and metricNamespace must be given together.")
    if log_group_name is not None:
        kept = state.metric_filters.range(call, state.find_group(call, log_group_name).space)
    else:
        kept = state.metric_filters.range(call)
    wanted = [
        each
        for each in kept
        if each.name.startswith(filter_name_prefix or "")
        and metric_name in (None, each.metric)
        and metric_namespace in (None, each.namespace)
    ]
    found, token = paging.page(wanted, lambda each: f"{each.group}\0{each.name}", next_token, limit)
    return {"metricFilters": [_shown(each) for each in found]} | ({"nextToken": token} if token else {})


def _shown(each: MetricFilter) -> dict[str, Any]:
    made: dict[str, Any] = {"metricName": each.metric, "metricNamespace": each.namespace, "metricValue": each.value}
    if each.default is not None:
        made["defaultValue"] = each.default
    if each.dimensions:
        made["dimensions"] = each.dimensions
    made["unit"] = each.unit
    return {
        "filterName": each.name,
        "filterPattern": each.pattern,
        "metricTransformations": [made],
        "creationTime": each.created_ms,
        "logGroupName": each.group,
    }


@operation
def test_metric_filter(call: Call, *, filter_pattern: str, log_event_messages: list[str]) -> dict[str, Any]:
    """Which messages match, and the values of the fields that a JSON pattern names."""
    matches = patterns.compile(filter_pattern)
    paths = list(dict.fromkeys(_PATH.findall(filter_pattern))) if filter_pattern.strip().startswith("{") else []
    found = []
    for number, message in enumerate(log_event_messages, 1):
        if matches(message):
            values = {path: json_patterns.field(orjson.loads(message), path) for path in paths}
            shown = {path: json_patterns.spelled(value) for path, value in values.items() if value is not None}
            found.append({"eventNumber": number, "eventMessage": message, "extractedValues": shown})
    return {"matches": found}
