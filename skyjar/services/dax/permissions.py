"""What DAX's operations need. Calls on a cluster's ports are judged as `dax:GetItem` … on the cluster, for the caller; what they ask of
DynamoDB is judged for the cluster's role."""

from __future__ import annotations

from typing import Any

from skyjar.kernel.call import Call

from . import state

_UNSCOPED = {
    "create_parameter_group",
    "update_parameter_group",
    "delete_parameter_group",
    "describe_parameter_groups",
    "describe_parameters",
    "describe_default_parameters",
    "describe_events",
}


def resources(call: Call, operation: str, parameters: dict[str, Any]) -> list[str]:
    if "cluster_arn" in parameters:
        return [parameters["cluster_arn"]]
    if operation in _UNSCOPED:
        return ["*"]
    named = parameters.get("resource_name")
    if named:
        return [named if named.startswith("arn:aws:dax:") else "*"]
    names = parameters.get("cluster_names") or [parameters["cluster_name"]] if _named(parameters) else []
    return [state.arn_of(call, name) for name in names] or ["*"]


def _named(parameters: dict[str, Any]) -> bool:
    return bool(parameters.get("cluster_names") or parameters.get("cluster_name"))


def also(call: Call, operation: str, parameters: dict[str, Any]) -> list[tuple[str, str, dict[str, Any]]]:
    role = parameters.get("iam_role_arn", "")
    if operation != "create_cluster" or ":role/" not in role:
        return []
    return [("iam:PassRole", role, {"iam:PassedToService": "dax.amazonaws.com"})]


def conditions(call: Call, operation: str, parameters: dict[str, Any]) -> dict[str, Any]:
    enclosing = parameters.get("enclosing")
    return {"dax:EnclosingOperation": enclosing} if enclosing else {}
