"""What Application Auto Scaling does by itself."""

from __future__ import annotations

from typing import Any

from skyjar.kernel.call import Call
from skyjar.kernel.jobs import job

from . import limits, schedules, state
from .state import Activity, Key, Policy, ScheduledAction


def fit_soon(call: Call, key: Key) -> None:
    """Bring a target between its bounds, once this transaction is in."""
    call.later(fit, key="/".join(key), namespace=key[0], resource=key[1], dimension=key[2])


@job()
def fit(call: Call, *, namespace: str, resource: str, dimension: str) -> None:
    from . import scaling

    scaling.fit(call, (namespace, resource, dimension))


def look_again(call: Call, policy: Policy, alarm: str, value: str) -> None:
    """An alarm that stays has its action every minute."""
    payload = {"policy": policy.id, "alarm": alarm, "value": value}
    call.later(look, due=call.now + limits.AGAIN_S, key=f"{policy.id}/{alarm}", **payload)


@job()
def look(call: Call, *, policy: str, alarm: str, value: str) -> None:
    from . import monitors, scaling

    found = state.policies.first(call, policy, via="id")
    if found is None or state.targets.get(call, *found.key) is None:
        return
    now = monitors.described(call, found.namespace, alarm)
    if now is not None and now["StateValue"] == value and now["ActionsEnabled"]:
        scaling.triggered(call, found, now, is_again=True)


def fulfil_soon(call: Call, activity: Activity, before: int, after_s: float = 0.0) -> None:
    payload: dict[str, Any] = {
        "namespace": activity.namespace,
        "resource": activity.resource,
        "dimension": activity.dimension,
        "number": activity.number,
        "before": before,
    }
    call.later(fulfil, due=call.now + after_s, key=activity.id, **payload)


@job()
def fulfil(call: Call, *, namespace: str, resource: str, dimension: str, number: int, before: int) -> None:
    from . import scaling

    activity = state.activities.get(call, namespace, resource, dimension, number)
    if activity is not None and scaling.fulfil(call, activity, before):
        fulfil_soon(call, activity, before, limits.FULFILLED_S)


def wait(call: Call, action: ScheduledAction, after: float) -> None:
    """Have a scheduled action happen at its next time, within its beginning and end."""
    begins_at = action.created_at if action.begins_at is None else action.begins_at
    # A moment before its beginning is not yet one of its times, and the beginning itself may be.
    after = after if action.begins_at is None else max(after, action.begins_at - 1e-6)
    due = schedules.next_time(action.schedule, action.zone, begins_at, after)
    if due is None or (action.ends_at is not None and due > action.ends_at):
        return
    key = "/".join((*action.key, action.name))
    payload = {"namespace": action.namespace, "resource": action.resource, "dimension": action.dimension}
    call.later(act, key=key, due=due, **payload, name=action.name, number=action.number, at=due)


@job()
def act(call: Call, *, namespace: str, resource: str, dimension: str, name: str, number: int, at: float) -> None:
    """What was missed while nobody was there is made up for once."""
    from . import scaling

    action = state.actions.get(call, namespace, resource, dimension, name)
    if action is None or action.number != number:
        return
    scaling.resize(call, action)
    wait(call, action, max(at, call.now))
