"""The query protocol: parameters such as `Tag.member.1.Key=…` in a form or a query string, answered in XML.

Parameters become a tree by splitting names at the dots; compiled readers walk it with the shapes. A node is the text of a
parameter, or a dict of the nodes below it.
"""

from __future__ import annotations

import re
from typing import Any
from urllib.parse import unquote_to_bytes

import msgspec

from skyjar.wire import json_values, timestamps, xml
from skyjar.wire.closures import Closure, Readers, checked, require
from skyjar.wire.codec import AwsError, Codec, Parse, Serialise, buffered, snake_table
from skyjar.wire.errors import WireError
from skyjar.wire.http import Request, Response
from skyjar.wire.models import OperationModel, Raw, Ref, Shape, amendments, load
from skyjar.wire.validation import Rules

PARAMETERS_MAX = 100_000
DEPTH_MAX = 32

_ACTION = re.compile(r"(?:^|&)Action=([^&]*)")
_ACTION_BYTES = re.compile(rb"(?:^|&)Action=([^&]*)")
_SPECIAL = {"NaN": float("nan"), "Infinity": float("inf"), "-Infinity": float("-inf")}


def malformed(message: str) -> WireError:
    return WireError("MalformedInput", message)


def unquote(text: str) -> str:
    """A form-encoded name or value."""
    if "+" in text:
        text = text.replace("+", " ")
    if "%" not in text:
        return text
    try:
        return unquote_to_bytes(text).decode()
    except UnicodeDecodeError:
        raise WireError("MalformedQueryString", "The query string contains invalid UTF-8") from None


def pairs(text: str) -> list[tuple[str, str]]:
    """The decoded parameters of a form or query string, in order."""
    parts = text.split("&")
    if len(parts) > PARAMETERS_MAX:
        raise WireError("MalformedQueryString", "The query string has too many parameters")
    found = []
    for part in parts:
        if part:
            name, _, value = part.partition("=")
            found.append((unquote(name), unquote(value)))
    return found


def parameters(request: Request) -> dict[str, Any]:
    """The tree of a request's parameters."""
    root: dict[str, Any] = {}
    for text in (request.query, _form(request)):
        if text:
            for name, value in pairs(text):
                if "." in name:
                    _grow(root, name, value)
                elif root.get(name).__class__ is not dict:
                    root[name] = value
    return root


def _form(request: Request) -> str:
    body = buffered(request)
    if not body:
        return ""
    try:
        return body.decode().strip()
    except UnicodeDecodeError:
        raise WireError("MalformedQueryString", "The request body contains invalid UTF-8") from None


def _grow(root: dict[str, Any], name: str, value: str) -> None:
    path = name.split(".")
    if len(path) > DEPTH_MAX:
        raise WireError("MalformedQueryString", "A parameter name has too many parts")
    node = root
    for part in path[:-1]:
        below = node.get(part)
        if below.__class__ is not dict:
            below = node[part] = {}
        node = below
    if node.get(path[-1]).__class__ is not dict:
        node[path[-1]] = value


def indexed(node: Any) -> list[Any]:
    """The nodes numbered 1, 2, … below a node, in the order of their numbers."""
    if node.__class__ is not dict:
        return []
    try:
        return [node[key] for key in sorted(node, key=int)]
    except ValueError:
        raise malformed("Start of list found where not expected") from None


def scalar(node: Any) -> str:
    if node.__class__ is dict:
        raise malformed("Unexpected complex element termination")
    text: str = node
    return text


def read_boolean(node: Any) -> bool:
    text = scalar(node).lower()
    if text in ("true", "1"):
        return True
    if text in ("false", "0"):
        return False
    raise malformed(f"Invalid boolean value: {text[:100]}")


def read_integer(node: Any) -> int:
    text = scalar(node)
    try:
        if len(text) < 40:
            return int(text)
    except ValueError:
        pass
    raise malformed(f"Invalid integer value: {text[:100]}")


