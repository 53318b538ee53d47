"""What an expression is worth for a row: compiled into functions of the row, once for a selection.

A row is what a path begins at: a dictionary (of a JSON record, or a CSV line by its headers) or another JSON value.
Unknown (NULL) and absent (MISSING) values make what is computed of them NULL, and no row is chosen by NULL. Text is compared
with a number as the number that it says.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import lru_cache
from typing import Any

from . import functions
from .errors import Refused
from .grammar import Expression, Step
from .values import MISSING, cast, number_of

Of = Callable[[Any], Any]
Lookup = Callable[[tuple[Step, ...]], Of]


def is_unknown(value: Any) -> bool:
    return value is None or value is MISSING


def compiled(expression: Expression, lookup: Lookup, now: float) -> Of:
    """`lookup` makes what finds a path in a row."""

    def of(inner: Expression) -> Of:
        return compiled(inner, lookup, now)

    kind = expression[0]
    if kind == "literal":
        value = expression[1]
        return lambda row: value
    if kind == "path":
        return lookup(expression[1])
    if kind == "aggregate":
        raise Refused("UnsupportedSqlStructure", "An aggregate stands alone in the list of what is selected.")
    if kind == "call":
        arguments = [of(each) for each in expression[2]]
        return functions.call(expression[1], arguments, now)
    if kind == "cast":
        inner, to = of(expression[1]), expression[2]
        return lambda row: cast(inner(row), to)
    if kind == "case":
        return _case(expression, of)
    return _condition(expression, of)


def _condition(expression: Expression, of: Callable[[Expression], Of]) -> Of:
    kind = expression[0]
    first = of(expression[1])
    if kind == "not":
        return lambda row: _opposite(first(row))
    if kind == "negate":
        return lambda row: _arithmetic("-", 0, first(row))
    if kind in ("null", "missing"):
        is_not = expression[2]
        matches = is_unknown if kind == "null" else (lambda value: value is MISSING)
        return lambda row: matches(first(row)) != is_not
    if kind == "in":
        choices = [of(each) for each in expression[2]]
        return _negated(lambda row: _any([compared("=", first(row), each(row)) for each in choices]), expression[3])
    if kind == "between":
        low, high = of(expression[2]), of(expression[3])
        within: Of = lambda row: _both(compared(">=", first(row), low(row)), compared("<=", first(row), high(row)))  # noqa: E731
        return _negated(within, expression[4])
    if kind == "like":
        pattern, escape = of(expression[2]), of(expression[3]) if expression[3] is not None else None
        like: Of = lambda row: _like(first(row), pattern(row), escape(row) if escape is not None else None)  # noqa: E731
        return _negated(like, expression[4])
    second = of(expression[2])
    if kind == "and":
        return lambda row: _both(first(row), second(row))
    if kind == "or":
        return lambda row: _any([first(row), second(row)])
    if kind in ("+", "-", "*", "/", "%"):
        return lambda row: _arithmetic(kind, first(row), second(row))
    return lambda row: compared(kind, first(row), second(row))


def _negated(inner: Of, is_not: bool) -> Of:
    return (lambda row: _opposite(inner(row))) if is_not else inner


def _opposite(value: Any) -> bool | None:
    return None if is_unknown(value) else not value


def _both(left: Any, right: Any) -> bool | None:
    if left is False or right is False:
        return False
    return None if is_unknown(left) or is_unknown(right) else bool(left and right)


def _any(values: list[Any]) -> bool | None:
    if any(not is_unknown(value) and value for value in values):
        return True
    return None if any(is_unknown(value) for value in values) else False


def compared(sign: str, left: Any, right: Any) -> bool | None:
    """None where they cannot be compared."""
    if is_unknown(left) or is_unknown(right):
        return None
    if type(left) is not type(right):
        if isinstance(left, bool) or isinstance(right, bool):
            left, right = str(left).lower(), str(right).lower()
        elif isinstance(left, str) or isinstance(right, str):
            left, right = number_of(left), number_of(right)
            if left is None or right is None:
                return None
    try:
        return bool(_SIGNS[sign](left, right))
    except TypeError:
        return None


_SIGNS: dict[str, Callable[[Any, Any], bool]] = {
    "=": lambda left, right: left == right,
    "<>": lambda left, right: left != right,
    "<": lambda left, right: left < right,
    ">": lambda left, right: left > right,
    "<=": lambda left, right: left <= right,
    ">=": lambda left, right: left >= right,
}


def _arithmetic(sign: str, left: Any, right: Any) -> Any:
    if is_unknown(left) or is_unknown(right):
        return None
    one, other = number_of(left), number_of(right)
    if one is None or other is None:
        raise Refused("CastFailed", "What is no number cannot be computed with.")
    if sign in "/%" and other == 0:
        raise Refused("InvalidRequestParameter", "Division by zero.")
    if sign == "/":
        return _quotient(one, other)
    if sign == "%":
        return one - other * int(one / other)
    return one + other if sign == "+" else one - other if sign == "-" else one * other


def _quotient(one: Any, other: Any) -> Any:
    """Whole numbers are divided as such, towards zero."""
    if isinstance(one, int) and isinstance(other, int):
        return abs(one) // abs(other) * (1 if (one < 0) == (other < 0) else -1)
    return one / other


def _like(value: Any, pattern: Any, escape: Any) -> bool | None:
    if is_unknown(value) or is_unknown(pattern):
        return None
    return _matches(_parts_of(str(pattern), str(escape) if escape is not None else ""), str(value))


@lru_cache(maxsize=64)
def _parts_of(pattern: str, escape: str) -> tuple[re.Pattern[str], ...]:
    """What stands between the `%`, each of a fixed length, so that matching never takes long."""
    parts: list[str] = [""]
    is_escaped = False
    for each in pattern:
        if is_escaped or each not in ("%", "_", escape):
            parts[-1] += re.escape(each)
            is_escaped = False
        elif each == escape:
            is_escaped = True
        elif each == "%":
            parts.append("")
        else:
            parts[-1] += "."
    return tuple(re.compile(part, re.DOTALL) for part in parts)


def _matches(parts: tuple[re.Pattern[str], ...], text: str) -> bool:
    first, *rest = parts
    if not rest:
        return first.fullmatch(text) is not None
    begun = first.match(text)
    if begun is None:
        return False
    at = begun.end()
    for part in rest[:-1]:
        found = part.search(text, at)
        if found is None:
            return False
        at = found.end()
    last = rest[-1]
    length = _length_of(last.pattern)
    return len(text) - length >= at and last.fullmatch(text, len(text) - length) is not None


def _length_of(pattern: str) -> int:
    return len(re.sub(r"\\(.)", r"\1", pattern, flags=re.DOTALL))


def _case(expression: Expression, of: Callable[[Expression], Of]) -> Of:
    base = of(expression[1]) if expression[1] is not None else None
    branches = [(of(when), of(then)) for when, then in expression[2]]
    otherwise = of(expression[3])

    def chosen(row: Any) -> Any:
        for when, then in branches:
            holds = when(row) if base is None else compared("=", base(row), when(row))
            if not is_unknown(holds) and holds:
                return then(row)
        return otherwise(row)

    return chosen
