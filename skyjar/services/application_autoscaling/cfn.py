"""AWS::ApplicationAutoScaling::ScalableTarget and AWS::ApplicationAutoScaling::ScalingPolicy."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from skyjar.formation.resources import Physical, Properties, Resource, ResourceType
from skyjar.kernel.call import Call

from . import state
from .errors import ObjectNotFoundException, ValidationException

_SUSPENDED = ("DynamicScalingInSuspended", "DynamicScalingOutSuspended", "ScheduledScalingSuspended")
_NUMBERS: dict[str, Callable[[Any], Any]] = {
    "TargetValue": float,
    "ScaleInCooldown": int,
    "ScaleOutCooldown": int,
    "Cooldown": int,
    "MinAdjustmentMagnitude": int,
    "MetricIntervalLowerBound": float,
    "MetricIntervalUpperBound": float,
    "ScalingAdjustment": int,
    "MinCapacity": int,
    "MaxCapacity": int,
    "DisableScaleIn": lambda value: value in (True, "true"),
    "ReturnData": lambda value: value in (True, "true"),
}


def _typed(value: Any, name: str = "") -> Any:
    """Numbers and booleans of templates may come as text."""
    if isinstance(value, dict):
        return {key: _typed(each, key) for key, each in value.items()}
    if isinstance(value, list):
        return [_typed(each, name) for each in value]
    return _NUMBERS[name](value) if name in _NUMBERS else value


def _where(properties: Properties) -> dict[str, str]:
    if properties.get("ScalingTargetId"):
        resource, dimension, namespace = properties["ScalingTargetId"].split("|")
    else:
        given = [properties.get(name) for name in ("ResourceId", "ScalableDimension", "ServiceNamespace")]
        if not all(given):
            raise ValidationException(
                "Either ScalingTargetId or all three of [ResourceId, ScalableDimension, ServiceNamespace] must be specified"
            )
        resource, dimension, namespace = (str(each) for each in given)
    return {"service_namespace": namespace, "resource_id": resource, "scalable_dimension": dimension}


def _identity(where: dict[str, str]) -> str:
    return "|".join((where["resource_id"], where["scalable_dimension"], where["service_namespace"]))


def _tags(resource: Resource, properties: Properties) -> dict[str, str]:
    """CloudFormation's `aws:` tags cannot come with a request."""
    tags = resource.tags | {tag["Key"]: str(tag["Value"]) for tag in properties.get("Tags", [])}
    return {key: value for key, value in tags.items() if not key.startswith("aws:")}


def _register(call: Call, properties: Properties, **more: Any) -> str:
    suspended = properties.get("SuspendedState", {})
    # What a template leaves out is not suspended, whatever it was before.
    given = {name: suspended.get(name) in (True, "true") for name in _SUSPENDED}
    if properties.get("RoleARN"):
        more["role_arn"] = properties["RoleARN"]
    registered = call.ask("application-autoscaling").register_scalable_target(
        **_where(properties),
        min_capacity=int(properties["MinCapacity"]),
        max_capacity=int(properties["MaxCapacity"]),
        suspended_state=given,
        **more,
    )
    arn: str = registered["ScalableTargetARN"]
    return arn


def create_target(call: Call, resource: Resource, properties: Properties) -> Physical:
    where = _where(properties)
    key = where["service_namespace"], where["resource_id"], where["scalable_dimension"]
    identity = _identity(where)
    if state.targets.get(call, *key) is not None:
        raise ValidationException(f"{identity} already exists")
    tags = _tags(resource, properties)
    _register(call, properties, **({"tags": tags} if tags else {}))
    _put_actions(call, where, properties, {})
    return Physical(identity, {"Id": identity})


