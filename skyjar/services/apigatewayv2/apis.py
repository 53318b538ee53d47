"""Operations on APIs."""

from __future__ import annotations

from typing import Any

from skyjar.kernel.call import Call
from skyjar.kernel.errors import NotImplementedHere
from skyjar.kernel.service import operation

from . import imports, limits, state
from .errors import BadRequestException
from .state import Api, Cors

ROUTE_SELECTION = "$request.method $request.path"
KEY_SELECTION = "$request.header.x-api-key"


@operation
def create_api(
    call: Call,
    *,
    name: str,
    protocol_type: str,
    cors_configuration: dict[str, Any] | None = None,
    description: str = "",
    disable_execute_api_endpoint: bool = False,
    tags: dict[str, str] | None = None,
    version: str = "",
    api_key_selection_expression: str = KEY_SELECTION,
    route_selection_expression: str = ROUTE_SELECTION,
) -> dict[str, Any]:
    if protocol_type != "HTTP":
        raise NotImplementedHere("Skyjar does not implement WebSocket APIs of apigatewayv2.")
    _check_selections(api_key_selection_expression, route_selection_expression)
    api = make(call, name, description, version, cors_of(cors_configuration), tags or {}, disable_execute_api_endpoint)
    return show(call, api)


def _check_selections(key: str, route: str) -> None:
    """HTTP APIs have these two as they are, and clients that send defaults (Terraform) say so."""
    if key != KEY_SELECTION:
        raise BadRequestException("API key selection expression is not supported for HTTP APIs.")
    if route not in (ROUTE_SELECTION, "${request.method} ${request.path}"):
        raise BadRequestException("Route selection expression is not supported for HTTP APIs.")


def make(
    call: Call, name: str, description: str, version: str, cors: Cors | None, tags: dict[str, str], is_disabled: bool
) -> Api:
    if len(tags) > limits.TAGS:
        raise BadRequestException(f"The maximum number of tags is {limits.TAGS}.")
    api = Api(
        id=state.new_id(call),
        name=name,
        created_s=call.now,
        description=description,
        version=version,
        cors=cors,
        tags=tags,
        is_endpoint_disabled=is_disabled,
    )
    state.apis.add(call, api)
    state.owners.put(call, state.Owner(api=api.id, account=call.account, region=call.region))
    return api


def cors_of(given: dict[str, Any] | None) -> Cors | None:
    if not given:
        return None
    return Cors(
        origins=tuple(given.get("AllowOrigins", ())),
        methods=tuple(given.get("AllowMethods", ())),
        headers=tuple(given.get("AllowHeaders", ())),
        exposed=tuple(given.get("ExposeHeaders", ())),
        max_age_s=given.get("MaxAge"),
        allows_credentials=bool(given.get("AllowCredentials", False)),
    )


def show(call: Call, api: Api) -> dict[str, Any]:
    shown: dict[str, Any] = {
        "ApiId": api.id,
        "Name": api.name,
        "ProtocolType": "HTTP",
        "CreatedDate": api.created_s,
        "ApiEndpoint": f"https://{api.id}.execute-api.{call.region}.amazonaws.com",
        "RouteSelectionExpression": ROUTE_SELECTION,
        "ApiKeySelectionExpression": KEY_SELECTION,
        "DisableExecuteApiEndpoint": api.is_endpoint_disabled,
        "Tags": api.tags,
    }
    if api.description:
        shown["Description"] = api.description
    if api.version:
        shown["Version"] = api.version
    if api.cors is not None:
        shown["CorsConfiguration"] = _show_cors(api.cors)
    return shown


def _show_cors(cors: Cors) -> dict[str, Any]:
    shown: dict[str, Any] = {
        "AllowOrigins": list(cors.origins),
        "AllowMethods": list(cors.methods),
        "AllowHeaders": list(cors.headers),
        "ExposeHeaders": list(cors.exposed),
        "AllowCredentials": cors.allows_credentials,
    }
    if cors.max_age_s is not None:
        shown["MaxAge"] = cors.max_age_s
    return {name: value for name, value in shown.items() if value not in ([], None)}


@operation
def get_api(call: Call, *, api_id: str) -> dict[str, Any]:
    return show(call, state.api_of(call, api_id))


@operation
def get_apis(call: Call, *, max_results: str = "", next_token: str = "") -> dict[str, Any]:
    found = state.apis.range(call, start=(next_token,) if next_token else ())
    page, more = paged(found, max_results, lambda api: api.id)
    return {"Items": [show(call, api) for api in page], **more}


def paged(found: list[Any], max_results: str, token: Any) -> tuple[list[Any], dict[str, str]]:
    """The first page, and the token of the next when there is one."""
    if max_results and (not (max_results.isascii() and max_results.isdigit()) or int(max_results) < 1):
        raise BadRequestException("maxResults must be a positive integer.")
    size = int(max_results or 100)
    return found[:size], ({"NextToken": token(found[size])} if len(found) > size else {})


@operation
def update_api(
    call: Call,
    *,
    api_id: str,
    name: str | None = None,
    cors_configuration: dict[str, Any] | None = None,
    description: str | None = None,
    disable_execute_api_endpoint: bool | None = None,
    version: str | None = None,
    api_key_selection_expression: str = KEY_SELECTION,
    route_selection_expression: str = ROUTE_SELECTION,
) -> dict[str, Any]:
    _check_selections(api_key_selection_expression, route_selection_expression)
    api = state.api_of(call, api_id)
    changes = {
        "name": name,
        "cors": cors_of(cors_configuration),
        "description": description,
        "is_endpoint_disabled": disable_execute_api_endpoint,
        "version": version,
    }
    new = state.replace(api, **{field: value for field, value in changes.items() if value is not None})
    state.apis.replace(call, api, new)
    return show(call, new)


@operation
def delete_cors_configuration(call: Call, *, api_id: str) -> None:
    api = state.api_of(call, api_id)
    state.apis.replace(call, api, state.replace(api, cors=None))


@operation
def delete_api(call: Call, *, api_id: str) -> None:
    api = state.api_of(call, api_id)
    imports.clear(call, api.id)
    for stage in state.stages.range(call, api.id):
        state.stages.remove(call, stage)
    for deployment in state.deployments.range(call, api.id):
        state.deployments.remove(call, deployment)
    state.apis.remove(call, api)
    state.owners.delete(call, api.id)


@operation
def import_api(call: Call, *, body: str, fail_on_warnings: bool = False) -> dict[str, Any]:
    document = imports.read(body)
    info = document.get("info") or {}
    api = make(
        call,
        str(info.get("title", "")),
        str(info.get("description", "")),
        str(info.get("version", "")),
        None,
        {},
        False,
    )
    new = imports.apply(call, api, document)
    return show(call, new)


@operation
def reimport_api(call: Call, *, api_id: str, body: str, fail_on_warnings: bool = False) -> dict[str, Any]:
    api = state.api_of(call, api_id)
    imports.clear(call, api.id)
    return show(call, imports.apply(call, api, imports.read(body)))
