"""The messages that alarms send to topics. Source: what CloudWatch sends; User Guide, "Notifying users on alarm changes"."""

from __future__ import annotations

from typing import Any

from skyjar.kernel import principals
from skyjar.kernel.call import Call
from skyjar.kernel.errors import AWSError

from . import state
from .reasons import clock
from .settings import treatment_of
from .state import Alarm

_PLAIN = {"SampleCount": "SAMPLE_COUNT", "Average": "AVERAGE", "Sum": "SUM", "Minimum": "MINIMUM", "Maximum": "MAXIMUM"}
SUBJECT_LENGTH = 100


def subject(call: Call, alarm: Alarm, told: dict[str, Any]) -> str:
    text = f'{told["new"]}: "{alarm.name}" in {region_name(call)}'
    return text if len(text) <= SUBJECT_LENGTH else text[: SUBJECT_LENGTH - 3] + "..."


def region_name(call: Call) -> str:
    """As in `US East (N. Virginia)`: the public parameter that says so, or the Region's code without Systems Manager."""
    name = f"/aws/service/global-infrastructure/regions/{call.region}/longName"
    try:
        found = call.ask("ssm", principals.root(call.account)).get_parameter(name=name)
    except AWSError:
        return call.region
    text: str = found["Parameter"]["Value"]
    return text


def message(call: Call, alarm: Alarm, told: dict[str, Any]) -> dict[str, Any]:
    settings = alarm.settings
    said: dict[str, Any] = {
        "AlarmName": alarm.name,
        "AlarmDescription": settings.get("AlarmDescription"),
        "AWSAccountId": call.account,
        "AlarmConfigurationUpdatedTimestamp": clock(alarm.configured_at),
        "NewStateValue": told["new"],
        "NewStateReason": told["reason"],
        "StateChangeTime": clock(told["at"]),
        "Region": region_name(call),
        "AlarmArn": state.alarm_arn(call, alarm.name),
        "OldStateValue": told["old"],
        "OKActions": settings["OKActions"],
        "AlarmActions": settings["AlarmActions"],
        "InsufficientDataActions": settings["InsufficientDataActions"],
    }
    if alarm.is_composite:
        said |= {"NewStateReasonData": told["data"], "AlarmRule": settings["AlarmRule"]}
        return said
    return said | {"Trigger": _trigger(settings)}


def _trigger(settings: dict[str, Any]) -> dict[str, Any]:
    periods = settings["EvaluationPeriods"]
    missing = treatment_of(settings)
    judged = {
        "EvaluationPeriods": periods,
        "DatapointsToAlarm": settings.get("DatapointsToAlarm", periods),
        "ComparisonOperator": settings["ComparisonOperator"],
        "Threshold": settings["Threshold"],
        "TreatMissingData": missing,
        "EvaluateLowSampleCountPercentile": settings.get("EvaluateLowSampleCountPercentile", ""),
    }
    if "Metrics" in settings:
        return {**judged, "Period": 0, "Metrics": settings["Metrics"]}
    plain = settings.get("Statistic")
    counted = (
        {"StatisticType": "Statistic", "Statistic": _PLAIN[plain]}
        if plain
        else {"StatisticType": "ExtendedStatistic", "ExtendedStatistic": settings["ExtendedStatistic"]}
    )
    return {
        "MetricName": settings["MetricName"],
        "Namespace": settings["Namespace"],
        **counted,
        "Unit": settings.get("Unit"),
        "Dimensions": [{"value": each["Value"], "name": each["Name"]} for each in settings.get("Dimensions", [])],
        "Period": settings["Period"],
        **judged,
    }
