"""Metrics out of log events as they come in: by metric filters, and by the embedded metric format."""

from __future__ import annotations

from math import isfinite
from typing import Any

import orjson

from skyjar.kernel.call import Call

from . import Measured, embedded, json_patterns, patterns, state
from .state import Group, MetricFilter

Events = tuple[tuple[int, str], ...]


def measure(call: Call, group: Group, events: Events) -> None:
    """Tell CloudWatch of what was put into a group: (timestamp ms, message) each."""
    for _, message in events:
        for each in embedded.measured(message):
            call.emit(each)
    if group.filters:
        for found in state.metric_filters.range(call, group.space):
            for told in filtered(found, events):
                call.emit(told)


def filtered(found: MetricFilter, events: Events) -> list[Measured]:
    """What a filter finds. In a minute with events of which none matches, the default value is told, where there is one."""
    matches = patterns.compile(found.pattern)
    told: list[Measured] = []
    minutes = {at_ms // 60_000 for at_ms, _ in events}
    for at_ms, message in events:
        if not matches(message):
            continue
        value, dimensions = _value(found, message), _dimensions(found, message)
        if value is not None and dimensions is not None:
            minutes.discard(at_ms // 60_000)
            told.append(Measured(found.namespace, found.metric, dimensions, at_ms / 1000, found.unit, (value,)))
    if found.default is not None:
        told += [
            Measured(found.namespace, found.metric, (), minute * 60.0, found.unit, (found.default,))
            for minute in sorted(minutes)
        ]
    return told


def _value(found: MetricFilter, message: str) -> float | None:
    text: Any = found.value
    if text.startswith("$"):
        text = _field(message, text)
    try:
        number = float(text)
    except (TypeError, ValueError):
        return None
    return number if isfinite(number) else None


def _dimensions(found: MetricFilter, message: str) -> tuple[tuple[str, str], ...] | None:
    dimensions = []
    for name, path in sorted(found.dimensions.items()):
        value = _field(message, path)
        if value is None or isinstance(value, dict | list):
            return None
        dimensions.append((name, json_patterns.spelled(value)))
    return tuple(dimensions)


def _field(message: str, path: str) -> Any:
    """A value of a JSON message; None where there is none."""
    try:
        return json_patterns.field(orjson.loads(message), path)
    except orjson.JSONDecodeError:
        return None
