"""Which lines a filter lets through, and the values of dimensions. Pure."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from skyjar.kernel.bills import Line
from skyjar.kernel.errors import NotImplementedHere

from .errors import ValidationException

DIMENSIONS: dict[str, Callable[[Line], str]] = {
    "SERVICE": lambda line: line.service,
    "USAGE_TYPE": lambda line: line.usage_type,
    "OPERATION": lambda line: line.operation or "NoOperation",
    "REGION": lambda line: line.region,
    "LINKED_ACCOUNT": lambda line: line.account,
    "RECORD_TYPE": lambda line: "Usage",
}
_OPTIONS = ("EQUALS", "CASE_SENSITIVE")
Test = Callable[[Line], bool]


def dimension(name: str) -> Callable[[Line], str]:
    found = DIMENSIONS.get(name)
    if found is None:
        raise NotImplementedHere(f"Skyjar does not implement the dimension {name} of ce.")
    return found


def read(expression: dict[str, Any] | None) -> Test:
    if expression is None:
        return lambda line: True
    if len(expression) != 1:
        raise ValidationException("Expression must have exactly one root operator or dimension")
    name, value = next(iter(expression.items()))
    if name in ("And", "Or"):
        if len(value) < 2:
            raise ValidationException(f"{name} expression must have at least 2 operands")
        parts = [read(each) for each in value]
        together = all if name == "And" else any
        return lambda line: together(part(line) for part in parts)
    if name == "Not":
        part = read(value)
        return lambda line: not part(line)
    if name != "Dimensions":
        raise NotImplementedHere(f"Skyjar does not implement {name} in filters of ce.")
    return _dimensions(value)


def _dimensions(wanted: dict[str, Any]) -> Test:
    if "Key" not in wanted or not wanted.get("Values"):
        raise ValidationException("Dimensions need a Key and Values")
    for option in wanted.get("MatchOptions") or ():
        if option not in _OPTIONS:
            raise ValidationException(
                f"Match option {option} is not supported for dimensions. Use EQUALS or CASE_SENSITIVE."
            )
    of, values = dimension(wanted["Key"]), frozenset(wanted["Values"])
    return lambda line: of(line) in values
