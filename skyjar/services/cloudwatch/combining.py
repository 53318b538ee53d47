"""What a composite alarm does when the alarms that it looks at change, and how its actions wait for its suppressor.

Source: User Guide, "Composite alarm actions suppression". While the suppressor is in ALARM, actions are not performed; for
the wait period after the composite alarm changed it is still waited for, and for the extension period after the suppressor
left ALARM actions stay suppressed. When that is over, the actions for the state that was held back are performed, if the
composite alarm is still in it.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime

import orjson

from skyjar.kernel.call import Call

from . import jobs, naming, rules, state, transitions
from .reasons import clock
from .state import Alarm


def judge(call: Call, alarm: Alarm, path: Sequence[str]) -> None:
    rule = rules.parse(alarm.settings["AlarmRule"])
    value = "ALARM" if rules.holds(rule, lambda name: _state_of(call, name)) else "OK"
    if value == alarm.state:
        return
    cause = state.alarms.get(call, path[-1]) if path else None
    if cause is not None:
        changed = datetime.fromtimestamp(cause.updated_at, UTC)
        arn = state.alarm_arn(call, cause.name)
        reason = f"{arn} transitioned to {cause.state} at {changed:%A %d %B, %Y %H:%M:%S} UTC"
        told = {"arn": arn, "state": {"value": cause.state, "timestamp": clock(cause.updated_at)}}
        data = orjson.dumps({"triggeringAlarms": [told]}).decode()
    else:
        reason = f"Alarm rule evaluates to {'TRUE' if value == 'ALARM' else 'FALSE'}"
        data = orjson.dumps({"triggeringAlarms": []}).decode()
    transitions.change(call, alarm, value, reason, data, tuple(path))


def _state_of(call: Call, reference: str) -> str:
    alarm = state.alarms.get(call, naming.name_in(reference))
    return alarm.state if alarm is not None else ""


def hold(call: Call, old: Alarm, new: Alarm) -> Alarm:
    """A composite alarm with a suppressor has changed: its actions wait."""
    if _state_of(call, new.settings["ActionsSuppressor"]) == "ALARM":
        return _keep(call, new, "Alarm", 0.0, old.state)
    if new.suppressed == "ExtensionPeriod":
        return _keep(call, new, new.suppressed, new.suppressed_until, old.state)
    until = call.now + new.settings["ActionsSuppressorWaitPeriod"]
    return _keep(call, new, "WaitPeriod", until, old.state)


def _keep(call: Call, alarm: Alarm, by: str, until: float, held: str) -> Alarm:
    """`held`: the state that it came from, before what was held back first."""
    new: Alarm = state.replace(alarm, suppressed=by, suppressed_until=until, held=alarm.held or held)
    state.alarms.replace(call, alarm, new)
    if until:
        call.later(jobs.release, key=alarm.name, due=until, name=alarm.name)
    return new


def suppressor_changed(call: Call, alarm: Alarm, *, is_alarm: bool) -> None:
    if is_alarm and alarm.suppressed:
        _keep(call, alarm, "Alarm", 0.0, alarm.held)
    elif not is_alarm and alarm.suppressed == "Alarm":
        until = call.now + alarm.settings["ActionsSuppressorExtensionPeriod"]
        _keep(call, alarm, "ExtensionPeriod", until, alarm.held)


def release(call: Call, alarm: Alarm) -> None:
    if alarm.suppressed not in ("WaitPeriod", "ExtensionPeriod") or alarm.suppressed_until > call.now:
        return
    new = state.replace(alarm, suppressed="", suppressed_until=0.0, held="")
    state.alarms.replace(call, alarm, new)
    if new.actions_enabled and alarm.held != new.state:
        transitions.perform(call, state.replace(alarm, state=alarm.held), new)
