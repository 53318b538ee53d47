"""HTTP/1.1 and 1.0 on one connection.

httptools (llhttp, strict) parses; its callbacks build the `Request` in place, and `application.handle` is called inside
the last of them. An application that answers at once costs one `transport.write` and no task, no future, no timer.

Requests of one connection are handled strictly one after the other: a pipelined request waits in `_queue` until the one
before it is answered, so answers are in order by construction. What needs thought (other headers than the ordinary ones,
long bodies, streams) leaves the straight path early and is dealt with in methods of its own.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections import deque
from collections.abc import AsyncIterator, Callable
from typing import TYPE_CHECKING, Any, BinaryIO

import httptools

from skyjar.edge import heads
from skyjar.edge.logs import log
from skyjar.wire.http import FileSlice, Request, Response, Sink

if TYPE_CHECKING:
    from skyjar.edge.listener import Edge
    from skyjar.edge.websocket import WebSocketConnection

METHODS = {name.encode(): name for name in ("GET", "POST", "PUT", "DELETE", "HEAD", "OPTIONS", "PATCH")}
JOINED_WRITE_BYTES = 64 * 1024
"""Up to here head and body are copied into one buffer; beyond, handed over as two for one gathered write."""

# Ordinary header names as sent -> lower case. The names in _UNUSUAL never enter: meeting one leaves the fast path.
_names: dict[bytes, str] = {}
_NAMES_KEPT = 4096
_UNUSUAL = frozenset({"connection", "expect", "origin", "sec-fetch-site", "transfer-encoding", "upgrade"})
_ONCE = frozenset({"host", "content-length", "transfer-encoding", "authorization", "x-amz-date", "content-type"})

HELD, BUFFERED, SUNK, DISCARDED, SWITCHING, REPLAYED = range(6)
NESTED_UPGRADES = 16
"""Ignored upgrades in one read; no client pipelines them."""


class Refused(Exception):
    """The message being parsed is refused; raised through the parser's callbacks to stop it."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status = status


class Exchange:
    """One request and its answer; this object is the `respond` that the application calls.

    The application may set `on_close`: called once when the client goes away before it was answered.
    """

    on_close: Callable[[], None] | None = None
    sink: Sink | None = None
    body_mode = BUFFERED
    whole = False
    keep_alive = True
    version_10 = False
    plain = True
    """Nothing unusual about how it is to be answered: neither HEAD nor HTTP/1.0 nor Connection: close."""
    answered = False
    continues = False

    def __init__(self, connection: Http1, request: Request) -> None:
        self.connection = connection
        self.request = request
        self.chunks: list[bytes] | None = None
        self.received = 0

    def __call__(self, response: Response, /) -> None:
        self.connection.answer(self, response)

    @property
    def secured(self) -> tuple[str, str]:
        found: tuple[str, str] = self.connection.transport.get_extra_info("tls") or ("", "")
        return found


