"""What metric math calculates with: time series, arrays of them, and operators between them. Pure.

A point that either side lacks, and one whose calculation has no result (a division by zero), is not there in the result.
"""

from __future__ import annotations

from collections.abc import Callable
from math import isfinite
from typing import Any

from .grammar import BadExpression


class Line:
    """A time series: values by start of the period, in order of time. `source` is the metric that it began as."""

    __slots__ = ("label", "period_s", "source", "values")

    def __init__(
        self, values: dict[int, float], period_s: int, label: str = "", source: dict[str, object] | None = None
    ) -> None:
        self.values = values
        self.period_s = period_s
        self.label = label
        self.source = source

    def made(self, values: dict[int, float]) -> Line:
        return Line(values, self.period_s, self.label, self.source)

    def map(self, function: Callable[[float], float]) -> Line:
        return self.made(_kept({at: _tried(function, value) for at, value in self.values.items()}))


Value = float | str | Line | list[Line]


def _tried(function: Callable[..., float], *arguments: Any) -> float | None:
    try:
        result = function(*arguments)
    except (ZeroDivisionError, ValueError, OverflowError):
        return None
    return result if isinstance(result, (int, float)) and isfinite(result) else None


def _kept(values: dict[int, float | None]) -> dict[int, float]:
    return {at: value for at, value in values.items() if value is not None}


OPERATORS: dict[str, Callable[[float, float], float]] = {
    "+": lambda a, b: a + b,
    "-": lambda a, b: a - b,
    "*": lambda a, b: a * b,
    "/": lambda a, b: a / b,
    "^": lambda a, b: a**b,
    "==": lambda a, b: float(a == b),
    "!=": lambda a, b: float(a != b),
    "<": lambda a, b: float(a < b),
    "<=": lambda a, b: float(a <= b),
    ">": lambda a, b: float(a > b),
    ">=": lambda a, b: float(a >= b),
    "&&": lambda a, b: float(bool(a) and bool(b)),
    "||": lambda a, b: float(bool(a) or bool(b)),
}


def operate(operator: str, left: Value, right: Value) -> Value:
    if isinstance(left, str) or isinstance(right, str):
        raise BadExpression(f"Unsupported operand type(s) for {operator}: a string is not a number")
    function = OPERATORS[operator]
    if isinstance(left, list) or isinstance(right, list):
        return [_one(function, a, b) for a, b in _paired(operator, left, right)]
    if isinstance(left, Line) or isinstance(right, Line):
        return _one(function, left, right)
    found = _tried(function, left, right)
    if found is None:
        raise BadExpression(f"The result of {operator} is not a number")
    return found


Side = float | Line


def _paired(operator: str, left: Side | list[Line], right: Side | list[Line]) -> list[tuple[Side, Side]]:
    if isinstance(left, list) and isinstance(right, list):
        if len(left) != len(right):
            raise BadExpression(f"The arrays on both sides of {operator} must have the same size")
        return list(zip(left, right, strict=True))
    if isinstance(left, list):
        assert not isinstance(right, list)
        return [(each, right) for each in left]
    assert isinstance(right, list)
    return [(left, each) for each in right]


def _one(function: Callable[[float, float], float], left: Side, right: Side) -> Line:
    if isinstance(left, Line) and isinstance(right, Line):
        both = {
            at: _tried(function, value, right.values[at]) for at, value in left.values.items() if at in right.values
        }
        made = left.made(_kept(both))
        made.period_s = max(left.period_s, right.period_s)
        return made
    if isinstance(left, Line):
        return left.map(lambda value: function(value, float(right)))  # type: ignore[arg-type]
    assert isinstance(right, Line)
    return right.map(lambda value: function(float(left), value))


def across(lines: list[Line], function: Callable[[list[float]], float]) -> Line:
    """One series out of many: at each time, `function` of the values that are there."""
    times = sorted({at for line in lines for at in line.values})
    values = {at: _tried(function, [line.values[at] for line in lines if at in line.values]) for at in times}
    return Line(_kept(values), max((line.period_s for line in lines), default=60))