def read_float(node: Any) -> float:
    text = scalar(node)
    if text in _SPECIAL:
        return _SPECIAL[text]
    try:
        return float(text)
    except ValueError:
        raise malformed(f"Invalid number: {text[:100]}") from None


def read_timestamp(node: Any) -> float:
    text = scalar(node)
    try:
        return timestamps.parse(text)
    except ValueError:
        raise malformed(f"Invalid timestamp: {text[:100]}") from None


def read_blob(node: Any) -> bytes:
    return json_values.decode_base64(scalar(node).replace(" ", "+"))


class QueryReaders(Readers):
    """Parameter trees -> parameters."""

    def string(self, shape: Shape) -> Closure:
        return checked(scalar, self.check(shape))

    def boolean(self, shape: Shape) -> Closure:
        return read_boolean

    def integer(self, shape: Shape) -> Closure:
        return checked(read_integer, self.check(shape))

    long = integer

    def double(self, shape: Shape) -> Closure:
        return checked(read_float, self.check(shape))

    float = double

    def timestamp(self, shape: Shape) -> Closure:
        return read_timestamp

    def blob(self, shape: Shape) -> Closure:
        return checked(read_blob, self.check(shape))

    def list(self, shape: Shape) -> Closure:
        item = self.of(shape.member)
        wrapper = None if shape.trait("flattened") else shape.member.wire_name or "member"

        def read(node: Any) -> Any:
            if wrapper is not None and node.__class__ is dict:
                node = node.get(wrapper)
            return [item(entry) for entry in indexed(node)]

        return checked(read, self.check(shape))

    def map(self, shape: Shape) -> Closure:
        read_key, item = self.of(shape.key), self.of(shape.value)
        key_name, value_name = shape.key.wire_name or "key", shape.value.wire_name or "value"
        wrapper = None if shape.trait("flattened") else "entry"

        def read(node: Any) -> Any:
            if wrapper is not None and node.__class__ is dict:
                node = node.get(wrapper)
            found = {}
            for entry in indexed(node):
                if entry.__class__ is not dict or key_name not in entry:
                    raise malformed("A map entry has no key")
                found[read_key(entry[key_name])] = item(entry.get(value_name, ""))
            return found

        return checked(read, self.check(shape))

    def names(self, name: str, member: Shape) -> tuple[str, ...]:
        """The parameter names of a member."""
        plain = member.wire_name or name
        if member.type == "list" and member.trait("flattened"):
            return (member.member.wire_name or plain,)
        return (plain,)

    def structure(self, shape: Shape, rename: dict[str, str] | None = None) -> Closure:
        table = {
            wire: ((rename or {}).get(name, name), self.member(shape, name, member))
            for name, member in shape.members.items()
            for wire in self.names(name, member)
        }
        required = frozenset((rename or {}).get(name, name) for name in self.required(shape))
        get = table.get

        def read(node: Any) -> Any:
            found: dict[str, Any] = {}
            if node.__class__ is not dict:
                return found
            for key, entry in node.items():
                known = get(key)
                if known is not None:
                    found[known[0]] = known[1](entry)
            return found

        return require(read, required)


