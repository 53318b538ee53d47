"""Scaling: an alarm has triggered a policy, or the bounds have changed; capacity is changed, or it is said why not.

A change is made in the linked role. It is done when the resource has it; cooldowns count from then on.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from skyjar.kernel.call import Call
from skyjar.kernel.errors import AWSError
from skyjar.kernel.service_events import ServiceEvent

from . import capacities, jobs, limits, monitors, scaling_activities, state, steps, tracking
from .errors import ValidationException
from .state import Activity, Key, Policy, Target

STEP, TRACKING = "StepScaling", "TargetTrackingScaling"


def triggered(call: Call, policy: Policy, alarm: dict[str, Any], *, is_again: bool = False) -> None:
    """An alarm has come to the state in which this policy is its action, or is still in it."""
    target = state.targets.get(call, *policy.key)
    if target is None:
        return
    name = alarm["AlarmName"]
    kind = next((kind for kind, each in policy.alarms.items() if each == name), "")
    if kind in (tracking.CAPACITY_HIGH, tracking.CAPACITY_LOW):
        tracking.put_alarms(call, policy)
        return
    values = monitors.values(call, alarm)
    if values or call.now < alarm["StateTransitionedTimestamp"] + limits.AWAITED_S:
        jobs.look_again(call, policy, name, alarm["StateValue"])
    if is_again and not values:
        return
    values = values or monitors.told(alarm)
    standing = capacities.standing(call, policy.key)
    if standing.is_changing:
        return
    cause = f"monitor alarm {name} in state {alarm['StateValue']} triggered policy {policy.name}"
    if policy.kind == TRACKING:
        if not values or kind not in (tracking.HIGH, tracking.LOW):
            return
        if kind == tracking.LOW and not _all_are_low(call, policy):
            return
        value = values[-1] if kind == tracking.HIGH else max(values)
        sign = 1 if kind == tracking.HIGH else -1
        _decide(call, target, policy, standing.capacity, cause, sign, lambda base: tracking.wanted(policy, base, value))
        return
    _step(call, target, policy, standing.capacity, cause, alarm, values)


def _step(
    call: Call, target: Target, policy: Policy, capacity: int, cause: str, alarm: dict[str, Any], values: list[float]
) -> None:
    beyond = _aggregated(policy.settings, values) - alarm["Threshold"] if values else 0.0
    is_below = alarm.get("ComparisonOperator", "").startswith("LessThan")

    def wanted(base: int) -> int | None:
        return steps.adjusted(policy.settings, base, beyond, is_below=is_below)

    now = wanted(capacity)
    if now is not None:
        _decide(call, target, policy, capacity, cause, (now > capacity) - (now < capacity), wanted)


def _aggregated(settings: dict[str, Any], values: list[float]) -> float:
    kind = settings.get("MetricAggregationType", "Average")
    if kind == "Average":
        return sum(values) / len(values)
    return min(values) if kind == "Minimum" else max(values)


def _all_are_low(call: Call, policy: Policy) -> bool:
    """Several policies that track a target take capacity away only when all of them would."""
    for other in state.policies.range(call, *policy.key):
        low = other.alarms.get(tracking.LOW)
        if other.name != policy.name and low:
            alarm = monitors.described(call, policy.namespace, low)
            if alarm is not None and alarm["StateValue"] != "ALARM":
                return False
    return True


def _decide(
    call: Call, target: Target, policy: Policy, capacity: int, cause: str, sign: int,
    wanted: Callable[[int], int | None],
) -> None:  # fmt: skip
    """`sign`: whether the alarm is for scaling out or in. `wanted` says the capacity from the one that is there."""
    if target.suspended[0 if sign < 0 else 1]:
        return
    is_cooling = call.now < policy.scaled_at + _cooldown_s(policy, sign)
    if sign < 0 and is_cooling and policy.scaled_to < policy.scaled_from:
        return
    # What was added a moment ago counts as part of what is added now.
    base = policy.scaled_from if sign > 0 and _is_cooling_out(call, policy) else capacity
    sought = wanted(base)
    if sought is None:
        return
    bounded = min(max(sought, target.least), target.most)
    if (bounded - capacity) * sign > 0:
        begin(call, target, bounded, cause, policy.name)
    elif sign > 0 and capacity >= target.most:
        _refuse(call, target, cause, {"Code": "AlreadyAtMaxCapacity", "MaxCapacity": target.most})
    elif sign < 0 and capacity <= target.least:
        _refuse(call, target, cause, {"Code": "AlreadyAtMinCapacity", "MinCapacity": target.least})
    elif not is_cooling:
        _refuse(call, target, cause, {"Code": "AlreadyAtDesiredCapacity", "CurrentCapacity": capacity})


def _is_cooling_out(call: Call, policy: Policy) -> bool:
    return policy.scaled_to > policy.scaled_from and call.now < policy.scaled_at + _cooldown_s(policy, 1)


def _cooldown_s(policy: Policy, sign: int) -> int:
    if policy.kind == STEP:
        found = policy.settings.get("Cooldown", limits.STEP_COOLDOWN_S)
    else:
        found = policy.settings.get("ScaleOutCooldown" if sign > 0 else "ScaleInCooldown", 0)
    return int(found)


def _refuse(call: Call, target: Target, cause: str, reason: dict[str, Any]) -> None:
    scaling_activities.not_scaled(call, target.key, cause, reason)


def begin(call: Call, target: Target, capacity: int, cause: str, policy: str = "") -> None:
    """Set a capacity. What the resource's service refuses is a failed activity."""
    words = capacities.words(target.key)
    activity = scaling_activities.begun(
        call,
        target.key,
        description=f"Setting {words} to {capacity}.",
        cause=cause,
        message=f"Successfully set {words} to {capacity}. Waiting for change to be fulfilled by {target.namespace}.",
        sought=capacity,
        policy=policy,
    )
    try:
        before = capacities.standing(call, target.key).capacity
        capacities.change(call, target.key, capacity)
    except AWSError as error:
        reason = f"Failed to set {words} to {capacity}. Reason: {error.message or error.code}"
        scaling_activities.end(call, activity, "Failed", f"{reason} (Error Code: {error.code})")
        return
    if policy:
        held = state.policies.get(call, *target.key, policy)
        if held is not None:
            is_more = capacity > before and _is_cooling_out(call, held)
            since = held.scaled_from if is_more else before  # a cooldown that goes on counts from where it began
            new = state.replace(held, scaled_at=call.now, scaled_from=since, scaled_to=capacity)
            state.policies.put(call, new)
    jobs.fulfil_soon(call, activity, before)


