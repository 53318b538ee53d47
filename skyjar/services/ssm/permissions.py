"""What Parameter Store's operations need. A version or label selected is not part of the resource.

Reading below a path is judged on the path alone, as on AWS: who may read `/a` recursively reads all that is below.
Parameters that are shared are judged on their own policies too.
"""

from __future__ import annotations

from typing import Any

from skyjar.kernel.call import Call
from skyjar.kernel.tables import At

from . import public, settings, state
from .errors import ParameterNotFound
from .state import Parameter

_SHARED = ("get_parameter", "get_parameters", "get_parameter_history")


def actions(call: Call, operation: str, parameters: dict[str, Any]) -> list[str] | None:
    if operation == "put_parameter" and parameters.get("tags"):
        return ["ssm:PutParameter", "ssm:AddTagsToResource"]
    return None


def resources(call: Call, operation: str, parameters: dict[str, Any]) -> list[str]:
    if "setting_id" in parameters:
        return [settings.arn_of(call, settings.path_of(parameters["setting_id"]))]
    if "resource_arn" in parameters:
        return [parameters["resource_arn"]]
    if "path" in parameters:
        return [_arn(call, parameters["path"].strip().rstrip("/") or "/")]
    arns = [_arn(call, name) for name in _names(parameters)]
    return _own(arns, _several(call, operation, parameters)) or ["*"]


def _own(arns: list[str], others: list[tuple[str, str]]) -> list[str]:
    """Those that are judged without a policy of their own, but for the first when all have one."""
    apart = {arn for arn, _ in others}
    return [arn for arn in arns if arn not in apart]


def _several(call: Call, operation: str, parameters: dict[str, Any]) -> list[tuple[str, str]]:
    """(ARN, its policy) of the shared ones among several parameters; the first is judged by `resource_policy`."""
    if operation != "get_parameters":
        return []
    found = [(_arn(call, name), _policy(call, name)) for name in parameters["names"]]
    with_policy = [(arn, policy) for arn, policy in found if policy is not None]
    return with_policy if len(with_policy) < len(found) else with_policy[1:]


def also(call: Call, operation: str, parameters: dict[str, Any]) -> list[tuple[str, str, dict[str, Any], str, str]]:
    return [
        ("ssm:GetParameters", arn, {}, policy, "resource-based policy")
        for arn, policy in _several(call, operation, parameters)
    ]


def resource_policy(call: Call, operation: str, parameters: dict[str, Any]) -> str | None:
    names = _names(parameters) if operation in _SHARED else []
    if not names or (len(names) > 1 and len(_several(call, operation, parameters)) != len(names) - 1):
        return None
    return _policy(call, names[0])


def _names(parameters: dict[str, Any]) -> list[str]:
    if "names" in parameters:
        return list(parameters["names"])
    name = parameters.get("name") or parameters.get("resource_id")
    return [name] if name else []


def _arn(call: Call, name: str) -> str:
    if name.startswith("arn:"):
        return ":".join(name.split(":")[:6])
    name = name.strip().partition(":")[0]
    if name.startswith(public.PREFIX):
        return public.arn_of(call.region, name)
    return state.arn_of(call, name)


def _found(call: Call, name: str) -> tuple[At, Parameter] | None:
    try:
        return state.referred(call, name)
    except ParameterNotFound:
        return None


def _policy(call: Call, name: str) -> str | None:
    found = _found(call, name)
    held = state.sharings.get(found[0], found[1].name) if found is not None else None
    return held.document if held is not None else None


def conditions(call: Call, operation: str, parameters: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    names = _names(parameters)
    held = _found(call, names[0]) if len(names) == 1 else None
    if operation == "put_parameter":
        has_policies = bool(parameters.get("policies")) or (held is not None and bool(held[1].policies))
        found["ssm:Overwrite"] = "true" if parameters.get("overwrite") else "false"
        found["ssm:Policies"] = "true" if has_policies else "false"
    if operation == "get_parameters_by_path":
        found["ssm:Recursive"] = "true" if parameters.get("recursive") else "false"
    if parameters.get("tags"):
        found["aws:TagKeys"] = [tag["Key"] for tag in parameters["tags"]]
        found |= {f"aws:RequestTag/{tag['Key']}": tag["Value"] for tag in parameters["tags"]}
    if parameters.get("tag_keys"):
        found["aws:TagKeys"] = parameters["tag_keys"]
    for key, value in (held[1].tags if held is not None else {}).items():
        found[f"aws:ResourceTag/{key}"] = found[f"ssm:ResourceTag/{key}"] = value
    return found
