"""The embedded metric format: log events that hold metrics. Pure.

Source: CloudWatch User Guide, "Specification: Embedded metric format". An event that is not of the format is just an event.
"""

from __future__ import annotations

from collections.abc import Iterator
from math import isfinite
from typing import Any

import orjson

from . import Measured

VALUES = 100  # of one metric in one event
DIMENSIONS = 30


def measured(message: str) -> Iterator[Measured]:
    """The metrics in an event's message."""
    if '"_aws"' not in message:
        return
    try:
        whole = orjson.loads(message)
    except orjson.JSONDecodeError:
        return
    header = whole.get("_aws") if isinstance(whole, dict) else None
    if not isinstance(header, dict) or not isinstance(header.get("Timestamp"), int):
        return
    directives = header.get("CloudWatchMetrics")
    for directive in directives if isinstance(directives, list) else ():
        if isinstance(directive, dict):
            yield from _directive(whole, directive, header["Timestamp"] / 1000)


def _directive(whole: dict[str, Any], directive: dict[str, Any], at: float) -> Iterator[Measured]:
    namespace, sets, metrics = (directive.get(name) for name in ("Namespace", "Dimensions", "Metrics"))
    if not isinstance(namespace, str) or not namespace or not isinstance(metrics, list):
        return
    for names in sets if isinstance(sets, list) and sets else [[]]:
        dimensions = _dimensions(whole, names)
        if dimensions is None:
            continue
        for metric in metrics:
            if not isinstance(metric, dict) or not isinstance(metric.get("Name"), str):
                continue
            values = _values(whole.get(metric["Name"]))
            resolution_s = 1 if metric.get("StorageResolution") == 1 else 60
            if values:
                yield Measured(
                    namespace, metric["Name"], dimensions, at, metric.get("Unit", "None"), values, resolution_s
                )


def _dimensions(whole: dict[str, Any], names: Any) -> tuple[tuple[str, str], ...] | None:
    if (
        not isinstance(names, list)
        or len(names) > DIMENSIONS
        or not all(isinstance(whole.get(name), str) for name in names)
    ):
        return None
    return tuple((name, whole[name]) for name in sorted(set(names)))


def _values(given: Any) -> tuple[float, ...]:
    several = given if isinstance(given, list) else [given]
    if len(several) > VALUES:
        return ()
    if any(isinstance(each, bool) or not isinstance(each, int | float) or not isfinite(each) for each in several):
        return ()
    return tuple(float(each) for each in several)
