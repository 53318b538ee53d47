"""What ECR's operations need."""

from __future__ import annotations

from typing import Any

from skyjar.kernel.call import Call
from skyjar.kernel.tables import At

from . import state


def actions(call: Call, operation: str, parameters: dict[str, Any]) -> list[str] | None:
    if operation == "create_repository" and parameters.get("tags"):
        return ["ecr:CreateRepository", "ecr:TagResource"]
    return None


def _registry(call: Call, parameters: dict[str, Any]) -> At:
    return state.registry(call, parameters.get("registry_id") or "")


def resources(call: Call, operation: str, parameters: dict[str, Any]) -> list[str]:
    if "resource_arn" in parameters:
        return [parameters["resource_arn"]]
    at = _registry(call, parameters)
    names = parameters.get("repository_names") or [parameters.get("repository_name") or "*"]
    return [state.arn_of(at, name) for name in names]


def resource_policy(call: Call, operation: str, parameters: dict[str, Any]) -> str | None:
    name = parameters.get("repository_name")
    if name is None or operation == "create_repository":
        return None
    found = state.repositories.get(_registry(call, parameters), name)
    return found.policy or None if found is not None else None


def conditions(call: Call, operation: str, parameters: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    if parameters.get("tags"):
        found["aws:TagKeys"] = [tag["Key"] for tag in parameters["tags"]]
        found |= {f"aws:RequestTag/{tag['Key']}": tag["Value"] for tag in parameters["tags"]}
    if parameters.get("tag_keys"):
        found["aws:TagKeys"] = parameters["tag_keys"]
    name = parameters.get("repository_name")
    if name is not None and operation != "create_repository":
        held = state.repositories.get(_registry(call, parameters), name)
        for key, value in (held.tags if held is not None else {}).items():
            found[f"aws:ResourceTag/{key}"] = found[f"ecr:ResourceTag/{key}"] = value
    return found
