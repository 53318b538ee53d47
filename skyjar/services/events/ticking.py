"""Scheduled rules: a job waits for each one's next time."""

from __future__ import annotations

from typing import Any

from skyjar.kernel.call import Call
from skyjar.kernel.jobs import job
from skyjar.kernel.tables import At

from . import deliveries, schedules, state
from .state import Rule


def begin(call: Call, at: At, rule: Rule) -> None:
    """Wait for the rule's next time."""
    _wait(state.acting(call, at), rule, call.now)


def _wait(acting: Call, rule: Rule, after: float) -> None:
    due = schedules.next_time(rule.schedule, after)
    if due is not None and due <= acting.now and after < acting.now:
        due = schedules.next_time(rule.schedule, acting.now)
    if due is not None:
        acting.later(
            tick, key=f"{rule.bus}/{rule.name}", due=due, bus=rule.bus, rule=rule.name, number=rule.number, at=due
        )


@job()
def tick(call: Call, *, bus: str, rule: str, number: int, at: float) -> None:
    """What was missed while nobody was there to fire it is not made up for."""
    found = state.rules.get(call, bus, rule)
    if found is None or found.number != number or not found.is_on:
        return
    body: dict[str, Any] = deliveries.event(
        call, "aws.events", "Scheduled Event", {}, [state.rule_arn(call, bus, rule)], at
    )
    deliveries.give(call, found, body, call.now)
    _wait(call, found, at)