class Http1(asyncio.Protocol):
    __slots__ = (
        "_advancing",
        "_buffered_limit",
        "_closing",
        "_current",
        "_deaf",
        "_fed",
        "_head_limit",
        "_head_since",
        "_headers",
        "_known_hosts",
        "_lingers_since",
        "_nested",
        "_parser",
        "_partial",
        "_paused_reading",
        "_queue",
        "_quiet",
        "_reading",
        "_repeats",
        "_replayed",
        "_stream",
        "_stuck_bytes",
        "_successor",
        "_unusual",
        "_url",
        "_writable",
        "_write_paused",
        "application",
        "edge",
        "limits",
        "peer",
        "scheme",
        "since",
        "transport",
    )

    def __init__(self, edge: Edge, *, scheme: str = "http") -> None:
        self.edge = edge
        self.application = edge.application
        self.limits = edge.limits
        self.scheme = scheme
        self.peer = ""
        self.since: float = edge.tick
        self.transport: Any = None
        self._known_hosts = edge.origins.known_hosts
        self._head_limit = edge.limits.head_bytes
        self._buffered_limit = edge.limits.buffered_body_bytes
        self._parser: Any = httptools.HttpRequestParser(self)
        self._url = b""
        self._headers: dict[str, str] = {}
        self._repeats = 0
        self._unusual = False
        self._fed = 0  # an upper bound of the bytes of the head being parsed
        self._partial = 0  # bytes of it that came with earlier reads
        self._head_since: float | None = None
        self._quiet = 0  # bytes of a chunked body's framing without any body; below 0 when this read has brought some
        self._reading: Exchange | None = None  # its body is still coming
        self._current: Exchange | None = None  # handed to the application, or being sent
        self._queue: deque[Exchange] = deque()
        self._advancing = False
        self._deaf = False  # nothing more is parsed: closing, lingering or handed over
        self._closing = False  # close once what was received has been answered
        self._lingers_since: float | None = None
        self._paused_reading = False
        self._writable: asyncio.Future[None] | None = None
        self._write_paused = False
        self._stuck_bytes = 0
        self._stream: asyncio.Task[None] | None = None
        self._successor: WebSocketConnection | None = None
        self._replayed: Request | None = None
        self._nested = 0

    # The transport's side

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = transport
        peer = transport.get_extra_info("peername")
        self.peer = peer[0] if peer else ""
        self.since = self.edge.tick
        self.edge.opened(self)

    def connection_lost(self, exc: Exception | None) -> None:
        self._deaf = True
        self.edge.lost(self)
        reading, current, self._reading, self._current = self._reading, self._current, None, None
        self._queue.clear()
        if reading is not None:
            self._abandon(reading)
        if current is not None and current is not reading:
            self._abandon(current)
        if self._stream is not None:
            self._stream.cancel()
        if self._writable is not None and not self._writable.done():
            self._writable.set_result(None)

    def eof_received(self) -> bool:
        return False

    def data_received(self, data: bytes) -> None:
        if self._deaf:
            return
        self.since = self.edge.tick
        self._fed = self._partial + len(data)
        upgraded_at = None
        try:
            self._parser.feed_data(data)
        except httptools.HttpParserUpgrade as upgrade:
            upgraded_at = upgrade.args[0]
        except httptools.HttpParserCallbackError as error:
            cause = error.__context__
            if isinstance(cause, Refused):
                self._refuse_message(cause.status, str(cause))
            else:
                self._bug("in the edge's parser callbacks", cause or error)
        except httptools.HttpParserError:
            self._refuse_message(400, "The request is not well-formed HTTP/1.1.")
        if upgraded_at is not None:
            self._go_on_after_upgrade(data[upgraded_at:])
        elif self._url or self._headers:
            self._still_in_a_head(len(data))
        elif self._quiet:
            self._still_in_framing(len(data))

    def _still_in_a_head(self, fed: int) -> None:
        """A head (or a chunked body's trailer) is unfinished after this read: count and time it."""
        if self._deaf:
            return
        self._partial += fed
        if self._head_since is None:
            self._head_since = self.edge.tick
        if self._partial > self._head_limit or len(self._headers) > self.limits.header_count:
            self._refuse_message(431, "The request's headers are too large.")

    def _still_in_framing(self, fed: int) -> None:
        """A chunked body: chunk extensions and trailers must not go on for ever without any body."""
        self._quiet = 1 if self._quiet < 0 else self._quiet + fed
        if self._quiet > self._head_limit and self._reading is not None:
            self._refuse_message(400, "The chunked body's framing is too large.")

    # The parser's side. The first three are the hot path.

    def on_url(self, url: bytes) -> None:
        self._url += url

    def on_header(self, name: bytes, value: bytes) -> None:
        key = _names.get(name)
        if key is None:
            key = self._unusual_name(name)
        headers = self._headers
        if key in headers:
            self._repeat(key, value)
        else:
            if value[-1:] <= b" ":
                value = value.rstrip(b" \t")
            headers[key] = value.decode("latin-1")

    def on_headers_complete(self) -> None:
        headers = self._headers
        self._headers = {}
        url = self._url.decode("latin-1")
        self._url = b""
        parser = self._parser
        method = METHODS.get(parser.get_method()) or parser.get_method().decode("latin-1")
        path, _, query = url.partition("?")
        request = Request(method, path, query, headers, scheme=self.scheme, peer=self.peer)
        self._reading = exchange = Exchange(self, request)
        if self._fed > self._head_limit or len(headers) + self._repeats > self.limits.header_count:
            self._measure_head(request, len(url))
        self._partial = self._repeats = 0
        self._head_since = None
        if path[:1] != "/" or "#" in url:
            self._target_of_another_form(request, url)
        if self._unusual or method == "HEAD" or not parser.should_keep_alive():
            self._unusual = exchange.plain = False
            self._look_closer(exchange)
        if request.host not in self._known_hosts:
            self._judge_host(request)
        length = headers.get("content-length")
        if length is not None and int(length) > self._buffered_limit and exchange.body_mode == BUFFERED:
            exchange.body_mode = HELD
        if exchange.body_mode == HELD:
            self._judge_body(exchange)

    def on_body(self, chunk: bytes) -> None:
        exchange = self._reading
        if exchange is None:
            return
        if exchange.body_mode == BUFFERED and exchange.chunks is None:
            exchange.chunks = [chunk]
            exchange.received = len(chunk)
        else:
            self._take(exchange, chunk)

    def on_message_complete(self) -> None:
        exchange = self._reading
        if self._headers:
            self._headers = {}  # a chunked body's trailers: nobody signs or needs them
        self._quiet = self._partial = self._repeats = 0
        self._head_since = None
        if exchange is None:
            return
        self._reading = None
        exchange.whole = True
        if exchange.body_mode == BUFFERED:
            chunks = exchange.chunks
            if chunks is not None:
                exchange.request.body = chunks[0] if len(chunks) == 1 else b"".join(chunks)
                exchange.chunks = None
            if self._current is None and not self._queue:
                self._current = exchange
                try:
                    self.application.handle(exchange.request, exchange)
                except Exception as error:  # noqa: BLE001 - whatever the application lets escape is its bug
                    self._application_bug(exchange, error)
                return
        if exchange.body_mode == REPLAYED:
            return
        if exchange.answered:
            self._finish_unread(exchange)
        elif self._current is exchange:
            self._run(exchange)
        else:
            self._enqueue(exchange)

    # Heads that are not ordinary

    def _unusual_name(self, name: bytes) -> str:
        key = name.decode("latin-1").lower()
        if key in _UNUSUAL:
            self._unusual = True
        elif len(_names) < _NAMES_KEPT:
            _names[name] = key
        return key

    def _repeat(self, key: str, value: bytes) -> None:
        if key in _ONCE:
            raise Refused(400, f"The header {key} may be sent only once.")
        self._repeats += 1
        if self._repeats > self.limits.header_count:
            raise Refused(431, "The request has too many headers.")
        self._headers[key] += "," + value.rstrip(b" \t").decode("latin-1")

    def _measure_head(self, request: Request, url_bytes: int) -> None:
        size = url_bytes + sum(len(name) + len(value) + 4 for name, value in request.headers.items())
        if size > self._head_limit:
            raise Refused(431, "The request's headers are too large.")
        if len(request.headers) + self._repeats > self.limits.header_count:
            raise Refused(431, "The request has too many headers.")

    def _target_of_another_form(self, request: Request, url: str) -> None:
        """Absolute form (a client that takes us for its proxy) and `OPTIONS *`."""
        if request.method == "CONNECT":
            raise Refused(405, "This is not a proxy.")
        scheme, _, rest = url.partition("://")
        if url == "*" and request.method == "OPTIONS":
            return
        if scheme.lower() not in ("http", "https") or "#" in url:
            raise Refused(400, "The request target is malformed.")
        target, _, request.query = rest.partition("?")
        request.host, slash, path = target.partition("/")
        request.path = slash + path or "/"
        request.headers["host"] = request.host

    def _look_closer(self, exchange: Exchange) -> None:
        """HTTP/1.0, Connection, Transfer-Encoding, Expect, Upgrade, Origin."""
        request, headers = exchange.request, exchange.request.headers
        request.version = self._parser.get_http_version()
        if request.version not in ("1.1", "1.0"):
            raise Refused(505, "Only HTTP/1.1, HTTP/1.0 and HTTP/2 are spoken here.")
        if "upgrade" in headers and self._parser.should_upgrade():
            self._upgrade(exchange)
        exchange.version_10 = request.version == "1.0"
        exchange.keep_alive = self._parser.should_keep_alive()
        coding = headers.get("transfer-encoding")
        if exchange.body_mode == REPLAYED:
            return
        if coding is not None:
            if exchange.version_10:
                raise Refused(400, "HTTP/1.0 has no Transfer-Encoding.")
            if coding.lower() != "chunked":
                raise Refused(501, "Only the transfer coding chunked is understood.")
            exchange.body_mode = HELD
            self._quiet = 1
        expect = headers.get("expect")
        if expect is not None and expect.lower() == "100-continue" and not exchange.version_10:
            # What else may be expected is passed over, as S3 does and RFC 9110, 10.1.1, allows.
            exchange.continues = True
            exchange.body_mode = HELD  # also without a body: botocore waits then as well, and takes no other answer
        refusal = self.edge.origins.refusal_of_origin(self.application, request)
        if refusal is not None:
            raise Refused(403, refusal)

    def _upgrade(self, exchange: Exchange) -> None:
        headers = exchange.request.headers
        if headers["upgrade"].lower() != "websocket":
            exchange.body_mode = REPLAYED
            self._replayed = exchange.request
            return
        if self._current is not None or self._queue or headers.get("content-length", "0") != "0":
            raise Refused(400, "A WebSocket handshake has no body and is not pipelined.")
        exchange.body_mode = SWITCHING
        self._current = exchange

    def _judge_host(self, request: Request) -> None:
        if not request.host and request.version == "1.0":
            return
        refusal = self.edge.origins.refusal_of_host(self.application, request.host)
        if refusal is not None:
            raise Refused(400, refusal)

    # Bodies

    def _judge_body(self, exchange: Exchange) -> None:
        """A body that needs the application's leave. It is asked once all earlier requests are answered."""
        if self._current is None and not self._queue:
            self._current = exchange
            self._admit(exchange)
        else:
            exchange.chunks = []
            self._pause_reading()

    def _admit(self, exchange: Exchange) -> None:
        request = exchange.request
        try:
            answer = self.application.admit(request)
        except Exception as error:  # noqa: BLE001
            exchange.body_mode = DISCARDED
            self._application_bug(exchange, error)
            return
        if isinstance(answer, Response):
            exchange.body_mode = DISCARDED
            self.answer(exchange, answer)
            return
        exchange.body_mode = BUFFERED
        if answer is None:
            if int(request.headers.get("content-length", 0)) > self.limits.maximum_buffered_body_bytes:
                self._too_large(exchange)
                return
        else:
            exchange.body_mode = SUNK
            exchange.sink = answer
        if exchange.continues and not exchange.received:
            self.transport.write(b"HTTP/1.1 100 Continue\r\n\r\n")
        held, exchange.chunks = exchange.chunks, None
        exchange.received = 0
        for chunk in held or ():
            self._take(exchange, chunk)

    def _take(self, exchange: Exchange, chunk: bytes) -> None:
        if self._quiet:
            self._quiet = -1
        mode = exchange.body_mode
        exchange.received += len(chunk)
        if mode == SUNK:
            assert exchange.sink is not None
            try:
                exchange.sink.write(chunk)
            except Exception as error:  # noqa: BLE001 - the sink says what is wrong with the body
                self._refuse_body(exchange, error)
        elif mode != DISCARDED:
            if exchange.received > self.limits.maximum_buffered_body_bytes:
                self._too_large(exchange)
            elif exchange.chunks is None:
                exchange.chunks = [chunk]
            else:
                exchange.chunks.append(chunk)

    def _too_large(self, exchange: Exchange) -> None:
        exchange.body_mode = DISCARDED
        exchange.chunks = None
        self.answer(exchange, heads.plain(413, "The request's body is too large."))

    def _refuse_body(self, exchange: Exchange, error: Exception) -> None:
        """What a Sink raises: the application renders its own errors, anything else is a plain 400 or a bug."""
        exchange.body_mode = DISCARDED
        sink, exchange.sink = exchange.sink, None
        if sink is not None and not exchange.whole:
            self._abort(sink)
        if not (hasattr(error, "code") and hasattr(error, "status")):
            self._application_bug(exchange, error)
            return
        refuse = getattr(self.application, "refuse", None)
        if refuse is None:
            self.answer(exchange, heads.plain(400, str(error)))
            return
        try:
            refuse(exchange.request, error, exchange)
        except Exception as bug:  # noqa: BLE001
            self._application_bug(exchange, bug)

    def _abort(self, sink: Sink) -> None:
        try:
            sink.abort()
        except Exception as error:  # noqa: BLE001
            self._bug("a sink failed to abort", error, close=False)

    # Running requests one after the other

    def _enqueue(self, exchange: Exchange) -> None:
        self._queue.append(exchange)
        if len(self._queue) >= self.limits.pipelined:
            self._pause_reading()

    def _run(self, exchange: Exchange) -> None:
        """A whole request whose turn it is."""
        request = exchange.request
        if exchange.body_mode == SWITCHING:
            self._switch(exchange)
            return
        if exchange.body_mode == SUNK:
            assert exchange.sink is not None
            try:
                request.body = exchange.sink.close()
            except Exception as error:  # noqa: BLE001
                self._refuse_body(exchange, error)
                return
            exchange.sink = None
        elif exchange.chunks is not None:
            request.body = b"".join(exchange.chunks)
            exchange.chunks = None
        try:
            self.application.handle(request, exchange)
        except Exception as error:  # noqa: BLE001
            self._application_bug(exchange, error)

    def _advance(self) -> None:
        """The current request is answered: the next ones have their turn, without recursion."""
        if self._advancing:
            return
        self._advancing = True
        try:
            while self._current is None and not self._finished():
                if self._queue:
                    self._current = exchange = self._queue.popleft()
                elif self._reading is not None and self._reading.body_mode == HELD:
                    self._current = exchange = self._reading
                else:
                    break
                if exchange.body_mode == HELD:
                    self._admit(exchange)
                if exchange.whole and not exchange.answered:
                    self._run(exchange)
        finally:
            self._advancing = False
        if self._paused_reading and not self._write_paused and len(self._queue) < self.limits.pipelined:
            self._resume_reading()

    def _finished(self) -> bool:
        return self.transport.is_closing() or self._lingers_since is not None

    # Answers

    def answer(self, exchange: Exchange, response: Response) -> None:
        """Send the response to the current request."""
        if exchange.answered:
            raise RuntimeError("a request was answered twice")
        exchange.answered = True
        if exchange is not self._current:  # the client has gone
            self.edge.discard(response)
            return
        body = response.body
        if (
            type(body) is bytes
            and exchange.plain
            and exchange.whole
            and not self._closing
            and response.status not in heads.BODILESS
            and len(body) < JOINED_WRITE_BYTES
        ):
            framing = f"Content-Length: {len(body)}\r\n"
            try:
                head = heads.render(response, framing, self.edge.date_and_server, "")
            except heads.MalformedResponse:
                pass  # told below
            else:
                self.transport.write(head + body)
                self._current = None
                if self._queue or self._reading is not None or self._paused_reading:
                    self._advance()
                return
        close = self._closing or not exchange.keep_alive or not exchange.whole
        connection = "Connection: close\r\n" if close else ""
        if exchange.version_10 and not close:
            connection = "Connection: keep-alive\r\n"
        bodiless = exchange.request.method == "HEAD" or response.status in heads.BODILESS
        try:
            if type(body) is bytes:
                framing = "" if bodiless else f"Content-Length: {len(body)}\r\n"
                if bodiless and body and exchange.request.method == "HEAD":
                    framing = f"Content-Length: {len(body)}\r\n"
                head = heads.render(response, framing, self.edge.date_and_server, connection)
                if bodiless:
                    self.transport.write(head)
                elif len(body) < JOINED_WRITE_BYTES:
                    self.transport.write(head + body)
                else:
                    self.transport.writelines((head, body))
            elif bodiless:
                self._answer_without_body(response, connection)
            else:
                self._start_stream(exchange, response, connection, close)
                return
        except (heads.MalformedResponse, OSError, TypeError) as error:
            self._bug(f"answering {exchange.request.method} {exchange.request.path}", error, close=False)
            self.edge.discard(response)
            self.transport.write(
                heads.render(heads.plain(500, ""), "Content-Length: 0\r\n", self.edge.date_and_server, connection)
            )
        self._answered(exchange, close)

    def _answered(self, exchange: Exchange, close: bool) -> None:
        self._current = None
        if close:
            if exchange.whole:
                self._deaf = True
                self.transport.close()
            else:
                self._linger()
        elif self._queue or self._reading is not None or self._paused_reading:
            self._advance()

    def _finish_unread(self, exchange: Exchange) -> None:
        """The rest of a body that had been refused has arrived: nothing is outstanding any more."""
        if self._lingers_since is not None:
            self.transport.close()

    def _answer_without_body(self, response: Response, connection: str) -> None:
        """HEAD or 304 with a stream for a body: its length is told, it is not sent."""
        framing = ""
        if isinstance(response.body, FileSlice) and response.status not in heads.BODILESS:
            framing = f"Content-Length: {response.body.length}\r\n"
        self.transport.write(heads.render(response, framing, self.edge.date_and_server, connection))
        self.edge.discard(response)

    def _start_stream(self, exchange: Exchange, response: Response, connection: str, close: bool) -> None:
        body = response.body
        if isinstance(body, FileSlice):
            file = body.open()  # closed by the stream
            framing = f"Content-Length: {body.length}\r\n"
            head = heads.render(response, framing, self.edge.date_and_server, connection)
            if body.length <= JOINED_WRITE_BYTES:
                with file:
                    data = file.read(body.length)
                if len(data) != body.length:
                    raise OSError(f"{body.path} is shorter than promised")
                self.transport.write(head + data)
                self._answered(exchange, close)
                return
            self.transport.write(head)
            self._stream = self.edge.task(self._send_file(exchange, file, body.length, close))
            return
        length = getattr(body, "length", None)
        is_bare = exchange.version_10 or length is not None
        if length is not None:
            framing = f"Content-Length: {length}\r\n"
            head = heads.render(response, framing, self.edge.date_and_server, connection)
        elif exchange.version_10:
            head = heads.render(response, "", self.edge.date_and_server, "Connection: close\r\n")
            close = True
        else:
            head = heads.render(response, "Transfer-Encoding: chunked\r\n", self.edge.date_and_server, connection)
        self.transport.write(head)
        assert not isinstance(body, bytes)
        self._stream = self.edge.task(
            self._send_chunks(exchange, body if length is None else heads.exactly(body, length), close, is_bare=is_bare)
        )

    async def _send_file(self, exchange: Exchange, file: BinaryIO, length: int, close: bool) -> None:
        with file:
            while length:
                await self._drained()
                data = file.read(min(length, self.limits.file_chunk_bytes))
                if not data:
                    self._bug("sending a file", OSError(f"{file.name} is shorter than promised"))
                    return
                length -= len(data)
                self.transport.write(data)
        self._stream = None
        self._answered(exchange, close)

    async def _send_chunks(self, exchange: Exchange, body: AsyncIterator[bytes], close: bool, *, is_bare: bool) -> None:
        try:
            async for chunk in body:
                if not chunk:
                    continue
                self.transport.write(chunk if is_bare else b"%x\r\n%b\r\n" % (len(chunk), chunk))
                await self._drained()
        except ConnectionError:  # from where the body came
            self._deaf = True
            self.transport.abort()
            return
        except Exception as error:  # noqa: BLE001
            self._bug(f"streaming the answer to {exchange.request.path}", error)
            return
        finally:
            await self.edge.close_iterator(body)
        if not is_bare:
            self.transport.write(b"0\r\n\r\n")
        self._stream = None
        self._answered(exchange, close)

    async def _drained(self) -> None:
        if self.transport.is_closing():
            raise asyncio.CancelledError
        if self._write_paused:
            self._writable = asyncio.get_running_loop().create_future()
            await self._writable

    def pause_writing(self) -> None:
        self._write_paused = True
        self._pause_reading()

    def resume_writing(self) -> None:
        self._write_paused = False
        self.since = self.edge.tick
        if self._writable is not None and not self._writable.done():
            self._writable.set_result(None)
        if len(self._queue) < self.limits.pipelined and not self._waits_for_turn():
            self._resume_reading()

    def _waits_for_turn(self) -> bool:
        return self._reading is not None and self._reading.body_mode == HELD

    def _pause_reading(self) -> None:
        if not self._paused_reading:
            self._paused_reading = True
            self.transport.pause_reading()

    def _resume_reading(self) -> None:
        if self._paused_reading and not self.transport.is_closing():
            self._paused_reading = False
            self.transport.resume_reading()

    # Ends

    def _refuse_message(self, status: int, message: str) -> None:
        """What is being parsed is bad: answer it if its turn has come, then close. Bad input is not worth a log line."""
        if self._deaf:
            return
        self._deaf = self._closing = True
        reading, self._reading = self._reading, None
        if reading is not None and reading.sink is not None:
            self._abort(reading.sink)
        if reading is not None and reading is self._current:
            self._current = None
            if reading.answered:
                self._linger()
                return
            if reading.on_close is not None:
                self._call_on_close(reading)
        if self._current is None and not self._queue:
            self._url, self._headers = b"", {}
            self.transport.write(heads.whole(heads.plain(status, message), self.edge.date_and_server))
            self._linger()
        elif self._queue:
            self._queue[-1].keep_alive = False
            self._closing = False
        # Otherwise the running request's answer says `Connection: close`.

    def _linger(self) -> None:
        """Close without a reset that would destroy the answer: stop sending, and swallow what still comes for a while."""
        self._deaf = True
        if self.transport.is_closing():
            return
        self._lingers_since = self.edge.tick
        self._resume_reading()
        if self.transport.can_write_eof():
            with contextlib.suppress(OSError):
                self.transport.write_eof()

    def _abandon(self, exchange: Exchange) -> None:
        """The client has gone."""
        sink, exchange.sink = exchange.sink, None
        if sink is not None:
            self._abort(sink)
        if not exchange.answered and exchange.on_close is not None:
            self._call_on_close(exchange)

    def _call_on_close(self, exchange: Exchange) -> None:
        on_close, exchange.on_close = exchange.on_close, None
        try:
            if on_close is not None:
                on_close()
        except Exception as error:  # noqa: BLE001
            self._bug("in a request's on_close", error, close=False)

    def _application_bug(self, exchange: Exchange, error: BaseException) -> None:
        self._bug(f"handling {exchange.request.method} {exchange.request.path}", error, close=exchange.answered)
        if not exchange.answered:
            self.answer(exchange, heads.plain(500, "Internal error; the log has the trace."))

    def _bug(self, what: str, error: BaseException, *, close: bool = True) -> None:
        log.error("%s", what, exc_info=error)
        if close:
            self._deaf = True
            self.transport.abort()

    def _switch(self, exchange: Exchange) -> None:
        """A WebSocket handshake: the application accepts it with a handler or refuses it with a response."""
        exchange.keep_alive = False
        from skyjar.edge.websocket import WebSocketConnection, handshake_answer, handshake_refusal

        socket = WebSocketConnection(self.edge)
        try:
            answer = handshake_refusal(exchange.request) or self.application.connect(exchange.request, socket)
            if isinstance(answer, Response):
                self.answer(exchange, answer)
                return
            self.transport.write(handshake_answer(exchange.request, answer, self.edge.date_and_server))
        except Exception as error:  # noqa: BLE001
            self._application_bug(exchange, error)
            return
        self._current = None
        self._deaf = True
        self._successor = socket
        self.edge.lost(self)
        self.transport.set_protocol(socket)
        socket.open(self.transport, answer)

    def _go_on_after_upgrade(self, rest: bytes) -> None:
        """llhttp stops behind the head of a request with `Upgrade`, and takes all that follows for the other protocol.

        A WebSocket takes the connection over. Any other upgrade is ignored, as RFC 9110 allows: the parser is given
        the same head without it, so that the body is read as what it is.
        """
        if self._successor is not None:
            if rest:
                self._successor.data_received(rest)
            return
        request, self._replayed = self._replayed, None
        if self._deaf or request is None:
            return
        if self._nested >= NESTED_UPGRADES:
            self._refuse_message(400, "Too many requests ask for an upgrade.")
            return
        self._parser = httptools.HttpRequestParser(self)
        target = request.path + ("?" + request.query if request.query else "")
        lines = [f"{request.method} {target} HTTP/{request.version}"]
        lines += [
            f"{name}: {value}" for name, value in request.headers.items() if name not in ("upgrade", "connection")
        ]
        self._nested += 1
        self.data_received("\r\n".join((*lines, "", "")).encode("latin-1") + rest)
        self._nested -= 1

    # The edge's side

    def sweep(self) -> None:
        """Called once a second: close what has been silent for too long."""
        now, limits = self.edge.tick, self.limits
        idle = now - self.since
        if self._lingers_since is not None:
            if now - self._lingers_since >= limits.linger_s:
                self.transport.abort()
        elif self._write_paused:
            unsent = self.transport.get_write_buffer_size()
            if unsent != self._stuck_bytes:
                self._stuck_bytes, self.since = unsent, now
            elif idle >= limits.body_idle_s:
                self.transport.abort()
        elif self._head_since is not None:
            if now - self._head_since >= limits.header_time_s:
                self._refuse_message(408, "The request's headers took too long.")
        elif self._reading is not None and not self._paused_reading:
            if idle >= limits.body_idle_s:
                self._refuse_message(408, "The request's body took too long.")
        elif self._current is None and idle >= limits.keep_alive_s:
            self._deaf = True
            self.transport.close()

    def shut_down(self) -> None:
        """Answer what has arrived, then close."""
        self._closing = True
        if self._current is None and self._reading is None:
            self._deaf = True
            self.transport.close()

    def abort(self) -> None:
        self.transport.abort()
