"""The ec2 protocol: query with its own names of parameters and its own envelopes."""

from __future__ import annotations

from typing import Any

from skyjar.wire import timestamps, xml
from skyjar.wire.closures import Closure, checked
from skyjar.wire.codec import AwsError, Serialise
from skyjar.wire.http import Response
from skyjar.wire.models import OperationModel, Shape
from skyjar.wire.query import QueryCodec, QueryReaders, error_fields, indexed


class Ec2Readers(QueryReaders):
    """Lists are always `Name.1`; names are `queryName`, or `locationName` with a capital."""

    def names(self, name: str, member: Shape) -> tuple[str, ...]:
        query_name = member.trait("query_name")
        if query_name is not None:
            return (query_name,)
        wire = member.wire_name or name
        return (wire[:1].upper() + wire[1:],)

    def list(self, shape: Shape) -> Closure:
        item = self.of(shape.member)
        return checked(lambda node: [item(entry) for entry in indexed(node)], self.check(shape))


class Ec2Writers(xml.XmlWriters):
    item_name = "item"


class Ec2Codec(QueryCodec):
    readers = Ec2Readers

    def __init__(self, model: Any, protocol: str) -> None:
        super().__init__(model, protocol)
        self.writers = Ec2Writers(timestamps.iso8601_ms)
        self.namespace = model.xml_namespace or f"http://ec2.amazonaws.com/doc/{model.api_version}/"

    def compile_output(self, operation: OperationModel) -> Serialise:
        name, shape = operation.name, operation.output_shape
        before = f'<{name}Response xmlns="{self.namespace}"><requestId>'
        after = f"</{name}Response>"
        inside = self.writers.contents(shape) if shape is not None else None

        def serialise(result: dict[str, Any], request_id: str) -> Response:
            parts = [before, request_id, "</requestId>"]
            if inside is not None:
                inside(parts.append, result)
            parts.append(after)
            headers = [("x-amzn-RequestId", request_id), ("Content-Type", "text/xml;charset=UTF-8")]
            return Response(200, headers, "".join(parts).encode())

        return serialise

    def error(self, operation: OperationModel | None, error: AwsError, request_id: str) -> Response:
        fields = error_fields(self.writers, error, self.error_shape(error))
        body = (
            f"{xml_head()}<Response><Errors><Error><Code>{xml.escape(error.code)}</Code>"
            f"<Message>{xml.escape(error.message)}</Message>{fields}</Error></Errors>"
            f"<RequestID>{request_id}</RequestID></Response>"
        )
        headers = [("x-amzn-RequestId", request_id), ("Content-Type", "text/xml;charset=UTF-8")]
        return Response(error.status, headers, body.encode())


def xml_head() -> str:
    return '<?xml version="1.0" encoding="UTF-8"?>\n'
