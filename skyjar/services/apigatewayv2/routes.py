"""Operations on routes and integrations."""

from __future__ import annotations

import re
from typing import Any

from skyjar.kernel.call import Call
from skyjar.kernel.errors import NotImplementedHere
from skyjar.kernel.service import operation

from . import limits, state
from .apis import paged
from .errors import BadRequestException, ConflictException, NotFoundException
from .state import Integration, Route

_KEY = re.compile(r"^(\$default|(GET|PUT|POST|DELETE|OPTIONS|HEAD|PATCH|ANY) /\S*)$")


@operation
def create_integration(
    call: Call,
    *,
    api_id: str,
    integration_type: str,
    integration_uri: str = "",
    integration_method: str = "POST",
    payload_format_version: str = "",
    timeout_in_millis: int = 30_000,
    description: str = "",
    connection_type: str = "INTERNET",
) -> dict[str, Any]:
    state.api_of(call, api_id)
    if integration_type != "AWS_PROXY":
        raise NotImplementedHere(f"Skyjar does not implement integrations of type {integration_type} of apigatewayv2.")
    if payload_format_version not in ("1.0", "2.0"):
        raise BadRequestException(
            "PayloadFormatVersion is a required parameter for Lambda integrations and is 1.0 or 2.0."
        )
    made = Integration(
        api=api_id,
        id=state.new_id(call, 7),
        type=integration_type,
        uri=integration_uri,
        method=integration_method,
        payload_version=payload_format_version,
        timeout_ms=_timeout(timeout_in_millis),
        description=description,
        connection_type=connection_type,
    )
    state.integrations.add(call, made)
    return _show_integration(made)


def _timeout(value: int) -> int:
    least, most = limits.INTEGRATION_TIMEOUT_MS
    if not least <= value <= most:
        raise BadRequestException(f"Timeout should be between {least} ms and {most} ms")
    return value


def _integration(call: Call, api_id: str, identity: str) -> Integration:
    state.api_of(call, api_id)
    found = state.integrations.get(call, api_id, identity)
    if found is None:
        raise NotFoundException(f"Unable to find Integration by ID {identity} within API {api_id}")
    return found


def _show_integration(integration: Integration) -> dict[str, Any]:
    shown = {
        "IntegrationId": integration.id,
        "IntegrationType": integration.type,
        "IntegrationUri": integration.uri,
        "IntegrationMethod": integration.method,
        "PayloadFormatVersion": integration.payload_version,
        "TimeoutInMillis": integration.timeout_ms,
        "ConnectionType": integration.connection_type,
    }
    return shown | ({"Description": integration.description} if integration.description else {})


@operation
def get_integration(call: Call, *, api_id: str, integration_id: str) -> dict[str, Any]:
    return _show_integration(_integration(call, api_id, integration_id))


@operation
def get_integrations(call: Call, *, api_id: str, max_results: str = "", next_token: str = "") -> dict[str, Any]:
    state.api_of(call, api_id)
    found = state.integrations.range(call, api_id, start=(next_token,) if next_token else ())
    page, more = paged(found, max_results, lambda integration: integration.id)
    return {"Items": [_show_integration(integration) for integration in page], **more}


@operation
def update_integration(
    call: Call,
    *,
    api_id: str,
    integration_id: str,
    integration_uri: str | None = None,
    integration_method: str | None = None,
    payload_format_version: str | None = None,
    timeout_in_millis: int | None = None,
    description: str | None = None,
) -> dict[str, Any]:
    old = _integration(call, api_id, integration_id)
    changes = {
        "uri": integration_uri,
        "method": integration_method,
        "payload_version": payload_format_version,
        "timeout_ms": _timeout(timeout_in_millis) if timeout_in_millis is not None else None,
        "description": description,
    }
    new = state.replace(old, **{field: value for field, value in changes.items() if value is not None})
    state.integrations.replace(call, old, new)
    return _show_integration(new)


@operation
def delete_integration(call: Call, *, api_id: str, integration_id: str) -> None:
    found = _integration(call, api_id, integration_id)
    users = [route.id for route in state.routes.range(call, api_id) if route.target == f"integrations/{found.id}"]
    if users:
        raise ConflictException(f"Cannot delete Integration {found.id}. It is used by Route(s) {', '.join(users)}.")
    state.integrations.remove(call, found)


@operation
def create_route(
    call: Call,
    *,
    api_id: str,
    route_key: str,
    target: str = "",
    authorization_type: str = "NONE",
    operation_name: str = "",
    api_key_required: bool = False,
) -> dict[str, Any]:
    state.api_of(call, api_id)
    _check_route(call, api_id, route_key, target, authorization_type, api_key_required)
    made = Route(api=api_id, id=state.new_id(call, 7), key=route_key, target=target, operation_name=operation_name)
    state.routes.add(call, made)
    return _show_route(made)


def _check_route(
    call: Call, api_id: str, key: str, target: str, authorization: str, needs_key: bool, own: str = ""
) -> None:
    if authorization != "NONE" or needs_key:
        raise NotImplementedHere("Skyjar does not implement authorizers of apigatewayv2.")
    if not _KEY.match(key):
        raise BadRequestException(
            f'The provided route key is not formatted properly for HTTP protocol. Format should be "<HTTP METHOD> /<RESOURCE PATH>" or "$default": {key[:128]}'
        )
    if any(route.key == key and route.id != own for route in state.routes.range(call, api_id)):
        raise ConflictException(f"Route with key {key} already exists for this API")
    if target and state.integrations.get(call, api_id, target.removeprefix("integrations/")) is None:
        raise BadRequestException(f"Invalid target for route: {target}")


def _route(call: Call, api_id: str, identity: str) -> Route:
    state.api_of(call, api_id)
    found = state.routes.get(call, api_id, identity)
    if found is None:
        raise NotFoundException(f"Unable to find Route by ID {identity} within API {api_id}")
    return found


def _show_route(route: Route) -> dict[str, Any]:
    shown: dict[str, Any] = {
        "RouteId": route.id,
        "RouteKey": route.key,
        "AuthorizationType": "NONE",
        "ApiKeyRequired": False,
    }
    if route.target:
        shown["Target"] = route.target
    if route.operation_name:
        shown["OperationName"] = route.operation_name
    return shown


@operation
def get_route(call: Call, *, api_id: str, route_id: str) -> dict[str, Any]:
    return _show_route(_route(call, api_id, route_id))


@operation
def get_routes(call: Call, *, api_id: str, max_results: str = "", next_token: str = "") -> dict[str, Any]:
    state.api_of(call, api_id)
    found = state.routes.range(call, api_id, start=(next_token,) if next_token else ())
    page, more = paged(found, max_results, lambda route: route.id)
    return {"Items": [_show_route(route) for route in page], **more}


@operation
def update_route(
    call: Call,
    *,
    api_id: str,
    route_id: str,
    route_key: str | None = None,
    target: str | None = None,
    authorization_type: str = "NONE",
    operation_name: str | None = None,
) -> dict[str, Any]:
    old = _route(call, api_id, route_id)
    changes = {"key": route_key, "target": target, "operation_name": operation_name}
    new: Route = state.replace(old, **{field: value for field, value in changes.items() if value is not None})
    _check_route(call, api_id, new.key, new.target, authorization_type, False, old.id)
    state.routes.replace(call, old, new)
    return _show_route(new)


@operation
def delete_route(call: Call, *, api_id: str, route_id: str) -> None:
    state.routes.remove(call, _route(call, api_id, route_id))
