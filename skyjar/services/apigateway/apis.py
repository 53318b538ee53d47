"""Operations on REST APIs."""

from __future__ import annotations

import re
from typing import Any

import orjson

from skyjar.kernel.call import Call
from skyjar.kernel.errors import NotImplementedHere
from skyjar.kernel.service import operation
from skyjar.kernel.tables import At

from . import imports, limits, patches, state
from .errors import BadRequestException
from .paging import paged
from .state import Resource, RestApi

_SHORT = re.compile(r"^execute-api:/")


@operation
def create_rest_api(
    call: Call,
    *,
    name: str,
    description: str = "",
    version: str = "",
    binary_media_types: list[str] | None = None,
    api_key_source: str = "HEADER",
    endpoint_configuration: dict[str, Any] | None = None,
    policy: str = "",
    tags: dict[str, str] | None = None,
    disable_execute_api_endpoint: bool = False,
) -> dict[str, Any]:
    if not name.strip():
        raise BadRequestException("Invalid API name specified")
    api = make(
        call,
        name,
        description=description,
        version=version,
        binary_types=tuple(binary_media_types or ()),
        key_source=api_key_source,
        endpoint_types=_types((endpoint_configuration or {}).get("types", ["EDGE"]), endpoint_configuration or {}),
        tags=tags or {},
        is_endpoint_disabled=disable_execute_api_endpoint,
    )
    if policy:
        old, api = api, state.replace(api, policy=read_policy(call, api.id, policy))
        state.apis.replace(call, old, api)
    return show(api)


def make(call: Call, name: str, **fields: Any) -> RestApi:
    """A new API and its root resource."""
    if len(fields.get("tags", {})) > limits.TAGS:
        raise BadRequestException(f"Tags cannot have more than {limits.TAGS} elements")
    identity, root = state.new_id(call), state.new_id(call)
    api = RestApi(id=identity, name=name, created_s=float(int(call.now)), root=root, **fields)
    state.apis.add(call, api)
    state.resources.add(call, Resource(api=identity, id=root, parent="", part="", path="/"))
    state.owners.put(call, state.Owner(api=identity, account=call.account, region=call.region))
    return api


def _types(given: list[str], configuration: dict[str, Any]) -> tuple[str, ...]:
    if configuration.get("vpcEndpointIds"):
        raise NotImplementedHere("Skyjar does not implement VPC endpoints of apigateway.")
    if configuration.get("ipAddressType", "ipv4") != "ipv4":
        raise NotImplementedHere("Skyjar does not implement dualstack endpoints of apigateway.")
    return endpoint_types(given)


def endpoint_types(given: list[str]) -> tuple[str, ...]:
    for kind in given:
        if kind == "PRIVATE":
            raise NotImplementedHere("Skyjar does not implement private REST APIs of apigateway.")
        if kind not in ("EDGE", "REGIONAL"):
            raise BadRequestException(f"Invalid endpoint type specified: {kind[:64]}")
    if len(given) != 1:
        raise BadRequestException("Endpoint configuration must have exactly one endpoint type.")
    return tuple(given)


def read_policy(at: At, api_id: str, text: str) -> str:
    """The policy as stored: `execute-api:/stage/…` becomes the whole ARN, as API Gateway writes it out."""
    if not text:
        return ""
    try:
        document = orjson.loads(text)
        statements = document["Statement"]
        for statement in statements if isinstance(statements, list) else [statements]:
            for key in ("Resource", "NotResource"):
                if key in statement:
                    statement[key] = _written_out(at, api_id, statement[key])
    except (orjson.JSONDecodeError, KeyError, TypeError):
        raise BadRequestException("Invalid policy document. Please check the policy syntax.") from None
    made = orjson.dumps(document).decode()
    if len(made) > limits.POLICY_BYTES:
        raise BadRequestException("Policy document is too large")
    return made


def _written_out(at: At, api_id: str, given: Any) -> Any:
    if isinstance(given, list):
        return [_written_out(at, api_id, one) for one in given]
    return _SHORT.sub(f"arn:aws:execute-api:{at.region}:{at.account}:{api_id}/", str(given))


