"""The events that functions are given (Lambda proxy, payload format 1.0 as REST APIs send it) and their answers. Pure."""

from __future__ import annotations

import base64
from typing import Any
from urllib.parse import unquote

import orjson

from skyjar.kernel.principals import Principal
from skyjar.kernel.web import WebRequest, WebResponse
from skyjar.planes import http_proxy

from .state import Deployment, Method, Resource, RestApi, Stage

# Sent in these spellings, as in the documented events; all other names stay as the edge gives them, in lower case.
_SPELT = {
    name.lower(): name
    for name in (
        "Accept", "Accept-Encoding", "Accept-Language", "Authorization", "Cache-Control", "Content-Type", "Cookie", "Host",
        "If-Match", "If-Modified-Since", "If-None-Match", "Origin", "Pragma", "Range", "Referer", "User-Agent", "Via",
        "X-Forwarded-For", "X-Forwarded-Port", "X-Forwarded-Proto",
    )
}  # fmt: skip
# Developer Guide, "Amazon API Gateway important notes for REST APIs": headers that are dropped, and those remapped.
_DROPPED = frozenset(
    ("connection", "content-length", "expect", "max-forwards", "proxy-authenticate", "te", "trailer", "transfer-encoding",
     "upgrade")
)  # fmt: skip
_REMAPPED = frozenset(
    ("authorization", "connection", "content-length", "content-md5", "date", "host", "server", "user-agent",
     "www-authenticate")
)  # fmt: skip
_KEYS = frozenset(("statusCode", "headers", "multiValueHeaders", "body", "isBase64Encoded"))


class Visit:
    """One request to one method of one stage. `request.path` is without the stage."""

    def __init__(
        self,
        request: WebRequest,
        api: RestApi,
        stage: Stage,
        deployment: Deployment,
        chosen: tuple[Resource, Method, dict[str, str]],
        account: str,
        caller: Principal,
    ) -> None:
        self.request = request
        self.api = api
        self.stage = stage
        self.deployment = deployment
        self.resource, self.method, self.parameters = chosen
        self.account = account
        self.caller = caller


def context(visit: Visit, request_id: str, now: float) -> dict[str, Any]:
    """The `requestContext`, whose members are also `$context` in mapping templates."""
    request, resource = visit.request, visit.resource
    return {
        "resourceId": resource.id,
        "resourcePath": resource.path,
        "operationName": visit.method.operation_name or None,
        "httpMethod": request.method,
        "extendedRequestId": _extended(request_id),
        "requestTime": http_proxy.moment(now),
        "path": f"/{visit.stage.name}{unquote(request.path)}",
        "accountId": visit.account,
        "protocol": f"HTTP/{request.version}",
        "stage": visit.stage.name,
        "domainPrefix": visit.api.id,
        "requestTimeEpoch": int(now * 1000),
        "requestId": request_id,
        "identity": _identity(visit),
        "domainName": request.host,
        "deploymentId": visit.deployment.id,
        "apiId": visit.api.id,
    }


def _extended(request_id: str) -> str:
    return base64.b64encode(bytes.fromhex(request_id.replace("-", ""))[:10]).decode()[:15] + "="


def _identity(visit: Visit) -> dict[str, Any]:
    is_signed = visit.method.authorization == "AWS_IAM"
    caller = visit.caller
    return {
        "cognitoIdentityPoolId": None,
        "accountId": caller.account if is_signed else None,
        "cognitoIdentityId": None,
        "caller": caller.id if is_signed else None,
        "sourceIp": visit.request.source_ip,
        "principalOrgId": None,
        "accessKey": caller.access_key if is_signed else None,
        "cognitoAuthenticationType": None,
        "cognitoAuthenticationProvider": None,
        "userArn": caller.arn if is_signed else None,
        "userAgent": visit.request.headers.get("user-agent"),
        "user": caller.id if is_signed else None,
    }


