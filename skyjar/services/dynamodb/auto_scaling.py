"""What Application Auto Scaling knows of a table: a replicated table's write capacity must be scaled, and a new replica is
scaled as the one that it was made from.

AWS does this in the linked role of replication, which may do nothing else; here it is done as the account itself.
"""

from __future__ import annotations

from typing import Any

from skyjar.kernel import principals
from skyjar.kernel.call import Call

from .state import Definition

SCALING = "application-autoscaling"
WRITE, READ = "WriteCapacityUnits", "ReadCapacityUnits"


def targets_of(asked: Any, definition: Definition) -> list[dict[str, Any]]:
    """Its scalable targets, and those of its indexes, as Application Auto Scaling describes them."""
    found: list[dict[str, Any]] = []
    token: dict[str, str] = {}
    names = [f"table/{definition.name}", *(resource(definition.name, each.name) for each in definition.indexes)]
    while True:
        page = asked.describe_scalable_targets(service_namespace="dynamodb", resource_ids=names, **token)
        found += page["ScalableTargets"]
        if "NextToken" not in page:
            return found
        token = {"next_token": page["NextToken"]}


def resource(table: str, index: str = "") -> str:
    return f"table/{table}/index/{index}" if index else f"table/{table}"


def dimension(unit: str, index: str = "") -> str:
    return f"dynamodb:{'index' if index else 'table'}:{unit}"


def _as_account(call: Call, region: str) -> Any:
    return call.ask(SCALING, principals.root(call.account), account=call.account, region=region)


def is_scaled(call: Call, definition: Definition) -> bool:
    """Whether the write capacity of the table and of every global index is scaled."""
    asked = _as_account(call, call.region)
    scaled = {(each["ResourceId"], each["ScalableDimension"]) for each in targets_of(asked, definition)}
    names = ["", *(each.name for each in definition.indexes if each.is_global)]
    return all((resource(definition.name, name), dimension(WRITE, name)) in scaled for name in names)


def copy(call: Call, region: str, definition: Definition) -> None:
    """Scale a new replica in that Region likewise."""
    here, there = _as_account(call, call.region), _as_account(call, region)
    for target in targets_of(here, definition):
        where = {
            "service_namespace": "dynamodb",
            "resource_id": target["ResourceId"],
            "scalable_dimension": target["ScalableDimension"],
        }
        there.register_scalable_target(
            **where,
            min_capacity=target["MinCapacity"],
            max_capacity=target["MaxCapacity"],
            suspended_state=target["SuspendedState"],
        )
        for policy in here.describe_scaling_policies(**where)["ScalingPolicies"]:
            settings = policy.get("TargetTrackingScalingPolicyConfiguration")
            if settings is not None and "PredefinedMetricSpecification" in settings:
                there.put_scaling_policy(
                    policy_name=policy["PolicyName"],
                    policy_type="TargetTrackingScaling",
                    target_tracking_scaling_policy_configuration=settings,
                    **where,
                )
