"""Operations on integrations and their responses."""

from __future__ import annotations

import re
from typing import Any

from skyjar.kernel.call import Call
from skyjar.kernel.errors import NotImplementedHere
from skyjar.kernel.service import operation

from . import limits, patches, state, templates
from .errors import BadRequestException, NotFoundException
from .state import Integration, IntegrationResponse, Method, Resource

LAMBDA = re.compile(r"^arn:aws[a-z-]*:apigateway:[a-z0-9-]+:lambda:path/[0-9-]+/functions/(.+)/invocations$")
_SERVICE = re.compile(r"^arn:aws[a-z-]*:apigateway:[a-z0-9-]+:[a-z0-9.-]+:(path|action)/")
_PASSTHROUGH = ("WHEN_NO_MATCH", "WHEN_NO_TEMPLATES", "NEVER")
_HEADER = "method.response.header."


@operation
def put_integration(
    call: Call,
    *,
    rest_api_id: str,
    resource_id: str,
    http_method: str,
    type: str,
    integration_http_method: str = "",
    uri: str = "",
    connection_type: str = "INTERNET",
    request_templates: dict[str, str] | None = None,
    passthrough_behavior: str = "WHEN_NO_MATCH",
    content_handling: str = "",
    timeout_in_millis: int | None = None,
    response_transfer_mode: str = "BUFFERED",
) -> dict[str, Any]:
    holder, method = state.method_of(call, rest_api_id, resource_id, http_method)
    if connection_type != "INTERNET":
        raise NotImplementedHere("Skyjar does not implement VPC links of apigateway.")
    if response_transfer_mode != "BUFFERED":
        raise NotImplementedHere("Skyjar does not implement response streaming of apigateway.")
    made = checked(
        Integration(
            type=type,
            uri=uri,
            method=integration_http_method,
            passthrough=passthrough_behavior,
            templates=request_templates or {},
            timeout_ms=limits.INTEGRATION_TIMEOUT_MS[1] if timeout_in_millis is None else timeout_in_millis,
            content_handling=content_handling,
        )
    )
    state.put_method(call, holder, state.replace(method, integration=made))
    return show_integration(holder, made)


def checked(integration: Integration) -> Integration:
    kind = integration.type
    if kind not in ("AWS_PROXY", "MOCK"):
        raise NotImplementedHere(f"Skyjar does not implement integrations of type {kind} of apigateway.")
    least, most = limits.INTEGRATION_TIMEOUT_MS
    if not least <= integration.timeout_ms <= most:
        raise BadRequestException(f"Timeout should be between {least} ms and {most} ms")
    if integration.passthrough not in _PASSTHROUGH:
        raise BadRequestException(
            f"Invalid passthrough behavior specified. Valid options are {', '.join(_PASSTHROUGH)}"
        )
    if kind == "MOCK":
        if integration.content_handling:
            raise NotImplementedHere("Skyjar does not implement contentHandling of MOCK integrations of apigateway.")
        for text in integration.templates.values():
            templates.check(text)
    else:
        _check_function(integration)
    return integration


def _check_function(integration: Integration) -> None:
    if not integration.method:
        raise BadRequestException("Enumeration value for HttpMethod must be non-empty")
    if LAMBDA.match(integration.uri):
        return
    if _SERVICE.match(integration.uri) and ":lambda:" not in integration.uri:
        raise BadRequestException(
            "Integrations of type 'AWS_PROXY' currently only supports Lambda function and Firehose stream invocations."
        )
    raise BadRequestException("Invalid ARN specified in the request")


def show_integration(holder: Resource, integration: Integration) -> dict[str, Any]:
    shown: dict[str, Any] = {
        "type": integration.type,
        "passthroughBehavior": integration.passthrough,
        "timeoutInMillis": integration.timeout_ms,
        "cacheNamespace": holder.id,
        "cacheKeyParameters": [],
    }
    optional = {
        "httpMethod": integration.method,
        "uri": integration.uri,
        "requestTemplates": integration.templates,
        "contentHandling": integration.content_handling,
        "integrationResponses": {status: show_response(each) for status, each in integration.responses.items()},
    }
    return shown | {name: value for name, value in optional.items() if value}


def show_response(response: IntegrationResponse) -> dict[str, Any]:
    optional = {
        "selectionPattern": response.pattern,
        "responseParameters": response.parameters,
        "responseTemplates": response.templates,
    }
    return {"statusCode": response.status} | {name: value for name, value in optional.items() if value}


@operation
def get_integration(call: Call, *, rest_api_id: str, resource_id: str, http_method: str) -> dict[str, Any]:
    holder, _, found = state.integration_of(call, rest_api_id, resource_id, http_method)
    return show_integration(holder, found)


