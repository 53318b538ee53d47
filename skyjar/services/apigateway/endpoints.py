"""The stages' own addresses: a request finds its method, which answers by a function or from templates."""

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

from . import limits, metrics, mocks, payloads, state
from .integrations import LAMBDA
from .payloads import Visit, failure
from .state import Deployment, Integration, Method, Resource, RestApi, Stage

_INVOKER = "apigateway.amazonaws.com"
_VARIABLE = re.compile(r"\$\{stageVariables\.([A-Za-z0-9_]+)\}")


@endpoint(
    hosts=(
        "{api}.execute-api.localhost",
        "{api}.execute-api.{region}.localhost",
        "{api}.execute-api.{region}.amazonaws.com",
        "{api}.execute-api.localhost.localstack.cloud",
        "{api}.execute-api.{region}.localhost.localstack.cloud",
    ),
    paths=(
        "/_aws/execute-api/{api}/{path+}",
        "/_aws/execute-api/{api}",
        "/execute-api/{api}/{path+}",
        "/restapis/{api}/{stage}/_user_request_/{path+}",
        "/restapis/{api}/{stage}/_user_request_",
    ),
)
def execute(call: Call, request: WebRequest) -> WebResponse | Outside | None:
    """None when the API id is not one of a REST API."""
    at = state.owner_of(call, request.labels["api"])
    api = state.apis.get(at, request.labels["api"]) if at is not None else None
    if at is None or api is None:
        return None
    answered = _answer(call, at, api, request)
    if isinstance(answered, Outside):
        return answered.map(lambda call, response: _ended(call, at, api, request, response))
    return _ended(call, at, api, request, answered)


def _ended(call: Call, at: Place, api: RestApi, request: WebRequest, response: WebResponse) -> WebResponse:
    found = _stage(at, api, request)
    metrics.count(call, at, api, found[0] if found is not None else None, response.status)
    response.headers.append(("x-amzn-requestid", call.request_id))
    return response


def _answer(call: Call, at: Place, api: RestApi, request: WebRequest) -> WebResponse | Outside:
    found = _stage(at, api, request)
    if found is None:
        return failure(403, "Forbidden", "ForbiddenException")
    stage, request = found
    deployment = state.deployments.get(at, api.id, stage.deployment)
    chosen = _choose(deployment, request) if deployment is not None else None
    if deployment is None or chosen is None:
        return failure(403, "Missing Authentication Token", "MissingAuthenticationTokenException")
    if len(request.body) > limits.PAYLOAD_BYTES:
        return failure(413, "Request Too Long", "RequestTooLargeException")
    visit = Visit(request, api, stage, deployment, chosen, at.account, call.caller)
    refusal = _refusal(call, at, visit)
    if refusal is not None:
        return refusal
    integration = visit.method.integration
    assert integration is not None
    if integration.type == "MOCK":
        return mocks.answer(visit, integration, call.request_id, call.now)
    return _invoke(call, at, visit, integration)


def _stage(at: Place, api: RestApi, request: WebRequest) -> tuple[Stage, WebRequest] | None:
    """The stage, named by a label or by the path's first part, which is then no part of the path any more."""
    if api.is_endpoint_disabled:
        return None
    named = request.labels.get("stage")
    path = request.path
    if named is None:
        named, _, rest = path.lstrip("/").partition("/")
        path = f"/{rest}"
    stage = state.stages.get(at, api.id, named)
    return (stage, state.replace(request, path=path)) if stage is not None else None


def _choose(deployment: Deployment, request: WebRequest) -> tuple[Resource, Method, dict[str, str]] | None:
    """The most specific resource that has the method or ANY."""
    best: tuple[tuple[int, ...], Resource, Method, dict[str, str]] | None = None
    for resource in deployment.resources:
        method = resource.methods.get(request.method) or resource.methods.get("ANY")
        parameters = http_proxy.match(resource.path, request.path) if method is not None else None
        if method is None or parameters is None:
            continue
        rank = http_proxy.specificity(resource.path)
        if best is None or rank > best[0]:
            best = (rank, resource, method, parameters)
    return best[1:] if best is not None else None


def _arn(at: Place, visit: Visit, path: str, method: str) -> str:
    return f"arn:aws:execute-api:{at.region}:{at.account}:{visit.api.id}/{visit.stage.name}/{method}{path}"


def _refusal(call: Call, at: Place, visit: Visit) -> WebResponse | None:
    """What keeps the caller out: an unsigned request of an AWS_IAM method, IAM, or the API's resource policy."""
    policy, is_signed = visit.deployment.policy, visit.method.authorization == "AWS_IAM"
    if not is_signed and not policy:
        return None
    caller = call.caller if is_signed else principals.ANONYMOUS
    if is_signed and caller.kind == "anonymous":
        return failure(403, "Missing Authentication Token", "MissingAuthenticationTokenException")
    arn = _arn(at, visit, visit.request.path, visit.request.method)
    if call.may("apigateway", "get_stage", caller, region=at.region, invoked=arn, policy=policy):
        return None
    who = caller.arn if is_signed else "anonymous"
    hidden = arn.replace(f":{at.account}:", f":********{at.account[-4:]}:")
    sentence = f"User: {who} is not authorized to perform: execute-api:Invoke on resource: {hidden}"
    return failure(403, sentence, "AccessDeniedException", key="Message")


def _invoke(call: Call, at: Place, visit: Visit, integration: Integration) -> WebResponse | Outside:
    uri = _VARIABLE.sub(lambda match: visit.stage.variables.get(match[1], ""), integration.uri)
    function = LAMBDA.match(uri)
    if function is None:
        return _failed()
    source = _arn(at, visit, visit.resource.path, visit.request.method)
    asked = call.ask(
        "lambda",
        principals.service(_INVOKER, at.account),
        account=at.account,
        region=at.region,
        context={"aws:SourceArn": source, "aws:SourceAccount": at.account},
    )
    try:
        outside = asked.invoke(function_name=function[1], payload=payloads.event(visit, call.request_id, call.now))
    except AWSError:
        # API Gateway tells its own caller nothing more; the record below this call keeps the reason.
        return _failed()
    began, binary_types = call.now, visit.deployment.binary_types

    def answer(call: Call, result: Any) -> WebResponse:
        if (call.now - began) * 1000 > integration.timeout_ms:
            return failure(504, "Endpoint request timed out", "InternalServerErrorException")
        if isinstance(result, AWSError):
            return _failed()
        if result.get("FunctionError"):
            return payloads.malformed()
        return payloads.answer(result["Payload"], visit.request, binary_types)

    return http_proxy.followed(outside, answer) if isinstance(outside, Outside) else answer(call, outside)


def _failed() -> WebResponse:
    return failure(500, "Internal server error", "InternalServerErrorException")
