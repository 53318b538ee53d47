"""Metric alarms, and what all alarms have in common: describing, deleting, their state set by hand, their actions."""

from __future__ import annotations

from typing import Any

import orjson

from skyjar.kernel.call import Call
from skyjar.kernel.pages import BadToken, page
from skyjar.kernel.service import operation

from . import checks, configuring, descriptions, jobs, limits, naming, state, transitions
from .errors import InvalidFormatFault, InvalidNextToken, ResourceNotFound, ValidationException
from .queries import series_of
from .settings import metrics_of, statistic_of
from .state import Alarm, Watching


@operation
def put_metric_alarm(
    call: Call,
    *,
    alarm_name: str,
    alarm_description: str | None = None,
    actions_enabled: bool = True,
    ok_actions: list[str] | None = None,
    alarm_actions: list[str] | None = None,
    insufficient_data_actions: list[str] | None = None,
    metric_name: str | None = None,
    namespace: str | None = None,
    statistic: str | None = None,
    extended_statistic: str | None = None,
    dimensions: list[dict[str, str]] | None = None,
    period: int | None = None,
    unit: str | None = None,
    evaluation_periods: int | None = None,
    datapoints_to_alarm: int | None = None,
    threshold: float | None = None,
    comparison_operator: str | None = None,
    treat_missing_data: str | None = None,
    evaluate_low_sample_count_percentile: str | None = None,
    metrics: list[dict[str, Any]] | None = None,
    tags: list[dict[str, str]] | None = None,
    threshold_metric_id: str | None = None,
) -> None:
    settings = configuring.given(
        AlarmDescription=alarm_description,
        OKActions=ok_actions or [],
        AlarmActions=alarm_actions or [],
        InsufficientDataActions=insufficient_data_actions or [],
        MetricName=metric_name,
        Namespace=namespace,
        Statistic=statistic,
        ExtendedStatistic=extended_statistic,
        Dimensions=dimensions,
        Period=period,
        Unit=unit,
        EvaluationPeriods=evaluation_periods,
        DatapointsToAlarm=datapoints_to_alarm,
        Threshold=threshold,
        ComparisonOperator=comparison_operator,
        TreatMissingData=treat_missing_data,
        EvaluateLowSampleCountPercentile=evaluate_low_sample_count_percentile,
        Metrics=metrics,
        ThresholdMetricId=threshold_metric_id,
    )
    checks.check(settings)
    alarm = configuring.put(call, alarm_name, settings, actions_enabled, tags, is_composite=False)
    for metric in metrics_of(settings):
        state.watchings.put(call, Watching(subject=series_of(metric), alarm=alarm.name))
    jobs.wake(call, alarm.name)


@operation
def describe_alarms(
    call: Call,
    *,
    alarm_names: list[str] | None = None,
    alarm_name_prefix: str | None = None,
    alarm_types: list[str] | None = None,
    children_of_alarm_name: str | None = None,
    parents_of_alarm_name: str | None = None,
    state_value: str | None = None,
    action_prefix: str | None = None,
    max_records: int = limits.ALARMS_DESCRIBED,
    next_token: str | None = None,
) -> dict[str, Any]:
    if alarm_names and alarm_name_prefix:
        raise ValidationException("AlarmNames and AlarmNamePrefix cannot be specified at the same time.")
    relation = children_of_alarm_name or parents_of_alarm_name
    others = (alarm_names, alarm_name_prefix, alarm_types, state_value, action_prefix)
    if relation and (any(others) or (children_of_alarm_name and parents_of_alarm_name)):
        raise ValidationException("ChildrenOfAlarmName and ParentsOfAlarmName allow no other parameters.")
    if relation:
        names = naming.children(call, relation) if children_of_alarm_name else naming.parents(call, relation)
        found = [alarm for name in sorted(names) if (alarm := state.alarms.get(call, name)) is not None]
    else:
        kinds = alarm_types or ["MetricAlarm"]
        found = [
            alarm
            for alarm in _named(call, alarm_names, alarm_name_prefix or "")
            if ("CompositeAlarm" if alarm.is_composite else "MetricAlarm") in kinds
            and state_value in (None, alarm.state)
            and (not action_prefix or any(each.startswith(action_prefix) for each in configuring.actions_of(alarm)))
        ]
    listed, token = _page(found, next_token, max_records)
    shown: dict[str, Any] = {"MetricAlarms": [], "CompositeAlarms": []}
    for alarm in listed:
        whole = descriptions.described(call, alarm)
        if relation:
            wanted = {"AlarmName", "AlarmArn", "StateValue", "StateUpdatedTimestamp"}
            whole = {name: value for name, value in whole.items() if name in wanted}
        shown["CompositeAlarms" if alarm.is_composite else "MetricAlarms"].append(whole)
    return shown | ({"NextToken": token} if token else {})


def _named(call: Call, names: list[str] | None, prefix: str) -> list[Alarm]:
    if names:
        return [alarm for name in sorted(set(names)) if (alarm := state.alarms.get(call, name)) is not None]
    return [alarm for alarm in state.alarms.range(call) if alarm.name.startswith(prefix)]


