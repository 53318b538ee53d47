"""The stages' own addresses: a request becomes an event, a function's answer a response."""

from __future__ import annotations

import re
from typing import Any

from skyjar.kernel import principals
from skyjar.kernel.call import Call
from skyjar.kernel.errors import AWSError
from skyjar.kernel.outside import Outside
from skyjar.kernel.service import endpoint
from skyjar.kernel.tables import Place
from skyjar.kernel.web import WebRequest, WebResponse
from skyjar.planes import http_proxy

from . import limits, matching, metrics, payloads, state
from .state import Api, Cors, Integration, Route, Stage

_FUNCTION = re.compile(r"functions/(arn:aws[^/]+)/invocations$")
_INVOKER = "apigateway.amazonaws.com"


@endpoint(
    hosts=(
        "{api}.execute-api.localhost",
        "{api}.execute-api.{region}.localhost",
        "{api}.execute-api.{region}.amazonaws.com",
        "{api}.execute-api.localhost.localstack.cloud",
    ),
    paths=("/_aws/execute-api/{api}/{path+}", "/_aws/execute-api/{api}", "/execute-api/{api}/{path+}"),
)
def execute(call: Call, request: WebRequest) -> WebResponse | Outside | None:
    """None when the API id is not one of an HTTP API."""
    at = state.owner_of(call, request.labels["api"])
    api = state.apis.get(at, request.labels["api"]) if at is not None else None
    if at is None or api is None:
        return None
    answered = _answer(call, at, api, request)
    if isinstance(answered, Outside):
        return answered.map(lambda call, response: _ended(call, at, api, request, response))
    return _ended(call, at, api, request, answered)


def _ended(call: Call, at: Place, api: Api, request: WebRequest, response: WebResponse) -> WebResponse:
    found = _stage(at, api, request)
    metrics.count(call, at, api, found[0] if found is not None else None, request, response)
    return response


def _answer(call: Call, at: Place, api: Api, request: WebRequest) -> WebResponse | Outside:
    if len(request.body) > limits.PAYLOAD_BYTES:
        return payloads.failure(413, "Request Entity Too Large")
    found = _stage(at, api, request)
    if found is None:
        return payloads.failure(404, "Not Found")
    stage, request = found
    if api.cors is not None and _is_preflight(request):
        return _preflight(api.cors, request)
    routes, integrations = _deployed(at, api, stage)
    chosen = matching.choose(routes, request.method, request.path)
    if chosen is None:
        return payloads.failure(404, "Not Found")
    visit = payloads.Visit(request, api, stage, *chosen, at.account)
    integration = integrations.get(chosen[0].target.removeprefix("integrations/"))
    if integration is None:
        return payloads.failure(500, "Internal Server Error")
    return _invoke(call, at, visit, integration)


def _stage(at: Place, api: Api, request: WebRequest) -> tuple[Stage, WebRequest] | None:
    """The stage named by the path's first part, which is then no part of the path any more; else `$default`."""
    first, _, rest = request.path.lstrip("/").partition("/")
    named = state.stages.get(at, api.id, first) if first else None
    if named is not None:
        return named, state.replace(request, path=f"/{rest}")
    default = state.stages.get(at, api.id, "$default")
    return (default, request) if default is not None else None


def _deployed(at: Place, api: Api, stage: Stage) -> tuple[list[Route], dict[str, Integration]]:
    if stage.auto_deploys:
        routes, integrations = state.routes.range(at, api.id), state.integrations.range(at, api.id)
    else:
        deployment = state.deployments.get(at, api.id, stage.deployment) if stage.deployment else None
        if deployment is None:
            return [], {}
        routes, integrations = list(deployment.routes), list(deployment.integrations)
    return routes, {integration.id: integration for integration in integrations}


def _invoke(call: Call, at: Place, visit: payloads.Visit, integration: Integration) -> WebResponse | Outside:
    match = _FUNCTION.search(integration.uri)
    function = match[1] if match is not None else integration.uri
    key = visit.route.key
    where = key if key == "$default" else key.replace(" ", "", 1)
    source = f"arn:aws:execute-api:{at.region}:{at.account}:{visit.api.id}/{visit.stage.name}/{where}"
    principal = principals.service(_INVOKER, at.account)
    asked = call.ask(
        "lambda",
        principal,
        account=at.account,
        region=at.region,
        context={"aws:SourceArn": source, "aws:SourceAccount": at.account},
    )
    payload = payloads.event(visit, integration.payload_version, call.request_id, call.now)
    cors, origin = visit.api.cors, visit.request.headers.get("origin", "")
    try:
        outside = asked.invoke(function_name=function, payload=payload)
    except AWSError:
        # API Gateway tells its own caller nothing more; the record below this call keeps the reason.
        return payloads.failure(500, "Internal Server Error")

    def answer(call: Call, result: Any) -> WebResponse:
        if isinstance(result, AWSError) or result.get("FunctionError"):
            return payloads.failure(500, "Internal Server Error")
        made = payloads.answer(result["Payload"], integration.payload_version)
        if cors is not None and origin:
            _allow(cors, origin, made)
        return made

    return http_proxy.followed(outside, answer) if isinstance(outside, Outside) else answer(call, outside)


def _is_preflight(request: WebRequest) -> bool:
    return request.method == "OPTIONS" and "access-control-request-method" in request.headers


def _preflight(cors: Cors, request: WebRequest) -> WebResponse:
    made = WebResponse(status=204)
    _allow(cors, request.headers.get("origin", ""), made)
    if made.headers:
        made.headers.append(("access-control-allow-methods", ",".join(cors.methods)))
        made.headers.append(("access-control-allow-headers", ",".join(cors.headers)))
        if cors.max_age_s is not None:
            made.headers.append(("access-control-max-age", str(cors.max_age_s)))
    return made


def _allow(cors: Cors, origin: str, response: WebResponse) -> None:
    """Add the CORS headers for an origin that is allowed; those of the function are replaced (Developer Guide)."""
    response.headers = [pair for pair in response.headers if not pair[0].startswith("access-control-")]
    if "*" not in cors.origins and origin not in cors.origins:
        return
    is_any = "*" in cors.origins and not cors.allows_credentials
    response.headers.append(("access-control-allow-origin", "*" if is_any else origin))
    if cors.allows_credentials:
        response.headers.append(("access-control-allow-credentials", "true"))
    if cors.exposed:
        response.headers.append(("access-control-expose-headers", ",".join(cors.exposed)))
