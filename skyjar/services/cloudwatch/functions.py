"""The functions of metric math. Source: User Guide, "Using metric math", "Metric math syntax and functions". Pure.

A function gets the place of its call (what the request spans, its metrics, how to search) and its arguments, calculated.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from itertools import pairwise
from math import ceil, floor, log, log10
from statistics import pstdev
from typing import Protocol

from .grammar import BadExpression
from .lines import Line, Value, across


class Place(Protocol):
    """Where an expression is calculated."""

    def times(self, period_s: int) -> list[int]: ...

    def metrics(self) -> list[tuple[str, Line]]: ...

    def search(self, text: str, statistic: str, period_s: int) -> list[Line]: ...

    @property
    def period_s(self) -> int: ...


Function = Callable[[Place, list[Value]], Value]


def _wants(name: str, arguments: list[Value], least: int, most: int) -> None:
    if not least <= len(arguments) <= most:
        raise BadExpression(f"Function {name} got {len(arguments)} arguments")


def _line(name: str, value: Value) -> Line:
    if not isinstance(value, Line):
        raise BadExpression(f"Unsupported argument type for {name}: a time series is needed")
    return value


def _list(name: str, value: Value) -> list[Line]:
    if isinstance(value, Line):
        return [value]
    if not isinstance(value, list):
        raise BadExpression(f"Unsupported argument type for {name}: an array of time series is needed")
    return value


def _number(name: str, value: Value) -> float:
    if not isinstance(value, float):
        raise BadExpression(f"Unsupported argument type for {name}: a number is needed")
    return value


def _each(name: str, change: Callable[[Place, Line], Line]) -> Function:
    """Of one series, or of each of an array."""

    def function(place: Place, arguments: list[Value]) -> Value:
        _wants(name, arguments, 1, 1)
        value = arguments[0]
        if isinstance(value, list):
            return [change(place, line) for line in value]
        return change(place, _line(name, value))

    return function


def _plain(name: str, change: Callable[[float], float]) -> Function:
    """Of a number, a series or an array."""
    lines = _each(name, lambda place, line: line.map(change))

    def function(place: Place, arguments: list[Value]) -> Value:
        if len(arguments) == 1 and isinstance(arguments[0], float):
            return float(change(arguments[0]))
        return lines(place, arguments)

    return function


def _summary(name: str, combine: Callable[[list[float]], float]) -> Function:
    """Of a series a number; of an array a series."""

    def function(place: Place, arguments: list[Value]) -> Value:
        _wants(name, arguments, 1, 1)
        value = arguments[0]
        if isinstance(value, float):
            return value
        if isinstance(value, Line):
            return float(combine(list(value.values.values()))) if value.values else _nothing(name)
        return across(_list(name, value), combine)

    return function


def _nothing(name: str) -> float:
    return float("nan")


def _of_pairs(name: str, change: Callable[[int, float, int, float], float]) -> Function:
    """From each point and the one before it."""

    def apply(place: Place, line: Line) -> Line:
        pairs = pairwise(line.values.items())
        return line.made({at: change(before, old, at, new) for (before, old), (at, new) in pairs})

    return _each(name, apply)


def _running_sum(place: Place, line: Line) -> Line:
    total, values = 0.0, {}
    for at, value in line.values.items():
        total += value
        values[at] = total
    return line.made(values)


def _of_time(name: str, tell: Callable[[datetime], float]) -> Function:
    return _each(
        name,
        lambda place, line: line.made({at: float(tell(datetime.fromtimestamp(at, UTC))) for at in line.values}),
    )


def _fill(place: Place, arguments: list[Value]) -> Value:
    _wants("FILL", arguments, 2, 2)
    value, filler = arguments
    if isinstance(value, list):
        return [_filled(place, line, filler) for line in value]
    return _filled(place, _line("FILL", value), filler)


def _filled(place: Place, line: Line, filler: Value) -> Line:
    times = sorted({*place.times(line.period_s), *line.values})
    if isinstance(filler, str):
        word = filler.upper()
        if word == "REPEAT":
            return line.made(_repeated(line, times))
        if word == "LINEAR":
            return line.made(_interpolated(line, times))
        raise BadExpression("FILL wants a number, a time series, REPEAT or LINEAR")
    if isinstance(filler, list):
        raise BadExpression("FILL wants a number, a time series, REPEAT or LINEAR")
    found = {}
    for at in times:
        value = line.values.get(at, filler.values.get(at) if isinstance(filler, Line) else filler)
        if value is not None:
            found[at] = value
    return line.made(found)


def _repeated(line: Line, times: list[int]) -> dict[int, float]:
    found: dict[int, float] = {}
    last: float | None = None
    for at in times:
        last = line.values.get(at, last)
        if last is not None:
            found[at] = last
    return found


def _interpolated(line: Line, times: list[int]) -> dict[int, float]:
    found = dict(line.values)
    for (before, old), (after, new) in pairwise(line.values.items()):
        for at in times:
            if before < at < after:
                found[at] = old + (new - old) * (at - before) / (after - before)
    return dict(sorted(found.items()))


def _if(place: Place, arguments: list[Value]) -> Value:
    _wants("IF", arguments, 2, 3)
    condition, yes = arguments[0], arguments[1]
    no = arguments[2] if len(arguments) == 3 else None
    if isinstance(condition, float):
        chosen = yes if condition else no
        if chosen is None:
            raise BadExpression("IF has no value for a condition that is false")
        return chosen
    if any(isinstance(each, list | str) for each in (condition, yes, no)):
        raise BadExpression("IF wants time series and numbers")
    line = _line("IF", condition)
    found = {}
    for at, value in line.values.items():
        side = yes if value else no
        result = side.values.get(at) if isinstance(side, Line) else side
        if isinstance(result, float):
            found[at] = result
    source = next((each for each in (yes, no) if isinstance(each, Line)), line)
    return source.made(found)


def _metrics(place: Place, arguments: list[Value]) -> Value:
    _wants("METRICS", arguments, 0, 1)
    part = arguments[0] if arguments else ""
    if not isinstance(part, str):
        raise BadExpression("METRICS wants a string")
    return [line for name, line in place.metrics() if part in name]


def _search(place: Place, arguments: list[Value]) -> Value:
    _wants("SEARCH", arguments, 2, 3)
    text, statistic = arguments[0], arguments[1]
    if not isinstance(text, str) or not isinstance(statistic, str):
        raise BadExpression("SEARCH wants a search term and a statistic in quotes")
    period_s = _number("SEARCH", arguments[2]) if len(arguments) == 3 else float(place.period_s)
    return place.search(text, statistic, int(period_s))


def _time_series(place: Place, arguments: list[Value]) -> Value:
    _wants("TIME_SERIES", arguments, 1, 1)
    value = _number("TIME_SERIES", arguments[0])
    return Line(dict.fromkeys(place.times(place.period_s), value), place.period_s)


def _period(place: Place, arguments: list[Value]) -> Value:
    _wants("PERIOD", arguments, 1, 1)
    return float(_line("PERIOD", arguments[0]).period_s)


def _one_of(name: str, index: int) -> Function:
    def function(place: Place, arguments: list[Value]) -> Value:
        _wants(name, arguments, 1, 1)
        lines = _list(name, arguments[0])
        return lines[index] if lines else []

    return function


def _slice(place: Place, arguments: list[Value]) -> Value:
    _wants("SLICE", arguments, 2, 3)
    lines = _list("SLICE", arguments[0])
    start = int(_number("SLICE", arguments[1]))
    if len(arguments) == 2:
        return lines[start] if start < len(lines) else []
    return lines[start : int(_number("SLICE", arguments[2]))]


_ORDERS: dict[str, Callable[[list[float]], float]] = {
    "AVG": lambda values: sum(values) / len(values),
    "MIN": min,
    "MAX": max,
    "SUM": sum,
}


def _sort(place: Place, arguments: list[Value]) -> Value:
    _wants("SORT", arguments, 3, 4)
    by, direction = arguments[1], arguments[2]
    if not isinstance(by, str) or by not in _ORDERS or direction not in ("ASC", "DESC"):
        raise BadExpression("SORT wants AVG, MIN, MAX or SUM, and ASC or DESC")
    order = _ORDERS[by]
    lines = [line for line in _list("SORT", arguments[0]) if line.values]
    lines.sort(key=lambda line: order(list(line.values.values())), reverse=direction == "DESC")
    return lines[: int(_number("SORT", arguments[3]))] if len(arguments) == 4 else lines


def _count(place: Place, arguments: list[Value]) -> Value:
    _wants("METRIC_COUNT", arguments, 1, 1)
    return float(len(_list("METRIC_COUNT", arguments[0])))


def _remove_empty(place: Place, arguments: list[Value]) -> Value:
    _wants("REMOVE_EMPTY", arguments, 1, 1)
    return [line for line in _list("REMOVE_EMPTY", arguments[0]) if line.values]


FUNCTIONS: dict[str, Function] = {
    "ABS": _plain("ABS", abs),
    "CEIL": _plain("CEIL", ceil),
    "FLOOR": _plain("FLOOR", floor),
    "LOG": _plain("LOG", log),
    "LOG10": _plain("LOG10", log10),
    "AVG": _summary("AVG", _ORDERS["AVG"]),
    "MIN": _summary("MIN", min),
    "MAX": _summary("MAX", max),
    "SUM": _summary("SUM", sum),
    "STDDEV": _summary("STDDEV", pstdev),
    "RATE": _of_pairs("RATE", lambda before, old, at, new: (new - old) / (at - before)),
    "DIFF": _of_pairs("DIFF", lambda before, old, at, new: new - old),
    "DIFF_TIME": _of_pairs("DIFF_TIME", lambda before, old, at, new: float(at - before)),
    "RUNNING_SUM": _each("RUNNING_SUM", _running_sum),
    "MINUTE": _of_time("MINUTE", lambda moment: moment.minute),
    "HOUR": _of_time("HOUR", lambda moment: moment.hour),
    "DAY": _of_time("DAY", lambda moment: moment.isoweekday()),
    "DATE": _of_time("DATE", lambda moment: moment.day),
    "MONTH": _of_time("MONTH", lambda moment: moment.month),
    "YEAR": _of_time("YEAR", lambda moment: moment.year),
    "EPOCH": _of_time("EPOCH", datetime.timestamp),
    "FILL": _fill,
    "IF": _if,
    "METRICS": _metrics,
    "METRIC_COUNT": _count,
    "SEARCH": _search,
    "TIME_SERIES": _time_series,
    "PERIOD": _period,
    "FIRST": _one_of("FIRST", 0),
    "LAST": _one_of("LAST", -1),
    "SLICE": _slice,
    "SORT": _sort,
    "REMOVE_EMPTY": _remove_empty,
}
OF_TIME = frozenset({"MINUTE", "HOUR", "DAY", "DATE", "MONTH", "YEAR", "EPOCH"})
WORDS = frozenset({"REPEAT", "LINEAR", "ASC", "DESC", "AVG", "MIN", "MAX", "SUM", "TRUE", "FALSE"})
ABSENT = frozenset({"ANOMALY_DETECTION_BAND", "INSIGHT_RULE_METRIC", "SERVICE_QUOTA", "LAMBDA", "DB_PERF_INSIGHTS"})