def _page(found: list[Any], token: str | None, most: int) -> tuple[list[Any], str]:
    try:
        return page(found, token or "", most)
    except BadToken:
        raise InvalidNextToken from None


@operation
def describe_alarms_for_metric(
    call: Call,
    *,
    metric_name: str,
    namespace: str,
    statistic: str | None = None,
    extended_statistic: str | None = None,
    dimensions: list[dict[str, str]] | None = None,
    period: int | None = None,
    unit: str | None = None,
) -> dict[str, Any]:
    series = state.series_of(namespace, metric_name, state.ordered(dimensions))
    wanted = statistic or extended_statistic
    shown = []
    for watching in state.watchings.range(call, series):
        alarm = state.alarms.get(call, watching.alarm)
        if alarm is None or "Metrics" in alarm.settings:
            continue
        settings = alarm.settings
        if (
            wanted in (None, statistic_of(settings))
            and period in (None, settings["Period"])
            and unit in (None, settings.get("Unit"))
        ):
            shown.append(descriptions.described(call, alarm))
    return {"MetricAlarms": shown}


@operation
def describe_alarm_history(
    call: Call,
    *,
    alarm_name: str | None = None,
    alarm_types: list[str] | None = None,
    history_item_type: str | None = None,
    start_date: float | None = None,
    end_date: float | None = None,
    max_records: int = limits.HISTORY_PAGE,
    next_token: str | None = None,
    scan_by: str = "TimestampDescending",
) -> dict[str, Any]:
    oldest = max(start_date or 0.0, call.now - limits.HISTORY_S)
    kept = state.items.range(call) if alarm_name is None else state.items.range(call, alarm_name, via="alarm")
    found = [
        {
            "AlarmName": item.alarm,
            "AlarmType": item.type,
            "Timestamp": item.at_ms / 1000,
            "HistoryItemType": item.kind,
            "HistorySummary": item.summary,
            "HistoryData": item.data,
        }
        for item in kept
        if item.at_ms >= oldest * 1000
        and (end_date is None or item.at_ms <= end_date * 1000)
        and item.type in (alarm_types or ["MetricAlarm", "CompositeAlarm"])
        and history_item_type in (None, item.kind)
    ]
    if scan_by == "TimestampDescending":
        found.reverse()
    listed, token = _page(found, next_token, max_records)
    return {"AlarmHistoryItems": listed} | ({"NextToken": token} if token else {})


@operation
def delete_alarms(call: Call, *, alarm_names: list[str]) -> None:
    """Names of no alarm are passed over when others are there."""
    names = set(alarm_names)
    found = [alarm for name in sorted(names) if (alarm := state.alarms.get(call, name)) is not None]
    if not found:
        raise ResourceNotFound(f"Alarm(s) not found: {', '.join(sorted(names))}")
    composites = [alarm for alarm in found if alarm.is_composite]
    if len(composites) > 1:
        raise ValidationException("You cannot delete more than one composite alarm at a time.")
    for alarm in found:
        parents = naming.parents(call, alarm.name) - names
        if parents:
            raise ValidationException(
                f"Alarm {alarm.name} cannot be deleted as there are composite alarms depending on it: "
                f"{', '.join(sorted(parents))}"
            )
    for alarm in found:
        configuring.delete(call, alarm)


@operation
def set_alarm_state(
    call: Call, *, alarm_name: str, state_value: str, state_reason: str, state_reason_data: str | None = None
) -> None:
    """Until it is evaluated again, which is when something is told of its metrics, or was lately."""
    alarm = naming.existing(call, alarm_name)
    if state_reason_data is not None:
        try:
            orjson.loads(state_reason_data)
        except orjson.JSONDecodeError:
            raise InvalidFormatFault("StateReasonData was not valid JSON") from None
    transitions.change(call, alarm, state_value, state_reason, state_reason_data or "")
    if alarm.is_composite:
        call.later(jobs.combine, key=alarm.name, due=call.now + limits.MINUTE_S, name=alarm.name, path=[])
    else:
        jobs.wake(call, alarm.name)


@operation
def enable_alarm_actions(call: Call, *, alarm_names: list[str]) -> None:
    _set_actions(call, alarm_names, is_enabled=True)


@operation
def disable_alarm_actions(call: Call, *, alarm_names: list[str]) -> None:
    _set_actions(call, alarm_names, is_enabled=False)


def _set_actions(call: Call, names: list[str], *, is_enabled: bool) -> None:
    """Names of no alarm are passed over, as on AWS."""
    for name in dict.fromkeys(names):
        alarm = state.alarms.get(call, name)
        if alarm is not None and alarm.actions_enabled != is_enabled:
            new = state.replace(alarm, actions_enabled=is_enabled, configured_at=call.now)
            state.alarms.replace(call, alarm, new)
            configuring.tell(call, "update", alarm, new)
