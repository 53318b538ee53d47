"""The events that functions are given and the answers they give, in payload formats 1.0 and 2.0. Pure."""

from __future__ import annotations

import base64
from typing import Any
from urllib.parse import parse_qsl, unquote

import orjson

from skyjar.kernel.web import WebRequest, WebResponse
from skyjar.planes import http_proxy

from .state import Api, Route, Stage

_TEXT = ("text/", "application/json", "application/xml", "application/javascript", "application/x-www-form-urlencoded")


class Visit:
    """One request to one route of one stage."""

    def __init__(
        self, request: WebRequest, api: Api, stage: Stage, route: Route, parameters: dict[str, str], account: str
    ) -> None:
        self.request = request
        self.api = api
        self.stage = stage
        self.route = route
        self.parameters = parameters
        self.account = account


def event(visit: Visit, version: str, request_id: str, now: float) -> bytes:
    made = _version_2(visit, request_id, now) if version == "2.0" else _version_1(visit, request_id, now)
    return orjson.dumps(made)


def _body(request: WebRequest) -> tuple[str, bool]:
    kind = request.headers.get("content-type", "text/plain")
    if kind.startswith(_TEXT) or "charset=" in kind or "+json" in kind:
        try:
            return request.body.decode(), False
        except UnicodeDecodeError:
            pass
    return base64.b64encode(request.body).decode(), True


def _version_2(visit: Visit, request_id: str, now: float) -> dict[str, Any]:
    request, stage = visit.request, visit.stage
    raw_path = request.path if stage.name == "$default" else f"/{stage.name}{request.path}"
    headers = {name: value for name, value in request.headers.items() if name != "cookie"}
    query: dict[str, str] = {}
    for name, value in parse_qsl(request.query, keep_blank_values=True):
        query[name] = f"{query[name]},{value}" if name in query else value
    made: dict[str, Any] = {
        "version": "2.0",
        "routeKey": visit.route.key,
        "rawPath": unquote(raw_path),
        "rawQueryString": request.query,
        "headers": headers,
        "requestContext": {
            "accountId": visit.account,
            "apiId": visit.api.id,
            "domainName": request.host,
            "domainPrefix": visit.api.id,
            "http": {
                "method": request.method,
                "path": unquote(raw_path),
                "protocol": f"HTTP/{request.version}",
                "sourceIp": request.source_ip,
                "userAgent": request.headers.get("user-agent", ""),
            },
            "requestId": request_id,
            "routeKey": visit.route.key,
            "stage": stage.name,
            "time": http_proxy.moment(now),
            "timeEpoch": int(now * 1000),
        },
        "isBase64Encoded": False,
    }
    cookie = request.headers.get("cookie")
    if cookie:
        made["cookies"] = [part.strip() for part in cookie.split(";")]
    if query:
        made["queryStringParameters"] = query
    if visit.parameters:
        made["pathParameters"] = visit.parameters
    if stage.variables:
        made["stageVariables"] = stage.variables
    if request.body:
        made["body"], made["isBase64Encoded"] = _body(request)
    return made


def _version_1(visit: Visit, request_id: str, now: float) -> dict[str, Any]:
    request, stage = visit.request, visit.stage
    resource = visit.route.key.partition(" ")[2] or "$default"
    several = http_proxy.queries(request.query)
    path = unquote(request.path if stage.name == "$default" else f"/{stage.name}{request.path}")
    body, is_encoded = _body(request) if request.body else (None, False)
    return {
        "version": "1.0",
        "resource": resource,
        "path": path,
        "httpMethod": request.method,
        "headers": dict(request.headers),
        "multiValueHeaders": {name: [value] for name, value in request.headers.items()},
        "queryStringParameters": {name: values[-1] for name, values in several.items()} or None,
        "multiValueQueryStringParameters": several or None,
        "pathParameters": visit.parameters or None,
        "stageVariables": stage.variables or None,
        "requestContext": {
            "accountId": visit.account,
            "apiId": visit.api.id,
            "domainName": request.host,
            "domainPrefix": visit.api.id,
            "extendedRequestId": request_id,
            "httpMethod": request.method,
            "identity": {"sourceIp": request.source_ip, "userAgent": request.headers.get("user-agent", "")},
            "path": path,
            "protocol": f"HTTP/{request.version}",
            "requestId": request_id,
            "requestTime": http_proxy.moment(now),
            "requestTimeEpoch": int(now * 1000),
            "resourceId": visit.route.key,
            "resourcePath": resource,
            "stage": stage.name,
        },
        "body": body,
        "isBase64Encoded": is_encoded,
    }


def failure(status: int, message: str) -> WebResponse:
    body = orjson.dumps({"message": message})
    return WebResponse(status=status, headers=[("content-type", "application/json")], body=body)


def answer(payload: bytes, version: str) -> WebResponse:
    """The function's answer as HTTP; one that cannot be read is an Internal Server Error."""
    try:
        given = orjson.loads(payload)
    except orjson.JSONDecodeError:
        return failure(500, "Internal Server Error")
    if version == "2.0" and not (isinstance(given, dict) and "statusCode" in given):
        body = given if isinstance(given, str) else orjson.dumps(given).decode()
        return WebResponse(status=200, headers=[("content-type", "application/json")], body=body.encode())
    if not isinstance(given, dict):
        return failure(500, "Internal Server Error")
    return _structured(given)


def _structured(given: dict[str, Any]) -> WebResponse:
    try:
        status = int(given["statusCode"])
        body = given.get("body")
        text = body if isinstance(body, str) else "" if body is None else orjson.dumps(body).decode()
        data = base64.b64decode(text) if given.get("isBase64Encoded") else text.encode()
        headers = http_proxy.answered_headers(given)
        headers += [("set-cookie", http_proxy.one_line(str(cookie))) for cookie in given.get("cookies") or ()]
    except (KeyError, ValueError, TypeError, AttributeError, OverflowError):
        return failure(500, "Internal Server Error")
    if not 100 <= status <= 599:
        return failure(500, "Internal Server Error")
    if not any(name == "content-type" for name, _ in headers):
        headers.append(("content-type", "text/plain; charset=utf-8"))
    return WebResponse(status=status, headers=[pair for pair in headers if pair[0] != "content-length"], body=data)
