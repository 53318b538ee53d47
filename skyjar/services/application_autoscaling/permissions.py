"""What Application Auto Scaling's operations need."""

from __future__ import annotations

from typing import Any

from skyjar.kernel.call import Call

from . import linked_roles, state
from .state import Target
from .tags import find

_DESCRIBES = ("describe_scalable_targets", "describe_scaling_activities", "describe_scaling_policies",
              "describe_scheduled_actions")  # fmt: skip


def _target(call: Call, parameters: dict[str, Any]) -> Target | None:
    if "resource_arn" in parameters:
        return find(call, parameters["resource_arn"])
    key = (parameters.get("service_namespace"), parameters.get("resource_id"), parameters.get("scalable_dimension"))
    return state.targets.get(call, *(part or "" for part in key))


def resources(call: Call, operation: str, parameters: dict[str, Any]) -> list[str]:
    if operation in _DESCRIBES:
        return ["*"]
    if "resource_arn" in parameters:
        return [parameters["resource_arn"]]
    found = _target(call, parameters)
    if found is not None:
        return [state.target_arn(call, found)]
    return [f"arn:aws:application-autoscaling:{call.region}:{call.account}:scalable-target/*"]


def also(call: Call, operation: str, parameters: dict[str, Any]) -> list[tuple[str, str, dict[str, Any]]]:
    """The tags given, and a role handed over that is not the service's own anyway."""
    found: list[tuple[str, str, dict[str, Any]]] = []
    if operation == "register_scalable_target" and parameters.get("tags"):
        found.append(("application-autoscaling:TagResource", resources(call, operation, parameters)[0], {}))
    role = parameters.get("role_arn") or ""
    if linked_roles.account_of(role) == call.account and not linked_roles.is_linked(role):
        found.append(("iam:PassRole", role, {"iam:PassedToService": "application-autoscaling.amazonaws.com"}))
    return found


def conditions(call: Call, operation: str, parameters: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    if operation in _DESCRIBES:
        return found
    if "service_namespace" in parameters:
        found["application-autoscaling:service-namespace"] = parameters["service_namespace"]
        found["application-autoscaling:scalable-dimension"] = parameters["scalable_dimension"]
    if parameters.get("tags"):
        found["aws:TagKeys"] = list(parameters["tags"])
        found |= {f"aws:RequestTag/{key}": value for key, value in parameters["tags"].items()}
    if parameters.get("tag_keys"):
        found["aws:TagKeys"] = list(parameters["tag_keys"])
    target = _target(call, parameters)
    if target is not None:
        found |= {f"aws:ResourceTag/{key}": value for key, value in target.tags.items()}
    return found
