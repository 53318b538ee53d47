"""The values that travel between the edge, the pipeline and the codecs: a request, a response, and their bodies.

They hold no socket and know no protocol version; HTTP/1.1 and HTTP/2 make the same `Request`.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import BinaryIO, Protocol, cast


class Body(Protocol):
    """A received body that was streamed to disk (see kernel.blobs); immutable, readable any number of times."""

    @property
    def size(self) -> int: ...

    def read(self, offset: int = 0, length: int | None = None) -> bytes: ...


class Request:
    """One HTTP request.

    `path` and `query` are as sent (percent-encoded, without the `?`). `headers` has lower-case names and latin-1
    values; repeated headers are joined with a comma, in order, as SigV4 wants them. `body` is bytes when it was
    buffered and a `Body` when it was streamed into a `Sink`.
    """

    __slots__ = ("body", "headers", "host", "method", "path", "peer", "query", "scheme", "version")

    def __init__(
        self,
        method: str,
        path: str,
        query: str,
        headers: dict[str, str],
        body: bytes | Body = b"",
        *,
        scheme: str = "http",
        peer: str = "127.0.0.1",
        version: str = "1.1",
    ) -> None:
        self.method = method
        self.path = path
        self.query = query
        self.headers = headers
        self.body = body
        self.scheme = scheme
        self.host = headers.get("host", "")
        self.peer = peer
        self.version = version


class FileSlice:
    """A part of a file to be sent as a body without reading it into memory."""

    __slots__ = ("length", "offset", "path")

    def __init__(self, path: str, offset: int, length: int) -> None:
        self.path = path
        self.offset = offset
        self.length = length

    def open(self) -> BinaryIO:
        """A file at the slice's beginning, of which `length` bytes are to be read; whoever opened it closes it."""
        file = Path(self.path).open("rb")  # noqa: SIM115
        file.seek(self.offset)
        return file


class FileSlices(FileSlice):
    """Parts of several files, sent one after another as one body."""

    __slots__ = ("slices",)

    def __init__(self, slices: tuple[FileSlice, ...]) -> None:
        super().__init__("", 0, sum(each.length for each in slices))
        self.slices = slices

    def open(self) -> BinaryIO:
        return cast(BinaryIO, _Joined(self.slices))


class _Joined:
    """Reads slices of files in order, one file open at a time. `read` may give less than asked for, as a file may."""

    name = "slices of files"

    def __init__(self, slices: tuple[FileSlice, ...]) -> None:
        self._rest = list(slices)
        self._left = 0
        self._file: BinaryIO | None = None

    def read(self, size: int) -> bytes:
        parts: list[bytes] = []
        while size:
            if not self._left:
                self.close()
                if not self._rest:
                    break
                following = self._rest.pop(0)
                self._file, self._left = following.open(), following.length
                continue
            assert self._file is not None
            data = self._file.read(min(size, self._left))
            if not data:
                break  # shorter than promised
            self._left -= len(data)
            size -= len(data)
            parts.append(data)
        return b"".join(parts)

    def close(self) -> None:
        if self._file is not None:
            self._file.close()
            self._file = None

    def __enter__(self) -> _Joined:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


class Response:
    """One HTTP response. `headers` are (name, value) pairs as they go out; the edge adds Content-Length, Date, Server.

    `body` is bytes, a `FileSlice`, or an async iterator of chunks, each sent as it comes; what has a `length` that is
    not None gives so many bytes, which clients are told.
    """

    __slots__ = ("body", "headers", "status")

    def __init__(
        self,
        status: int,
        headers: list[tuple[str, str]] | None = None,
        body: bytes | FileSlice | AsyncIterator[bytes] = b"",
    ) -> None:
        self.status = status
        self.headers = headers if headers is not None else []
        self.body = body


class Sink(Protocol):
    """Where the edge writes a long body as it arrives."""

    def write(self, chunk: bytes) -> None: ...

    def close(self) -> Body:
        """The body is complete. Raises a wire error when it is not what was promised (length, checksum)."""
        ...

    def abort(self) -> None:
        """The client went away: drop what was written."""
        ...


class Application(Protocol):
    """What the edge serves. All methods are called on the event loop's thread."""

    def admit(self, request: Request) -> Sink | Response | None:
        """Asked once the head of a request has arrived whose body is longer than the edge's buffer, has no known
        length, or waits for `100 Continue`. None: buffer it. A Sink: stream it there (the edge then puts
        `sink.close()` into `request.body`). A Response: refuse now, without reading the body."""
        ...

    def handle(self, request: Request, respond: Respond) -> None:
        """Answer a whole request: `respond(response)` is called exactly once, during this call or later."""
        ...

    def refuse(self, request: Request, error: Exception, respond: Respond) -> None:
        """A sink raised `error`, which has a `code` and a `status`: answer the request with it."""
        ...

    def allows_origin(self, request: Request, origin: str) -> bool:
        """Whether a browser page of a foreign origin may make this request."""
        ...

    def is_plain(self, host: str) -> bool:
        """Whether what answers by that name speaks no TLS, so that a handshake fails."""
        ...

    def connect(self, request: Request, socket: WebSocket) -> WebSocketHandler | Response:
        """A WebSocket upgrade: a handler accepts it, a Response refuses it."""
        ...


class Respond(Protocol):
    """Answers one request. The application may set `on_close`, which is called once if the client goes away first. `secured`, where there is
    one: TLS's version and cipher, empty on a plain connection."""

    on_close: Callable[[], None] | None

    def __call__(self, response: Response, /) -> None: ...


class WebSocket(Protocol):
    """The server's end of an open WebSocket, given to a handler to talk back."""

    def send(self, message: str | bytes) -> None: ...

    def close(self, code: int = 1000, reason: str = "") -> None: ...


class WebSocketHandler(Protocol):
    def opened(self) -> None: ...

    def received(self, message: str | bytes) -> None: ...

    def closed(self, code: int, reason: str) -> None: ...