class QueryCodec(Codec):
    """`Action=Operation&…`, answered with `<OperationResponse>`."""

    readers: type[QueryReaders] = QueryReaders

    def __init__(self, model: Any, protocol: str) -> None:
        super().__init__(model, protocol)
        self.writers = xml.XmlWriters()
        default = f"https://{model.endpoint_prefix}.amazonaws.com/doc/{model.api_version}/"
        self.namespace = model.xml_namespace or _NAMESPACES.get(model.name, default)
        self._amendments = amendments(model.name).get("shapes", {})

    def route(self, request: Request) -> OperationModel | None:
        body = request.body
        name = ""
        if body.__class__ is bytes and "content-encoding" not in request.headers:
            found = _ACTION_BYTES.search(body)
            name = found.group(1).decode("latin-1").strip() if found is not None else ""
        elif body:
            action = parameters(request).get("Action", "")
            name = action if isinstance(action, str) else ""
        if not name:
            match = _ACTION.search(request.query)
            name = match.group(1) if match is not None else ""
        try:
            return self.model.operation(name)
        except KeyError:
            return None

    def amended(self, shape: Shape | None) -> Shape | None:
        """The shape as the query protocol knew it, where the model has moved on to JSON."""
        if shape is None or not self._amendments:
            return shape
        shapes = dict(load(self.model.name).shapes)
        for name, change in self._amendments.items():
            if name in shapes:
                shapes[name] = _amend(shapes[name], change)
        return Shape(shapes, Ref(shape.name))

    def compile_input(self, operation: OperationModel, rules: Rules | None) -> Parse:
        shape = self.amended(operation.input_shape)
        if shape is None or not shape.members:
            return lambda request: {}
        read = self.readers(rules).structure(shape, snake_table(shape))

        def parse(request: Request) -> dict[str, Any]:
            found: dict[str, Any] = read(parameters(request))
            return found

        return parse

    def compile_output(self, operation: OperationModel) -> Serialise:
        name = operation.name
        shape = self.amended(operation.output_shape)
        wrapper = operation.result_wrapper or (f"{name}Result" if self.model.query_compatible else None)
        before = f'<{name}Response xmlns="{self.namespace}">' + (f"<{wrapper}>" if shape and wrapper else "")
        middle = f"</{wrapper}>" if shape and wrapper else ""
        middle += "<ResponseMetadata><RequestId>"
        after = f"</RequestId></ResponseMetadata></{name}Response>"
        inside = self.writers.contents(shape) if shape is not None else None

        def serialise(result: dict[str, Any], request_id: str) -> Response:
            parts = [before]
            if inside is not None:
                inside(parts.append, result)
            parts += (middle, request_id, after)
            headers = [("x-amzn-RequestId", request_id), ("Content-Type", "text/xml")]
            return Response(200, headers, "".join(parts).encode())

        return serialise

    def error(self, operation: OperationModel | None, error: AwsError, request_id: str) -> Response:
        shape = self.error_shape(error)
        code = self.model.query_code(shape) if shape is not None else error.code
        kind = "Sender" if error.sender else "Receiver"
        body = (
            f'<ErrorResponse xmlns="{self.namespace}"><Error><Type>{kind}</Type><Code>{xml.escape(code)}</Code>'
            f"<Message>{xml.escape(error.message)}</Message>{error_fields(self.writers, error, shape)}</Error>"
            f"<RequestId>{request_id}</RequestId></ErrorResponse>"
        )
        return Response(error.status, [("x-amzn-RequestId", request_id), ("Content-Type", "text/xml")], body.encode())


_NAMESPACES = {"sqs": "http://queue.amazonaws.com/doc/2012-11-05/"}


def error_fields(writers: xml.XmlWriters, error: AwsError, shape: Shape | None) -> str:
    """The further members of an error, as elements."""
    members = shape.members if shape is not None else {}
    parts: list[str] = []
    for name, value in error.fields.items():
        member = members.get(name)
        if member is not None:
            writers.element(member, writers.name(name, member))(parts.append, value)
        elif value is not None:
            parts.append(f"<{name}>{xml.escape(str(value))}</{name}>")
    return "".join(parts)


def _amend(raw: Raw, change: dict[str, Any]) -> Raw:
    """`name` is the element of the shape itself, `member`, `key` and `value` those of its parts."""
    changed = msgspec.structs.replace(raw, location_name=change.get("name", raw.location_name))
    for part in ("member", "key", "value"):
        ref = getattr(raw, part)
        if part in change and ref is not None:
            setattr(changed, part, msgspec.structs.replace(ref, location_name=change[part]))
    return changed
