"""AWS JSON 1.0 and 1.1, and the JSON values that rest-json shares.

Responses are handed to orjson as they are: bytes become base64 and datetimes numbers in its default hook, so that only outputs
with renamed members or odd timestamp formats are walked.
"""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Callable
from datetime import datetime
from typing import Any

import orjson

from skyjar.wire import eventstream, timestamps
from skyjar.wire.closures import Closure, Compiler
from skyjar.wire.codec import AwsError, Codec, Parse, Serialise, buffered, snake_table, unknown
from skyjar.wire.http import Request, Response
from skyjar.wire.json_values import JsonReaders, malformed
from skyjar.wire.models import OperationModel, ServiceModel, Shape
from skyjar.wire.validation import Rules

_OPTIONS = orjson.OPT_PASSTHROUGH_DATETIME
_NAMESPACES = {
    "dynamodb": "com.amazonaws.dynamodb.v20120810#",
    "dynamodbstreams": "com.amazonaws.dynamodb.v20120810#",
    "sqs": "com.amazonaws.sqs#",
}
_GENERIC = {
    "ValidationException": "com.amazon.coral.validate#",
    "SerializationException": "com.amazon.coral.service#",
    "UnknownOperationException": "com.amazon.coral.service#",
}


def _default(value: Any) -> Any:
    if isinstance(value, bytes | bytearray | memoryview):
        return b64encode(value).decode()
    if isinstance(value, datetime):
        return timestamps.unix(value)
    if isinstance(value, set | frozenset | tuple):
        return list(value)
    raise TypeError(f"{type(value).__name__} has no place in a JSON response")


def dumps(value: Any) -> bytes:
    return orjson.dumps(value, _default, _OPTIONS)


def loads(body: bytes) -> Any:
    try:
        return orjson.loads(body)
    except orjson.JSONDecodeError as error:
        if "utf-8" in str(error) or "surrogate" in str(error):
            raise malformed("Invalid UTF-8 in the request body") from None
        raise malformed("Unable to parse the request body as JSON") from None


def _iso(value: Any) -> str:
    return timestamps.iso8601(value)


def _rfc822(value: Any) -> str:
    return timestamps.rfc822(value)


_TIMES = {"iso8601": _iso, "rfc822": _rfc822}


def is_plain(shape: Shape, seen: set[str]) -> bool:
    """Whether a value of this shape, which may be recursive, needs nothing done before orjson writes it. `seen`: the
    shapes that were looked at already."""
    if shape.type == "timestamp":
        return (shape.trait("timestamp_format") or "").lower() not in _TIMES
    if shape.name in seen:
        return True
    seen.add(shape.name)
    if shape.type == "list":
        return is_plain(shape.member, seen)
    if shape.type == "map":
        return is_plain(shape.value, seen)
    if shape.type != "structure" or shape.trait("document"):
        return True
    return all(
        member.location is None and member.wire_name in (None, name) and is_plain(member, seen)
        for name, member in shape.members.items()
    )


class JsonWriters(Compiler):
    """Results -> what orjson can write. None stands for a value that needs nothing done."""

    def of(self, shape: Shape) -> Any:
        known = self._memo.get(self.key(shape), self)
        if known is self and is_plain(shape, set()):
            self._memo[self.key(shape)] = None
            return None
        return super().of(shape)

    def _same(self, shape: Shape) -> None:
        return None

    boolean = integer = long = blob = float = double = _same

    def string(self, shape: Shape) -> Closure | None:
        return None

    def timestamp(self, shape: Shape) -> Closure | None:
        return _TIMES.get((shape.trait("timestamp_format") or "").lower())

    def list(self, shape: Shape) -> Closure | None:
        item = self.of(shape.member)
        if item is None:
            return None
        return lambda value: [None if entry is None else item(entry) for entry in value]

    def map(self, shape: Shape) -> Closure | None:
        item = self.of(shape.value)
        if item is None:
            return None
        return lambda value: {key: None if entry is None else item(entry) for key, entry in value.items()}

    def structure(self, shape: Shape) -> Closure | None:
        if shape.trait("document"):
            return None
        table = {
            name: (member.wire_name or name, self.of(member))
            for name, member in shape.members.items()
            if member.location is None
        }
        if all(name == wire and write is None for name, (wire, write) in table.items()):
            return None
        label = shape.name

        def write(value: Any) -> Any:
            found = {}
            for name, entry in value.items():
                known = table.get(name)
                if known is None:
                    raise TypeError(f"{label} has no member {name}")
                if entry is not None:
                    found[known[0]] = entry if known[1] is None else known[1](entry)
            return found

        return write


