"""From a result or an error to a response."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, BinaryIO, cast

import orjson

from skyjar.kernel.blobs import Blob, Flowing, Slices
from skyjar.kernel.errors import AWSError
from skyjar.kernel.web import WebResponse
from skyjar.wire.errors import WireError
from skyjar.wire.http import FileSlice, FileSlices, Response

if TYPE_CHECKING:
    from .exchange import Exchange
    from .flows import Flows


class InternalFailure(AWSError):
    code = "InternalFailure"
    status = 500
    sentence = "The request processing has failed because of an unknown error, exception or failure."


class InternalError(AWSError):
    """What S3 calls it."""

    code = "InternalError"
    status = 500
    sentence = "We encountered an internal error. Please try again."


class NotServed(AWSError):
    code = "ServiceUnavailable"
    status = 503
    sentence = "The request conflicted with others too often. Please try again."


def internal_failure(service: str) -> AWSError:
    return InternalError() if service == "s3" else InternalFailure()


def render(x: Exchange, flows: Flows) -> Response:
    result: Any = x.result
    if x.plane is not None:
        if isinstance(result, AWSError):
            raise result
        assert isinstance(result, WebResponse)
        return Response(
            result.status, result.headers, file_slice(result.body) if isinstance(result.body, Slices) else result.body
        )
    assert x.codec is not None
    assert x.model is not None
    response = x.codec.serialise(x.model, result, x.request_id)
    body: Any = response.body
    if type(body) is not bytes:
        if type(body) is Slices:
            response.body = file_slice(body)
        elif type(body) is Flowing:
            response.body = flows.take(body)
    return response


def file_slice(body: Slices) -> FileSlice:
    slices = [
        SealedSlice(blob, offset, length) if blob.secrets else FileSlice(str(blob.path), offset, length)
        for blob, offset, length in body.pieces
    ]
    return slices[0] if len(slices) == 1 else FileSlices(tuple(slices))


class SealedSlice(FileSlice):
    """A part of a sealed blob, which is opened as it is sent."""

    __slots__ = ("blob",)

    def __init__(self, blob: Blob, offset: int, length: int) -> None:
        super().__init__(str(blob.path), offset, length)
        self.blob = blob

    def open(self) -> BinaryIO:
        return cast(BinaryIO, self.blob.stream(self.offset))


def render_error(x: Exchange, error: AWSError | WireError) -> Response:
    """In the service's own protocol where one is known, else as JSON."""
    if x.codec is not None:
        return x.codec.error(x.model, error, x.request_id)
    body = orjson.dumps({"__type": error.code, "message": error.message})
    headers = [
        ("content-type", "application/json"),
        ("x-amzn-requestid", x.request_id),
        ("x-amzn-errortype", error.code),
    ]
    return Response(error.status, headers, body)
