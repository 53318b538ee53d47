"""Which alarm is meant, and which alarms look at which."""

from __future__ import annotations

from skyjar.kernel.tables import At

from . import state
from .errors import ResourceNotFound
from .state import Alarm
from .transitions import PARENT, SUPPRESSED


def existing(at: At, name: str) -> Alarm:
    found = state.alarms.get(at, name)
    if found is None:
        raise ResourceNotFound(f"Alarm with name {name} does not exist")
    return found


def name_in(reference: str) -> str:
    """The name in an alarm's name or ARN."""
    return reference.split(":", 6)[6] if reference.startswith("arn:") and reference.count(":") >= 6 else reference


def parents(at: At, name: str) -> set[str]:
    """The composite alarms that look at it, in their rule or as their suppressor."""
    return {watching.alarm for kind in (PARENT, SUPPRESSED) for watching in state.watchings.range(at, kind + name)} - {
        name
    }


def children(at: At, name: str) -> set[str]:
    """The alarms that a composite alarm's rule names."""
    from . import rules

    alarm = state.alarms.get(at, name)
    if alarm is None or not alarm.is_composite:
        return set()
    return {name_in(each) for each in rules.named(rules.parse(alarm.settings["AlarmRule"]))}
