"""REST with JSON bodies."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import orjson

from skyjar.wire import json, json_values
from skyjar.wire.closures import Closure
from skyjar.wire.codec import AwsError
from skyjar.wire.http import Response
from skyjar.wire.json import JsonWriters, dumps, error_body, loads
from skyjar.wire.json_values import JsonReaders
from skyjar.wire.models import OperationModel, Shape
from skyjar.wire.rest import RestCodec, has_content_type
from skyjar.wire.validation import Rules


class RestJsonReaders(JsonReaders):
    def string(self, shape: Shape) -> Closure:
        if not shape.trait("jsonvalue"):
            return super().string(shape)

        def read(value: Any) -> Any:
            if value.__class__ is not str:
                raise json_values.mismatch(value, "String")
            return value

        return read


class RestJsonCodec(RestCodec):
    content_type = "application/json"

    def __init__(self, model: Any, protocol: str) -> None:
        super().__init__(model, protocol)
        self.writers = JsonWriters()

    def body_reader(self, shape: Shape, names: dict[str, str], rules: Rules | None) -> Callable[[bytes], Any]:
        # Required members may also be in the path or headers: they are checked once everything has been read.
        readers = RestJsonReaders(rules)
        readers.required = lambda shape: frozenset()  # type: ignore[method-assign]
        nested = RestJsonReaders(rules)
        readers.of = nested.of  # type: ignore[method-assign]
        read = readers.structure(shape, names)
        return lambda body: read(loads(body))

    def payload_reader(self, member: Shape, rules: Rules | None) -> Callable[[bytes], Any]:
        read = RestJsonReaders(rules).of(member)
        return lambda body: read(loads(body))

    def document_writer(self, operation: OperationModel, shape: Shape) -> Callable[[Response, dict[str, Any]], None]:
        payload = shape.payload
        if payload is None:
            if all(member.location is not None for member in shape.members.values()):
                return lambda response, result: None
            render = self._body(shape)
        else:
            write_member = self.writers.of(shape.members[payload])

            def render(result: dict[str, Any]) -> bytes:
                value = result.get(payload)
                if value is None:
                    return b""
                return dumps(value if write_member is None else write_member(value))

        def write(response: Response, result: dict[str, Any]) -> None:
            response.body = render(result)
            if not has_content_type(response):
                response.headers.append(("Content-Type", "application/json"))

        return write

    def _body(self, shape: Shape) -> Callable[[dict[str, Any]], bytes]:
        """The members without another place; None is left out."""
        rows = {
            name: (member.wire_name or name, self.writers.of(member))
            for name, member in shape.members.items()
            if member.location is None
        }
        elsewhere = frozenset(shape.members) - rows.keys()
        label = shape.name

        def render(result: dict[str, Any]) -> bytes:
            found = {}
            for name, value in result.items():
                row = rows.get(name)
                if row is None:
                    if name not in elsewhere:
                        raise TypeError(f"{label} has no member {name}")
                elif value is not None:
                    found[row[0]] = value if row[1] is None else row[1](value)
            return dumps(found)

        return render

    def event_body(self, shape: Shape, payload: str | None) -> tuple[Callable[[dict[str, Any]], bytes], str]:
        return event_body(self.writers, shape, payload)

    def error(self, operation: OperationModel | None, error: AwsError, request_id: str) -> Response:
        shape = self.error_shape(error)
        name = shape.name if shape is not None else error.code
        members = shape.members if shape is not None else {}
        headers = [
            *self.request_headers(request_id),
            ("x-amzn-ErrorType", name),
            ("Content-Type", "application/json"),
            *self.error_headers(error, shape),
        ]
        body = error_body(self.writers, error, shape)
        body = {k: v for k, v in body.items() if not (k in members and members[k].location is not None)}
        if "Type" in members:
            body.setdefault("Type", "User" if error.sender else "Service")
        return Response(error.status, headers, orjson.dumps(body, json._default))


def event_body(
    writers: JsonWriters, shape: Shape, payload: str | None
) -> tuple[Callable[[dict[str, Any]], bytes], str]:
    """An event's payload, and its type."""
    if payload is None:
        carried = {name for name, member in shape.members.items() if member.trait("eventheader")}
        write = writers.of(shape)

        def render(value: dict[str, Any]) -> bytes:
            kept = {name: item for name, item in value.items() if name not in carried}
            return dumps(kept if write is None else write(kept))

        return render, "application/json"
    member = shape.members[payload]
    if member.type == "blob":
        return lambda value: bytes(value.get(payload) or b""), "application/octet-stream"
    if member.type == "string":
        return lambda value: (value.get(payload) or "").encode(), "text/plain"
    write = writers.of(member)
    return lambda value: dumps(value[payload] if write is None else write(value[payload])), "application/json"
