"""Bodies before they are parsed: `aws-chunked` undone, checksums compared, long ones streamed to blobs while hashed."""

from __future__ import annotations

import hashlib
import logging
import zlib
from base64 import b64decode, b64encode
from collections.abc import Callable
from functools import cache
from typing import TYPE_CHECKING

from skyjar.kernel.blobs import Blob, Blobs, SealedWriter, Writer
from skyjar.kernel.digests import DIGESTS
from skyjar.kernel.errors import AWSError
from skyjar.wire import chunked
from skyjar.wire.chunked import Decoder
from skyjar.wire.errors import WireError
from skyjar.wire.http import Request
from skyjar.wire.models import OperationModel

from .respond import internal_failure

if TYPE_CHECKING:
    from .exchange import Exchange
    from .flows import Pipe
    from .pipeline import Pipeline

log = logging.getLogger("skyjar.pipeline")
DECOMPRESSED_BYTES = 16 * 1024 * 1024  # what a compressed request may become
SMALL_BYTES = 64 * 1024
_CHECKSUM = "x-amz-checksum-"
_DEFAULT = "crc64nvme"


def decode(pipeline: Pipeline, x: Exchange) -> None:
    """Undo what a buffered body is wrapped in; a streamed one was unwrapped on its way in."""
    request = x.addressed
    if is_chunked(request):
        if isinstance(request.body, bytes):
            decoder = pipeline.decoder_of(x)
            if decoder is not None:
                data = decoder.feed(request.body)
                decoder.close()
                request.body = data
                _take_trailers(request, decoder.trailers)
        elif isinstance(request.body, Received):
            _take_trailers(request, request.body.trailers)
        _unwrap_encoding(request.headers)
    elif "content-encoding" in request.headers and x.model is not None and not streams(x.model):
        _decompress(request)
    if x.name == "s3" and x.model is not None and request.body and not streams(x.model):
        _check_document(request)


def _decompress(request: Request) -> None:
    """Clients compress long requests of operations that say so (CloudWatch's PutMetricData)."""
    if request.headers["content-encoding"].lower() != "gzip" or not isinstance(request.body, bytes):
        return
    reader = zlib.decompressobj(wbits=31)
    try:
        body = reader.decompress(request.body, DECOMPRESSED_BYTES)
    except zlib.error:
        raise WireError("SerializationException", "The body is not compressed with gzip.") from None
    if not reader.eof:
        raise WireError("RequestEntityTooLarge", "The body is incomplete, or too long when decompressed.", status=413)
    request.body = body
    del request.headers["content-encoding"]


@cache
def streams(model: OperationModel) -> bool:
    """Whether the operation's body is a stream of bytes."""
    return model.streaming_input is not None


def _take_trailers(request: Request, trailers: dict[str, str]) -> None:
    """Checksums that came behind the body count as if they had come before it."""
    for name, value in trailers.items():
        if name.startswith(_CHECKSUM):
            request.headers.setdefault(name, value)


def _unwrap_encoding(headers: dict[str, str]) -> None:
    encoding = headers.get("content-encoding")
    if encoding is not None:
        left = [part.strip() for part in encoding.split(",") if part.strip() not in ("", "aws-chunked")]
        if left:
            headers["content-encoding"] = ",".join(left)
        else:
            del headers["content-encoding"]


def _check_document(request: Request) -> None:
    """S3 compares the checksums of every XML or JSON document it is sent."""
    if not isinstance(request.body, bytes):
        return
    for name, value in request.headers.items():
        algorithm = name.removeprefix(_CHECKSUM)
        if name == "content-md5":
            if not _is_digest(value, 16):
                raise WireError(
                    "InvalidDigest", "The Content-MD5 you specified was invalid.", fields={"Content-MD5": value}
                )
            if b64encode(hashlib.md5(request.body, usedforsecurity=False).digest()).decode() != value:
                raise WireError("BadDigest", "The Content-MD5 you specified did not match what we received.")
        elif algorithm != name and algorithm in DIGESTS:
            found = chunked.checksum(algorithm, request.body)
            if found == value:
                continue
            if not _is_digest(value, len(b64decode(found))):
                raise WireError("InvalidRequest", f"Value for {name} header is invalid.")
            raise WireError(
                "BadDigest", f"The {algorithm.upper()} you specified did not match the calculated checksum."
            )


def _is_digest(text: str, size: int) -> bool:
    try:
        return len(b64decode(text, validate=True)) == size
    except ValueError:
        return False


