"""Scaling policies: how capacity follows load."""

from __future__ import annotations

from typing import Any

from skyjar.kernel import quotas
from skyjar.kernel.call import Call
from skyjar.kernel.errors import NotImplementedHere
from skyjar.kernel.service import operation

from . import limits, monitors, paging, scaling, state, steps, tracking
from .errors import LimitExceededException, ObjectNotFoundException, ValidationException
from .state import Key, Policy


@operation
def put_scaling_policy(
    call: Call,
    *,
    policy_name: str,
    service_namespace: str,
    resource_id: str,
    scalable_dimension: str,
    policy_type: str | None = None,
    step_scaling_policy_configuration: dict[str, Any] | None = None,
    target_tracking_scaling_policy_configuration: dict[str, Any] | None = None,
) -> dict[str, Any]:
    key: Key = (service_namespace, resource_id, scalable_dimension)
    state.registered(call, key)
    before = state.policies.get(call, *key, policy_name)
    kind = policy_type or (before.kind if before is not None else scaling.STEP)
    if kind not in (scaling.STEP, scaling.TRACKING):
        raise NotImplementedHere(f"Skyjar does not implement scaling policies of type {kind}.")
    if before is not None and before.kind != kind:
        raise ValidationException(f"The type of the policy {policy_name} is {before.kind} and cannot be changed")
    given = {
        scaling.STEP: step_scaling_policy_configuration,
        scaling.TRACKING: target_tracking_scaling_policy_configuration,
    }
    settings = given.pop(kind)
    if settings is None or any(each is not None for each in given.values()):
        raise ValidationException(f"Exactly the configuration of a policy of type {kind} must be specified")
    _check(call, key, policy_name, kind, settings, is_new=before is None)
    policy = (
        state.replace(before, settings=settings)
        if before is not None
        else Policy(
            namespace=key[0],
            resource=key[1],
            dimension=key[2],
            name=policy_name,
            id=call.new_id(),
            kind=kind,
            settings=settings,
            created_at=call.now,
        )
    )
    state.policies.put(call, policy)
    if kind == scaling.TRACKING:
        policy = tracking.put_alarms(call, policy)
    return {"PolicyARN": state.policy_arn(call, policy), "Alarms": _alarms(call, policy)}


def _check(call: Call, key: Key, name: str, kind: str, settings: dict[str, Any], *, is_new: bool) -> None:
    held = state.policies.range(call, *key)
    quota = quotas.of(call, "application-autoscaling", "policies", limits.QUOTAS)
    if is_new and len(held) >= quota:
        raise LimitExceededException(f"The limit of {quota} scaling policies of a scalable target has been reached")
    if kind == scaling.STEP:
        steps.check(settings, quotas.of(call, "application-autoscaling", "step-adjustments", limits.QUOTAS))
        return
    tracking.check(key, settings)
    metric = tracking.metric_of(settings)
    for other in held:
        if other.kind == kind and other.name != name and tracking.metric_of(other.settings) == metric:
            raise ValidationException(
                "Only one TargetTrackingScaling policy for a given metric specification is allowed."
            )


def _alarms(call: Call, policy: Policy) -> list[dict[str, str]]:
    found = monitors.having(call, policy.namespace, state.policy_arn(call, policy))
    order = list(policy.alarms.values())
    return sorted(found, key=lambda each: order.index(each["AlarmName"]) if each["AlarmName"] in order else len(order))


@operation
def delete_scaling_policy(
    call: Call, *, policy_name: str, service_namespace: str, resource_id: str, scalable_dimension: str
) -> dict[str, Any]:
    """Alarms that it made go with it; those that somebody else has made stay."""
    key: Key = (service_namespace, resource_id, scalable_dimension)
    found = state.policies.get(call, *key, policy_name)
    if found is None:
        raise ObjectNotFoundException(f"No scaling policy found for {state.named(key)}, policy name: {policy_name}")
    forget(call, found)
    return {}


def forget(call: Call, policy: Policy) -> None:
    tracking.delete_alarms(call, policy, list(policy.alarms.values()))
    state.policies.remove(call, policy)


@operation
def describe_scaling_policies(
    call: Call,
    *,
    service_namespace: str,
    policy_names: list[str] | None = None,
    resource_id: str | None = None,
    scalable_dimension: str | None = None,
    max_results: int | None = None,
    next_token: str | None = None,
) -> dict[str, Any]:
    paging.check(resource_id, scalable_dimension)
    place = [part for part in (service_namespace, resource_id, scalable_dimension) if part is not None]
    found = [each for each in state.policies.range(call, *place) if not policy_names or each.name in policy_names]
    listed, token = paging.paged(found, next_token, max_results)
    return {"ScalingPolicies": [_shown(call, each) for each in listed], **token}


def _shown(call: Call, policy: Policy) -> dict[str, Any]:
    member = (
        "StepScalingPolicyConfiguration" if policy.kind == scaling.STEP else "TargetTrackingScalingPolicyConfiguration"
    )
    return {
        "PolicyARN": state.policy_arn(call, policy),
        "PolicyName": policy.name,
        "ServiceNamespace": policy.namespace,
        "ResourceId": policy.resource,
        "ScalableDimension": policy.dimension,
        "PolicyType": policy.kind,
        member: policy.settings,
        "Alarms": _alarms(call, policy),
        "CreationTime": policy.created_at,
    }