def event(visit: Visit, request_id: str, now: float) -> bytes:
    request = visit.request
    headers = _headers(request, request_id, now)
    several = http_proxy.queries(request.query)
    made_context = context(visit, request_id, now)
    if made_context["operationName"] is None:
        del made_context["operationName"]
    body, is_encoded = _body(request, visit.deployment.binary_types)
    return orjson.dumps(
        {
            "resource": visit.resource.path,
            "path": unquote(request.path),
            "httpMethod": request.method,
            "headers": headers,
            "multiValueHeaders": {name: [value] for name, value in headers.items()},
            "queryStringParameters": {name: values[-1] for name, values in several.items()} or None,
            "multiValueQueryStringParameters": several or None,
            "pathParameters": visit.parameters or None,
            "stageVariables": visit.stage.variables or None,
            "requestContext": made_context,
            "body": body,
            "isBase64Encoded": is_encoded,
        }
    )


def _headers(request: WebRequest, request_id: str, now: float) -> dict[str, str]:
    found = {_SPELT.get(name, name): value for name, value in request.headers.items() if name not in _DROPPED}
    _, _, port = request.host.rpartition(":")
    before = found.get("X-Forwarded-For")
    found["X-Forwarded-For"] = f"{before}, {request.source_ip}" if before else request.source_ip
    found["X-Forwarded-Port"] = (
        port if port.isascii() and port.isdigit() else ("443" if request.scheme == "https" else "80")
    )
    found["X-Forwarded-Proto"] = request.scheme
    found.setdefault("X-Amzn-Trace-Id", f"Root=1-{int(now):08x}-{request_id.replace('-', '')[:24]}")
    return found


def _body(request: WebRequest, binary_types: tuple[str, ...]) -> tuple[str | None, bool]:
    if not request.body:
        return None, False
    kind = request.headers.get("content-type", "application/json")
    if matches(binary_types, kind):
        return base64.b64encode(request.body).decode(), True
    return request.body.decode("utf-8", "replace"), False


def matches(binary_types: tuple[str, ...], kind: str) -> bool:
    """Whether a media type is one of the API's binary ones; `*/*` and `image/*` stand for many."""
    plain = kind.partition(";")[0].strip().lower()
    for binary in binary_types:
        wanted = binary.lower()
        if wanted in ("*/*", plain) or (wanted.endswith("/*") and plain.startswith(wanted[:-1])):
            return True
    return False


def failure(status: int, message: str, kind: str, *, key: str = "message") -> WebResponse:
    """API Gateway's own answer; `kind` is its x-amzn-ErrorType."""
    headers = [("content-type", "application/json"), ("x-amzn-errortype", kind)]
    return WebResponse(status=status, headers=headers, body=orjson.dumps({key: message}))


def malformed() -> WebResponse:
    return failure(502, "Internal server error", "InternalServerErrorException")


def answer(payload: bytes, request: WebRequest, binary_types: tuple[str, ...]) -> WebResponse:
    """The function's answer as HTTP. One that has not the form of a proxy answer is a 502."""
    try:
        given = orjson.loads(payload)
        if not isinstance(given, dict) or given.keys() - _KEYS or not isinstance(given.get("body"), str | None):
            return malformed()
        status = int(given["statusCode"])
        headers = http_proxy.answered_headers(given)
        body: str = given.get("body") or ""
        is_binary = bool(given.get("isBase64Encoded")) and _wants_bytes(request, headers, binary_types)
        data = base64.b64decode(body) if is_binary else body.encode()
    except (orjson.JSONDecodeError, KeyError, ValueError, TypeError, AttributeError, OverflowError):
        return malformed()
    if not 100 <= status <= 599:
        return malformed()
    kept = [
        (f"x-amzn-remapped-{name}" if name in _REMAPPED else name, value)
        for name, value in headers
        if name not in _DROPPED or name in _REMAPPED
    ]
    if not any(name == "content-type" for name, _ in kept):
        kept.append(("content-type", "application/json"))
    return WebResponse(status=status, headers=kept, body=data)


def _wants_bytes(request: WebRequest, headers: http_proxy.Headers, binary_types: tuple[str, ...]) -> bool:
    """Decided by the first type of the request's Accept header, without one by the answer's own type."""
    accepted = request.headers.get("accept", "").partition(",")[0].strip()
    kind = accepted if accepted not in ("", "*/*") else dict(headers).get("content-type", "application/json")
    return matches(binary_types, kind)
