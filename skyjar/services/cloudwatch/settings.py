"""What an alarm was put with, read. Pure."""

from __future__ import annotations

from typing import Any

from . import limits


def periods_of(settings: dict[str, Any]) -> list[int]:
    """The periods of everything that a metric alarm looks at, in seconds."""
    if "Metrics" not in settings:
        return [settings["Period"]]
    found = [query["MetricStat"]["Period"] for query in settings["Metrics"] if "MetricStat" in query]
    return found or [query["Period"] for query in settings["Metrics"] if "Period" in query]


def period_of(settings: dict[str, Any]) -> int:
    """The longest of them, by which points come."""
    return max(periods_of(settings))


def step_of(settings: dict[str, Any]) -> int:
    """How often it is evaluated: every minute, or every ten seconds when a period is shorter than that."""
    return 10 if min(periods_of(settings)) < limits.MINUTE_S else limits.MINUTE_S


def returned(settings: dict[str, Any]) -> dict[str, Any]:
    """The query whose result a metric math alarm watches."""
    queries: list[dict[str, Any]] = settings["Metrics"]
    return next(query for query in queries if query.get("ReturnData", True))


def metrics_of(settings: dict[str, Any]) -> list[dict[str, Any]]:
    """Each metric it looks at: Namespace, MetricName, Dimensions."""
    if "Metrics" in settings:
        return [query["MetricStat"]["Metric"] for query in settings["Metrics"] if "MetricStat" in query]
    return [settings]


def statistic_of(settings: dict[str, Any]) -> str:
    found: str = settings.get("Statistic") or settings["ExtendedStatistic"]
    return found


def treatment_of(settings: dict[str, Any]) -> str:
    """Of missing data. Of DynamoDB's metrics it is always ignored (API reference, TreatMissingData)."""
    if any(metric.get("Namespace") == "AWS/DynamoDB" for metric in metrics_of(settings)):
        return "ignore"
    found: str = settings.get("TreatMissingData", "missing")
    return found
