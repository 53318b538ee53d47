"""Importing an OpenAPI 3.0 or Swagger 2.0 document: its paths become resources, its operations methods.

Models (`definitions`, `components.schemas`) are not kept: they do nothing without request validators, which are refused.
"""

from __future__ import annotations

from typing import Any

import orjson
import yaml

from skyjar.kernel.call import Call
from skyjar.kernel.errors import NotImplementedHere

from . import integrations, limits, resources, state
from .errors import BadRequestException
from .methods import VERBS, checked_authorization
from .state import Integration, IntegrationResponse, Method, MethodResponse, Resource, RestApi

_ANY = "x-amazon-apigateway-any-method"
_NOT_HERE = (
    "x-amazon-apigateway-gateway-responses",
    "x-amazon-apigateway-minimum-compression-size",
    "x-amazon-apigateway-request-validators",
    "x-amazon-apigateway-request-validator",
)
_IAM = "awssigv4"
Document = dict[str, Any]


class _Loader(yaml.CSafeLoader):  # type: ignore[misc]
    """YAML whose dates stay as they are written."""


_Loader.add_constructor("tag:yaml.org,2002:timestamp", lambda loader, node: loader.construct_scalar(node))


def read(body: bytes) -> Document:
    if len(body) > limits.IMPORT_BYTES:
        raise BadRequestException("Invalid OpenAPI input: the document is too large.")
    try:
        document = orjson.loads(body)
    except orjson.JSONDecodeError:
        document = _read_yaml(body)
    if not isinstance(document, dict):
        raise BadRequestException("Invalid OpenAPI input.")
    if document.get("swagger") is None and not str(document.get("openapi", "")).startswith("3.0"):
        raise BadRequestException("Invalid OpenAPI input: only Swagger 2.0 and OpenAPI 3.0.x are supported.")
    for name in _NOT_HERE:
        if document.get(name):
            raise NotImplementedHere(f"Skyjar does not implement {name} of apigateway.")
    return document


def _read_yaml(body: bytes) -> Any:
    """Aliases could grow without bound, and libyaml composes by recursion in C: the events are looked through first."""
    depth = 0
    try:
        for event in yaml.parse(body, Loader=yaml.CSafeLoader):
            depth += isinstance(event, yaml.CollectionStartEvent) - isinstance(event, yaml.CollectionEndEvent)
            if depth > limits.IMPORT_DEPTH or isinstance(event, yaml.AliasEvent):
                raise BadRequestException("Invalid OpenAPI input: it is nested too deeply, or has YAML aliases.")
        return yaml.load(body, Loader=_Loader)  # noqa: S506 - a subclass of CSafeLoader
    except (yaml.YAMLError, ValueError):
        raise BadRequestException("Invalid OpenAPI input.") from None


def described(document: Document) -> dict[str, Any]:
    """What the document says of the API itself, as fields of its record."""
    info = document.get("info") or {}
    changes: dict[str, Any] = {}
    if info.get("title"):
        changes["name"] = str(info["title"])
    for name in ("description", "version"):
        if info.get(name):
            changes[name] = str(info[name])
    if "x-amazon-apigateway-binary-media-types" in document:
        changes["binary_types"] = tuple(str(kind) for kind in document["x-amazon-apigateway-binary-media-types"])
    if document.get("x-amazon-apigateway-policy"):
        changes["policy"] = orjson.dumps(document["x-amazon-apigateway-policy"]).decode()
    if document.get("x-amazon-apigateway-api-key-source"):
        changes["key_source"] = str(document["x-amazon-apigateway-api-key-source"])
    return changes


def build(call: Call, api: RestApi, document: Document, overwrites: bool) -> None:
    """Make the document's resources and methods. Overwriting, nothing else is left; else they are merged into what is."""
    known = resources.by_path(call, api.id)
    named: set[str] = {"/"}
    if overwrites:
        known = {path: state.replace(resource, methods={}) for path, resource in known.items()}
    for path, item in (document.get("paths") or {}).items():
        holder = _resource(call, known, str(path), named)
        methods = dict(holder.methods)
        for key, described in (item or {}).items():
            verb = "ANY" if key == _ANY else str(key).upper()
            if verb in VERBS and isinstance(described, dict):
                methods[verb] = _method(verb, described, item, document)
        known[holder.path] = state.replace(holder, methods=methods)
    for path, resource in known.items():
        if overwrites and path not in named:
            state.resources.remove(call, resource)
        else:
            state.resources.put(call, resource)


