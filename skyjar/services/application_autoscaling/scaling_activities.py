"""Scaling activities: what was scaled, when, why; and what was not, and why not."""

from __future__ import annotations

from typing import Any

from skyjar.kernel.call import Call
from skyjar.kernel.service import operation

from . import limits, paging, state
from .state import Activity, Key

NOT_SCALED = "Attempting to scale due to alarm triggered"


@operation
def describe_scaling_activities(
    call: Call,
    *,
    service_namespace: str,
    resource_id: str | None = None,
    scalable_dimension: str | None = None,
    max_results: int | None = None,
    next_token: str | None = None,
    include_not_scaled_activities: bool = False,
) -> dict[str, Any]:
    """The newest first."""
    paging.check(resource_id, scalable_dimension)
    place = [part for part in (service_namespace, resource_id, scalable_dimension) if part is not None]
    found = [
        each
        for each in state.activities.range(call, *place)
        if each.began_at > call.now - limits.ACTIVITY_S and (include_not_scaled_activities or not each.reasons)
    ]
    found.sort(key=lambda each: each.number, reverse=True)
    listed, token = paging.paged(found, next_token, max_results)
    return {"ScalingActivities": [_shown(each) for each in listed], **token}


def _shown(activity: Activity) -> dict[str, Any]:
    shown: dict[str, Any] = {
        "ActivityId": activity.id,
        "ServiceNamespace": activity.namespace,
        "ResourceId": activity.resource,
        "ScalableDimension": activity.dimension,
        "Description": activity.description,
        "Cause": activity.cause,
        "StartTime": activity.began_at,
        "StatusCode": activity.status,
    }
    if activity.ended_at:
        shown["EndTime"] = activity.ended_at
    if activity.message:
        shown["StatusMessage"] = activity.message
    if activity.reasons:
        shown["NotScaledReasons"] = list(activity.reasons)
    return shown


def begun(
    call: Call, key: Key, *, description: str, cause: str, message: str, sought: int = 0, policy: str = ""
) -> Activity:
    _forget_old(call, key)
    made = Activity(
        namespace=key[0],
        resource=key[1],
        dimension=key[2],
        number=state.next_number(call),
        id=call.new_id(),
        description=description,
        cause=cause,
        began_at=call.now,
        status="InProgress",
        message=message,
        sought=sought,
        policy=policy,
    )
    state.activities.add(call, made)
    return made


def end(call: Call, activity: Activity, status: str, message: str) -> None:
    state.activities.put(call, state.replace(activity, status=status, message=message, ended_at=call.now))


def not_scaled(call: Call, key: Key, cause: str, reason: dict[str, Any]) -> None:
    """The same reason is not told again every minute."""
    last = state.activities.range(call, *key, reverse=True, limit=1)
    if last and last[0].cause == cause and last[0].reasons == (reason,):
        return
    made = begun(call, key, description=NOT_SCALED, cause=cause, message="")
    state.activities.put(call, state.replace(made, status="Failed", ended_at=call.now, reasons=(reason,)))


def _forget_old(call: Call, key: Key) -> None:
    for each in state.activities.range(call, *key, limit=8):
        if each.began_at <= call.now - limits.ACTIVITY_S:
            state.activities.remove(call, each)