def fulfil(call: Call, activity: Activity, before: int) -> bool:
    """See whether the capacity has come; whether it is to be looked at again."""
    key: Key = (activity.namespace, activity.resource, activity.dimension)
    try:
        standing = capacities.standing(call, key)
    except ValidationException as error:
        scaling_activities.end(call, activity, "Failed", error.message)
        return False
    if standing.is_changing:
        return True
    words = capacities.words(key)
    if standing.capacity != activity.sought:
        message = f"Change of {words} to {activity.sought} was overridden by another one to {standing.capacity}."
        scaling_activities.end(call, activity, "Overridden", message)
    else:
        message = f"Successfully set {words} to {activity.sought}. Change successfully fulfilled by {key[0]}."
        scaling_activities.end(call, activity, "Successful", message)
        _tell_most(call, activity, before)
    policy = state.policies.get(call, *key, activity.policy) if activity.policy else None
    if policy is not None:
        state.policies.put(call, state.replace(policy, scaled_at=call.now))
    for each in state.policies.range(call, *key):
        if each.kind == TRACKING:
            tracking.put_alarms(call, each)
    return False


def _tell_most(call: Call, activity: Activity, before: int) -> None:
    """The event that a target has come to its most (User Guide, "Monitor Application Auto Scaling events")."""
    target = state.targets.get(call, activity.namespace, activity.resource, activity.dimension)
    if target is None or activity.sought != target.most or before >= target.most:
        return
    detail = {
        "startTime": _clock(activity.began_at),
        "endTime": _clock(call.now),
        "newDesiredCapacity": activity.sought,
        "oldDesiredCapacity": before,
        "minCapacity": target.least,
        "maxCapacity": target.most,
        "resourceId": target.resource,
        "scalableDimension": target.dimension,
        "serviceNamespace": target.namespace,
        "statusCode": "Successful",
        "scaledToMax": True,
        "direction": "scale-out",
    }
    kind = "Application Auto Scaling Scaling Activity State Change"
    call.emit(ServiceEvent("aws.application-autoscaling", kind, detail))


def _clock(at: float) -> str:
    return datetime.fromtimestamp(at, UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def fit(call: Call, key: Key) -> None:
    """Bring a target between its bounds."""
    target = state.targets.get(call, *key)
    if target is None:
        return
    try:
        capacity = capacities.standing(call, key).capacity
    except ValidationException:  # its resource is gone
        return
    if capacity < target.least:
        begin(call, target, target.least, f"minimum capacity was set to {target.least}")
    elif capacity > target.most:
        begin(call, target, target.most, f"maximum capacity was set to {target.most}")


def resize(call: Call, action: state.ScheduledAction) -> None:
    """A scheduled action's time has come: new bounds, and the capacity that they ask for."""
    target = state.targets.get(call, *action.key)
    if target is None or target.suspended[2]:
        return
    told = [
        f"{word} capacity to {number}"
        for word, number in (("min", action.least), ("max", action.most))
        if number is not None
    ]
    what = " and ".join(told)
    activity = scaling_activities.begun(
        call,
        action.key,
        description=f"Setting {what}",
        cause=f"scheduled action name {action.name} was triggered",
        message="",
    )
    least = target.least if action.least is None else action.least
    most = target.most if action.most is None else action.most
    if most < least:
        message = f"Failed to set {what}. Reason: Maximum capacity cannot be less than minimum capacity"
        scaling_activities.end(call, activity, "Failed", message)
        return
    state.targets.put(call, state.replace(target, least=least, most=most))
    scaling_activities.end(call, activity, "Successful", f"Successfully set {what}")
    fit(call, action.key)
