"""PutMetricData and GetMetricStatistics."""

from __future__ import annotations

from math import isfinite
from typing import Any

from skyjar.kernel.call import Call
from skyjar.kernel.service import operation

from . import gauges, limits, reading, samples, state, statistics
from .errors import (
    InvalidParameterCombinationException,
    InvalidParameterValueException,
    MissingRequiredParameterException,
)
from .samples import Sample
from .storing import Told, store


@operation
def put_metric_data(call: Call, *, namespace: str, metric_data: list[dict[str, Any]] | None = None) -> None:
    if namespace.startswith("AWS/"):
        raise InvalidParameterValueException(f"The value {namespace} for parameter Namespace is invalid.")
    if not metric_data:
        raise MissingRequiredParameterException("The parameter MetricData is required.")
    if len(metric_data) > limits.DATUMS:
        raise InvalidParameterValueException(
            f"The collection MetricData must not have a size greater than {limits.DATUMS}."
        )
    store(call, [_read(call, namespace, f"MetricData.member.{n}", each) for n, each in enumerate(metric_data, 1)])


def _read(call: Call, namespace: str, place: str, datum: dict[str, Any]) -> Told:
    resolution_s = datum.get("StorageResolution", limits.MINUTE_S)
    if resolution_s not in (1, limits.MINUTE_S):
        raise InvalidParameterValueException(f"The parameter {place}.StorageResolution must be set to 1 or 60.")
    dimensions = state.ordered(datum.get("Dimensions"))
    names = [name for name, _ in dimensions]
    if len(set(names)) < len(names):
        raise InvalidParameterValueException(f"No two dimensions of {place}.Dimensions may have the same name.")
    for number, each in enumerate(datum.get("Dimensions") or (), 1):
        _check_dimension(f"{place}.Dimensions.member.{number}", each)
    return Told(
        namespace,
        datum["MetricName"],
        dimensions,
        _time(call, place, datum.get("Timestamp")),
        datum.get("Unit", "None"),
        _sample(place, datum),
        resolution_s,
    )


def _check_dimension(place: str, dimension: dict[str, str]) -> None:
    for part in ("Name", "Value"):
        text = dimension[part]
        if not text.isascii() or not text.isprintable() or not text.strip() or (part == "Name" and text[0] == ":"):
            raise InvalidParameterValueException(f"The value {text} for parameter {place}.{part} is invalid.")


def _time(call: Call, place: str, given: float | None) -> float:
    if given is None:
        return call.now
    if given < call.now - limits.PAST_S:
        raise InvalidParameterValueException(
            f"The parameter {place}.Timestamp must specify a time no more than two weeks in the past."
        )
    if given > call.now + limits.FUTURE_S:
        raise InvalidParameterValueException(
            f"The parameter {place}.Timestamp must specify a time no more than two hours in the future."
        )
    return given


def _sample(place: str, datum: dict[str, Any]) -> Sample:
    """Of exactly one of Value, Values and StatisticValues."""
    given = [name for name in ("Value", "Values", "StatisticValues") if datum.get(name) is not None]
    if not given:
        raise MissingRequiredParameterException(
            f"At least one of the parameters {place}.Value, {place}.Values or {place}.StatisticValues must be specified."
        )
    if len(given) > 1:
        raise InvalidParameterCombinationException(
            f"The parameters {place}.{given[0]} and {place}.{given[1]} are mutually exclusive and you have specified both."
        )
    if datum.get("Counts") is not None and given != ["Values"]:
        raise InvalidParameterCombinationException(
            f"The parameter {place}.Counts may only be specified with {place}.Values."
        )
    if given == ["StatisticValues"]:
        return _set(f"{place}.StatisticValues", datum["StatisticValues"])
    values = [datum["Value"]] if given == ["Value"] else datum["Values"]
    counts = datum.get("Counts") or [1.0] * len(values)
    if not values or len(values) > limits.VALUES or len(counts) > limits.VALUES:
        raise InvalidParameterValueException(
            f"The collection {place}.Values must have a size between 1 and {limits.VALUES}."
        )
    if len(values) != len(counts):
        raise InvalidParameterValueException(
            f"The parameters {place}.Values and {place}.Counts must be of the same size."
        )
    for value in values:
        _check_value(f"{place}.{given[0]}", value)
    if any(not isfinite(count) or count <= 0 for count in counts):
        raise InvalidParameterValueException(f"The values of {place}.Counts must be greater than 0.")
    return samples.of_values(values, counts)


def _set(place: str, given: dict[str, float]) -> Sample:
    count, total, least, most = (given[name] for name in ("SampleCount", "Sum", "Minimum", "Maximum"))
    for name, value in given.items():
        _check_value(f"{place}.{name}", value)
    if count <= 0:
        raise InvalidParameterValueException(f"The value {count} for parameter {place}.SampleCount is invalid.")
    if least > most:
        raise InvalidParameterValueException(f"The parameter {place}.Minimum must be less than {place}.Maximum.")
    return samples.of_set(count, total, least, most)


def _check_value(place: str, value: float) -> None:
    if not isfinite(value) or abs(value) > limits.VALUE_MOST:
        raise InvalidParameterValueException(f"The value {value} for parameter {place} is invalid.")


@operation
def get_metric_statistics(
    call: Call,
    *,
    namespace: str,
    metric_name: str,
    dimensions: list[dict[str, str]] | None = None,
    start_time: float,
    end_time: float,
    period: int,
    statistics: list[str] | None = None,
    extended_statistics: list[str] | None = None,
    unit: str | None = None,
) -> dict[str, Any]:
    gauges.look(call)
    wanted = _wanted(statistics, extended_statistics)
    start_s = _span(call, start_time, end_time, period)
    series = state.series_of(namespace, metric_name, state.ordered(dimensions))
    found = reading.periods(call, series, start_s, end_time, period, call.now, unit, by_unit=True)
    shown = [_shown(at_s, unit, sample, wanted) for (at_s, unit), sample in sorted(found.items())]
    return {"Label": metric_name, "Datapoints": [each for each in shown if len(each) > 2]}


def _wanted(plain: list[str] | None, extended: list[str] | None) -> list[str]:
    if not plain and not extended:
        raise InvalidParameterCombinationException("Must specify either Statistics or ExtendedStatistics")
    if plain and extended:
        raise InvalidParameterCombinationException("Must specify either Statistics or ExtendedStatistics, but not both")
    return plain or [statistics.check(name) for name in extended or ()]


def _span(call: Call, start: float, end: float, period_s: int) -> int:
    if start >= end:
        raise InvalidParameterCombinationException("The parameter StartTime must be less than the parameter EndTime.")
    if not reading.is_valid_period(period_s):
        raise InvalidParameterValueException("The parameter Period must be 1, 5, 10, 20, 30, or a multiple of 60.")
    asked = int((end - start) // period_s)
    if asked > limits.STATISTICS_POINTS:
        raise InvalidParameterCombinationException(
            f"You have requested up to {asked:,} datapoints, which exceeds the limit of {limits.STATISTICS_POINTS:,}. "
            "You may reduce the datapoints requested by increasing Period, or decreasing the time range."
        )
    return reading.rounded_start(start, call.now, period_s)


def _shown(at_s: int, unit: str, sample: Sample, wanted: list[str]) -> dict[str, Any]:
    point: dict[str, Any] = {"Timestamp": float(at_s), "Unit": unit}
    for name in wanted:
        value = statistics.value(sample, name)
        if value is None:
            continue
        if statistics.is_percentile(name):
            point.setdefault("ExtendedStatistics", {})[name] = value
        else:
            point[name] = value
    return point
