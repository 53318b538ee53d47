"""API Gateway's permissions are HTTP methods on resource paths (`apigateway:POST` on `…::/apis`)."""

from __future__ import annotations

from typing import Any

from skyjar.kernel.call import Call

from . import state

_VERBS = {"create": "POST", "import": "PUT", "reimport": "PUT", "get": "GET", "update": "PATCH", "delete": "DELETE"}


def actions(call: Call, operation: str, parameters: dict[str, Any]) -> list[str]:
    if operation == "tag_resource":
        return ["apigateway:POST"]
    if operation == "untag_resource":
        return ["apigateway:DELETE"]
    return [f"apigateway:{_VERBS[operation.partition('_')[0]]}"]


def resources(call: Call, operation: str, parameters: dict[str, Any]) -> list[str]:
    if "resource_arn" in parameters:
        return [parameters["resource_arn"]]
    path = "/apis"
    if "api_id" in parameters:
        path += f"/{parameters['api_id']}"
    for name, folder in (
        ("integration_id", "integrations"),
        ("route_id", "routes"),
        ("stage_name", "stages"),
        ("deployment_id", "deployments"),
    ):
        if operation == f"create_{folder[:-1]}":
            path += f"/{folder}"
        elif name in parameters and not operation.startswith("create"):
            path += f"/{folder}/{parameters[name]}"
    return [f"arn:aws:apigateway:{call.region}::{path}"]


def conditions(call: Call, operation: str, parameters: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    tags = parameters.get("tags")
    if isinstance(tags, dict):
        found |= {"aws:TagKeys": list(tags), **{f"aws:RequestTag/{key}": value for key, value in tags.items()}}
    if parameters.get("tag_keys"):
        found["aws:TagKeys"] = parameters["tag_keys"]
    api = state.apis.get(call, parameters["api_id"]) if parameters.get("api_id") else None
    return found | ({f"aws:ResourceTag/{key}": value for key, value in api.tags.items()} if api is not None else {})
