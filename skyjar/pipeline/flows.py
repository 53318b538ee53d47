"""Bodies that are passed on while they come: an operation that is marked `on_head` (kernel/service.py) is run when the head of its request
is there, and what it keeps of the body is a name, by which another call answers with it.

Both ends are connections of this process, so that what flows is in memory and is lost with them. What a slow reader leaves lying
is put by in sealed files. An end that is cut off cuts the other one off.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections import deque
from collections.abc import AsyncIterator, Callable
from typing import TYPE_CHECKING, Any

from skyjar.kernel.blobs import Blob, Blobs, Digest, Flowing
from skyjar.wire.chunked import Decoder
from skyjar.wire.http import Request, Respond, Response

from .bodies import BlobSink, Coming
from .respond import internal_failure

if TYPE_CHECKING:
    from .exchange import Exchange
    from .pipeline import Pipeline, Step

MEMORY_BYTES = 4 * 1024 * 1024  # of what one reader has not taken yet
KEPT_S = 60.0  # how long a body that has ended waits for whoever answers with it


class Cut(ConnectionError):
    """Whoever wrote the body broke off before it was whole."""


class Pipe(AsyncIterator[bytes]):
    """One body on its way: written as a blob is, read as an answer's body is. `length` is the edge's business (wire/http.py)."""

    def __init__(self, blobs: Blobs) -> None:
        self.length: int | None = None
        self.size = 0
        self._blobs = blobs
        self._digests: tuple[Digest, ...] = ()
        self._waiting: deque[bytes | Blob] = deque()  # blobs, then what came after them
        self._held = 0
        self._is_whole = self._is_cut = self._is_unread = False
        self._woken: asyncio.Future[None] | None = None

    # The end that is written

    def sealed_writer(self, *digests: Digest) -> Pipe:
        """As `Blobs` makes one."""
        self._digests = digests
        return self

    def write(self, chunk: bytes) -> None:
        for digest in self._digests:
            digest.update(chunk)
        self.size += len(chunk)
        if self._is_unread:
            return
        self._waiting.append(chunk)
        self._held += len(chunk)
        if self._held > MEMORY_BYTES:
            self._put_by()
        self._wake()

    def _put_by(self) -> None:
        loose: list[bytes] = []
        while self._waiting and isinstance(last := self._waiting[-1], bytes):
            loose.append(last)
            self._waiting.pop()
        self._held = 0
        self._waiting.append(self._blobs.put_sealed(b"".join(reversed(loose))))

    def close(self) -> Blob:
        self._is_whole = True
        self._wake()
        return Flowing("")

    def abort(self) -> None:
        self._is_cut = True
        self._wake()

    def _wake(self) -> None:
        if self._woken is not None and not self._woken.done():
            self._woken.set_result(None)

    # The end that is read

    def __aiter__(self) -> Pipe:
        return self

    async def __anext__(self) -> bytes:
        while not self._waiting:
            if self._is_cut:
                raise Cut
            if self._is_whole:
                raise StopAsyncIteration
            self._woken = asyncio.get_running_loop().create_future()
            await self._woken
        first = self._waiting.popleft()
        if isinstance(first, bytes):
            self._held -= len(first)
            return first
        return _taken(first)

    async def aclose(self) -> None:
        self.drop()

    def drop(self) -> None:
        """Nobody reads any more: what is still to come goes nowhere."""
        self._is_unread = True
        for each in self._waiting:
            if isinstance(each, Blob):
                each.path.unlink(missing_ok=True)
        self._waiting.clear()


def _taken(blob: Blob) -> bytes:
    with contextlib.closing(blob.stream()) as stream:
        data = stream.read_whole(blob.size)
    blob.path.unlink(missing_ok=True)
    return data


class Held:
    """The answer of what ran on a head, until the body has ended; then this is the request's body."""

    on_close: Callable[[], None] | None = None
    size = 0

    def __init__(self) -> None:
        self.response: Response | None = None
        self._respond: Respond | None = None

    def __call__(self, response: Response, /) -> None:
        self.response = response
        if self._respond is not None:
            self._respond(response)

    def deliver(self, respond: Respond) -> None:
        self._respond = respond
        if self.response is not None:
            respond(self.response)

    def read(self, offset: int = 0, length: int | None = None) -> bytes:
        return b""


class PipeSink(BlobSink):
    def __init__(self, pipe: Pipe, decoder: Decoder | None, headers: dict[str, str], held: Held) -> None:
        super().__init__(pipe, decoder, headers, is_sealed=True)
        self._held = held

    def close(self) -> Any:
        super().close()
        return self._held


class Flows:
    """`steps` are those of a whole call."""

    def __init__(self, pipeline: Pipeline, steps: tuple[Step, ...]) -> None:
        self._pipeline = pipeline
        self._steps = steps
        self._pipes: dict[str, Pipe] = {}

    def begin(self, x: Exchange) -> PipeSink | Response:
        """Run the operation of a request whose head is there and has been signed; where its body goes, or why it is not taken."""
        pipeline, request = self._pipeline, x.request
        decoder = pipeline.decoder_of(x)
        name, pipe, held = pipeline.chance.hex(32), Pipe(pipeline.blobs), Held()
        sink = PipeSink(pipe, decoder, request.headers, held)
        self._pipes[name] = pipe
        pipeline.loop.call_later(KEPT_S, self._forget, name)
        ran = pipeline.exchange(_with_body(request, _Expected(name, request.headers)), held)
        pipeline.attempt(ran, self._steps)
        if ran.status >= 300:
            self._forget(name)
            if held.response is not None:
                return held.response
        return sink

    def take(self, body: Flowing) -> Pipe:
        """By whoever answers with it, once."""
        pipe = self._pipes.pop(body.name, None)
        if pipe is None:
            raise internal_failure("s3")
        pipe.length = body.length
        return pipe

    def _forget(self, name: str) -> None:
        pipe = self._pipes.pop(name, None)
        if pipe is not None:
            pipe.drop()


class _Expected(Flowing):
    """With the hash that the head was signed with."""

    __slots__ = ("sha256",)

    def __init__(self, name: str, headers: dict[str, str]) -> None:
        super().__init__(name, _length(headers))
        self.sha256 = Coming(headers).sha256


def _length(headers: dict[str, str]) -> int | None:
    text = headers.get("x-amz-decoded-content-length") or headers.get("content-length", "")
    return int(text) if text.isascii() and text.isdigit() else None


def _with_body(request: Request, body: Flowing) -> Request:
    return Request(
        request.method, request.path, request.query, request.headers, body,
        scheme=request.scheme, peer=request.peer, version=request.version,
    )  # fmt: skip
