"""What the two REST protocols share: members in the path, the query string, headers and the status code."""

from __future__ import annotations

import re
from base64 import b64encode
from collections.abc import Callable
from typing import Any

import orjson

from skyjar.wire import timestamps
from skyjar.wire.codec import AwsError, Codec, Parse, Serialise, buffered, snake_table
from skyjar.wire.errors import INVALID, WireError
from skyjar.wire.http import FileSlice, Request, Response
from skyjar.wire.mail_words import decoded, encoded
from skyjar.wire.models import OperationModel, Shape
from skyjar.wire.rest_texts import TextReaders, path_text, query_values
from skyjar.wire.routes import Routes, template_regex
from skyjar.wire.validation import Rules
from skyjar.wire.xml import float_text

_UNPRINTABLE = re.compile(r"[\r\n\x00]")

_SIZED = (bytes, FileSlice)

Bind = Callable[[Request, dict[str, Any]], None]


class RestCodec(Codec):
    """Both REST protocols; a subclass knows the format of bodies."""

    content_type = ""

    def __init__(self, model: Any, protocol: str) -> None:
        super().__init__(model, protocol)
        self._routes: Routes | None = None

    def route(self, request: Request) -> OperationModel | None:
        if self._routes is None:
            self._routes = Routes(self.model)
        return self._routes.find(request)

    def bad_text(self, name: str) -> Callable[[str, str], WireError]:
        return lambda text, wanted: WireError("SerializationException", f"{name}: {text[:100]} is not {wanted}")

    # Requests

    def compile_input(self, operation: OperationModel, rules: Rules | None) -> Parse:
        shape = operation.input_shape
        if shape is None:
            return lambda request: {}
        names = snake_table(shape)
        binds = [
            *self._bind_labels(operation, shape, names, rules),
            *self._bind_query(operation, shape, names, rules),
            *self._bind_headers(operation, shape, names, rules),
            *self._bind_body(shape, names, rules),
        ]
        required = frozenset(names[name] for name in shape.required) if rules is not None else frozenset()

        def parse(request: Request) -> dict[str, Any]:
            found: dict[str, Any] = {}
            for bind in binds:
                bind(request, found)
            if not found.keys() >= required:
                raise INVALID
            return found

        return parse

    def _text(self, name: str, member: Shape, rules: Rules | None) -> Any:
        return TextReaders(rules, self.bad_text(name)).of(member)

    def _bind_labels(
        self, operation: OperationModel, shape: Shape, names: dict[str, str], rules: Rules | None
    ) -> list[Bind]:
        pattern, labels = template_regex(operation.http.request_uri)
        by_wire = {
            m.wire_name or n: (names[n], self._text(m.wire_name or n, m, rules))
            for n, m in shape.members.items()
            if m.location == "uri"
        }
        rows = [by_wire[label] for label in labels]
        if not rows:
            return []

        def bind(request: Request, found: dict[str, Any]) -> None:
            match = pattern.fullmatch(request.path)
            if match is None:
                raise WireError("UnknownOperationException", "The path does not fit the operation", 404)
            for (name, read), text in zip(rows, match.groups(), strict=True):
                found[name] = read(path_text(text) if "%" in text else text)

        return [bind]

    def _bind_query(
        self, operation: OperationModel, shape: Shape, names: dict[str, str], rules: Rules | None
    ) -> list[Bind]:
        members = {n: m for n, m in shape.members.items() if m.location == "querystring"}
        single = {
            m.wire_name or n: (names[n], self._text(m.wire_name or n, m, rules), m.type == "list")
            for n, m in members.items()
            if m.type != "map"
        }
        maps = [(names[n], self._text(n, m, rules)) for n, m in members.items() if m.type == "map"]
        literals = {part.partition("=")[0] for part in operation.http.request_uri.partition("?")[2].split("&")}
        if not members:
            return []

        def bind(request: Request, found: dict[str, Any]) -> None:
            if not request.query:
                return
            given = query_values(request.query)
            for name, (snake, read, many) in single.items():
                values = given.get(name)
                if values is not None:
                    found[snake] = read(values if many else values[0])
            for snake, read in maps:
                rest = {name: values for name, values in given.items() if name not in single and name not in literals}
                if rest:
                    found[snake] = read(rest)

        return [bind]

    def header_rows(
        self, operation: OperationModel, shape: Shape, names: dict[str, str], rules: Rules | None
    ) -> dict[str, tuple[str, Any]]:
        """The member that a header stands for, and its reader."""
        return {
            (m.wire_name or n).lower(): (names[n], self._text(m.wire_name or n, m, rules))
            for n, m in shape.members.items()
            if m.location == "header"
        }

    def _bind_headers(
        self, operation: OperationModel, shape: Shape, names: dict[str, str], rules: Rules | None
    ) -> list[Bind]:
        rows = self.header_rows(operation, shape, names, rules)
        prefixes = [
            ((m.wire_name or "").lower(), names[n]) for n, m in shape.members.items() if m.location == "headers"
        ]

        def bind(request: Request, found: dict[str, Any]) -> None:
            for header, text in request.headers.items():
                row = rows.get(header)
                if row is not None:
                    found[row[0]] = row[1](text)

        def bind_prefixes(request: Request, found: dict[str, Any]) -> None:
            for prefix, snake in prefixes:
                size = len(prefix)
                given = {h[size:]: decoded(text) for h, text in request.headers.items() if h.startswith(prefix)}
                if given:
                    found[snake] = given

        return [*([bind] if rows else []), *([bind_prefixes] if prefixes else [])]

    def _bind_body(self, shape: Shape, names: dict[str, str], rules: Rules | None) -> list[Bind]:
        if shape.payload is not None:
            return [self._bind_payload(names[shape.payload], shape.members[shape.payload], rules)]
        if all(member.location is not None for member in shape.members.values()):
            return []
        read = self.body_reader(shape, names, rules)

        def bind(request: Request, found: dict[str, Any]) -> None:
            body = buffered(request)
            if body:
                found.update(read(body))

        return [bind]

    def _bind_payload(self, name: str, member: Shape, rules: Rules | None) -> Bind:
        if member.type == "blob" or member.trait("eventstream"):

            def bind_raw(request: Request, found: dict[str, Any]) -> None:
                found[name] = request.body

            return bind_raw
        if member.type == "string":

            def bind_text(request: Request, found: dict[str, Any]) -> None:
                try:
                    found[name] = buffered(request).decode()
                except UnicodeDecodeError:
                    raise WireError("SerializationException", "Invalid UTF-8 in the request body") from None

            return bind_text
        read = self.payload_reader(member, rules)

        def bind(request: Request, found: dict[str, Any]) -> None:
            body = buffered(request)
            if body:
                found[name] = read(body)

        return bind

    def body_reader(self, shape: Shape, names: dict[str, str], rules: Rules | None) -> Callable[[bytes], Any]:
        """Reads a body that holds the members without another place."""
        raise NotImplementedError

    def payload_reader(self, member: Shape, rules: Rules | None) -> Callable[[bytes], Any]:
        """Reads a body that is one member."""
        raise NotImplementedError

    # Responses

    def compile_output(self, operation: OperationModel) -> Serialise:
        shape = operation.output_shape
        status = operation.http.response_code
        if operation.event_stream_output is not None:
            from skyjar.wire import eventstream

            return eventstream.compile_output(self, operation, rpc=False)
        if shape is None:
            return lambda result, request_id: Response(status, self.request_headers(request_id))
        put_headers = header_writer(shape)
        body = self.body_writer(operation, shape)
        code = next((n for n, m in shape.members.items() if m.location == "statusCode"), None)
        bodiless = operation.http.method == "HEAD"
        # The edge writes the length of a body that has one; a HEAD has only what the member says.
        sized = any(m.location == "header" and m.wire_name == "Content-Length" for m in shape.members.values())

        def serialise(result: dict[str, Any], request_id: str) -> Response:
            headers = self.request_headers(request_id)
            put_headers(headers, result)
            number = status if code is None else int(result.get(code) or status)
            response = Response(number, headers)
            if not bodiless:
                body(response, result)
                if sized and response.body.__class__ in _SIZED:
                    response.headers = [row for row in headers if row[0] != "Content-Length"]
            return response

        return serialise

    def request_headers(self, request_id: str) -> list[tuple[str, str]]:
        return [("x-amzn-RequestId", request_id)]

    def body_writer(self, operation: OperationModel, shape: Shape) -> Callable[[Response, dict[str, Any]], None]:
        """Puts the body, and its Content-Type where no member gives it, into a response."""
        if shape.payload is not None:
            member = shape.members[shape.payload]
            if member.type in ("blob", "string"):
                return raw_writer(shape.payload, "application/octet-stream" if member.type == "blob" else "text/plain")
        return self.document_writer(operation, shape)

    def document_writer(self, operation: OperationModel, shape: Shape) -> Callable[[Response, dict[str, Any]], None]:
        raise NotImplementedError

    def event_response(self, operation: OperationModel, result: dict[str, Any], request_id: str) -> Response:
        shape = operation.output_shape
        headers = [*self.request_headers(request_id), ("Content-Type", "application/vnd.amazon.eventstream")]
        if shape is not None:
            header_writer(shape)(headers, result)
        return Response(operation.http.response_code, headers)

    def initial_response(self, operation: OperationModel, shape: Shape, member: str) -> Any:
        raise NotImplementedError

    def error_headers(self, error: AwsError, shape: Shape | None) -> list[tuple[str, str]]:
        """The fields of an error that travel as headers."""
        headers: list[tuple[str, str]] = []
        if shape is not None:
            header_writer(shape)(headers, error.fields)
        return headers


