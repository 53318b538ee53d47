"""What Parameter Store's operations need. A version or label selected is not part of the resource."""

from __future__ import annotations

from typing import Any

from skyjar.kernel.call import Call

from . import state


def actions(call: Call, operation: str, parameters: dict[str, Any]) -> list[str] | None:
    if operation == "put_parameter" and parameters.get("tags"):
        return ["ssm:PutParameter", "ssm:AddTagsToResource"]
    return None


def resources(call: Call, operation: str, parameters: dict[str, Any]) -> list[str]:
    if operation == "describe_parameters":
        return ["*"]
    if "path" in parameters:
        return [state.arn_of(call, parameters["path"].rstrip("/") or "/")]
    names = _names(parameters)
    return [_arn(call, name) for name in names] or ["*"]


def _names(parameters: dict[str, Any]) -> list[str]:
    if "names" in parameters:
        return list(parameters["names"])
    name = parameters.get("name") or parameters.get("resource_id")
    return [name] if name else []


def _arn(call: Call, name: str) -> str:
    if name.startswith("arn:"):
        return ":".join(name.split(":")[:6])
    return state.arn_of(call, name.partition(":")[0])


def conditions(call: Call, operation: str, parameters: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    if operation == "put_parameter":
        found["ssm:Overwrite"] = "true" if parameters.get("overwrite") else "false"
    if operation == "get_parameters_by_path":
        found["ssm:Recursive"] = "true" if parameters.get("recursive") else "false"
    if parameters.get("tags"):
        found["aws:TagKeys"] = [tag["Key"] for tag in parameters["tags"]]
        found |= {f"aws:RequestTag/{tag['Key']}": tag["Value"] for tag in parameters["tags"]}
    if parameters.get("tag_keys"):
        found["aws:TagKeys"] = parameters["tag_keys"]
    names = _names(parameters)
    if len(names) == 1 and not names[0].startswith("arn:"):
        held = state.parameters.get(call, names[0].partition(":")[0])
        for key, value in (held.tags if held is not None else {}).items():
            found[f"aws:ResourceTag/{key}"] = found[f"ssm:ResourceTag/{key}"] = value
    return found
