"""Importing an OpenAPI 3 document: its paths become routes, its integrations integrations."""

from __future__ import annotations

from typing import Any

import orjson

from skyjar.kernel.call import Call
from skyjar.kernel.errors import NotImplementedHere

from . import state
from .errors import BadRequestException
from .state import Api, Cors, Integration, Route

_METHODS = frozenset(("get", "put", "post", "delete", "options", "head", "patch", "trace"))
_ANY = "x-amazon-apigateway-any-method"


def read(body: str) -> dict[str, Any]:
    try:
        document = orjson.loads(body)
    except orjson.JSONDecodeError:
        raise BadRequestException("Invalid OpenAPI input.") from None
    if not isinstance(document, dict) or not str(document.get("openapi", "")).startswith("3.0"):
        raise BadRequestException("Only OpenAPI 3.0.x documents are supported.")
    return document


def clear(call: Call, api_id: str) -> None:
    for route in state.routes.range(call, api_id):
        state.routes.remove(call, route)
    for integration in state.integrations.range(call, api_id):
        state.integrations.remove(call, integration)


def apply(call: Call, api: Api, document: dict[str, Any]) -> Api:
    """Make the document's routes and integrations, and take over its title, tags and CORS."""
    known: dict[tuple[str, ...], str] = {}
    for path, item in (document.get("paths") or {}).items():
        for method, operation in item.items():
            if method not in _METHODS and method != _ANY:
                continue
            if operation.get("security"):
                raise NotImplementedHere("Skyjar does not implement authorizers of apigatewayv2.")
            given = operation.get("x-amazon-apigateway-integration")
            target = _integration(call, api, given, known) if given else ""
            state.routes.add(
                call,
                Route(
                    api=api.id,
                    id=state.new_id(call, 7),
                    key=_key(path, method),
                    target=f"integrations/{target}" if target else "",
                    operation_name=str(operation.get("operationId", "")),
                ),
            )
    info = document.get("info") or {}
    tags = {
        tag["name"]: str(tag["x-amazon-apigateway-tag-value"])
        for tag in document.get("tags", [])
        if "x-amazon-apigateway-tag-value" in tag
    }
    new: Api = state.replace(
        api,
        name=str(info.get("title") or api.name),
        version=str(info.get("version") or api.version),
        tags={**api.tags, **tags},
        cors=_cors(document.get("x-amazon-apigateway-cors")) or api.cors,
    )
    state.apis.replace(call, api, new)
    return new


def _key(path: str, method: str) -> str:
    if path in ("/$default", "$default"):
        return "$default"
    return f"{'ANY' if method == _ANY else method.upper()} {path}"


def _integration(call: Call, api: Api, given: dict[str, Any], known: dict[tuple[str, ...], str]) -> str:
    kind = str(given.get("type", "")).upper()
    if kind != "AWS_PROXY":
        raise NotImplementedHere(f"Skyjar does not implement integrations of type {kind} of apigatewayv2.")
    version = str(given.get("payloadFormatVersion", "1.0"))
    key = (str(given.get("uri", "")), version)
    if key not in known:
        made = Integration(
            api=api.id,
            id=state.new_id(call, 7),
            type=kind,
            uri=key[0],
            method=str(given.get("httpMethod", "POST")),
            payload_version=version,
            timeout_ms=int(given.get("timeoutInMillis", 30_000)),
        )
        state.integrations.add(call, made)
        known[key] = made.id
    return known[key]


def _cors(given: dict[str, Any] | None) -> Cors | None:
    if not given:
        return None
    return Cors(
        origins=tuple(given.get("allowOrigins", ())),
        methods=tuple(given.get("allowMethods", ())),
        headers=tuple(given.get("allowHeaders", ())),
        exposed=tuple(given.get("exposeHeaders", ())),
        max_age_s=given.get("maxAge"),
        allows_credentials=bool(given.get("allowCredentials", False)),
    )
