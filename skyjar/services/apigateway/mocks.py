"""MOCK integrations: the request template names a status, the response of that status answers. Pure."""

from __future__ import annotations

import re

from skyjar.kernel.web import WebResponse
from skyjar.planes import http_proxy

from . import payloads, templates
from .payloads import Visit, failure
from .state import Integration, IntegrationResponse

_JSON = "application/json"


def answer(visit: Visit, integration: Integration, request_id: str, now: float) -> WebResponse:
    scope = templates.Scope(visit.request, visit.parameters, visit.stage.variables)
    scope.context = payloads.context(visit, request_id, now)
    kind = visit.request.headers.get("content-type", _JSON).partition(";")[0].strip().lower()
    template = integration.templates.get(kind)
    if template is None and _refuses(integration):
        return failure(415, "Unsupported Media Type", "BadRequestException")
    body = visit.request.body.decode("utf-8", "replace")
    status = templates.status_of(templates.render(template, scope) if template is not None else body)
    response = _chosen(integration, status) if status is not None else None
    if response is None:
        return failure(500, "Internal server error", "InternalServerErrorException")
    return _rendered(response, scope)


def _refuses(integration: Integration) -> bool:
    behaviour = integration.passthrough
    return behaviour == "NEVER" or (behaviour == "WHEN_NO_TEMPLATES" and bool(integration.templates))


def _chosen(integration: Integration, status: str) -> IntegrationResponse | None:
    """The response whose pattern matches the status, else the one without a pattern."""
    default = None
    for response in integration.responses.values():
        if not response.pattern:
            default = response
        elif re.fullmatch(response.pattern, status):
            return response
    return default


def _rendered(response: IntegrationResponse, scope: templates.Scope) -> WebResponse:
    kind, template = _JSON, response.templates.get(_JSON)
    if template is None and response.templates:
        kind, template = next(iter(response.templates.items()))
    headers = {"content-type": kind}
    for name, value in response.parameters.items():
        headers[name.removeprefix("method.response.header.").lower()] = http_proxy.one_line(
            templates.parameter(value, scope)
        )
    body = templates.render(template, scope).encode() if template is not None else b""
    return WebResponse(status=int(response.status), headers=list(headers.items()), body=body)
