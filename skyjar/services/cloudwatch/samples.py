"""What is known of the values of a metric in a stretch of time, and how two such stretches become one. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from math import floor, log10

import msgspec

from . import limits


class Sample(msgspec.Struct, frozen=True, array_like=True):
    """`values` are the distinct values with how often each came; None where only the statistic set is known, of which
    no percentile can be told."""

    count: float
    total: float
    least: float
    most: float
    values: dict[float, float] | None = None


def of_values(values: Iterable[float], counts: Iterable[float]) -> Sample:
    found: dict[float, float] = {}
    count = total = 0.0
    for value, times in zip(values, counts, strict=True):
        found[value] = found.get(value, 0.0) + times
        count += times
        total += value * times
    return Sample(count, total, min(found), max(found), found)


def of_set(count: float, total: float, least: float, most: float) -> Sample:
    """A statistic set tells its values when there is one, or when all are alike (API reference, StatisticSet)."""
    is_known = count > 0 and least == most and total == least * count
    return Sample(count, total, least, most, {least: count} if is_known else None)


def merge(one: Sample, other: Sample) -> Sample:
    values: dict[float, float] | None = None
    if one.values is not None and other.values is not None:
        values = dict(one.values)
        for value, times in other.values.items():
            values[value] = values.get(value, 0.0) + times
        if len(values) > limits.DISTINCT:
            values = _rounded(values)
    return Sample(
        one.count + other.count,
        one.total + other.total,
        min(one.least, other.least),
        max(one.most, other.most),
        values,
    )


def _rounded(values: dict[float, float]) -> dict[float, float]:
    """Fewer values, near enough for a percentile: of three significant digits, or of two."""
    for digits in (3, 2):
        found: dict[float, float] = {}
        for value, times in values.items():
            near = round(value, digits - 1 - floor(log10(abs(value)))) if value else 0.0
            found[near] = found.get(near, 0.0) + times
        if len(found) <= limits.DISTINCT:
            break
    return found
