"""API Gateway's permissions are HTTP methods on resource paths (`apigateway:POST` on `…::/restapis`).

Calls of a stage are judged here too: the endpoint asks whether somebody may do `execute-api:Invoke` on a method's ARN, with
the deployed resource policy; it gives both as `invoked` and `policy`.
"""

from __future__ import annotations

from typing import Any
from urllib.parse import quote

from skyjar.kernel.call import Call

from . import state

_VERBS = {"create": "POST", "import": "POST", "put": "PUT", "get": "GET", "update": "PATCH", "delete": "DELETE"}
_NAMED = {"tag_resource": "PUT", "untag_resource": "DELETE"}


def actions(call: Call, operation: str, parameters: dict[str, Any]) -> list[str]:
    if "invoked" in parameters:
        return ["execute-api:Invoke"]
    return [f"apigateway:{_NAMED.get(operation) or _VERBS[operation.partition('_')[0]]}"]


def resources(call: Call, operation: str, parameters: dict[str, Any]) -> list[str]:
    if "invoked" in parameters:
        return [parameters["invoked"]]
    return [f"arn:aws:apigateway:{call.region}::{_path(operation, parameters)}"]


def _path(operation: str, given: dict[str, Any]) -> str:
    if "resource_arn" in given:
        return f"/tags/{quote(given['resource_arn'], safe='')}"
    if operation.endswith("_account"):
        return "/account"
    path = "/restapis"
    if "rest_api_id" in given:
        path += f"/{given['rest_api_id']}"
    if operation == "create_resource":
        return f"{path}/resources/{given['parent_id']}"
    for name, folder in (("resource_id", "resources"), ("http_method", "methods")):
        if name in given:
            path += f"/{folder}/{given[name]}"
    if "integration" in operation:
        path += "/integration"
    if "status_code" in given:
        path += f"/responses/{given['status_code']}"
    for noun, name in (("stage", "stage_name"), ("deployment", "deployment_id")):
        if operation.rstrip("s").endswith(f"_{noun}"):
            path += f"/{noun}s"
            if not operation.startswith(("create", f"get_{noun}s")):
                path += f"/{given[name]}"
    return f"{path}/resources" if operation == "get_resources" else path


def resource_policy(call: Call, operation: str, parameters: dict[str, Any]) -> str | None:
    return parameters.get("policy") or None if "invoked" in parameters else None


def conditions(call: Call, operation: str, parameters: dict[str, Any]) -> dict[str, Any]:
    if "invoked" in parameters:
        return {}
    tags = parameters.get("tags")
    found: dict[str, Any] = {}
    if isinstance(tags, dict):
        found |= {"aws:TagKeys": list(tags), **{f"aws:RequestTag/{key}": value for key, value in tags.items()}}
    if "tag_keys" in parameters:
        found["aws:TagKeys"] = parameters["tag_keys"]
    api = state.apis.get(call, _api_id(parameters))
    return found | ({f"aws:ResourceTag/{key}": value for key, value in api.tags.items()} if api is not None else {})


def _api_id(parameters: dict[str, Any]) -> str:
    if "resource_arn" in parameters:
        parts = parameters["resource_arn"].rpartition("/restapis/")[2].split("/")
        return str(parts[0])
    return str(parameters.get("rest_api_id", ""))
