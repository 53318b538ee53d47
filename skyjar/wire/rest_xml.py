"""REST with XML bodies: S3, Route 53, CloudFront. S3 has its own request ids, root elements and errors."""

from __future__ import annotations

import hashlib
from binascii import b2a_base64
from collections.abc import Callable
from typing import Any

from skyjar.wire import query, s3_texts, timestamps, xml
from skyjar.wire.closures import Closure, Readers, checked, require
from skyjar.wire.codec import AwsError, Serialise
from skyjar.wire.errors import WireError
from skyjar.wire.http import Response
from skyjar.wire.json_values import decode_base64
from skyjar.wire.models import OperationModel, Shape
from skyjar.wire.rest import RestCodec, has_content_type
from skyjar.wire.validation import Rules
from skyjar.wire.violation import Violation

# Fields of errors that S3 sends as headers; so it does with those whose names begin with `x-amz-`.
S3_ERROR_HEADERS = frozenset({"ETag", "Last-Modified", "Content-Range", "Location", "Allow"})

HEAD = '<?xml version="1.0" encoding="UTF-8"?>\n'

# The root elements that S3 writes where they are not the names of shapes.
S3_ROOTS = {
    "ListBucketsOutput": "ListAllMyBucketsResult",
    "ListDirectoryBucketsOutput": "ListAllMyDirectoryBucketsResult",
    "ListObjectsOutput": "ListBucketResult",
    "ListObjectsV2Output": "ListBucketResult",
    "ListObjectVersionsOutput": "ListVersionsResult",
    "ListMultipartUploadsOutput": "ListMultipartUploadsResult",
    "ListPartsOutput": "ListPartsResult",
    "CreateMultipartUploadOutput": "InitiateMultipartUploadResult",
    "CompleteMultipartUploadOutput": "CompleteMultipartUploadResult",
    "DeleteObjectsOutput": "DeleteResult",
    "CreateSessionOutput": "CreateSessionResult",
    "GetBucketAclOutput": "AccessControlPolicy",
    "GetObjectAclOutput": "AccessControlPolicy",
    "GetBucketCorsOutput": "CORSConfiguration",
    "GetBucketTaggingOutput": "Tagging",
    "GetObjectTaggingOutput": "Tagging",
    "GetBucketVersioningOutput": "VersioningConfiguration",
    "GetBucketWebsiteOutput": "WebsiteConfiguration",
    "GetBucketLoggingOutput": "BucketLoggingStatus",
    "GetBucketLifecycleOutput": "LifecycleConfiguration",
    "GetBucketLifecycleConfigurationOutput": "LifecycleConfiguration",
    "GetBucketRequestPaymentOutput": "RequestPaymentConfiguration",
    "GetBucketAccelerateConfigurationOutput": "AccelerateConfiguration",
    "GetObjectAttributesOutput": "GetObjectAttributesResponse",
    "ListBucketAnalyticsConfigurationsOutput": "ListBucketAnalyticsConfigurationResult",
    "ListBucketInventoryConfigurationsOutput": "ListInventoryConfigurationsResult",
    "ListBucketMetricsConfigurationsOutput": "ListMetricsConfigurationsResult",
    "ListBucketIntelligentTieringConfigurationsOutput": "ListBucketIntelligentTieringConfigurationsOutput",
}