def is_chunked(request: Request) -> bool:
    return request.headers.get("x-amz-content-sha256", "").startswith("STREAMING-")


class Received(Blob):
    """A streamed body with what was hashed on the way: `digests` by algorithm name, as bytes."""

    __slots__ = ("digests", "trailers")

    def __init__(self, blob: Blob, digests: dict[str, bytes], trailers: dict[str, str] | None = None) -> None:
        super().__init__(blob.name, blob.path, blob.size, blob.secrets)
        self.digests = digests
        self.trailers = trailers or {}

    @property
    def sha256(self) -> str | None:
        """In hexadecimal, where it was hashed."""
        found = self.digests.get("sha256")
        return found.hex() if found is not None else None


class Coming:
    """A body that is yet to come: its hash is what the head promises, which the sink compares with what comes."""

    __slots__ = ("sha256", "size")

    def __init__(self, headers: dict[str, str]) -> None:
        self.sha256 = headers.get("x-amz-content-sha256", "")
        self.size = 0

    def read(self, offset: int = 0, length: int | None = None) -> bytes:
        return b""


def _unwritten(error: OSError) -> AWSError:
    log.error("a body could not be written: %s", error)
    return internal_failure("s3")


class BlobSink:
    """Streams a body into a blob: unwraps `aws-chunked`, hashes, checks the promised length and hash.

    Hashed are MD5 and what the request's own headers promise, or CRC64NVME where they say nothing: what S3 adds to
    every object by itself. A trailer's checksum is the decoder's business. SHA-256 is always there for a blob that it
    names, else (`is_sealed`) when it is promised. `check` raises what refuses a body of that many bytes.
    """

    def __init__(
        self,
        blobs: Blobs | Pipe,
        decoder: Decoder | None,
        headers: dict[str, str],
        *,
        is_sealed: bool = False,
        check: Callable[[int], None] | None = None,
    ) -> None:
        promised = headers.get("x-amz-content-sha256", "")
        length = headers.get("content-length")
        coming = headers.get("x-amz-decoded-content-length", "") if decoder is not None else length
        if check is not None and coming and coming.isdigit():
            check(int(coming))
        self._check = check
        named = [name.removeprefix(_CHECKSUM) for name in headers if name.startswith(_CHECKSUM)]
        named = [name for name in named if name in DIGESTS and name != "sha256"]
        has_trailer = decoder is not None and "x-amz-trailer" in headers
        wanted = named or ([] if has_trailer or _CHECKSUM + "sha256" in headers else [_DEFAULT])
        self._digests = {name: DIGESTS[name]() for name in wanted}
        self._digests["md5"] = hashlib.md5(usedforsecurity=False)
        self._promised = promised if len(promised) == 64 else ""
        self._writer: Writer | SealedWriter | Pipe
        if is_sealed:
            if self._promised or _CHECKSUM + "sha256" in headers:
                self._digests["sha256"] = hashlib.sha256()
            self._writer = blobs.sealed_writer(*self._digests.values())
        else:
            assert isinstance(blobs, Blobs)
            self._writer = blobs.writer(*self._digests.values())
            self._digests["sha256"] = self._writer.sha256
        self._decoder = decoder
        self._length = int(length) if length else None

    def write(self, chunk: bytes) -> None:
        data = chunk if self._decoder is None else self._decoder.feed(chunk)
        if data:
            try:
                self._writer.write(data)
            except OSError as error:
                raise _unwritten(error) from error
            if self._check is not None:
                self._check(self._writer.size)

    def close(self) -> Received:
        try:
            if self._decoder is not None:
                self._decoder.close()
            elif self._length is not None and self._writer.size != self._length:
                raise WireError(
                    "IncompleteBody",
                    "You did not provide the number of bytes specified by the Content-Length HTTP header",
                )
            self._check_promise()
        except WireError:
            self._writer.abort()
            raise
        digests = {name: digest.digest() for name, digest in self._digests.items()}
        trailers = self._decoder.trailers if self._decoder is not None else None
        try:
            blob = self._writer.close()
        except OSError as error:
            self._writer.abort()
            raise _unwritten(error) from error
        return Received(blob, digests, trailers)

    def _check_promise(self) -> None:
        if not self._promised:
            return
        found = self._digests["sha256"].digest().hex()
        if found != self._promised:
            raise WireError(
                "XAmzContentSHA256Mismatch",
                "The provided 'x-amz-content-sha256' header does not match what was computed.",
                fields={"ClientComputedContentSHA256": self._promised, "S3ComputedContentSHA256": found},
            )

    def abort(self) -> None:
        self._writer.abort()
