"""Alarms as DescribeAlarms, events, histories and notifications show them."""

from __future__ import annotations

from typing import Any

from skyjar.kernel.tables import At

from . import state
from .reasons import clock
from .settings import returned
from .state import Alarm

_TIMES = ("AlarmConfigurationUpdatedTimestamp", "StateUpdatedTimestamp", "StateTransitionedTimestamp")


def described(at: At, alarm: Alarm) -> dict[str, Any]:
    """As DescribeAlarms shows it, with times in seconds."""
    shown: dict[str, Any] = {
        "AlarmName": alarm.name,
        "AlarmArn": state.alarm_arn(at, alarm.name),
        "AlarmConfigurationUpdatedTimestamp": alarm.configured_at,
        "ActionsEnabled": alarm.actions_enabled,
        "OKActions": [],
        "AlarmActions": [],
        "InsufficientDataActions": [],
        "StateValue": alarm.state,
        "StateReason": alarm.reason,
        "StateUpdatedTimestamp": alarm.updated_at,
        "StateTransitionedTimestamp": alarm.transitioned_at,
    }
    if not alarm.is_composite and "Metrics" not in alarm.settings:
        shown["Dimensions"] = []
    shown |= alarm.settings
    if alarm.reason_data:
        shown["StateReasonData"] = alarm.reason_data
    if alarm.suppressed:
        shown |= {"ActionsSuppressedBy": alarm.suppressed, "ActionsSuppressedReason": suppression(alarm)}
    return shown


def suppression(alarm: Alarm) -> str:
    suppressor = alarm.settings.get("ActionsSuppressor", "")
    if alarm.suppressed == "Alarm":
        return f"Actions suppressed by suppressor alarm {suppressor} in ALARM"
    return f"Actions suppressed until {clock(alarm.suppressed_until)} ({alarm.suppressed} of {suppressor})"


def written(at: At, alarm: Alarm) -> dict[str, Any]:
    """As the history keeps it: the names in camel case, times as text."""
    shown = described(at, alarm)
    for name in _TIMES:
        shown[name] = clock(shown[name])
    camel: dict[str, Any] = _camel(shown)
    return camel


def _camel(value: Any) -> Any:
    if isinstance(value, dict):
        return {
            (name if name.startswith("OK") else name[:1].lower() + name[1:]): _camel(each)
            for name, each in value.items()
        }
    return [_camel(each) for each in value] if isinstance(value, list) else value


def configuration(at: At, alarm: Alarm) -> dict[str, Any]:
    """As events show it."""
    settings = alarm.settings
    shown: dict[str, Any] = {}
    if settings.get("AlarmDescription"):
        shown["description"] = settings["AlarmDescription"]
    if alarm.is_composite:
        shown["alarmRule"] = settings["AlarmRule"]
        if settings.get("ActionsSuppressor"):
            shown |= {
                "actionsSuppressor": settings["ActionsSuppressor"],
                "actionsSuppressorWaitPeriod": settings["ActionsSuppressorWaitPeriod"],
                "actionsSuppressorExtensionPeriod": settings["ActionsSuppressorExtensionPeriod"],
            }
        return shown
    shown["metrics"] = [_metric(at, alarm, query) for query in queries_of(settings)]
    return shown


def queries_of(settings: dict[str, Any]) -> list[dict[str, Any]]:
    """What a metric alarm looks at, always in the form of metric data queries."""
    if "Metrics" in settings:
        found: list[dict[str, Any]] = settings["Metrics"]
        return found
    metric = {name: settings[name] for name in ("Namespace", "MetricName", "Dimensions") if name in settings}
    stat = settings.get("Statistic") or settings["ExtendedStatistic"]
    query: dict[str, Any] = {"Metric": metric, "Period": settings["Period"], "Stat": stat}
    if "Unit" in settings:
        query["Unit"] = settings["Unit"]
    return [{"Id": "m1", "MetricStat": query, "ReturnData": True}]


def _metric(at: At, alarm: Alarm, query: dict[str, Any]) -> dict[str, Any]:
    shown: dict[str, Any] = {"id": query["Id"]}
    if "MetricStat" in query:
        stat = query["MetricStat"]
        metric = stat["Metric"]
        dimensions = {each["Name"]: each["Value"] for each in metric.get("Dimensions", [])}
        shown["metricStat"] = {
            "metric": {"namespace": metric["Namespace"], "name": metric["MetricName"], "dimensions": dimensions},
            "period": stat["Period"],
            "stat": stat["Stat"],
        }
        if "Unit" in stat:
            shown["metricStat"]["unit"] = stat["Unit"]
    else:
        shown["expression"] = query["Expression"]
    if query.get("Label"):
        shown["label"] = query["Label"]
    is_returned = "Metrics" not in alarm.settings or returned(alarm.settings) is query
    return shown | {"returnData": is_returned}