class XmlReaders(Readers):
    """Elements -> parameters. Flattened lists and maps get all their elements, everything else its one element."""

    def _scalar(self, read: Callable[[str], Any]) -> Closure:
        def reading(node: xml.Node) -> Any:
            if node.children:
                raise xml.malformed_xml()
            try:
                return read(node.text)
            except (ValueError, WireError):
                raise xml.malformed_xml() from None

        return reading

    def string(self, shape: Shape) -> Closure:
        return checked(self._scalar(str), self.check(shape))

    def boolean(self, shape: Shape) -> Closure:
        return self._scalar(lambda text: query.read_boolean(text.strip()))

    def integer(self, shape: Shape) -> Closure:
        return checked(self._scalar(lambda text: query.read_integer(text.strip())), self.check(shape))

    long = integer

    def double(self, shape: Shape) -> Closure:
        return checked(self._scalar(lambda text: query.read_float(text.strip())), self.check(shape))

    float = double

    def timestamp(self, shape: Shape) -> Closure:
        return self._scalar(timestamps.parse)

    def blob(self, shape: Shape) -> Closure:
        return checked(self._scalar(lambda text: decode_base64(text.strip())), self.check(shape))

    def list(self, shape: Shape) -> Closure:
        item = self.of(shape.member)
        if shape.trait("flattened"):
            return checked(lambda nodes: [item(node) for node in nodes], self.check(shape))
        tag = shape.member.wire_name or "member"

        def read(node: xml.Node) -> Any:
            return [item(child) for child in node.children if child.tag == tag]

        return checked(read, self.check(shape))

    def map(self, shape: Shape) -> Closure:
        read_key, item = self.of(shape.key), self.of(shape.value)
        key_tag, value_tag = shape.key.wire_name or "key", shape.value.wire_name or "value"
        flat = bool(shape.trait("flattened"))

        def read(given: Any) -> Any:
            found = {}
            for entry in given if flat else given.children:
                parts = {child.tag: child for child in entry.children}
                if key_tag not in parts or value_tag not in parts:
                    raise xml.malformed_xml()
                found[read_key(parts[key_tag])] = item(parts[value_tag])
            return found

        return checked(read, self.check(shape))

    def structure(self, shape: Shape, rename: dict[str, str] | None = None) -> Closure:
        table: dict[str, tuple[str, Any, bool]] = {}
        attributes: dict[str, str] = {}
        for name, member in shape.members.items():
            called = (rename or {}).get(name, name)
            if member.trait("xml_attribute"):
                attributes[(member.wire_name or name).rpartition(":")[2]] = called
            elif member.location is None:
                many = member.type in ("list", "map") and bool(member.trait("flattened"))
                wire = member.wire_name or name
                if many and member.type == "list":
                    wire = member.member.wire_name or wire
                table[wire] = (called, self.member(shape, name, member), many)
        required = frozenset((rename or {}).get(name, name) for name in self.required(shape))

        def read(node: xml.Node) -> Any:
            found: dict[str, Any] = {}
            groups: dict[str, list[xml.Node]] = {}
            for child in node.children:
                known = table.get(child.tag)
                if known is None:
                    continue
                if known[2]:
                    groups.setdefault(child.tag, []).append(child)
                else:
                    found[known[0]] = known[1](child)
            for tag, nodes in groups.items():
                found[table[tag][0]] = table[tag][1](nodes)
            for wire, text in node.attributes.items():
                called = attributes.get(wire.rpartition(":")[2])
                if called is not None:
                    found[called] = text
            return found

        return require(read, required)


