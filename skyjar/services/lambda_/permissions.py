"""What Lambda's operations need. An ARN has the qualifier that the caller gave, and only then."""

from __future__ import annotations

from typing import Any

import orjson

from skyjar.kernel.call import Call

from . import mapping_state, names, state
from .names import LATEST, Reference

_AS = {
    "invoke": "InvokeFunction",
    "invoke_async": "InvokeFunction",
    "get_layer_version_by_arn": "GetLayerVersion",
}
_ON_NOTHING = ("create_event_source_mapping", "list_event_source_mappings", "list_layer_versions")
_PASSES = ("create_function", "update_function_configuration")


def actions(call: Call, operation: str, parameters: dict[str, Any]) -> list[str] | None:
    return [f"lambda:{_AS[operation]}"] if operation in _AS else None


def also(call: Call, operation: str, parameters: dict[str, Any]) -> list[tuple[str, str, dict[str, Any]]]:
    """The role handed over, the layers read, the tags given."""
    found: list[tuple[str, str, dict[str, Any]]] = []
    if operation in _PASSES and parameters.get("role"):
        found.append(("iam:PassRole", parameters["role"], {"iam:PassedToService": "lambda.amazonaws.com"}))
    if operation in _PASSES:
        found += [("lambda:GetLayerVersion", arn, {}) for arn in parameters.get("layers") or ()]
    if operation == "create_function" and parameters.get("tags"):
        found.append(("lambda:TagResource", resources(call, operation, parameters)[0], {}))
    return found


def resources(call: Call, operation: str, parameters: dict[str, Any]) -> list[str]:
    """A mapping is not judged on its function's ARN: that is the condition key `lambda:FunctionArn`."""
    if operation in _ON_NOTHING:
        return ["*"]
    if parameters.get("uuid"):
        return [mapping_state.arn_of(call, parameters["uuid"])]
    if parameters.get("function_name") is not None:
        return [_reference(call, parameters).arn]
    if parameters.get("resource"):
        return [parameters["resource"]]
    if parameters.get("layer_name"):
        layer = parameters["layer_name"]
        arn = layer if layer.startswith("arn:") else f"arn:aws:lambda:{call.region}:{call.account}:layer:{layer}"
        number = parameters.get("version_number")
        return [f"{arn}:{number}" if number is not None else arn]
    return [parameters["arn"]] if parameters.get("arn") else ["*"]


def _reference(call: Call, parameters: dict[str, Any]) -> Reference:
    return names.read(call.account, call.region, parameters["function_name"], parameters.get("qualifier"))


def resource_policy(call: Call, operation: str, parameters: dict[str, Any]) -> str | None:
    if parameters.get("function_name") is None:
        return None
    reference = _reference(call, parameters)
    qualifier = "" if reference.qualifier == LATEST else reference.qualifier
    policy = state.policies.get(state.place(call, reference), reference.name, qualifier)
    return document(policy) if policy is not None else None


def document(policy: state.Policy) -> str:
    statements = ",".join(policy.statements.values())
    return f'{{"Version":"2012-10-17","Id":"default","Statement":[{statements}]}}'


def conditions(call: Call, operation: str, parameters: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    if operation.endswith("_event_source_mapping"):
        arn = mapping_state.function_arn_of(call, parameters)
        if arn:
            found["lambda:FunctionArn"] = arn
    if operation == "add_permission":
        found["lambda:Principal"] = parameters["principal"]
    if parameters.get("layers"):
        found["lambda:Layer"] = parameters["layers"]
    tags = parameters.get("tags")
    if isinstance(tags, dict):
        found |= {"aws:TagKeys": list(tags), **{f"aws:RequestTag/{key}": value for key, value in tags.items()}}
    elif parameters.get("tag_keys"):
        found["aws:TagKeys"] = parameters["tag_keys"]
    return found | _tags_of(call, parameters)


def _tags_of(call: Call, parameters: dict[str, Any]) -> dict[str, str]:
    if parameters.get("function_name") is None:
        return {}
    reference = _reference(call, parameters)
    function = state.functions.get(state.place(call, reference), reference.name)
    return {f"aws:ResourceTag/{key}": value for key, value in function.tags.items()} if function is not None else {}


def text(document: dict[str, Any]) -> str:
    return orjson.dumps(document).decode()
