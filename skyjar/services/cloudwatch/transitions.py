"""A change of an alarm's state and what follows: its history, an event, its actions, the alarms that look at it."""

from __future__ import annotations

from typing import Any

import orjson

from skyjar.kernel.call import Call
from skyjar.kernel.service_events import ServiceEvent

from . import descriptions, jobs, state
from .reasons import clock
from .state import Alarm

ACTIONS = {"OK": "OKActions", "ALARM": "AlarmActions", "INSUFFICIENT_DATA": "InsufficientDataActions"}
PARENT, SUPPRESSED = "alarm:", "suppressor:"


def change(call: Call, alarm: Alarm, value: str, reason: str, data: str = "", path: tuple[str, ...] = ()) -> Alarm:
    """`path` are the composite alarms whose change has led to this one."""
    new: Alarm = state.replace(
        alarm,
        state=value,
        reason=reason,
        reason_data=data,
        updated_at=call.now,
        transitioned_at=call.now if value != alarm.state else alarm.transitioned_at,
    )
    state.alarms.replace(call, alarm, new)
    summary = f"Alarm updated from {alarm.state} to {value}"
    said = {"version": "1.0", "oldState": _stated(alarm), "newState": _stated(new)}
    state.remember(call, new, "StateUpdate", summary, orjson.dumps(said).decode())
    arn = state.alarm_arn(call, new.name)
    call.emit(ServiceEvent("aws.cloudwatch", "CloudWatch Alarm State Change", event(call, alarm, new), (arn,)))
    new = _act(call, alarm, new)
    for watching in state.watchings.range(call, SUPPRESSED + new.name):
        _tell_suppressed(call, watching.alarm, alarm.state, value)
    for watching in state.watchings.range(call, PARENT + new.name):
        call.later(jobs.combine, key=watching.alarm, name=watching.alarm, path=[*path, new.name])
    return new


def _tell_suppressed(call: Call, name: str, old: str, value: str) -> None:
    from . import combining

    composite = state.alarms.get(call, name)
    if composite is not None and (old == "ALARM") != (value == "ALARM"):
        combining.suppressor_changed(call, composite, is_alarm=value == "ALARM")


def _act(call: Call, old: Alarm, new: Alarm) -> Alarm:
    if not new.actions_enabled or old.state == new.state:
        return new
    if new.settings.get("ActionsSuppressor"):
        from . import combining

        return combining.hold(call, old, new)
    perform(call, old, new)
    return new


def perform(call: Call, old: Alarm, new: Alarm) -> None:
    """Write the jobs of the actions for the state that it has come to."""
    actions = new.settings.get(ACTIONS[new.state], [])
    if not actions:
        return
    told = {
        "old": old.state,
        "new": new.state,
        "at": new.updated_at,
        "reason": new.reason,
        "data": new.reason_data,
        "event": event(call, old, new),
    }
    for action in actions:
        call.later(jobs.act, name=new.name, action=action, told=told)


def _stated(alarm: Alarm) -> dict[str, Any]:
    said: dict[str, Any] = {"stateValue": alarm.state, "stateReason": alarm.reason}
    return said | ({"stateReasonData": orjson.loads(alarm.reason_data)} if _is_json(alarm.reason_data) else {})


def _is_json(text: str) -> bool:
    try:
        orjson.loads(text)
    except orjson.JSONDecodeError:
        return False
    return True


def event(call: Call, old: Alarm, new: Alarm) -> dict[str, Any]:
    """The `detail` of "CloudWatch Alarm State Change" (User Guide, "Alarm events and EventBridge")."""
    return {
        "alarmName": new.name,
        "state": _told(new),
        "previousState": _told(old),
        "configuration": descriptions.configuration(call, new),
    }


def _told(alarm: Alarm) -> dict[str, Any]:
    said = {"value": alarm.state, "reason": alarm.reason, "timestamp": clock(alarm.updated_at)}
    if alarm.reason_data:
        said["reasonData"] = alarm.reason_data
    if alarm.suppressed:
        said |= {"actionsSuppressedBy": alarm.suppressed}
    return said
