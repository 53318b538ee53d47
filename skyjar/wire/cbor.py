"""Smithy RPC v2 with CBOR bodies."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any

import cbor2

from skyjar.wire import eventstream, json_values, timestamps
from skyjar.wire.closures import Closure, Compiler, checked
from skyjar.wire.codec import AwsError, Codec, Parse, Serialise, buffered, snake_table, unknown
from skyjar.wire.errors import WireError
from skyjar.wire.http import Request, Response
from skyjar.wire.json import error_body, query_error
from skyjar.wire.json_values import JsonReaders
from skyjar.wire.models import OperationModel, Shape
from skyjar.wire.validation import Rules

DEPTH_MAX = 100
TYPE = "application/cbor"


def malformed(message: str) -> WireError:
    return WireError("SerializationException", message)


def loads(body: bytes) -> Any:
    try:
        return cbor2.loads(body, max_depth=DEPTH_MAX)
    except (cbor2.CBORDecodeError, ValueError, OverflowError, TypeError):
        raise malformed("Unable to parse the request body as CBOR") from None


def _timestamp(value: Any) -> float:
    if isinstance(value, datetime):
        return timestamps.epoch(value)
    if value.__class__ is int or value.__class__ is float:
        return float(value)
    raise json_values.mismatch(value, "Timestamp")


def _blob(value: Any) -> Any:
    if value.__class__ is not bytes:
        raise json_values.mismatch(value, "Blob")
    return value


class CborReaders(JsonReaders):
    """CBOR items -> parameters: as JSON, but bytes are bytes and timestamps are tagged."""

    def timestamp(self, shape: Shape) -> Closure:
        return _timestamp

    def blob(self, shape: Shape) -> Closure:
        return checked(_blob, self.check(shape))


def _tagged(value: Any) -> Any:
    found = float(timestamps.epoch(value))
    return cbor2.CBORTag(1, int(found) if found.is_integer() else found)


class CborWriters(Compiler):
    """Results -> what cbor2 can write. None stands for a value that needs nothing done."""

    def _same(self, shape: Shape) -> None:
        return None

    string = boolean = integer = long = blob = _same

    def double(self, shape: Shape) -> Closure:
        return float

    float = double

    def timestamp(self, shape: Shape) -> Closure:
        return _tagged

    def list(self, shape: Shape) -> Closure | None:
        item = self.of(shape.member)
        return None if item is None else lambda value: [None if entry is None else item(entry) for entry in value]

    def map(self, shape: Shape) -> Closure | None:
        item = self.of(shape.value)
        return None if item is None else lambda value: {key: item(entry) for key, entry in value.items()}

    def structure(self, shape: Shape) -> Closure | None:
        table = {name: self.of(member) for name, member in shape.members.items()}
        label = shape.name

        def write(value: Any) -> Any:
            found = {}
            for name, entry in value.items():
                if name not in table:
                    raise TypeError(f"{label} has no member {name}")
                if entry is not None:
                    item = table[name]
                    found[name] = entry if item is None else item(entry)
            return found

        return write


class CborCodec(Codec):
    """`POST /service/Service/operation/Operation`."""

    def __init__(self, model: Any, protocol: str) -> None:
        super().__init__(model, protocol)
        self.writers = CborWriters()

    def route(self, request: Request) -> OperationModel | None:
        parts = request.path.rsplit("/", 4)
        if len(parts) != 5 or parts[1] != "service" or parts[3] != "operation":
            return None
        try:
            return self.model.operation(parts[4])
        except KeyError:
            return None

    def compile_input(self, operation: OperationModel, rules: Rules | None) -> Parse:
        shape = operation.input_shape
        if shape is None:
            return lambda request: {}
        read = CborReaders(rules).structure(shape, snake_table(shape))

        def parse(request: Request) -> dict[str, Any]:
            body = buffered(request)
            found: dict[str, Any] = read(loads(body) if body else {})
            return found

        return parse

    def headers(self, request_id: str) -> list[tuple[str, str]]:
        return [("x-amzn-RequestId", request_id), ("smithy-protocol", "rpc-v2-cbor"), ("Content-Type", TYPE)]

    def compile_output(self, operation: OperationModel) -> Serialise:
        shape = operation.output_shape
        if operation.event_stream_output is not None:
            return eventstream.compile_output(self, operation, rpc=True)
        write = self.writers.of(shape) if shape is not None else None
        names = frozenset(shape.members) if shape is not None else frozenset()

        def serialise(result: dict[str, Any], request_id: str) -> Response:
            if not result.keys() <= names:
                raise unknown(operation, result, names)
            return Response(200, self.headers(request_id), cbor2.dumps(write(result) if write is not None else {}))

        return serialise

    def event_body(self, shape: Shape, payload: str | None) -> tuple[Callable[[dict[str, Any]], bytes], str]:
        member = shape.members[payload] if payload is not None else shape
        if payload is not None and member.type == "blob":
            return lambda value: bytes(value.get(payload) or b""), "application/octet-stream"
        write = self.writers.of(member)
        return lambda value: cbor2.dumps(write(value if payload is None else value[payload])), TYPE

    def event_response(self, operation: OperationModel, result: dict[str, Any], request_id: str) -> Response:
        headers = [*self.headers(request_id)[:2], ("Content-Type", eventstream.TYPE)]
        return Response(200, headers)

    def initial_response(self, operation: OperationModel, shape: Shape, member: str) -> Any:
        write = self.writers.of(shape)
        head = {":message-type": "event", ":event-type": "initial-response", ":content-type": TYPE}

        def render(result: dict[str, Any]) -> bytes:
            kept = {name: value for name, value in result.items() if name != member}
            return eventstream.encode(head, cbor2.dumps(write(kept)))

        return render

    def error(self, operation: OperationModel | None, error: AwsError, request_id: str) -> Response:
        shape = self.error_shape(error)
        headers = self.headers(request_id)
        if self.model.query_compatible:
            headers.append(query_error(self.model, error, shape))
        body = {"__type": shape.name if shape is not None else error.code, **error_body(self.writers, error, shape)}
        return Response(error.status, headers, cbor2.dumps(body))
