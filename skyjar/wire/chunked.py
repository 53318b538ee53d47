"""Packed bodies: gzip, and aws-chunked with its chunk signatures, trailers and checksums; all without I/O."""

from __future__ import annotations

import hashlib
import hmac
import zlib
from base64 import b64encode
from collections.abc import Callable
from typing import Protocol

from skyjar.kernel import digests
from skyjar.kernel.digests import DIGESTS, Digest
from skyjar.wire.errors import WireError

CHUNK_HEAD_SIZE_MAX = 1024
TRAILER_SIZE_MAX = 8192
_EMPTY = hashlib.sha256(b"").hexdigest()


def inflate(data: bytes, limit: int) -> bytes:
    """The unpacked gzip data. WireError when it is not gzip, is cut short, or unpacks to more than `limit` bytes."""
    out: list[bytes] = []
    size = 0
    while data:
        unpacker = zlib.decompressobj(zlib.MAX_WBITS | 16)
        try:
            piece = unpacker.decompress(data, limit - size + 1)
        except zlib.error:
            raise WireError("SerializationException", "Unable to decompress the request body") from None
        size += len(piece)
        if size > limit:
            raise WireError("RequestEntityTooLarge", "Request body is too large after decompression", 413)
        if not unpacker.eof:
            raise WireError("SerializationException", "Unable to decompress the request body")
        out.append(piece)
        data = unpacker.unused_data
    return b"".join(out)


def checksum(algorithm: str, data: bytes) -> str:
    """The base64 checksum of data, as in `x-amz-checksum-<algorithm>`."""
    return b64encode(digests.digest(algorithm, data)).decode()


class Chain(Protocol):
    """The signatures of a body's chunks and of its trailer, asked in their order."""

    def is_next(self, digest: str, given: str) -> bool:
        """Whether this is the signature of the next chunk, whose data has this SHA-256."""
        ...

    def is_trailer(self, trailer: bytes, given: str) -> bool: ...


class Signer:
    """The chain of chunk signatures, beginning with the signature of the request."""

    def __init__(self, key: bytes, stamp: str, scope: str, seed: str) -> None:
        self._key = key
        self._head = f"{stamp}\n{scope}\n"
        self._previous = seed

    def sign(self, digest: str) -> str:
        """The signature of the next chunk, whose data has this SHA-256."""
        return self._next(f"AWS4-HMAC-SHA256-PAYLOAD\n{self._head}{self._previous}\n{_EMPTY}\n{digest}")

    def sign_trailer(self, trailer: bytes) -> str:
        digest = hashlib.sha256(trailer).hexdigest()
        return self._next(f"AWS4-HMAC-SHA256-TRAILER\n{self._head}{self._previous}\n{digest}")

    def is_next(self, digest: str, given: str) -> bool:
        return hmac.compare_digest(self.sign(digest).encode(), given.encode())

    def is_trailer(self, trailer: bytes, given: str) -> bool:
        return hmac.compare_digest(self.sign_trailer(trailer).encode(), given.encode())

    def _next(self, text: str) -> str:
        self._previous = hmac.digest(self._key, text.encode(), "sha256").hex()
        return self._previous


def incomplete() -> WireError:
    return WireError("IncompleteBody", "The request body terminated unexpectedly")


def _bad_chunk() -> WireError:
    return WireError("InvalidRequest", "The chunk encoding of the request body is invalid")


def _bad_signature() -> WireError:
    text = "The request signature we calculated does not match the signature you provided. Check your key and signing method."
    return WireError("SignatureDoesNotMatch", text, 403)