class RestXmlCodec(RestCodec):
    content_type = "application/xml"

    def __init__(self, model: Any, protocol: str) -> None:
        super().__init__(model, protocol)
        self.s3 = model.name == "s3"
        self.writers = xml.XmlWriters(timestamps.iso8601_ms if self.s3 else timestamps.iso8601)
        self._namespace: str | None = model.xml_namespace

    def namespace(self, operation: OperationModel) -> str:
        """The default namespace: the service's, or the one its requests carry."""
        if self._namespace is None:
            self._namespace = self._find_namespace()
        return self._namespace

    def _find_namespace(self) -> str:
        if self.s3:
            return "http://s3.amazonaws.com/doc/2006-03-01/"
        meta = self.model.metadata
        if "xmlNamespace" in meta:
            found = meta["xmlNamespace"]
            return str(found["uri"] if isinstance(found, dict) else found)
        for name in self.model.operations:
            ref = self.model.operation(name).input_ref
            if ref is not None and ref.xml_namespace:
                space = ref.xml_namespace
                return str(space["uri"] if isinstance(space, dict) else space)
        return f"http://{self.model.endpoint_prefix}.amazonaws.com/doc/{self.model.api_version}/"

    def _text(self, name: str, member: Shape, rules: Rules | None) -> Any:
        read = super()._text(name, member, rules)
        return s3_texts.checked(name, read) if self.s3 else read

    def header_rows(
        self, operation: OperationModel, shape: Shape, names: dict[str, str], rules: Rules | None
    ) -> dict[str, tuple[str, Any]]:
        rows = super().header_rows(operation, shape, names, rules)
        if self.s3 and s3_texts.refuses_encryption(operation):
            rows[s3_texts.ENCRYPTION] = ("", s3_texts.refuse_encryption)
        return rows

    def bad_text(self, name: str) -> Callable[[str, str], WireError]:
        if not self.s3:
            return super().bad_text(name)

        def fail(text: str, wanted: str) -> WireError:
            if wanted == "an integer":
                message = f"Provided {name} not an integer or within integer range"
            else:
                message = f"Invalid value for {name}: {text[:100]} is not {wanted}"
            return WireError("InvalidArgument", message, fields={"ArgumentName": name, "ArgumentValue": text[:100]})

        return fail

    def _root(self, body: bytes) -> xml.Node:
        try:
            return xml.parse(body)
        except xml.Refused:
            if self.s3:
                raise xml.malformed_xml() from None
            raise WireError("MalformedInput", "The XML in the request body is not well-formed") from None

    def body_reader(self, shape: Shape, names: dict[str, str], rules: Rules | None) -> Callable[[bytes], Any]:
        readers, nested = XmlReaders(rules), XmlReaders(rules)
        readers.required = lambda shape: frozenset()  # type: ignore[method-assign]
        readers.of = nested.of  # type: ignore[method-assign]
        read = readers.structure(shape, names)
        return lambda body: read(self._root(body))

    def payload_reader(self, member: Shape, rules: Rules | None) -> Callable[[bytes], Any]:
        read = XmlReaders(rules).of(member)
        return lambda body: read(self._root(body))

    def violation(self, found: list[Violation]) -> WireError:
        if self.s3 and found[0].missing:
            if "." in found[0].path:
                return xml.malformed_xml()
            header = s3_texts.REQUIRED.get(found[0].path)
            if header is not None:
                return WireError("InvalidRequest", f"Missing required header for this request: {header}")
            return WireError("MissingRequestBodyError", "Request Body is empty")
        return super().violation(found)

    def request_headers(self, request_id: str) -> list[tuple[str, str]]:
        if self.s3:
            return [("x-amz-request-id", request_id), ("x-amz-id-2", host_id(request_id))]
        return [("x-amzn-RequestId", request_id)]

    def document_writer(self, operation: OperationModel, shape: Shape) -> Callable[[Response, dict[str, Any]], None]:
        payload = shape.payload
        if payload is None and all(member.location is not None for member in shape.members.values()):
            return lambda response, result: None
        if operation.name == "GetBucketLocation":
            return self._write_location
        body_shape = shape if payload is None else shape.members[payload]
        space = f' xmlns="{self.namespace(operation)}"'
        tag = self._root_name(body_shape, payload)
        start, end = f"{HEAD}<{tag}{space}>", f"</{tag}>"
        inside = self.writers.contents(body_shape)

        def write(response: Response, result: dict[str, Any]) -> None:
            value = result if payload is None else result.get(payload)
            if value is None:
                return
            parts = [start]
            inside(parts.append, value)
            parts.append(end)
            response.body = "".join(parts).encode()
            if not has_content_type(response):
                response.headers.append(("Content-Type", "application/xml" if self.s3 else "text/xml"))

        return write

    def _root_name(self, shape: Shape, payload: str | None) -> str:
        if payload is not None:
            return shape.wire_name or shape.name
        return S3_ROOTS.get(shape.name, shape.name) if self.s3 else shape.wire_name or shape.name

    def _write_location(self, response: Response, result: dict[str, Any]) -> None:
        """GetBucketLocation answers with a root element that holds nothing but the text."""
        text = result.get("LocationConstraint")
        space = 'xmlns="http://s3.amazonaws.com/doc/2006-03-01/"'
        inside = (
            f"<LocationConstraint {space}>{xml.escape(text)}</LocationConstraint>"
            if text
            else (f"<LocationConstraint {space}/>")
        )
        response.body = (HEAD + inside).encode()
        response.headers.append(("Content-Type", "application/xml"))

    def event_body(self, shape: Shape, payload: str | None) -> tuple[Callable[[dict[str, Any]], bytes], str]:
        member = shape.members[payload] if payload is not None else shape
        if payload is not None and member.type == "blob":
            return lambda value: bytes(value.get(payload) or b""), "application/octet-stream"
        if not member.members:
            return lambda value: b"", "text/xml"
        write = self.writers.element(member, member.wire_name or member.name)

        def render(value: dict[str, Any]) -> bytes:
            parts: list[str] = []
            write(parts.append, value if payload is None else value.get(payload) or {})
            return "".join(parts).encode()

        return render, "text/xml"

    def compile_output(self, operation: OperationModel) -> Serialise:
        serialise = super().compile_output(operation)
        if self.s3 and operation.name == "RestoreObject":
            return self._restoring(serialise)
        if not self.s3 or operation.name not in ("GetObject", "HeadObject"):
            return serialise

        def partial(result: dict[str, Any], request_id: str) -> Response:
            response = serialise(result, request_id)
            if "ContentRange" in result:
                response.status = 206
            return response

        return partial

    @staticmethod
    def _restoring(serialise: Serialise) -> Serialise:
        """A restore that begins is accepted; one that is there already is only prolonged, which is done at once."""

        def accepted(result: dict[str, Any], request_id: str) -> Response:
            response = serialise(result, request_id)
            if result.get("IsAccepted"):
                response.status = 202
            return response

        return accepted

    def error(self, operation: OperationModel | None, error: AwsError, request_id: str) -> Response:
        if not getattr(error, "has_body", True):
            return Response(error.status, self.request_headers(request_id))
        shape = self.error_shape(error)
        if self.s3 and error.fields:
            return self._s3_error(operation, error, shape, request_id)
        headers = [*self.request_headers(request_id), ("Content-Type", "application/xml" if self.s3 else "text/xml")]
        headers += self.error_headers(error, shape)
        if error.status == 304 or (operation is not None and operation.http.method == "HEAD"):
            return Response(error.status, headers)
        fields = query.error_fields(self.writers, error, shape)
        return self._error_body(operation, error, fields, request_id, headers)

    def _s3_error(
        self, operation: OperationModel | None, error: AwsError, shape: Shape | None, request_id: str
    ) -> Response:
        """Fields that S3 gives as headers are named as such: in small letters, or as HTTP's own."""
        headers = [*self.request_headers(request_id), ("Content-Type", "application/xml")]
        headers += [(n, str(v)) for n, v in error.fields.items() if n.startswith("x-amz-") or n in S3_ERROR_HEADERS]
        if error.status == 304 or (operation is not None and operation.http.method == "HEAD"):
            return Response(error.status, [row for row in headers if row[0] != "Content-Type"])
        named = {n: v for n, v in error.fields.items() if not n.startswith("x-amz-") and n not in S3_ERROR_HEADERS}
        bare = WireError(error.code, error.message, error.status, named)
        return self._error_body(operation, error, query.error_fields(self.writers, bare, shape), request_id, headers)

    def _error_body(
        self,
        operation: OperationModel | None,
        error: AwsError,
        fields: str,
        request_id: str,
        headers: list[tuple[str, str]],
    ) -> Response:
        code, message = xml.escape(error.code), xml.escape(error.message)
        if self.s3:
            text = (
                f"{HEAD}<Error><Code>{code}</Code><Message>{message}</Message>{fields}"
                f"<RequestId>{request_id}</RequestId><HostId>{host_id(request_id)}</HostId></Error>"
            )
        else:
            kind = "Sender" if error.sender else "Receiver"
            space = self.namespace(operation) if operation is not None else self._find_namespace()
            text = (
                f'<ErrorResponse xmlns="{space}"><Error><Type>{kind}</Type><Code>{code}</Code>'
                f"<Message>{message}</Message>{fields}</Error><RequestId>{request_id}</RequestId></ErrorResponse>"
            )
        return Response(error.status, headers, text.encode())


def host_id(request_id: str) -> str:
    """S3's second id of a request; ours follows from the first."""
    return b2a_base64(hashlib.blake2b(request_id.encode(), digest_size=48).digest(), newline=False).decode()
