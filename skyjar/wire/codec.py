"""Between HTTP and an operation's parameters: `codec(service, protocol)` routes, parses, serialises, renders errors.

Each operation is compiled into closures on first use; nothing walks the model for a valid request. A request that breaks a
constraint is parsed again without checks, and then the model is asked what to say.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from importlib import import_module
from typing import Any, Protocol

from skyjar.wire import chunked, models
from skyjar.wire.errors import Invalid, WireError
from skyjar.wire.http import Request, Response
from skyjar.wire.models import OperationModel, ServiceModel, Shape
from skyjar.wire.shapes import summary, violations
from skyjar.wire.validation import Rules, rules
from skyjar.wire.violation import Violation

Parse = Callable[[Request], dict[str, Any]]
Serialise = Callable[[dict[str, Any], str], Response]

BODY_SIZE_MAX = 256 * 1024 * 1024


class AwsError(Protocol):
    """What `Codec.error` renders: the attributes of every AWS error class."""

    @property
    def code(self) -> str: ...
    @property
    def message(self) -> str: ...
    @property
    def status(self) -> int: ...
    @property
    def sender(self) -> bool: ...
    @property
    def fields(self) -> dict[str, Any]: ...


class Codec:
    """One service in one protocol."""

    def __init__(self, model: ServiceModel, protocol: str) -> None:
        self.model = model
        self.protocol = protocol
        self.rules: Rules = rules(model.name, protocol)
        self._checked: dict[str, Parse] = {}
        self._plain: dict[str, Parse] = {}
        self._serialise: dict[str, Serialise] = {}

    def route(self, request: Request) -> OperationModel | None:
        """The operation that a request asks for, or None when it names none that exists."""
        raise NotImplementedError

    def parse(self, operation: OperationModel, request: Request) -> dict[str, Any]:
        """The operation's keyword arguments. WireError when the request is malformed or breaks the model."""
        parse = self._checked.get(operation.name)
        if parse is None:
            parse = self._checked[operation.name] = self.compile_input(operation, self.rules)
        try:
            return parse(request)
        except Invalid:
            return self._explain(operation, request)

    def serialise(self, operation: OperationModel, result: dict[str, Any] | None, request_id: str) -> Response:
        """The response of a result keyed by AWS member names."""
        serialise = self._serialise.get(operation.name)
        if serialise is None:
            serialise = self._serialise[operation.name] = self.compile_output(operation)
        return serialise(result if result is not None else {}, request_id)

    def error(self, operation: OperationModel | None, error: AwsError, request_id: str) -> Response:
        """The response of an error."""
        raise NotImplementedError

    def compile_input(self, operation: OperationModel, rules: Rules | None) -> Parse:
        """`rules` None compiles without checks."""
        raise NotImplementedError

    def compile_output(self, operation: OperationModel) -> Serialise:
        raise NotImplementedError

    def event_body(self, shape: Shape, payload: str | None) -> tuple[Callable[[dict[str, Any]], bytes], str]:
        """How an event of a stream is written into its payload, and the payload's type."""
        raise NotImplementedError

    def event_response(self, operation: OperationModel, result: dict[str, Any], request_id: str) -> Response:
        """The head of a response whose body is a stream of events."""
        raise NotImplementedError

    def initial_response(
        self, operation: OperationModel, shape: Shape, member: str
    ) -> Callable[[dict[str, Any]], bytes]:
        """The first message of a stream in an RPC protocol: the members other than the stream."""
        raise NotImplementedError

    def _explain(self, operation: OperationModel, request: Request) -> dict[str, Any]:
        parse = self._plain.get(operation.name)
        if parse is None:
            parse = self._plain[operation.name] = self.compile_input(operation, None)
        parameters = parse(request)
        shape = operation.input_shape
        assert shape is not None
        named = {name: parameters[snake] for name in shape.members if (snake := models.snake(name)) in parameters}
        found = violations(shape, named, self.rules)
        if found:
            raise self.violation(self.rules.reword(operation.name, found) if self.rules.reword else found)
        return parameters

    def violation(self, found: list[Violation]) -> WireError:
        """The error for broken constraints, in the service's code and words."""
        missing = self.rules.missing
        if missing == "MissingParameter" and found[0].missing:
            name = ".".join(part[:1].upper() + part[1:] for part in found[0].path.split("."))
            return WireError(missing, f"The request must contain the parameter {name}.", self.rules.status)
        code = missing if missing is not None and found[0].missing else self.rules.code
        text = found[0].text if found[0].is_whole else summary([violation.text for violation in found])
        return WireError(code, text, self.rules.status)

    def error_shape(self, error: AwsError) -> Shape | None:
        """The modelled shape of an error, when there is one."""
        name = self.model.error_shape(error.code)
        return self.model.shape(name) if name is not None else None


def buffered(request: Request) -> bytes:
    """The whole body, unpacked where the client packed it."""
    body = request.body
    whole = body if isinstance(body, bytes) else body.read()
    encoding = request.headers.get("content-encoding")
    if encoding is not None and "gzip" in encoding:
        return chunked.inflate(whole, BODY_SIZE_MAX)
    return whole


def snake_table(shape: Shape) -> dict[str, str]:
    return {name: models.snake(name) for name in shape.members}


def unknown(operation: OperationModel, result: dict[str, Any], names: frozenset[str]) -> TypeError:
    """A result with a member that the model does not have: a bug in a service."""
    return TypeError(f"{operation!r} returned {sorted(set(result) - names)}, which its output does not have")


_PROTOCOLS = {
    "json": ("json", "JsonCodec"),
    "query": ("query", "QueryCodec"),
    "ec2": ("ec2", "Ec2Codec"),
    "rest-json": ("rest_json", "RestJsonCodec"),
    "rest-xml": ("rest_xml", "RestXmlCodec"),
    "smithy-rpc-v2-cbor": ("cbor", "CborCodec"),
}


@cache
def codec(service_name: str, protocol: str) -> Codec:
    """The codec of a service in one of its protocols. KeyError when either is unknown."""
    module, name = _PROTOCOLS[protocol]
    found: Codec = getattr(import_module(f"skyjar.wire.{module}"), name)(models.service(service_name), protocol)
    return found
