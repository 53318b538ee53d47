"""Labels of results, with what stands in them in `${…}`. Source: User Guide, "Using dynamic labels". Pure."""

from __future__ import annotations

import re
from collections.abc import Callable

from skyjar.kernel.errors import NotImplementedHere

from .lines import Line

_PART = re.compile(r"\$\{([^}]*)\}")
_PROPERTY = re.compile(r"PROP\('?(?:Dim\.)?([^')]*)'?\)")
_VALUES: dict[str, Callable[[list[float]], float]] = {
    "AVG": lambda values: sum(values) / len(values),
    "SUM": sum,
    "MIN": min,
    "MAX": max,
    "FIRST": lambda values: values[0],
    "LAST": lambda values: values[-1],
    "DATAPOINT_COUNT": len,
}


def label(given: str | None, line: Line, name: str, *, is_one_of_many: bool) -> str:
    """A metric is called by its name, an expression by its id, one of an array by both; a label given comes before."""
    if given is not None and "${" in given:
        return _PART.sub(lambda part: _told(part[1], line), given)
    if given is not None and is_one_of_many:
        return f"{given} {line.label}".strip()
    return given if given is not None else (line.label if is_one_of_many else name)


def _told(part: str, line: Line) -> str:
    if part == "LABEL":
        return line.label
    if part in _VALUES:
        values = list(line.values.values())
        return f"{_VALUES[part](values):g}" if values else "--"
    known = _PROPERTY.fullmatch(part)
    if known is None:
        raise NotImplementedHere(f"Skyjar does not implement ${{{part}}} in labels of cloudwatch.")
    source = line.source or {}
    dimensions = source.get("Dimensions")
    found = {each["Name"]: each["Value"] for each in dimensions} if isinstance(dimensions, list) else {}
    return str(source.get(known[1], found.get(known[1], "")))