def _put_actions(call: Call, where: dict[str, str], properties: Properties, before: Properties) -> None:
    scaling = call.ask("application-autoscaling")
    wanted = properties.get("ScheduledActions", [])
    for action in before.get("ScheduledActions", []):
        if action not in wanted:
            _delete_quietly(scaling.delete_scheduled_action, action["ScheduledActionName"], where)
    for action in wanted:
        if action in before.get("ScheduledActions", []):
            continue
        given = {"schedule": action["Schedule"], "scalable_target_action": _typed(action.get("ScalableTargetAction"))}
        for member, name in (("Timezone", "timezone"), ("StartTime", "start_time"), ("EndTime", "end_time")):
            if action.get(member):
                given[name] = action[member] if member == "Timezone" else _moment(action[member])
        scaling.put_scheduled_action(scheduled_action_name=action["ScheduledActionName"], **where, **given)


def _moment(text: Any) -> float:
    found = datetime.fromisoformat(str(text).replace("Z", "+00:00"))
    return (found if found.tzinfo else found.replace(tzinfo=UTC)).timestamp()


def _delete_quietly(delete: Any, name: str, where: dict[str, str]) -> None:
    try:
        delete(scheduled_action_name=name, **where)
    except ObjectNotFoundException:
        return


def update_target(
    call: Call, resource: Resource, old: Physical, properties: Properties, before: Properties
) -> Physical:
    arn = _register(call, properties)
    _put_actions(call, _where(properties), properties, before)
    wanted, had = _tags(resource, properties), _tags(resource.before(), before)
    scaling = call.ask("application-autoscaling")
    gone = sorted(had.keys() - wanted.keys())
    if gone:
        scaling.untag_resource(resource_arn=arn, tag_keys=gone)
    if wanted != had and wanted:
        scaling.tag_resource(resource_arn=arn, tags=wanted)
    return old


def delete_target(call: Call, resource: Resource, physical: Physical, properties: Properties) -> None:
    try:
        call.ask("application-autoscaling").deregister_scalable_target(**_where({"ScalingTargetId": physical.id}))
    except ObjectNotFoundException:
        return


def _put_policy(call: Call, properties: Properties) -> Physical:
    configurations = {
        "StepScalingPolicyConfiguration": "step_scaling_policy_configuration",
        "TargetTrackingScalingPolicyConfiguration": "target_tracking_scaling_policy_configuration",
    }
    given = {name: _typed(properties[member]) for member, name in configurations.items() if properties.get(member)}
    put = call.ask("application-autoscaling").put_scaling_policy(
        policy_name=properties["PolicyName"], policy_type=properties["PolicyType"], **_where(properties), **given
    )
    return Physical(put["PolicyARN"], {"Arn": put["PolicyARN"]})


def create_policy(call: Call, resource: Resource, properties: Properties) -> Physical:
    return _put_policy(call, properties)


def update_policy(
    call: Call, resource: Resource, old: Physical, properties: Properties, before: Properties
) -> Physical:
    return _put_policy(call, properties)


def delete_policy(call: Call, resource: Resource, physical: Physical, properties: Properties) -> None:
    try:
        call.ask("application-autoscaling").delete_scaling_policy(
            policy_name=properties["PolicyName"], **_where(properties)
        )
    except ObjectNotFoundException:
        return


_OF_TARGET = ("ResourceId", "ServiceNamespace", "ScalableDimension", "MinCapacity", "MaxCapacity", "RoleARN",
              "ScheduledActions", "SuspendedState", "Tags")  # fmt: skip
_OF_POLICY = ("PolicyName", "PolicyType", "ResourceId", "ServiceNamespace", "ScalableDimension", "ScalingTargetId",
              "StepScalingPolicyConfiguration", "TargetTrackingScalingPolicyConfiguration")  # fmt: skip
RESOURCE_TYPES = {
    "AWS::ApplicationAutoScaling::ScalableTarget": ResourceType(
        create=create_target, update=update_target, delete=delete_target, properties=_OF_TARGET
    ),
    "AWS::ApplicationAutoScaling::ScalingPolicy": ResourceType(
        create=create_policy, update=update_policy, delete=delete_policy, properties=_OF_POLICY
    ),
}
