"""Putting and deleting an alarm of either kind: its record, its history, the event."""

from __future__ import annotations

from typing import Any

import orjson

from skyjar.kernel.call import Call
from skyjar.kernel.service_events import ServiceEvent

from . import descriptions, limits, naming, queries, rules, state
from .errors import InvalidParameterValueException, LimitExceededFault
from .reasons import clock
from .settings import metrics_of
from .state import Alarm, Watching
from .transitions import ACTIONS, PARENT, SUPPRESSED


def given(**settings: Any) -> dict[str, Any]:
    """What was given, by AWS's names."""
    return {name: value for name, value in settings.items() if value is not None}


def put(
    call: Call,
    name: str,
    settings: dict[str, Any],
    actions_enabled: bool,
    tags: list[dict[str, str]] | None,
    *,
    is_composite: bool,
) -> Alarm:
    """A new alarm has no state yet; one that is there keeps its state and tags, and nothing else."""
    if not name.isprintable():
        raise InvalidParameterValueException("The parameter AlarmName must not contain ASCII control characters.")
    for member in ACTIONS.values():
        check_actions(member, settings[member])
    old = state.alarms.get(call, name)
    if old is not None and old.is_composite != is_composite:
        kind = "composite" if old.is_composite else "metric"
        raise InvalidParameterValueException(f"Alarm {name} already exists as a {kind} alarm.")
    if old is None:
        new = Alarm(
            name=name,
            is_composite=is_composite,
            settings=settings,
            created_at=call.now,
            configured_at=call.now,
            actions_enabled=actions_enabled,
            updated_at=call.now,
            transitioned_at=call.now,
            tags=checked_tags({tag["Key"]: tag["Value"] for tag in tags or ()}),
        )
    else:
        forget_watched(call, old)
        new = state.replace(old, settings=settings, configured_at=call.now, actions_enabled=actions_enabled)
        if is_composite and not settings.get("ActionsSuppressor"):
            new = state.replace(new, suppressed="", suppressed_until=0.0, held="")
    state.alarms.put(call, new)
    tell(call, "create" if old is None else "update", old, new)
    return new


def checked_tags(tags: dict[str, str]) -> dict[str, str]:
    if len(tags) > limits.TAGS:
        raise LimitExceededFault(f"The number of tags exceeds the limit of {limits.TAGS}.")
    if any(key.lower().startswith("aws:") for key in tags):
        raise InvalidParameterValueException("Tag keys starting with aws: are reserved for AWS.")
    return tags


def check_actions(member: str, actions: list[str]) -> None:
    if len(set(actions)) < len(actions):
        raise InvalidParameterValueException(f"The collection {member} must not hold the same action twice.")
    for action in actions:
        if not action.startswith("arn:") or action.count(":") < 5:
            raise InvalidParameterValueException(f"Invalid arn syntax: {action}")


def actions_of(alarm: Alarm) -> list[str]:
    return [action for member in ACTIONS.values() for action in alarm.settings.get(member, [])]


def delete(call: Call, alarm: Alarm) -> None:
    forget_watched(call, alarm)
    state.alarms.remove(call, alarm)
    tell(call, "delete", alarm, alarm)


def watch(call: Call, alarm: Alarm) -> None:
    """Have a composite alarm told of the alarms of its rule, and of its suppressor."""
    for each in rules.named(rules.parse(alarm.settings["AlarmRule"])):
        state.watchings.put(call, Watching(subject=PARENT + naming.name_in(each), alarm=alarm.name))
    if alarm.settings.get("ActionsSuppressor"):
        subject = SUPPRESSED + naming.name_in(alarm.settings["ActionsSuppressor"])
        state.watchings.put(call, Watching(subject=subject, alarm=alarm.name))


def forget_watched(call: Call, alarm: Alarm) -> None:
    subjects = []
    if alarm.is_composite:
        subjects = [PARENT + naming.name_in(each) for each in rules.named(rules.parse(alarm.settings["AlarmRule"]))]
        if alarm.settings.get("ActionsSuppressor"):
            subjects.append(SUPPRESSED + naming.name_in(alarm.settings["ActionsSuppressor"]))
    else:
        subjects = [queries.series_of(metric) for metric in metrics_of(alarm.settings)]
    for subject in subjects:
        state.watchings.delete(call, subject, alarm.name)


_SUMMARIES = {"create": "created", "update": "updated", "delete": "deleted"}


def tell(call: Call, what: str, old: Alarm | None, new: Alarm) -> None:
    """The item of its history, and the event."""
    said: dict[str, Any] = {"version": "1.0", "type": what.title()}
    shown = descriptions.written(call, new)
    said[f"{_SUMMARIES[what]}Alarm"] = shown
    if what == "update" and old is not None:
        said["originalUpdatedFields"] = _differing(descriptions.written(call, old), shown)
    text = orjson.dumps(said).decode()
    state.remember(call, new, "ConfigurationUpdate", f'Alarm "{new.name}" {_SUMMARIES[what]}'[:255], text[:4095])
    detail: dict[str, Any] = {"alarmName": new.name, "operation": what, "configuration": _configured(call, new)}
    detail["state"] = {"value": new.state, "timestamp": clock(new.updated_at)}
    if what == "update" and old is not None:
        detail["previousConfiguration"] = _configured(call, old)
    arn = state.alarm_arn(call, new.name)
    call.emit(ServiceEvent("aws.cloudwatch", "CloudWatch Alarm Configuration Change", detail, (arn,)))


def _configured(call: Call, alarm: Alarm) -> dict[str, Any]:
    shown = descriptions.written(call, alarm)
    kept = {name: value for name, value in shown.items() if not name.startswith(("state", "metricName", "namespace"))}
    return {**kept, **descriptions.configuration(call, alarm)}


def _differing(old: dict[str, Any], new: dict[str, Any]) -> dict[str, Any]:
    return {name: old.get(name) for name in old.keys() | new.keys() if old.get(name) != new.get(name)}
