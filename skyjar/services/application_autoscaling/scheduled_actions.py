"""Scheduled actions: a target's bounds change at a time."""

from __future__ import annotations

from typing import Any

from skyjar.kernel import quotas
from skyjar.kernel.call import Call
from skyjar.kernel.service import operation

from . import jobs, limits, paging, schedules, state
from .errors import LimitExceededException, ObjectNotFoundException, ValidationException
from .state import Key, ScheduledAction


@operation
def put_scheduled_action(
    call: Call,
    *,
    service_namespace: str,
    scheduled_action_name: str,
    resource_id: str,
    scalable_dimension: str,
    schedule: str | None = None,
    timezone: str | None = None,
    start_time: float | None = None,
    end_time: float | None = None,
    scalable_target_action: dict[str, int] | None = None,
) -> dict[str, Any]:
    """Of one that is there, what is not given stays."""
    key: Key = (service_namespace, resource_id, scalable_dimension)
    state.registered(call, key)
    before = state.actions.get(call, *key, scheduled_action_name)
    if before is None:
        _check_room(call, key)
    if before is None and not schedule:
        raise ValidationException("Schedule must be specified when creating a new scheduled action")
    made = before or ScheduledAction(
        namespace=key[0],
        resource=key[1],
        dimension=key[2],
        name=scheduled_action_name,
        id=call.new_id(),
        created_at=call.now,
        schedule=schedule or "",
    )
    changes: dict[str, Any] = {
        "schedule": schedule,
        "zone": timezone,
        "begins_at": start_time,
        "ends_at": end_time,
    }
    if scalable_target_action is not None:
        changes |= {
            "least": scalable_target_action.get("MinCapacity"),
            "most": scalable_target_action.get("MaxCapacity"),
        }
    new = state.replace(
        made,
        number=made.number + 1,
        **{name: value for name, value in changes.items() if value is not None},
    )
    _check(call, new)
    state.actions.put(call, new)
    jobs.wait(call, new, call.now)
    return {}


def _check_room(call: Call, key: Key) -> None:
    quota = quotas.of(call, "application-autoscaling", "scheduled-actions", limits.QUOTAS)
    if state.actions.count(call, *key, limit=quota) >= quota:
        raise LimitExceededException(f"The limit of {quota} scheduled actions of a scalable target has been reached")


def _check(call: Call, action: ScheduledAction) -> None:
    if action.least is None and action.most is None:
        raise ValidationException("At least one of minimum capacity and maximum capacity should be provided")
    if action.least is not None and action.most is not None and action.most < action.least:
        raise ValidationException("Maximum capacity cannot be less than minimum capacity")
    if action.begins_at is not None and action.ends_at is not None and action.ends_at <= action.begins_at:
        raise ValidationException("End time must be later than start time")
    due = schedules.next_time(action.schedule, action.zone, action.created_at, call.now)
    if due is None:
        raise ValidationException("The schedule must have a time in the future")


@operation
def delete_scheduled_action(
    call: Call, *, service_namespace: str, scheduled_action_name: str, resource_id: str, scalable_dimension: str
) -> dict[str, Any]:
    key: Key = (service_namespace, resource_id, scalable_dimension)
    if state.actions.delete(call, *key, scheduled_action_name) is None:
        raise ObjectNotFoundException(
            f"No scheduled action found for {state.named(key)}, scheduled action name: {scheduled_action_name}"
        )
    return {}


@operation
def describe_scheduled_actions(
    call: Call,
    *,
    service_namespace: str,
    scheduled_action_names: list[str] | None = None,
    resource_id: str | None = None,
    scalable_dimension: str | None = None,
    max_results: int | None = None,
    next_token: str | None = None,
) -> dict[str, Any]:
    paging.check(resource_id, scalable_dimension)
    place = [part for part in (service_namespace, resource_id, scalable_dimension) if part is not None]
    found = [
        each
        for each in state.actions.range(call, *place)
        if not scheduled_action_names or each.name in scheduled_action_names
    ]
    listed, token = paging.paged(found, next_token, max_results)
    return {"ScheduledActions": [_shown(call, each) for each in listed], **token}


def _shown(call: Call, action: ScheduledAction) -> dict[str, Any]:
    bounds = {"MinCapacity": action.least, "MaxCapacity": action.most}
    shown: dict[str, Any] = {
        "ScheduledActionName": action.name,
        "ScheduledActionARN": state.action_arn(call, action),
        "ServiceNamespace": action.namespace,
        "Schedule": action.schedule,
        "ResourceId": action.resource,
        "ScalableDimension": action.dimension,
        "CreationTime": action.created_at,
        "ScalableTargetAction": {name: value for name, value in bounds.items() if value is not None},
    }
    more = {"Timezone": action.zone or None, "StartTime": action.begins_at, "EndTime": action.ends_at}
    return shown | {name: value for name, value in more.items() if value is not None}
