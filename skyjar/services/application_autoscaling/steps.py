"""Step scaling: by how much capacity changes for how far a metric is beyond its alarm's threshold. Pure.

Source: Application Auto Scaling User Guide, "How step scaling works".
"""

from __future__ import annotations

from itertools import pairwise
from math import ceil, floor, inf
from typing import Any

from .errors import ValidationException


def check(settings: dict[str, Any], most: int) -> None:
    if "AdjustmentType" not in settings:
        raise ValidationException("Adjustment type must be specified for step scaling policies")
    steps = settings.get("StepAdjustments") or []
    if not steps:
        raise ValidationException("At least one step adjustment must be specified for step scaling policies")
    if len(steps) > most:
        raise ValidationException(f"Step scaling policies can have at most {most} step adjustments")
    if settings.get("MinAdjustmentMagnitude") and settings["AdjustmentType"] != "PercentChangeInCapacity":
        raise ValidationException("MinAdjustmentMagnitude can only be used with PercentChangeInCapacity")
    if settings.get("Cooldown", 0) < 0:
        raise ValidationException("Cooldown cannot be negative")
    spans = sorted(_span(step) for step in steps)
    if any(low >= high for low, high in spans):
        raise ValidationException("Step adjustment intervals must have a lower bound below their upper bound")
    for (_, high), (low, _) in pairwise(spans):
        if low != high:
            raise ValidationException("Step adjustment intervals can't overlap or have a gap between them")
    if spans[0][0] < 0 and spans[0][0] != -inf:
        raise ValidationException("There must be a step adjustment with a null lower bound below a negative one")
    if spans[-1][1] > 0 and spans[-1][1] != inf:
        raise ValidationException("There must be a step adjustment with a null upper bound above a positive one")


def _span(step: dict[str, Any]) -> tuple[float, float]:
    low, high = step.get("MetricIntervalLowerBound"), step.get("MetricIntervalUpperBound")
    return -inf if low is None else low, inf if high is None else high


def adjusted(settings: dict[str, Any], capacity: int, beyond: float, *, is_below: bool = False) -> int | None:
    """The capacity wanted when the metric is `beyond` the threshold of an alarm, which looks out for what is below it or above;
    None when no step says so."""
    for step in settings["StepAdjustments"]:
        low, high = _span(step)
        is_in = low < beyond <= high if is_below else low <= beyond < high
        if is_in:
            return _changed(settings, capacity, step["ScalingAdjustment"])
    return None


def _changed(settings: dict[str, Any], capacity: int, adjustment: int) -> int:
    kind = settings["AdjustmentType"]
    if kind == "ExactCapacity":
        return adjustment
    if kind == "ChangeInCapacity":
        return capacity + adjustment
    change = capacity * adjustment / 100
    if 0 < abs(change) < 1:
        change = 1 if change > 0 else -1
    whole = floor(change) if change > 0 else ceil(change)
    least = settings.get("MinAdjustmentMagnitude", 0)
    if whole and abs(whole) < least:
        whole = least if whole > 0 else -least
    return capacity + whole