def _milliseconds(value: str) -> int:
    if not (value.isascii() and value.isdigit()):
        raise BadRequestException("Invalid timeout specified")
    return int(value)


_PATCHES: dict[str, patches.Apply] = {
    "/uri": patches.field("uri"),
    "/httpMethod": patches.field("method"),
    "/passthroughBehavior": patches.field("passthrough"),
    "/contentHandling": patches.field("content_handling"),
    "/timeoutInMillis": patches.field("timeout_ms", _milliseconds),
    "/requestTemplates/*": patches.entry("templates"),
}


@operation
def update_integration(
    call: Call,
    *,
    rest_api_id: str,
    resource_id: str,
    http_method: str,
    patch_operations: list[dict[str, str]] | None = None,
) -> dict[str, Any]:
    holder, method, old = state.integration_of(call, rest_api_id, resource_id, http_method)
    new = checked(patches.apply(old, patch_operations, _PATCHES))
    state.put_method(call, holder, state.replace(method, integration=new))
    return show_integration(holder, new)


@operation
def delete_integration(call: Call, *, rest_api_id: str, resource_id: str, http_method: str) -> None:
    holder, method, _ = state.integration_of(call, rest_api_id, resource_id, http_method)
    state.put_method(call, holder, state.replace(method, integration=None))


@operation
def put_integration_response(
    call: Call,
    *,
    rest_api_id: str,
    resource_id: str,
    http_method: str,
    status_code: str,
    selection_pattern: str = "",
    response_parameters: dict[str, str] | None = None,
    response_templates: dict[str, str] | None = None,
) -> dict[str, Any]:
    holder, method, integration = state.integration_of(call, rest_api_id, resource_id, http_method)
    made = IntegrationResponse(status_code, selection_pattern, response_parameters or {}, response_templates or {})
    check_response(method, made)
    _put_response(call, holder, method, integration, made)
    return show_response(made)


def check_response(method: Method, response: IntegrationResponse) -> None:
    """It answers with a method response that exists, sets only headers that one declares, and can be rendered."""
    declared = method.responses.get(response.status)
    if declared is None:
        raise NotFoundException("Invalid Response status code specified")
    for name, value in response.parameters.items():
        if not name.startswith(_HEADER) or name not in declared.parameters:
            raise BadRequestException(
                "Invalid mapping expression specified: Validation Result: warnings : [], errors : "
                f"[Invalid mapping expression parameter specified: {name[:128]}]"
            )
        templates.check_parameter(value)
    check_rendering(response)


def check_rendering(response: IntegrationResponse) -> None:
    for text in response.templates.values():
        templates.check(text)
    try:
        re.compile(response.pattern)
    except re.error:
        raise BadRequestException("Invalid selection pattern specified") from None


def _put_response(
    call: Call, holder: Resource, method: Method, integration: Integration, response: IntegrationResponse
) -> None:
    new = state.replace(integration, responses={**integration.responses, response.status: response})
    state.put_method(call, holder, state.replace(method, integration=new))


def _response(
    call: Call, api: str, resource: str, http_method: str, status: str
) -> tuple[Resource, Method, Integration, IntegrationResponse]:
    holder, method, integration = state.integration_of(call, api, resource, http_method)
    found = integration.responses.get(status)
    if found is None:
        raise NotFoundException("Invalid Response status code specified")
    return holder, method, integration, found


@operation
def get_integration_response(
    call: Call, *, rest_api_id: str, resource_id: str, http_method: str, status_code: str
) -> dict[str, Any]:
    return show_response(_response(call, rest_api_id, resource_id, http_method, status_code)[3])


_RESPONSE_PATCHES: dict[str, patches.Apply] = {
    "/selectionPattern": patches.field("pattern"),
    "/responseParameters/*": patches.entry("parameters"),
    "/responseTemplates/*": patches.entry("templates"),
}


@operation
def update_integration_response(
    call: Call,
    *,
    rest_api_id: str,
    resource_id: str,
    http_method: str,
    status_code: str,
    patch_operations: list[dict[str, str]] | None = None,
) -> dict[str, Any]:
    holder, method, integration, old = _response(call, rest_api_id, resource_id, http_method, status_code)
    new: IntegrationResponse = patches.apply(old, patch_operations, _RESPONSE_PATCHES)
    check_response(method, new)
    _put_response(call, holder, method, integration, new)
    return show_response(new)


@operation
def delete_integration_response(
    call: Call, *, rest_api_id: str, resource_id: str, http_method: str, status_code: str
) -> None:
    holder, method, integration, _ = _response(call, rest_api_id, resource_id, http_method, status_code)
    new = state.replace(integration, responses=state.without(integration.responses, status_code))
    state.put_method(call, holder, state.replace(method, integration=new))