def _resource(call: Call, known: dict[str, Resource], path: str, named: set[str]) -> Resource:
    """The resource of a path, and those above it, made where there are none."""
    holder = known["/"]
    for part in path.strip("/").split("/"):
        if not part:
            continue
        below = f"{holder.path.rstrip('/')}/{part}"
        if below not in known:
            known[below] = resources.below(call, holder, part, list(known.values()))
        holder = known[below]
        named.add(below)
    return holder


def _method(verb: str, given: Document, item: Document, document: Document) -> Method:
    for name in _NOT_HERE:
        if given.get(name):
            raise NotImplementedHere(f"Skyjar does not implement {name} of apigateway.")
    parameters = [*(item.get("parameters") or ()), *(given.get("parameters") or ())]
    method = Method(
        http_method=verb,
        authorization=_authorization(given, document),
        operation_name=str(given.get("operationId") or ""),
        parameters=dict(_parameter(each) for each in parameters if each.get("in") in _PLACES),
        responses={
            str(status): _response(str(status), response or {})
            for status, response in (given.get("responses") or {}).items()
            if str(status).isdigit()
        },
    )
    integration = given.get("x-amazon-apigateway-integration")
    return state.replace(method, integration=_integration(integration, method)) if integration else method


_PLACES = {"query": "querystring", "header": "header", "path": "path"}


def _parameter(given: Document) -> tuple[str, bool]:
    return f"method.request.{_PLACES[given['in']]}.{given['name']}", bool(given.get("required", False))


def _response(status: str, given: Document) -> MethodResponse:
    headers = given.get("headers") or {}
    return MethodResponse(status, {f"method.response.header.{name}": False for name in headers})


def _authorization(given: Document, document: Document) -> str:
    stated = (given.get("x-amazon-apigateway-auth") or {}).get("type")
    if stated:
        return checked_authorization(str(stated).upper(), False)
    schemes = document.get("securityDefinitions") or (document.get("components") or {}).get("securitySchemes") or {}
    kind = "NONE"
    for requirement in given.get("security", document.get("security")) or ():
        for name in requirement:
            scheme = schemes.get(name) or {}
            if str(scheme.get("x-amazon-apigateway-authtype", "")).lower() == _IAM:
                kind = "AWS_IAM"
            elif name != "NONE":
                raise NotImplementedHere(f"Skyjar does not implement the security scheme {name} of apigateway.")
    return kind


def _integration(given: Document, method: Method) -> Integration:
    for name, what in (("credentials", "credentials"), ("requestParameters", "requestParameters")):
        if given.get(name):
            raise NotImplementedHere(f"Skyjar does not implement integration {what} of apigateway.")
    if str(given.get("connectionType", "INTERNET")) != "INTERNET" or given.get("connectionId"):
        raise NotImplementedHere("Skyjar does not implement VPC links of apigateway.")
    made = integrations.checked(
        Integration(
            type=str(given.get("type", "")).upper(),
            uri=str(given.get("uri") or ""),
            method=str(given.get("httpMethod") or ""),
            passthrough=str(given.get("passthroughBehavior") or "when_no_match").upper(),
            templates={str(kind): str(text) for kind, text in (given.get("requestTemplates") or {}).items()},
            timeout_ms=int(given.get("timeoutInMillis") or limits.INTEGRATION_TIMEOUT_MS[1]),
            content_handling=str(given.get("contentHandling") or ""),
        )
    )
    responses = {}
    for pattern, response in (given.get("responses") or {}).items():
        one = _integration_response(str(pattern), response or {})
        if made.type == "MOCK":
            integrations.check_response(method, one)
        responses[one.status] = one
    return state.replace(made, responses=responses)  # type: ignore[no-any-return]


def _integration_response(pattern: str, given: Document) -> IntegrationResponse:
    return IntegrationResponse(
        status=str(given.get("statusCode", "200")),
        pattern="" if pattern == "default" else pattern,
        parameters={str(name): str(value) for name, value in (given.get("responseParameters") or {}).items()},
        templates={str(kind): str(text) for kind, text in (given.get("responseTemplates") or {}).items()},
    )
