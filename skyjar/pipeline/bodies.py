"""Bodies before they are parsed: `aws-chunked` undone, long ones streamed to blobs while they are hashed."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

from skyjar.kernel.blobs import Blob, Blobs, Digest
from skyjar.wire.chunked import Decoder
from skyjar.wire.errors import WireError
from skyjar.wire.http import Request

if TYPE_CHECKING:
    from .exchange import Exchange
    from .pipeline import Pipeline


def decode(pipeline: Pipeline, x: Exchange) -> None:
    """Undo what a buffered body is wrapped in; a streamed one was unwrapped on its way in."""
    request = x.addressed
    if not isinstance(request.body, bytes):
        return
    if is_chunked(request):
        decoder = pipeline.decoder_of(x)
        if decoder is not None:
            data = decoder.feed(request.body)
            decoder.close()
            request.body = data


def is_chunked(request: Request) -> bool:
    return request.headers.get("x-amz-content-sha256", "").startswith("STREAMING-")


class Received(Blob):
    """A streamed body with what was hashed on the way: `digests` by algorithm name, as bytes."""

    __slots__ = ("digests",)

    def __init__(self, blob: Blob, digests: dict[str, bytes]) -> None:
        super().__init__(blob.name, blob.path, blob.size)
        self.digests = digests


class BlobSink:
    """Streams a body into a blob: unwraps `aws-chunked`, hashes MD5 and SHA-256, checks the promised length and hash."""

    def __init__(self, blobs: Blobs, decoder: Decoder | None, promised_sha256: str, length: int | None) -> None:
        self._md5 = hashlib.md5(usedforsecurity=False)
        self._sha256 = hashlib.sha256()
        digests: tuple[Digest, ...] = (self._md5, self._sha256)
        self._writer = blobs.writer(*digests)
        self._decoder = decoder
        self._promised = promised_sha256
        self._length = length

    def write(self, chunk: bytes) -> None:
        data = chunk if self._decoder is None else self._decoder.feed(chunk)
        if data:
            self._writer.write(data)

    def close(self) -> Received:
        try:
            if self._decoder is not None:
                self._decoder.close()
            elif self._length is not None and self._writer.size != self._length:
                raise WireError(
                    "IncompleteBody",
                    "You did not provide the number of bytes specified by the Content-Length HTTP header",
                )
            if self._promised and self._sha256.hexdigest() != self._promised:
                raise WireError(
                    "XAmzContentSHA256Mismatch",
                    "The provided 'x-amz-content-sha256' header does not match what was computed.",
                    fields={
                        "ClientComputedContentSHA256": self._promised,
                        "S3ComputedContentSHA256": self._sha256.hexdigest(),
                    },
                )
        except WireError:
            self._writer.abort()
            raise
        return Received(self._writer.close(), {"md5": self._md5.digest(), "sha256": self._sha256.digest()})

    def abort(self) -> None:
        self._writer.abort()
