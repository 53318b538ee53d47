"""How all replicas of a table are scaled, at once: DescribeTableReplicaAutoScaling, UpdateTableReplicaAutoScaling.

Both are made of Application Auto Scaling's own operations in each Region, as the caller.
"""

from __future__ import annotations

from typing import Any

from skyjar.kernel.call import Call
from skyjar.kernel.service import operation

from . import auto_scaling, replication, tables
from .auto_scaling import READ, SCALING, WRITE
from .errors import ResourceNotFoundException, ValidationException
from .state import Definition

_KINDS = {READ: "DynamoDBReadCapacityUtilization", WRITE: "DynamoDBWriteCapacityUtilization"}
_COOLED = ("DisableScaleIn", "ScaleInCooldown", "ScaleOutCooldown")


@operation
def describe_table_replica_auto_scaling(call: Call, *, table_name: str) -> dict[str, Any]:
    return {"TableAutoScalingDescription": _described(call, tables.described(call, table_name))}


@operation
def update_table_replica_auto_scaling(
    call: Call,
    *,
    table_name: str,
    global_secondary_index_updates: list[dict[str, Any]] | None = None,
    provisioned_write_capacity_auto_scaling_update: dict[str, Any] | None = None,
    replica_updates: list[dict[str, Any]] | None = None,
) -> dict[str, Any]:
    """What is said of writing goes to all replicas; reading is each one's own."""
    definition = tables.described(call, table_name)
    regions = definition.replicas or (call.region,)
    for region in regions:
        if provisioned_write_capacity_auto_scaling_update:
            _update(call, region, definition, "", WRITE, provisioned_write_capacity_auto_scaling_update)
        for each in global_secondary_index_updates or ():
            given = each.get("ProvisionedWriteCapacityAutoScalingUpdate")
            if given:
                _update(call, region, definition, each.get("IndexName", ""), WRITE, given)
    for each in replica_updates or ():
        region = each["RegionName"]
        if region not in regions:
            raise ValidationException(f"The table {definition.name} has no replica in {region}.")
        if each.get("ReplicaProvisionedReadCapacityAutoScalingUpdate"):
            _update(call, region, definition, "", READ, each["ReplicaProvisionedReadCapacityAutoScalingUpdate"])
        for one in each.get("ReplicaGlobalSecondaryIndexUpdates") or ():
            if one.get("ProvisionedReadCapacityAutoScalingUpdate"):
                given = one["ProvisionedReadCapacityAutoScalingUpdate"]
                _update(call, region, definition, one.get("IndexName", ""), READ, given)
    return {"TableAutoScalingDescription": _described(call, definition)}


def _update(call: Call, region: str, definition: Definition, index: str, unit: str, given: dict[str, Any]) -> None:
    if index and not any(each.name == index and each.is_global for each in definition.indexes):
        raise ResourceNotFoundException(f"Requested resource not found: GlobalSecondaryIndex: {index} not found")
    asked = call.ask(SCALING, region=region)
    where = {
        "service_namespace": "dynamodb",
        "resource_id": auto_scaling.resource(definition.name, index),
        "scalable_dimension": auto_scaling.dimension(unit, index),
    }
    if given.get("AutoScalingDisabled"):
        asked.deregister_scalable_target(**where)
        return
    bounds = {"min_capacity": given.get("MinimumUnits"), "max_capacity": given.get("MaximumUnits")}
    role = {"role_arn": given["AutoScalingRoleArn"]} if given.get("AutoScalingRoleArn") else {}
    asked.register_scalable_target(
        **where, **role, **{name: number for name, number in bounds.items() if number is not None}
    )
    policy = given.get("ScalingPolicyUpdate")
    if policy:
        asked.put_scaling_policy(
            policy_name=policy.get("PolicyName") or f"{_KINDS[unit]}:{where['resource_id']}",
            policy_type="TargetTrackingScaling",
            target_tracking_scaling_policy_configuration={
                **policy["TargetTrackingScalingPolicyConfiguration"],
                "PredefinedMetricSpecification": {"PredefinedMetricType": _KINDS[unit]},
            },
            **where,
        )


def _described(call: Call, definition: Definition) -> dict[str, Any]:
    here = [(call, definition), *replication.others(call, definition)]
    return {
        "TableName": definition.name,
        "TableStatus": definition.status,
        "Replicas": [_replica(call, at.region, each) for at, each in here],
    }


def _replica(call: Call, region: str, definition: Definition) -> dict[str, Any]:
    asked = call.ask(SCALING, region=region)
    targets = {
        (each["ResourceId"], each["ScalableDimension"]): each for each in auto_scaling.targets_of(asked, definition)
    }

    def settings(unit: str, index: str = "") -> dict[str, Any]:
        key = auto_scaling.resource(definition.name, index), auto_scaling.dimension(unit, index)
        return _settings(asked, targets[key]) if key in targets else {"AutoScalingDisabled": True}

    shown: dict[str, Any] = {
        "RegionName": region,
        "ReplicaStatus": definition.status,
        "ReplicaProvisionedReadCapacityAutoScalingSettings": settings(READ),
        "ReplicaProvisionedWriteCapacityAutoScalingSettings": settings(WRITE),
    }
    indexes = [
        {
            "IndexName": each.name,
            "IndexStatus": each.status,
            "ProvisionedReadCapacityAutoScalingSettings": settings(READ, each.name),
            "ProvisionedWriteCapacityAutoScalingSettings": settings(WRITE, each.name),
        }
        for each in definition.indexes
        if each.is_global
    ]
    return shown | ({"GlobalSecondaryIndexes": indexes} if indexes else {})


def _settings(asked: Any, target: dict[str, Any]) -> dict[str, Any]:
    policies = asked.describe_scaling_policies(
        service_namespace="dynamodb",
        resource_id=target["ResourceId"],
        scalable_dimension=target["ScalableDimension"],
    )["ScalingPolicies"]
    tracked = [
        (each["PolicyName"], each["TargetTrackingScalingPolicyConfiguration"])
        for each in policies
        if "TargetTrackingScalingPolicyConfiguration" in each
    ]
    return {
        "MinimumUnits": target["MinCapacity"],
        "MaximumUnits": target["MaxCapacity"],
        "AutoScalingDisabled": False,
        "AutoScalingRoleArn": target["RoleARN"],
        "ScalingPolicies": [
            {
                "PolicyName": name,
                "TargetTrackingScalingPolicyConfiguration": {
                    "TargetValue": given["TargetValue"],
                    **{member: given[member] for member in _COOLED if member in given},
                },
            }
            for name, given in tracked
        ],
    }