def show(api: RestApi) -> dict[str, Any]:
    shown: dict[str, Any] = {
        "id": api.id,
        "name": api.name,
        "createdDate": api.created_s,
        "apiKeySource": api.key_source,
        "endpointConfiguration": {"types": list(api.endpoint_types), "ipAddressType": "ipv4"},
        "disableExecuteApiEndpoint": api.is_endpoint_disabled,
        "rootResourceId": api.root,
        "tags": api.tags,
    }
    optional = {
        "description": api.description,
        "version": api.version,
        "policy": api.policy,
        "binaryMediaTypes": list(api.binary_types),
    }
    return shown | {name: value for name, value in optional.items() if value}


@operation
def get_rest_api(call: Call, *, rest_api_id: str) -> dict[str, Any]:
    return show(state.api_of(call, rest_api_id))


@operation
def get_rest_apis(call: Call, *, position: str = "", limit: int | None = None) -> dict[str, Any]:
    page, more = paged(state.apis.range(call), lambda api: api.id, position, limit)
    return {"items": [show(api) for api in page], **more}


def _change_binary_types(api: RestApi, op: str, last: str, value: str) -> Any:
    kept = [kind for kind in api.binary_types if kind != last]
    if op == "replace":
        kept.append(value)
    elif op == "add":
        kept.append(last)
    return state.replace(api, binary_types=tuple(kept))


def _change_types(api: RestApi, op: str, last: str, value: str) -> Any:
    return state.replace(api, endpoint_types=endpoint_types([value or last]))


_PATCHES: dict[str, patches.Apply] = {
    "/name": patches.field("name"),
    "/description": patches.field("description"),
    "/version": patches.field("version"),
    "/policy": patches.field("policy"),
    "/apiKeySource": patches.field("key_source"),
    "/disableExecuteApiEndpoint": patches.field("is_endpoint_disabled", patches.flag),
    "/binaryMediaTypes/*": _change_binary_types,
    "/endpointConfiguration/types/*": _change_types,
}


@operation
def update_rest_api(
    call: Call, *, rest_api_id: str, patch_operations: list[dict[str, str]] | None = None
) -> dict[str, Any]:
    old = state.api_of(call, rest_api_id)
    new = patches.apply(old, patch_operations, _PATCHES)
    if new.policy != old.policy:
        new = state.replace(new, policy=read_policy(call, old.id, new.policy))
    state.apis.replace(call, old, new)
    return show(new)


@operation
def delete_rest_api(call: Call, *, rest_api_id: str) -> None:
    api = state.api_of(call, rest_api_id)
    for resource in state.resources.range(call, api.id):
        state.resources.remove(call, resource)
    for stage in state.stages.range(call, api.id):
        state.stages.remove(call, stage)
    for deployment in state.deployments.range(call, api.id):
        state.deployments.remove(call, deployment)
    state.apis.remove(call, api)
    state.owners.delete(call, api.id)


@operation
def import_rest_api(
    call: Call, *, body: bytes, fail_on_warnings: bool = False, parameters: dict[str, str] | None = None
) -> dict[str, Any]:
    document = imports.read(body)
    types = endpoint_types([_parameters(parameters).get("endpointConfigurationTypes", "EDGE")])
    title = str((document.get("info") or {}).get("title") or "")
    api = make(call, title or "Imported on API Gateway", endpoint_types=types)
    return show(_take(call, api, document, False))


@operation
def put_rest_api(
    call: Call,
    *,
    rest_api_id: str,
    body: bytes,
    mode: str = "merge",
    fail_on_warnings: bool = False,
    parameters: dict[str, str] | None = None,
) -> dict[str, Any]:
    old = api = state.api_of(call, rest_api_id)
    document = imports.read(body)
    types = _parameters(parameters).get("endpointConfigurationTypes")
    if types is not None:
        api = state.replace(api, endpoint_types=endpoint_types([types]))
        state.apis.replace(call, old, api)
    return show(_take(call, api, document, mode == "overwrite"))


def _take(call: Call, api: RestApi, document: dict[str, Any], overwrites: bool) -> RestApi:
    imports.build(call, api, document, overwrites)
    changes = imports.described(document)
    if "policy" in changes:
        changes["policy"] = read_policy(call, api.id, changes["policy"])
    elif overwrites:
        changes["policy"] = ""
    new: RestApi = state.replace(api, **changes)
    state.apis.replace(call, api, new)
    return new


def _parameters(given: dict[str, str] | None) -> dict[str, str]:
    found = given or {}
    for name, value in found.items():
        if name not in ("endpointConfigurationTypes", "ignore", "basepath") or (
            name == "basepath" and value != "ignore"
        ):
            raise NotImplementedHere(f"Skyjar does not implement the import parameter {name}={value} of apigateway.")
    return found
