"""PutCompositeAlarm."""

from __future__ import annotations

from skyjar.kernel.call import Call
from skyjar.kernel.service import operation

from . import configuring, jobs, limits, naming, rules, state
from .errors import ValidationException


@operation
def put_composite_alarm(
    call: Call,
    *,
    alarm_name: str,
    alarm_rule: str,
    alarm_description: str | None = None,
    actions_enabled: bool = True,
    ok_actions: list[str] | None = None,
    alarm_actions: list[str] | None = None,
    insufficient_data_actions: list[str] | None = None,
    tags: list[dict[str, str]] | None = None,
    actions_suppressor: str | None = None,
    actions_suppressor_wait_period: int | None = None,
    actions_suppressor_extension_period: int | None = None,
) -> None:
    names = [naming.name_in(each) for each in rules.named(rules.parse(alarm_rule))]
    if len(names) > limits.RULE_ALARMS:
        raise ValidationException(f"AlarmRule must not name more than {limits.RULE_ALARMS} alarms.")
    unknown = [name for name in names if name != alarm_name and state.alarms.get(call, name) is None]
    if unknown:
        raise ValidationException(
            f"Could not save the composite alarm as alarms {unknown} in the alarm rule do not exist"
        )
    periods = (actions_suppressor_wait_period, actions_suppressor_extension_period)
    if actions_suppressor is not None:
        if None in periods:
            raise ValidationException(
                "ActionsSuppressorWaitPeriod and ActionsSuppressorExtensionPeriod are required with ActionsSuppressor."
            )
        if state.alarms.get(call, naming.name_in(actions_suppressor)) is None:
            raise ValidationException(f"The actions suppressor alarm {actions_suppressor} does not exist")
    elif periods != (None, None):
        raise ValidationException("ActionsSuppressor is required with its wait and extension periods.")
    settings = configuring.given(
        AlarmRule=alarm_rule,
        AlarmDescription=alarm_description,
        OKActions=ok_actions or [],
        AlarmActions=alarm_actions or [],
        InsufficientDataActions=insufficient_data_actions or [],
        ActionsSuppressor=actions_suppressor,
        ActionsSuppressorWaitPeriod=actions_suppressor_wait_period,
        ActionsSuppressorExtensionPeriod=actions_suppressor_extension_period,
    )
    alarm = configuring.put(call, alarm_name, settings, actions_enabled, tags, is_composite=True)
    configuring.watch(call, alarm)
    call.later(jobs.combine, key=alarm.name, name=alarm.name, path=[])
