"""AWS::CloudWatch::Alarm, AWS::CloudWatch::CompositeAlarm and AWS::CloudWatch::Dashboard."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from skyjar.formation.resources import Physical, Properties, Resource, ResourceType
from skyjar.kernel.call import Call

from . import state
from .errors import DashboardNotFoundError, ResourceNotFound

_COMMON = ("AlarmDescription", "ActionsEnabled", "OKActions", "AlarmActions", "InsufficientDataActions")
_METRIC = (
    *_COMMON, "ComparisonOperator", "DatapointsToAlarm", "Dimensions", "EvaluateLowSampleCountPercentile",
    "EvaluationPeriods", "ExtendedStatistic", "MetricName", "Metrics", "Namespace", "Period", "Statistic", "Threshold",
    "TreatMissingData", "Unit",
)  # fmt: skip
_COMPOSITE = (
    *_COMMON, "AlarmRule", "ActionsSuppressor", "ActionsSuppressorWaitPeriod", "ActionsSuppressorExtensionPeriod",
)  # fmt: skip
_NUMBERS: dict[str, Callable[[Any], Any]] = {
    "DatapointsToAlarm": int,
    "EvaluationPeriods": int,
    "Period": int,
    "Threshold": float,
    "ActionsSuppressorWaitPeriod": int,
    "ActionsSuppressorExtensionPeriod": int,
    "ActionsEnabled": lambda value: value in (True, "true"),
    "ReturnData": lambda value: value in (True, "true"),
}
_WORD = re.compile(r"(?<=[a-z])(?=[A-Z])")


def _typed(name: str, value: Any) -> Any:
    """Numbers and booleans of templates may come as text."""
    if isinstance(value, dict):
        return {key: _typed(key, each) for key, each in value.items()}
    if isinstance(value, list):
        return [_typed(name, each) for each in value]
    return _NUMBERS[name](value) if name in _NUMBERS else value


def _given(properties: Properties, names: tuple[str, ...]) -> dict[str, Any]:
    """The parameters of the operation: the properties in snake case."""
    return {
        name.replace("OKActions", "ok_actions") if name == "OKActions" else _WORD.sub("_", name).lower(): _typed(
            name, properties[name]
        )
        for name in names
        if name in properties
    }


def _tags(resource: Resource, properties: Properties) -> dict[str, str]:
    return resource.tags | {tag["Key"]: str(tag["Value"]) for tag in properties.get("Tags", [])}


def _listed(tags: dict[str, str]) -> list[dict[str, str]]:
    return [{"Key": key, "Value": value} for key, value in tags.items()]


def _retag(call: Call, arn: str, resource: Resource, properties: Properties, before: Properties) -> None:
    wanted = _tags(resource, properties)
    gone = sorted(_tags(resource.before(), before).keys() - wanted.keys())
    cloudwatch = call.ask("cloudwatch")
    if gone:
        cloudwatch.untag_resource(resource_arn=arn, tag_keys=gone)
    if wanted:
        cloudwatch.tag_resource(resource_arn=arn, tags=_listed(wanted))


def _alarm_type(operation: str, names: tuple[str, ...]) -> ResourceType:
    """A type of alarm, put by this operation."""

    def put(call: Call, name: str, properties: Properties, **more: Any) -> Physical:
        getattr(call.ask("cloudwatch"), operation)(alarm_name=name, **_given(properties, names), **more)
        return Physical(name, {"Arn": state.alarm_arn(call, name)})

    def create(call: Call, resource: Resource, properties: Properties) -> Physical:
        name = properties.get("AlarmName") or resource.name(255)
        return put(call, name, properties, tags=_listed(_tags(resource, properties)))

    def update(call: Call, resource: Resource, old: Physical, properties: Properties, before: Properties) -> Physical:
        new = put(call, old.id, properties)
        _retag(call, state.alarm_arn(call, old.id), resource, properties, before)
        return new

    return ResourceType(create=create, update=update, delete=_delete_alarm, properties=("AlarmName", "Tags", *names))


def _delete_alarm(call: Call, resource: Resource, physical: Physical, properties: Properties) -> None:
    try:
        call.ask("cloudwatch").delete_alarms(alarm_names=[physical.id])
    except ResourceNotFound:
        return


def create_dashboard(call: Call, resource: Resource, properties: Properties) -> Physical:
    name = properties.get("DashboardName") or resource.name(255)
    call.ask("cloudwatch").put_dashboard(
        dashboard_name=name, dashboard_body=properties["DashboardBody"], tags=_listed(_tags(resource, properties))
    )
    return Physical(name)


def update_dashboard(
    call: Call, resource: Resource, old: Physical, properties: Properties, before: Properties
) -> Physical:
    call.ask("cloudwatch").put_dashboard(dashboard_name=old.id, dashboard_body=properties["DashboardBody"])
    _retag(call, state.dashboard_arn(call, old.id), resource, properties, before)
    return old


def delete_dashboard(call: Call, resource: Resource, physical: Physical, properties: Properties) -> None:
    try:
        call.ask("cloudwatch").delete_dashboards(dashboard_names=[physical.id])
    except DashboardNotFoundError:
        return


RESOURCE_TYPES = {
    "AWS::CloudWatch::Alarm": _alarm_type("put_metric_alarm", _METRIC),
    "AWS::CloudWatch::CompositeAlarm": _alarm_type("put_composite_alarm", _COMPOSITE),
    "AWS::CloudWatch::Dashboard": ResourceType(
        create=create_dashboard,
        update=update_dashboard,
        delete=delete_dashboard,
        properties=("DashboardName", "DashboardBody", "Tags"),
    ),
}
