"""Metric data queries: metrics and expressions over them, of GetMetricData and of alarms."""

from __future__ import annotations

import re
from functools import cached_property
from typing import Any, NamedTuple

from skyjar.kernel.call import Call
from skyjar.kernel.errors import NotImplementedHere

from . import functions, grammar, limits, mathematics, reading, searches, state, statistics
from .errors import ValidationException
from .grammar import BadExpression, Node
from .lines import Line, Value
from .statistics import BadStatistic

_ID = re.compile(r"[a-z][a-zA-Z0-9_]*")


class Window(NamedTuple):
    """From `start` to before `end`, in whole seconds; `now` decides what is kept."""

    start: int
    end: int
    now: float


class Result:
    """What came of one query: a series, or an array of them."""

    def __init__(self, query: dict[str, Any], value: Line | list[Line]) -> None:
        self.query = query
        self.value = value

    @property
    def lines(self) -> list[Line]:
        return self.value if isinstance(self.value, list) else [self.value]

    def single(self) -> Line:
        return self.lines[0] if self.lines else Line({}, limits.MINUTE_S)


def series_of(metric: dict[str, Any]) -> str:
    return state.series_of(metric["Namespace"], metric["MetricName"], state.ordered(metric.get("Dimensions")))


def check(queries: list[dict[str, Any]]) -> dict[str, Node]:
    """The trees of the expressions, by id."""
    trees: dict[str, Node] = {}
    seen: set[str] = set()
    for query in queries:
        name = query["Id"]
        if not _ID.fullmatch(name):
            raise ValidationException(
                f'The value "{name}" for parameter Id is invalid: it must start with a lowercase letter.'
            )
        if name in seen:
            raise ValidationException(f"The values for parameter id in MetricDataQueries are not unique: {name}")
        seen.add(name)
        if ("MetricStat" in query) == ("Expression" in query):
            raise ValidationException(
                f"Exactly one of the parameters MetricStat and Expression must be specified for {name}."
            )
        if "MetricStat" in query:
            _check_stat(query["MetricStat"])
            continue
        try:
            trees[name] = mathematics.checked(query["Expression"])
        except BadExpression as error:
            raise failure(name, error) from None
    for name, tree in trees.items():
        unknown = sorted(n for n in grammar.names_in(tree) - seen if n.upper() not in functions.WORDS)
        if unknown:
            raise failure(name, BadExpression(f"Unrecognized variable '{unknown[0]}'"))
    return trees


def _check_stat(stat: dict[str, Any]) -> None:
    metric = stat["Metric"]
    if not metric.get("Namespace") or not metric.get("MetricName"):
        raise ValidationException("The parameters Namespace and MetricName of a Metric are required.")
    if not reading.is_valid_period(stat["Period"]):
        raise ValidationException("Period must be 1, 5, 10, 20, 30, or a multiple of 60.")
    if stat["Stat"] not in statistics.PLAIN:
        try:
            statistics.parse(stat["Stat"])
        except BadStatistic:
            raise ValidationException(f"The value {stat['Stat']} for parameter Stat is not supported.") from None


def failure(name: str, error: BadExpression) -> ValidationException:
    return ValidationException(f"Error in expression '{name}': {error}")


def tells_time(settings: dict[str, Any]) -> bool:
    """Whether what an alarm watches changes by itself as time passes."""
    texts = [query["Expression"] for query in settings.get("Metrics", ()) if "Expression" in query]
    return any(grammar.functions_in(grammar.parse(text)) & functions.OF_TIME for text in texts)


def run(call: Call, queries: list[dict[str, Any]], window: Window) -> dict[str, Result]:
    """The results by id. Expressions are calculated after what they refer to; a circle is an error."""
    calculation = _Calculation(call, queries, window)
    return {query["Id"]: Result(query, calculation.final(query["Id"])) for query in queries}


class _Calculation:
    """The place of the expressions of one request (see functions.Place)."""

    def __init__(self, call: Call, queries: list[dict[str, Any]], window: Window) -> None:
        self._call = call
        self._queries = {query["Id"]: query for query in queries}
        self._trees = check(queries)
        self._window = window
        self._known: dict[str, Value] = {}
        self._open: list[str] = []

    @cached_property
    def period_s(self) -> int:
        """The shortest period of its metrics."""
        periods: list[int] = [
            query["MetricStat"]["Period"] for query in self._queries.values() if "MetricStat" in query
        ]
        own: list[int] = [query.get("Period", limits.MINUTE_S) for query in self._queries.values()]
        return min(periods or own)

    def times(self, period_s: int) -> list[int]:
        return list(range(self._window.start, self._window.end, period_s))

    def metrics(self) -> list[tuple[str, Line]]:
        return [(name, self._line(name)) for name, query in self._queries.items() if "MetricStat" in query]

    def _line(self, name: str) -> Line:
        found = self.value(name)
        assert isinstance(found, Line)
        return found

    def search(self, text: str, statistic: str, period_s: int) -> list[Line]:
        if not reading.is_valid_period(period_s):
            raise BadExpression("The period of SEARCH must be 1, 5, 10, 20, 30, or a multiple of 60")
        test = searches.compile_search(text)
        found = [m for m in reading.told_since(self._call, self._call.now - limits.LISTED_S, None, None) if test(m)]
        lines = []
        for metric in found[: limits.SEARCHED]:
            shown = {
                "Namespace": metric.namespace,
                "MetricName": metric.name,
                "Dimensions": state.shown(metric.dimensions),
            }
            lines.append(self._read(shown, metric.series, statistic, period_s, None))
        return lines

    def final(self, name: str) -> Line | list[Line]:
        value = self.value(name)
        if isinstance(value, str | float):
            raise failure(name, BadExpression("The result of an expression must be a time series or an array of them"))
        return value

    def value(self, name: str) -> Value:
        if name not in self._known:
            if name in self._open:
                raise failure(name, BadExpression("The expressions refer to each other in a circle"))
            self._open.append(name)
            self._known[name] = self._calculated(name)
            self._open.pop()
        return self._known[name]

    def _calculated(self, name: str) -> Value:
        query = self._queries[name]
        if query.get("AccountId") not in (None, self._call.account):
            raise NotImplementedHere("Skyjar does not implement metrics of other accounts (AccountId) in cloudwatch.")
        if "MetricStat" in query:
            stat = query["MetricStat"]
            return self._read(stat["Metric"], series_of(stat["Metric"]), stat["Stat"], stat["Period"], stat.get("Unit"))
        tree = self._trees[name]
        wanted = grammar.names_in(tree) & self._queries.keys()
        try:
            return mathematics.calculate(tree, self, {each: self.value(each) for each in wanted})
        except BadExpression as error:
            raise failure(name, error) from None

    def _read(self, metric: dict[str, Any], digest: str, stat: str, period_s: int, unit: str | None) -> Line:
        start, end, now = self._window
        found = reading.periods(self._call, digest, start, end, period_s, now, unit, by_unit=False)
        values = {}
        for (at, _), sample in sorted(found.items()):
            value = statistics.value(sample, stat)
            if value is not None:
                values[at] = value
        return Line(values, period_s, metric["MetricName"], {**metric, "Stat": stat, "Period": period_s})