class JsonCodec(Codec):
    """`X-Amz-Target: Prefix.Operation` with a JSON body."""

    def __init__(self, model: Any, protocol: str) -> None:
        super().__init__(model, protocol)
        self._type = f"application/x-amz-json-{model.json_version or '1.0'}"
        self._names: dict[str, OperationModel] = {}
        self.writers = JsonWriters()

    def route(self, request: Request) -> OperationModel | None:
        target = request.headers.get("x-amz-target", "")
        found = self._names.get(target)
        if found is None:
            name = target.rpartition(".")[2]
            try:
                found = self.model.operation(name)
            except KeyError:
                return None
            if len(self._names) < 5000:
                self._names[target] = found
        return found

    def compile_input(self, operation: OperationModel, rules: Rules | None) -> Parse:
        shape = operation.input_shape
        if shape is None:
            return lambda request: {}
        read = JsonReaders(rules).structure(shape, snake_table(shape))

        def parse(request: Request) -> dict[str, Any]:
            found: dict[str, Any] = read(loads(buffered(request) or b"{}"))
            return found

        return parse

    def compile_output(self, operation: OperationModel) -> Serialise:
        kind = ("Content-Type", self._type)
        shape = operation.output_shape
        if shape is None:
            return lambda result, request_id: Response(200, [("x-amzn-RequestId", request_id), kind])
        if operation.event_stream_output is not None:
            return eventstream.compile_output(self, operation, rpc=True)
        render = compile_body(operation, shape, self.writers)

        def serialise(result: dict[str, Any], request_id: str) -> Response:
            return Response(200, [("x-amzn-RequestId", request_id), kind], render(result))

        return serialise

    def event_body(self, shape: Shape, payload: str | None) -> tuple[Callable[[dict[str, Any]], bytes], str]:
        from skyjar.wire.rest_json import event_body

        return event_body(self.writers, shape, payload)

    def event_response(self, operation: OperationModel, result: dict[str, Any], request_id: str) -> Response:
        return Response(200, [("x-amzn-RequestId", request_id), ("Content-Type", eventstream.TYPE)])

    def initial_response(self, operation: OperationModel, shape: Shape, member: str) -> Any:
        write = self.writers.of(shape)
        head = {":message-type": "event", ":event-type": "initial-response", ":content-type": self._type}

        def render(result: dict[str, Any]) -> bytes:
            kept = {name: value for name, value in result.items() if name != member}
            return eventstream.encode(head, dumps(kept if write is None else write(kept)))

        return render

    def error(self, operation: OperationModel | None, error: AwsError, request_id: str) -> Response:
        shape = self.error_shape(error)
        name = shape.name if shape is not None else error.code
        headers = [("x-amzn-RequestId", request_id), ("Content-Type", self._type)]
        if self.model.query_compatible:
            headers.append(query_error(self.model, error, shape))
        prefix = _NAMESPACES.get(self.model.name, "")
        typed = _GENERIC.get(name, prefix) + name if prefix else name
        return Response(error.status, headers, dumps({"__type": typed, **error_body(self.writers, error, shape)}))


def query_error(model: ServiceModel, error: AwsError, shape: Shape | None) -> tuple[str, str]:
    """The header that tells clients of a former query service the code it then had."""
    code = model.query_code(shape) if shape is not None else error.code
    return "x-amzn-query-error", f"{code};{'Sender' if error.sender else 'Receiver'}"


def error_body(writers: Any, error: AwsError, shape: Shape | None) -> dict[str, Any]:
    """The members of an error: its message under the name that the model gives it, and its fields."""
    members = shape.members if shape is not None else {}
    key = next((name for name in ("message", "Message", "errorMessage") if name in members), "message")
    body: dict[str, Any] = {key: error.message}
    for name, value in error.fields.items():
        member = members.get(name)
        write = writers.of(member) if member is not None else None
        wire = (member.wire_name if member is not None else None) or name
        body[wire] = value if write is None else write(value)
    return body


def compile_body(operation: OperationModel, shape: Shape, writers: JsonWriters) -> Callable[[dict[str, Any]], bytes]:
    """A result -> the JSON body."""
    write = writers.of(shape)
    if write is not None:
        return lambda result: dumps(write(result))
    names = frozenset(shape.members)

    def render(result: dict[str, Any]) -> bytes:
        if not result.keys() <= names:
            raise unknown(operation, result, names)
        if None in result.values():
            result = {name: value for name, value in result.items() if value is not None}
        return orjson.dumps(result, _default, _OPTIONS)

    return render
