"""Statistics of a sample: the five plain ones, percentiles, and what is trimmed to a part of the values. Pure.

Source: CloudWatch User Guide, "CloudWatch statistics definitions". A percentile is the value at its rank, not
interpolated. Bounds in percent hold ranks, absolute ones values; the lower bound is exclusive, the upper one inclusive.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from math import ceil, floor
from typing import NamedTuple

from .errors import InvalidParameterValueException
from .samples import Sample

PLAIN: dict[str, Callable[[Sample], float]] = {
    "SampleCount": lambda sample: sample.count,
    "Average": lambda sample: sample.total / sample.count,
    "Sum": lambda sample: sample.total,
    "Minimum": lambda sample: sample.least,
    "Maximum": lambda sample: sample.most,
}
_SHORT = re.compile(r"(p|tm|wm|tc|ts)(\d{1,3}(?:\.\d{1,10})?)", re.IGNORECASE)
_LONG = re.compile(r"(TM|WM|TC|TS|PR)\(([-\d.]*%?):([-\d.]*%?)\)", re.IGNORECASE)


class Trimmed(NamedTuple):
    """`kind`: p, tm, wm, tc, ts or pr; bounds are shares of 1 with `is_share`, else values. None is open."""

    kind: str
    low: float | None
    high: float | None
    is_share: bool


class BadStatistic(Exception):
    """It is none that CloudWatch knows."""


def check(name: str) -> str:
    """The name, of a statistic that there is."""
    if name not in PLAIN:
        try:
            parse(name)
        except BadStatistic:
            raise InvalidParameterValueException(
                f"The value {name} for parameter ExtendedStatistics is not supported."
            ) from None
    return name


def parse(name: str) -> Trimmed:
    if name.lower() == "iqm":
        return Trimmed("tm", 0.25, 0.75, True)
    short = _SHORT.fullmatch(name)
    if short is not None:
        share = float(short[2]) / 100
        if share > 1:
            raise BadStatistic
        return Trimmed(short[1].lower(), None, share, True)
    long = _LONG.fullmatch(name)
    if long is None or not (long[2] or long[3]):
        raise BadStatistic
    is_share = "%" in (long[2] or long[3])
    try:
        low, high = (_bound(text, is_share) for text in (long[2], long[3]))
    except ValueError:
        raise BadStatistic from None
    kind = long[1].lower()
    if (kind == "pr" and is_share) or (low is not None and high is not None and low >= high):
        raise BadStatistic
    return Trimmed(kind, low, high, is_share)


def _bound(text: str, is_share: bool) -> float | None:
    if not text:
        return None
    if text.endswith("%") != is_share:
        raise ValueError
    number = float(text.rstrip("%"))
    if is_share and not 0 <= number <= 100:
        raise ValueError
    return number / 100 if is_share else number


def is_percentile(name: str) -> bool:
    return name not in PLAIN


def value(sample: Sample, name: str) -> float | None:
    """The statistic's value, None where it cannot be told."""
    plain = PLAIN.get(name)
    if plain is not None:
        return plain(sample) if sample.count else None
    if sample.values is None or not sample.count:
        return None
    return _trimmed(sorted(sample.values.items()), sample.count, parse(name))


def _trimmed(pairs: list[tuple[float, float]], count: float, wanted: Trimmed) -> float | None:
    if wanted.kind == "p":
        return _at_rank(pairs, count * (wanted.high or 0.0))
    kept = _between_ranks(pairs, count, wanted) if wanted.is_share else _between_values(pairs, wanted)
    number = sum(times for _, times in kept)
    if wanted.kind == "pr":
        return 100.0 * number / count
    if wanted.kind == "tc":
        return number
    total = sum(each * times for each, times in kept)
    if wanted.kind == "ts":
        return total
    if not kept:
        return None
    if wanted.kind == "tm":
        return total / number
    below = sum(times for each, times in pairs if each < kept[0][0])
    above = sum(times for each, times in pairs if each > kept[-1][0])
    same = count - number - below - above
    return (total + below * kept[0][0] + (above + same) * kept[-1][0]) / count


def _at_rank(pairs: list[tuple[float, float]], rank: float) -> float:
    passed = 0.0
    for each, times in pairs:
        passed += times
        if passed >= rank - 1e-9:
            return each
    return pairs[-1][0]


def _between_ranks(pairs: list[tuple[float, float]], count: float, wanted: Trimmed) -> list[tuple[float, float]]:
    low = floor(count * (wanted.low or 0.0) + 1e-9)
    high = ceil(count * (1.0 if wanted.high is None else wanted.high) - 1e-9)
    kept: list[tuple[float, float]] = []
    passed = 0.0
    for each, times in pairs:
        inside = min(passed + times, high) - max(passed, low)
        if inside > 0:
            kept.append((each, inside))
        passed += times
    return kept


def _between_values(pairs: list[tuple[float, float]], wanted: Trimmed) -> list[tuple[float, float]]:
    return [
        (each, times)
        for each, times in pairs
        if (wanted.low is None or each > wanted.low) and (wanted.high is None or each <= wanted.high)
    ]
