"""What a dashboard's body must be. Source: API reference, "Dashboard Body Structure and Syntax". Pure.

A body with errors is refused; with warnings it is kept, and they are told.
"""

from __future__ import annotations

from typing import Any

import orjson

from . import limits

Messages = list[dict[str, str]]
TYPES = ("metric", "text", "log", "alarm", "explorer", "custom", "image")
_NEEDED = {"text": ("markdown",), "alarm": ("alarms",), "log": ("query", "region"), "custom": ("endpoint",)}
_VIEWS = ("timeSeries", "singleValue", "gauge", "bar", "pie", "table")


def check(text: str) -> tuple[Messages, Messages]:
    """Errors and warnings."""
    try:
        body = orjson.loads(text)
    except orjson.JSONDecodeError:
        return [_message("", "The field DashboardBody must be a valid JSON object")], []
    if not isinstance(body, dict):
        return [_message("", "The field DashboardBody must be a valid JSON object")], []
    widgets = body.get("widgets")
    if not isinstance(widgets, list):
        return [
            _message("", "Should have required property 'widgets'")
            if widgets is None
            else _message("/widgets", "Should be array")
        ], []
    errors, warnings = [], []
    if len(widgets) > limits.DASHBOARD_WIDGETS:
        errors.append(_message("/widgets", f"Should NOT have more than {limits.DASHBOARD_WIDGETS} items"))
    for number, widget in enumerate(widgets):
        path = f"/widgets/{number}"
        if not isinstance(widget, dict):
            errors.append(_message(path, "Should be object"))
            continue
        errors += _place(path, widget)
        found = _properties(path, widget)
        errors += found[0]
        warnings += found[1]
    return errors, warnings


def _message(path: str, sentence: str) -> dict[str, str]:
    return {"DataPath": path, "Message": sentence}


def written(message: dict[str, str]) -> str:
    return orjson.dumps({"dataPath": message["DataPath"], "message": message["Message"]}).decode()


def _place(path: str, widget: dict[str, Any]) -> Messages:
    errors = []
    for name, least, most in (
        ("x", 0, limits.DASHBOARD_WIDTH - 1),
        ("y", 0, None),
        ("width", 1, limits.DASHBOARD_WIDTH),
        ("height", 1, limits.DASHBOARD_HEIGHT),
    ):
        value = widget.get(name)
        if value is None:
            continue
        if not isinstance(value, int) or isinstance(value, bool):
            errors.append(_message(f"{path}/{name}", "Should be integer"))
        elif value < least:
            errors.append(_message(f"{path}/{name}", f"Should be >= {least}"))
        elif most is not None and value > most:
            errors.append(_message(f"{path}/{name}", f"Should be <= {most}"))
    if ("x" in widget) != ("y" in widget):
        missing = "y" if "x" in widget else "x"
        errors.append(_message(path, f"Should have required property '{missing}'"))
    return errors


def _properties(path: str, widget: dict[str, Any]) -> tuple[Messages, Messages]:
    kind = widget.get("type")
    if kind is None:
        return [_message(path, "Should have required property 'type'")], []
    if kind not in TYPES:
        return [_message(f"{path}/type", "Should be equal to one of the allowed values")], []
    own = widget.get("properties")
    if not isinstance(own, dict):
        return [_message(path, "Should have required property 'properties'")], []
    errors = [
        _message(f"{path}/properties", f"Should have required property '{name}'")
        for name in _NEEDED.get(kind, ())
        if name not in own
    ]
    return (
        (errors + _metric(f"{path}/properties", own), _extra(path, widget))
        if kind == "metric"
        else (errors, _extra(path, widget))
    )


def _extra(path: str, widget: dict[str, Any]) -> Messages:
    known = {"type", "x", "y", "width", "height", "properties"}
    return [_message(path, f"Should NOT have additional property '{name}'") for name in widget if name not in known]


def _metric(path: str, own: dict[str, Any]) -> Messages:
    errors = []
    if "metrics" not in own and "annotations" not in own:
        errors.append(_message(path, "Should have required property 'metrics' or 'annotations'"))
    if "annotations" not in own and "region" not in own:
        errors.append(_message(path, "Should have required property 'region'"))
    if own.get("view", "timeSeries") not in _VIEWS:
        errors.append(_message(f"{path}/view", "Should be equal to one of the allowed values"))
    metrics = own.get("metrics", [])
    if not isinstance(metrics, list):
        return [*errors, _message(f"{path}/metrics", "Should be array")]
    for number, metric in enumerate(metrics):
        place = f"{path}/metrics/{number}"
        if not isinstance(metric, list) or not metric:
            errors.append(_message(place, "Should be array"))
            continue
        names = [each for each in metric if not isinstance(each, dict)]
        is_expression = not names and "expression" in metric[-1]
        if is_expression:
            continue
        if len(names) < 2 or len(names) % 2 or not all(isinstance(each, str) for each in names):
            errors.append(_message(place, "Should have a namespace, a metric name and pairs of dimensions"))
    return errors
