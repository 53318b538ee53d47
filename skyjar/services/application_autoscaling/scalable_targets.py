"""Scalable targets: resources between whose least and most capacity is scaled."""

from __future__ import annotations

from typing import Any

from skyjar.kernel import quotas
from skyjar.kernel.call import Call
from skyjar.kernel.service import operation

from . import capacities, jobs, limits, linked_roles, paging, scaling_policies, state
from .errors import AccessDeniedException, LimitExceededException, ObjectNotFoundException, ValidationException
from .state import Key, Target
from .tags import merged

_SUSPENDED = ("DynamicScalingInSuspended", "DynamicScalingOutSuspended", "ScheduledScalingSuspended")


@operation
def register_scalable_target(
    call: Call,
    *,
    service_namespace: str,
    resource_id: str,
    scalable_dimension: str,
    min_capacity: int | None = None,
    max_capacity: int | None = None,
    role_arn: str | None = None,
    suspended_state: dict[str, bool] | None = None,
    tags: dict[str, str] | None = None,
) -> dict[str, str]:
    """A role of one's own may be passed, and counts for namespaces only that have no linked role; all that are here have
    one."""
    key: Key = (service_namespace, resource_id, scalable_dimension)
    capacities.place(key)
    if role_arn and linked_roles.account_of(role_arn) != call.account:
        raise AccessDeniedException("Cross-account pass role is not allowed.")
    before = state.targets.get(call, *key)
    if before is None:
        target = _made(call, key, min_capacity, max_capacity, tags)
    elif tags:
        raise ValidationException("Tags can only be given to a new scalable target. Use TagResource instead.")
    else:
        target = before
    least = target.least if min_capacity is None else min_capacity
    most = target.most if max_capacity is None else max_capacity
    _check_bounds(key, least, most)
    given = suspended_state or {}
    now = dict(zip(_SUSPENDED, target.suspended, strict=True)) | given
    suspended = now[_SUSPENDED[0]], now[_SUSPENDED[1]], now[_SUSPENDED[2]]
    target = state.replace(target, least=least, most=most, suspended=suspended)
    state.targets.put(call, target)
    jobs.fit_soon(call, key)
    return {"ScalableTargetARN": state.target_arn(call, target)}


def _made(call: Call, key: Key, least: int | None, most: int | None, tags: dict[str, str] | None) -> Target:
    if least is None or most is None:
        raise ValidationException(
            "Minimum capacity and maximum capacity must be specified when registering a new scalable target"
        )
    capacities.check(call, call.caller, key)
    quota = quotas.of(call, "application-autoscaling", f"{key[0]}-targets", limits.QUOTAS)
    if state.targets.count(call, key[0], limit=quota) >= quota:
        raise LimitExceededException(f"The limit of {quota} scalable targets of {key[0]} has been reached")
    linked_roles.ensure(call, call.caller, key[0])
    return Target(
        namespace=key[0],
        resource=key[1],
        dimension=key[2],
        id=f"0{call.chance.hex(34)[:34]}",
        least=least,
        most=most,
        created_at=call.now,
        tags=merged({}, tags or {}),
    )


def _check_bounds(key: Key, least: int, most: int) -> None:
    if least < capacities.least(key):
        raise ValidationException(f"Minimum capacity cannot be less than {capacities.least(key)}")
    if most < least:
        raise ValidationException("Maximum capacity cannot be less than minimum capacity")


@operation
def deregister_scalable_target(
    call: Call, *, service_namespace: str, resource_id: str, scalable_dimension: str
) -> dict[str, Any]:
    """Its policies, with their alarms, and its scheduled actions go with it."""
    key: Key = (service_namespace, resource_id, scalable_dimension)
    found = state.targets.get(call, *key)
    if found is None:
        raise ObjectNotFoundException(f"No scalable target found for {state.named(key)}")
    for policy in state.policies.range(call, *key):
        scaling_policies.forget(call, policy)
    for action in state.actions.range(call, *key):
        state.actions.remove(call, action)
    state.targets.remove(call, found)
    return {}


@operation
def describe_scalable_targets(
    call: Call,
    *,
    service_namespace: str,
    resource_ids: list[str] | None = None,
    scalable_dimension: str | None = None,
    max_results: int | None = None,
    next_token: str | None = None,
) -> dict[str, Any]:
    paging.check(resource_ids, scalable_dimension)
    found = [
        each
        for each in state.targets.range(call, service_namespace)
        if (not resource_ids or each.resource in resource_ids) and scalable_dimension in (None, each.dimension)
    ]
    listed, token = paging.paged(found, next_token, max_results)
    return {"ScalableTargets": [_shown(call, each) for each in listed], **token}


def _shown(call: Call, target: Target) -> dict[str, Any]:
    return {
        "ServiceNamespace": target.namespace,
        "ResourceId": target.resource,
        "ScalableDimension": target.dimension,
        "MinCapacity": target.least,
        "MaxCapacity": target.most,
        "RoleARN": linked_roles.arn(call.account, target.namespace),
        "CreationTime": target.created_at,
        "SuspendedState": dict(zip(_SUSPENDED, target.suspended, strict=True)),
        "ScalableTargetARN": state.target_arn(call, target),
    }
