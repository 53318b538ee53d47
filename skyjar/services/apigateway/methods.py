"""Operations on methods and their responses."""

from __future__ import annotations

import re
from typing import Any

from skyjar.kernel.call import Call
from skyjar.kernel.errors import NotImplementedHere
from skyjar.kernel.service import operation

from . import patches, state
from .errors import BadRequestException, ConflictException, NotFoundException
from .integrations import show_integration
from .state import Method, MethodResponse, Resource

VERBS = frozenset(("GET", "PUT", "POST", "DELETE", "OPTIONS", "HEAD", "PATCH", "ANY"))
_RESPONSE_HEADER = re.compile(r"^method\.response\.header\.[A-Za-z0-9!#$%&'*+.^_`|~-]+$")


@operation
def put_method(
    call: Call,
    *,
    rest_api_id: str,
    resource_id: str,
    http_method: str,
    authorization_type: str,
    api_key_required: bool = False,
    operation_name: str = "",
    request_parameters: dict[str, bool] | None = None,
    request_models: dict[str, str] | None = None,
) -> dict[str, Any]:
    """Request parameters and models do nothing without a request validator, as on AWS; validators are not here."""
    holder = state.resource_of(call, rest_api_id, resource_id)
    if http_method in holder.methods:
        raise ConflictException("Method already exists for this resource")
    made = Method(
        http_method=checked_verb(http_method),
        authorization=checked_authorization(authorization_type, api_key_required),
        operation_name=operation_name,
        parameters=request_parameters or {},
        models=request_models or {},
    )
    state.put_method(call, holder, made)
    return show_method(holder, made)


def checked_verb(given: str) -> str:
    if given not in VERBS:
        raise BadRequestException(
            "Invalid HttpMethod specified. Valid options are GET,PUT,POST,DELETE,PATCH,OPTIONS,HEAD,ANY"
        )
    return given


def checked_authorization(given: str, needs_key: bool) -> str:
    if needs_key:
        raise NotImplementedHere("Skyjar does not implement API keys of apigateway.")
    if given in ("CUSTOM", "COGNITO_USER_POOLS"):
        raise NotImplementedHere(f"Skyjar does not implement authorizers ({given}) of apigateway.")
    if given not in ("NONE", "AWS_IAM"):
        raise BadRequestException(
            "Invalid Authorization Type specified. Valid options are NONE, AWS_IAM, CUSTOM, COGNITO_USER_POOLS"
        )
    return given


def show_method(holder: Resource, method: Method) -> dict[str, Any]:
    shown: dict[str, Any] = {
        "httpMethod": method.http_method,
        "authorizationType": method.authorization,
        "apiKeyRequired": False,
    }
    optional = {
        "operationName": method.operation_name,
        "requestParameters": method.parameters,
        "requestModels": method.models,
        "methodResponses": {status: show_response(response) for status, response in method.responses.items()},
    }
    shown |= {name: value for name, value in optional.items() if value}
    if method.integration is not None:
        shown["methodIntegration"] = show_integration(holder, method.integration)
    return shown


def show_response(response: MethodResponse) -> dict[str, Any]:
    optional = {"responseParameters": response.parameters, "responseModels": response.models}
    return {"statusCode": response.status} | {name: value for name, value in optional.items() if value}


@operation
def get_method(call: Call, *, rest_api_id: str, resource_id: str, http_method: str) -> dict[str, Any]:
    return show_method(*state.method_of(call, rest_api_id, resource_id, http_method))


_PATCHES: dict[str, patches.Apply] = {
    "/authorizationType": patches.field("authorization"),
    "/operationName": patches.field("operation_name"),
    "/apiKeyRequired": patches.never("API keys"),
    "/requestParameters/*": patches.entry("parameters", patches.flag),
    "/requestModels/*": patches.entry("models"),
}


@operation
def update_method(
    call: Call,
    *,
    rest_api_id: str,
    resource_id: str,
    http_method: str,
    patch_operations: list[dict[str, str]] | None = None,
) -> dict[str, Any]:
    holder, old = state.method_of(call, rest_api_id, resource_id, http_method)
    new: Method = patches.apply(old, patch_operations, _PATCHES)
    checked_authorization(new.authorization, False)
    state.put_method(call, holder, new)
    return show_method(holder, new)


@operation
def delete_method(call: Call, *, rest_api_id: str, resource_id: str, http_method: str) -> None:
    holder, _ = state.method_of(call, rest_api_id, resource_id, http_method)
    state.resources.replace(call, holder, state.replace(holder, methods=state.without(holder.methods, http_method)))


@operation
def put_method_response(
    call: Call,
    *,
    rest_api_id: str,
    resource_id: str,
    http_method: str,
    status_code: str,
    response_parameters: dict[str, bool] | None = None,
    response_models: dict[str, str] | None = None,
) -> dict[str, Any]:
    holder, method = state.method_of(call, rest_api_id, resource_id, http_method)
    if status_code in method.responses:
        raise ConflictException("Response already exists for this resource")
    made = _checked(MethodResponse(status_code, response_parameters or {}, response_models or {}))
    _put_response(call, holder, method, made)
    return show_response(made)


def _checked(response: MethodResponse) -> MethodResponse:
    for name in response.parameters:
        if not _RESPONSE_HEADER.match(name):
            raise BadRequestException(f"Invalid mapping expression parameter specified: {name[:128]}")
    return response


def _put_response(call: Call, holder: Resource, method: Method, response: MethodResponse) -> None:
    responses = {**method.responses, response.status: response}
    state.put_method(call, holder, state.replace(method, responses=responses))


def _response(
    call: Call, api: str, resource: str, http_method: str, status: str
) -> tuple[Resource, Method, MethodResponse]:
    holder, method = state.method_of(call, api, resource, http_method)
    found = method.responses.get(status)
    if found is None:
        raise NotFoundException("Invalid Response status code specified")
    return holder, method, found


@operation
def get_method_response(
    call: Call, *, rest_api_id: str, resource_id: str, http_method: str, status_code: str
) -> dict[str, Any]:
    return show_response(_response(call, rest_api_id, resource_id, http_method, status_code)[2])


_RESPONSE_PATCHES: dict[str, patches.Apply] = {
    "/responseParameters/*": patches.entry("parameters", patches.flag),
    "/responseModels/*": patches.entry("models"),
}


@operation
def update_method_response(
    call: Call,
    *,
    rest_api_id: str,
    resource_id: str,
    http_method: str,
    status_code: str,
    patch_operations: list[dict[str, str]] | None = None,
) -> dict[str, Any]:
    holder, method, old = _response(call, rest_api_id, resource_id, http_method, status_code)
    new = _checked(patches.apply(old, patch_operations, _RESPONSE_PATCHES))
    _put_response(call, holder, method, new)
    return show_response(new)


@operation
def delete_method_response(
    call: Call, *, rest_api_id: str, resource_id: str, http_method: str, status_code: str
) -> None:
    holder, method, _ = _response(call, rest_api_id, resource_id, http_method, status_code)
    state.put_method(call, holder, state.replace(method, responses=state.without(method.responses, status_code)))