def has_content_type(response: Response) -> bool:
    return any(name.lower() == "content-type" for name, _ in response.headers)


def raw_writer(name: str, content_type: str) -> Callable[[Response, dict[str, Any]], None]:
    def write(response: Response, result: dict[str, Any]) -> None:
        value = result.get(name)
        if value is None:
            return
        response.body = value.encode() if value.__class__ is str else value
        if (value or isinstance(value, FileSlice)) and not has_content_type(response):
            response.headers.append(("Content-Type", content_type))

    return write


def header_text(shape: Shape) -> Callable[[Any], str]:
    """How a member is written into a header."""
    if shape.trait("jsonvalue"):
        return lambda value: b64encode(orjson.dumps(value)).decode()
    if shape.type == "timestamp":
        return timestamps.FORMATS[(shape.trait("timestamp_format") or "rfc822").lower()]
    if shape.type == "boolean":
        return lambda value: "true" if value else "false"
    if shape.type in ("float", "double"):
        return float_text
    if shape.type == "list":
        item = header_text(shape.member)
        quoting = shape.member.type == "string"
        return lambda value: ",".join(quote_item(item(entry)) if quoting else item(entry) for entry in value)
    return str


def quote_item(text: str) -> str:
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"' if '"' in text or "," in text else text


def header_writer(shape: Shape) -> Callable[[list[tuple[str, str]], dict[str, Any]], None]:
    """Adds the members that travel as headers."""
    rows = {n: (m.wire_name or n, header_text(m)) for n, m in shape.members.items() if m.location == "header"}
    prefixes = {n: m.wire_name or "" for n, m in shape.members.items() if m.location == "headers"}

    def write(headers: list[tuple[str, str]], result: dict[str, Any]) -> None:
        for name, value in result.items():
            row = rows.get(name)
            if row is not None and value is not None:
                headers.append((row[0], clean(row[1](value))))
        for name, prefix in prefixes.items():
            headers.extend((prefix + key, encoded(clean(value))) for key, value in (result.get(name) or {}).items())

    return write


def clean(text: str) -> str:
    """A header's value: nothing in it may end the header."""
    return text if text.isprintable() or not _UNPRINTABLE.search(text) else _UNPRINTABLE.sub(" ", text)