class Decoder:
    """`feed` encoded bytes and get the decoded ones that are ready; `close` when all have come.

    A chunk's bytes are handed out before its signature is known, so nothing may be made visible before `close`.
    `trailers` are those received, `length` counts the decoded bytes.
    """

    def __init__(self, length: int | None, signer: Chain | None = None, names: list[str] | None = None) -> None:
        self._expected = length
        self._signer = signer
        self._names = names or []
        self._digests = {name: _trailer_digest(name) for name in self._names}
        self._buffer = bytearray()
        self._state: Callable[[], bytes | None] = self._head
        self._left = 0
        self._hash = hashlib.sha256()
        self._signature = ""
        self._started = False
        self.trailers: dict[str, str] = {}
        self.length = 0
        self.finished = False

    def feed(self, data: bytes) -> bytes:
        self._buffer += data
        out: list[bytes] = []
        while (piece := self._state()) is not None:
            if piece:
                out.append(piece)
        return b"".join(out)

    def close(self) -> None:
        """Raises when the body was cut short or is not what was promised."""
        if not self.finished and self._state == self._trailer:
            self._finish(bytes(self._buffer))
        if not self.finished:
            raise incomplete()
        if self._expected is not None and self.length != self._expected:
            raise incomplete()

    def _line(self, limit: int) -> bytes | None:
        end = self._buffer.find(b"\r\n")
        if end < 0:
            if len(self._buffer) > limit:
                raise _bad_chunk()
            return None
        line = bytes(self._buffer[:end])
        del self._buffer[: end + 2]
        return line

    def _head(self) -> bytes | None:
        line = self._line(CHUNK_HEAD_SIZE_MAX)
        if line is None:
            return None
        size, _, extension = line.partition(b";")
        try:
            self._left = int(size, 16) if 0 < len(size) <= 16 and size.isalnum() else -1
        except ValueError:
            self._left = -1
        if self._left < 0:
            raise _bad_chunk()
        self._signature = extension.partition(b"chunk-signature=")[2].strip().decode("latin-1")
        self._hash = hashlib.sha256()
        if self._left:
            self._state = self._data
        else:
            self._verify()
            self._state = self._trailer
        return b""

    def _data(self) -> bytes | None:
        if not self._buffer:
            return None
        piece = bytes(self._buffer[: self._left])
        del self._buffer[: self._left]
        self._left -= len(piece)
        self.length += len(piece)
        if self._expected is not None and self.length > self._expected:
            raise incomplete()
        if self._signer is not None:
            self._hash.update(piece)
        for digest in self._digests.values():
            digest.update(piece)
        if not self._left:
            self._state = self._end
        return piece

    def _end(self) -> bytes | None:
        if len(self._buffer) < 2:
            return None
        if self._buffer[:2] != b"\r\n":
            raise _bad_chunk()
        del self._buffer[:2]
        self._verify()
        self._state = self._head
        return b""

    def _verify(self) -> None:
        if self._signer is not None and not self._signer.is_next(self._hash.hexdigest(), self._signature):
            raise _bad_signature()

    def _trailer(self) -> bytes | None:
        """Everything after the last chunk, up to an empty line."""
        if len(self._buffer) > TRAILER_SIZE_MAX:
            raise _bad_chunk()
        if self._buffer[:2] == b"\r\n":
            end, skip = 0, 2
        else:
            end, skip = self._buffer.find(b"\r\n\r\n"), 4
        if end < 0:
            return None
        block = bytes(self._buffer[:end])
        del self._buffer[: end + skip]
        self._finish(block)
        return b""

    def _finish(self, block: bytes) -> None:
        lines = [line.strip() for line in block.replace(b"\r\n", b"\n").split(b"\n") if line.strip()]
        signed = b""
        signature = ""
        for line in lines:
            name, _, value = line.partition(b":")
            key = name.strip().lower().decode("latin-1")
            if key == "x-amz-trailer-signature":
                signature = value.strip().decode("latin-1")
            else:
                self.trailers[key] = value.strip().decode("latin-1")
                signed += key.encode() + b":" + value.strip() + b"\n"
        if self._names and self._signer is not None and not self._signer.is_trailer(signed, signature):
            raise _bad_signature()
        self._check_trailers()
        self.finished = True
        self._state = self._done

    def _check_trailers(self) -> None:
        for name, digest in self._digests.items():
            given = self.trailers.get(name)
            if given is None:
                raise WireError(
                    "MalformedTrailerError",
                    "The request contained trailing data that was not well-formed or did not conform to our published schema.",
                )
            if name.startswith("x-amz-checksum-") and b64encode(digest.digest()).decode() != given:
                algorithm = name.removeprefix("x-amz-checksum-").upper()
                raise WireError("BadDigest", f"The {algorithm} you specified did not match the calculated checksum.")

    def _done(self) -> bytes | None:
        if self._buffer:
            raise _bad_chunk()
        return None


class _NoDigest:
    def update(self, data: bytes, /) -> None:
        pass

    def digest(self) -> bytes:
        return b""


def _trailer_digest(name: str) -> Digest:
    make = DIGESTS.get(name.removeprefix("x-amz-checksum-"))
    return make() if make is not None and name.startswith("x-amz-checksum-") else _NoDigest()
