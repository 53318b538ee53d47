"""HTTP/2 on one connection, with prior knowledge on the plain port or by ALPN over TLS; h2 does frames and HPACK.

Streams are handled side by side and share their window. A response of bytes is queued on its stream and sent as the two
windows allow, without a task; a file or an iterator has one task that waits for the queue to empty.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable
from typing import TYPE_CHECKING, Any

from h2.config import H2Configuration
from h2.connection import ConnectionState, H2Connection
from h2.errors import ErrorCodes
from h2.events import (
    ConnectionTerminated,
    DataReceived,
    Event,
    RemoteSettingsChanged,
    RequestReceived,
    StreamEnded,
    StreamReset,
    WindowUpdated,
)
from h2.exceptions import H2Error
from h2.settings import SettingCodes, Settings

from skyjar.edge import heads
from skyjar.edge.http1 import BUFFERED, DISCARDED, SUNK
from skyjar.edge.logs import log
from skyjar.wire.http import FileSlice, Request, Response, Sink

if TYPE_CHECKING:
    from skyjar.edge.listener import Edge

STREAM_WINDOW_BYTES = 1024 * 1024
CONNECTION_WINDOW_BYTES = 16 * 1024 * 1024
UNFRAMED_BYTES = 256 * 1024
"""Received without completing a frame or a header block. h2 waits for a whole frame, of up to 16 MiB, before it looks
whether the frame is too long."""
_OUR_FRAMING = frozenset({"connection", "transfer-encoding", "keep-alive", "upgrade", "proxy-connection"})


class Stream:
    """One request and its answer; this object is the `respond` that the application calls (see http1.Exchange)."""

    on_close: Callable[[], None] | None = None
    sink: Sink | None = None
    body_mode = BUFFERED
    whole = False
    answered = False
    gone = False
    continues = False
    send_ends = False
    writable: asyncio.Future[None] | None = None
    task: asyncio.Task[None] | None = None

    def __init__(self, connection: Http2, stream_id: int, request: Request) -> None:
        self.connection = connection
        self.id = stream_id
        self.request = request
        self.chunks: list[bytes] = []
        self.received = 0
        self.unsent = bytearray()
        self.since = connection.edge.tick

    def __call__(self, response: Response, /) -> None:
        self.connection.answer(self, response)

    @property
    def secured(self) -> tuple[str, str]:
        found: tuple[str, str] = self.connection.transport.get_extra_info("tls") or ("", "")
        return found


class Http2(asyncio.Protocol):
    def __init__(self, edge: Edge, *, scheme: str) -> None:
        self.edge = edge
        self.application = edge.application
        self.limits = edge.limits
        self.scheme = scheme
        self.peer = ""
        self.since: float = edge.tick
        self.transport: Any = None
        self._streams: dict[int, Stream] = {}
        self._write_paused = False
        self._stopping = False
        self._resets = 0
        self._unframed = 0
        self._frames = H2Connection(H2Configuration(client_side=False, header_encoding=None))
        self._frames.local_settings = Settings(
            client=False,
            initial_values={
                SettingCodes.MAX_CONCURRENT_STREAMS: edge.limits.http2_streams,
                SettingCodes.INITIAL_WINDOW_SIZE: STREAM_WINDOW_BYTES,
                SettingCodes.MAX_HEADER_LIST_SIZE: edge.limits.head_bytes,
                SettingCodes.ENABLE_PUSH: 0,
            },
        )

    # The transport's side

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = transport
        peer = transport.get_extra_info("peername")
        self.peer = peer[0] if peer else ""
        self.edge.opened(self)
        self._frames.initiate_connection()
        self._frames.increment_flow_control_window(CONNECTION_WINDOW_BYTES)
        self._flush()

    def connection_lost(self, exc: Exception | None) -> None:
        self.edge.lost(self)
        streams = tuple(self._streams.values())
        self._streams.clear()
        for stream in streams:
            self._abandon(stream)

    def eof_received(self) -> bool:
        return False

    def data_received(self, data: bytes) -> None:
        if self.transport.is_closing():
            return
        self.since = self.edge.tick
        try:
            events = self._frames.receive_data(data)
            self._unframed = 0 if events else self._unframed + len(data)
            for event in events:
                self._on_event(event)
        except H2Error:
            self._flush()  # h2 has queued the GOAWAY that says what was wrong
            self.transport.close()
            return
        self._flush()
        if self._unframed > UNFRAMED_BYTES:
            self._goodbye(ErrorCodes.FRAME_SIZE_ERROR)

    def _flush(self) -> None:
        data = self._frames.data_to_send()
        if data and not self.transport.is_closing():
            self.transport.write(data)

    def _on_event(self, event: Event) -> None:
        if isinstance(event, RequestReceived):
            self._on_request(event)
        elif isinstance(event, DataReceived):
            self._on_data(event)
        elif isinstance(event, StreamEnded):
            stream = self._streams.get(event.stream_id or 0)
            if stream is not None and not stream.whole:
                stream.whole = True
                if not stream.answered:
                    self._run(stream)
        elif isinstance(event, StreamReset):
            self._on_reset(event.stream_id or 0)
        elif isinstance(event, WindowUpdated) and event.stream_id:
            stream = self._streams.get(event.stream_id)
            if stream is not None:
                self._pump(stream)
        elif isinstance(event, (WindowUpdated, RemoteSettingsChanged)):
            for stream in tuple(self._streams.values()):
                self._pump(stream)
        elif isinstance(event, ConnectionTerminated):
            self._on_goaway(event)

    def _on_goaway(self, event: ConnectionTerminated) -> None:
        """The client makes no more requests; what it has asked for is still answered (RFC 9113, 6.8). h2 would send nothing
        any more on a connection that it takes for closed."""
        if event.error_code != ErrorCodes.NO_ERROR or not self._streams:
            self.transport.close()
            return
        self._stopping = True
        self._frames.state_machine.state = ConnectionState.SERVER_OPEN

    def _on_reset(self, stream_id: int) -> None:
        stream = self._streams.pop(stream_id, None)
        if stream is not None:
            self._abandon(stream)
        self._resets += 1
        if self._resets > self.limits.http2_resets:
            self._goodbye(ErrorCodes.ENHANCE_YOUR_CALM)
        elif self._stopping and not self._streams:
            self._goodbye()

    # Requests

    def _on_request(self, event: RequestReceived) -> None:
        stream_id, pairs = event.stream_id or 0, event.headers or []
        if self._stopping:
            self._frames.reset_stream(stream_id, ErrorCodes.REFUSED_STREAM)
            return
        request = make_request(pairs, self.scheme, self.peer)
        stream = self._streams[stream_id] = Stream(self, stream_id, request)
        refusal = self._refusal(request, pairs)
        if refusal is not None:
            stream.body_mode = DISCARDED
            self.answer(stream, refusal)
            return
        length = request.headers.get("content-length")
        stream.continues = request.headers.get("expect", "").lower() == "100-continue"
        if event.stream_ended is not None:
            return  # no body; that event follows
        if stream.continues or length is None or int(length) > self.limits.buffered_body_bytes:
            self._admit(stream)

    def _refusal(self, request: Request, pairs: list[Any]) -> Response | None:
        if len(pairs) > self.limits.header_count:
            return heads.plain(431, "The request has too many headers.")
        if request.method == "CONNECT":
            return heads.plain(405, "This is not a proxy.")
        length = request.headers.get("content-length", "0")
        if not (length.isascii() and length.isdigit()) or len(length) > 18:
            return heads.plain(400, "The Content-Length is malformed.")
        if request.path[:1] != "/" and not (request.path == "*" and request.method == "OPTIONS"):
            return heads.plain(400, "The request target is malformed.")
        origins = self.edge.origins
        if request.host not in origins.known_hosts:
            reason = origins.refusal_of_host(self.application, request.host)
            if reason is not None:
                return heads.plain(400, reason)
        reason = origins.refusal_of_origin(self.application, request)
        return None if reason is None else heads.plain(403, reason)

    def _admit(self, stream: Stream) -> None:
        try:
            answer = self.application.admit(stream.request)
        except Exception as error:  # noqa: BLE001 - whatever the application lets escape is its bug
            stream.body_mode = DISCARDED
            self._application_bug(stream, error)
            return
        if isinstance(answer, Response):
            stream.body_mode = DISCARDED
            self.answer(stream, answer)
            return
        if answer is not None:
            stream.body_mode = SUNK
            stream.sink = answer
        elif int(stream.request.headers.get("content-length", 0)) > self.limits.maximum_buffered_body_bytes:
            self._too_large(stream)
            return
        if stream.continues:
            self._frames.send_headers(stream.id, [(":status", "100")])

    def _on_data(self, event: DataReceived) -> None:
        stream_id = event.stream_id or 0
        self._frames.acknowledge_received_data(event.flow_controlled_length or 0, stream_id)
        stream = self._streams.get(stream_id)
        if stream is None or stream.body_mode == DISCARDED:
            return
        stream.since = self.edge.tick
        chunk = event.data or b""
        stream.received += len(chunk)
        if stream.sink is not None:
            try:
                stream.sink.write(chunk)
            except Exception as error:  # noqa: BLE001 - the sink says what is wrong with the body
                self._refuse_body(stream, error)
        elif stream.received > self.limits.maximum_buffered_body_bytes:
            self._too_large(stream)
        else:
            stream.chunks.append(chunk)

    def _too_large(self, stream: Stream) -> None:
        stream.body_mode = DISCARDED
        stream.chunks.clear()
        self.answer(stream, heads.plain(413, "The request's body is too large."))

    def _run(self, stream: Stream) -> None:
        request = stream.request
        try:
            if stream.sink is not None:
                request.body = stream.sink.close()
                stream.sink = None
            else:
                request.body = b"".join(stream.chunks)
                stream.chunks.clear()
        except Exception as error:  # noqa: BLE001
            self._refuse_body(stream, error)
            return
        try:
            self.application.handle(request, stream)
        except Exception as error:  # noqa: BLE001
            self._application_bug(stream, error)

    def _refuse_body(self, stream: Stream, error: Exception) -> None:
        stream.body_mode = DISCARDED
        sink, stream.sink = stream.sink, None
        if sink is not None and not stream.whole:
            self._abort(sink)
        if not (hasattr(error, "code") and hasattr(error, "status")):
            self._application_bug(stream, error)
            return
        refuse = getattr(self.application, "refuse", None)
        if refuse is None:
            self.answer(stream, heads.plain(400, str(error)))
            return
        try:
            refuse(stream.request, error, stream)
        except Exception as bug:  # noqa: BLE001
            self._application_bug(stream, bug)

    def _abort(self, sink: Sink) -> None:
        try:
            sink.abort()
        except Exception as error:  # noqa: BLE001
            log.error("a sink failed to abort", exc_info=error)

    def _application_bug(self, stream: Stream, error: BaseException) -> None:
        log.error("handling %s %s", stream.request.method, stream.request.path, exc_info=error)
        if not stream.answered:
            self.answer(stream, heads.plain(500, "Internal error; the log has the trace."))
        else:
            self._reset(stream)

    # Answers

    def answer(self, stream: Stream, response: Response) -> None:
        if stream.answered:
            raise RuntimeError("a request was answered twice")
        stream.answered = True
        if self._streams.get(stream.id) is not stream:  # the client has gone
            self.edge.discard(response)
            return
        try:
            self._send(stream, response)
        except (heads.MalformedResponse, OSError) as error:
            log.error("answering %s %s", stream.request.method, stream.request.path, exc_info=error)
            self.edge.discard(response)
            self._send(stream, heads.plain(500, "Internal error; the log has the trace."))
        except H2Error:
            self.edge.discard(response)  # the stream or the connection ended in this very read
            self._streams.pop(stream.id, None)
        self._flush()

    def _send(self, stream: Stream, response: Response) -> None:
        body = response.body
        head_only = stream.request.method == "HEAD"
        bodiless = head_only or response.status in heads.BODILESS
        length: int | None = None
        if isinstance(body, (bytes, FileSlice)):
            length = len(body) if isinstance(body, bytes) else body.length
        else:
            length = getattr(body, "length", None)
        if bodiless and not (head_only and length):
            length = None
        head = header_list(response, length, self.edge.date_and_server, keeps_length=bodiless)
        if bodiless or body == b"":
            self._frames.send_headers(stream.id, head, end_stream=True)
            self.edge.discard(response)
            self._sent(stream)
        elif isinstance(body, bytes):
            self._frames.send_headers(stream.id, head)
            stream.unsent += body
            stream.send_ends = True
            self._pump(stream)
        else:
            chunks = file_chunks(body, self.limits.file_chunk_bytes) if isinstance(body, FileSlice) else body
            if length is not None and chunks is body:
                chunks = heads.exactly(body, length)
            self._frames.send_headers(stream.id, head)
            stream.task = self.edge.task(self._send_chunks(stream, chunks))

    async def _send_chunks(self, stream: Stream, body: AsyncIterator[bytes]) -> None:
        try:
            async for chunk in body:
                stream.unsent += chunk
                self._pump(stream)
                self._flush()
                await self._drained(stream)
        except Exception as error:  # noqa: BLE001
            if not isinstance(error, ConnectionError):  # from where the body came
                log.error("streaming the answer to %s", stream.request.path, exc_info=error)
            stream.task = None
            self._reset(stream)
            return
        finally:
            await self.edge.close_iterator(body)
        stream.task = None
        stream.send_ends = True
        self._pump(stream)
        self._flush()

    async def _drained(self, stream: Stream) -> None:
        if stream.gone:
            raise asyncio.CancelledError
        while stream.unsent or self._write_paused:
            stream.writable = asyncio.get_running_loop().create_future()
            await stream.writable
            if stream.gone:
                raise asyncio.CancelledError

    def _pump(self, stream: Stream) -> None:
        """Send of the stream what the windows and the socket allow."""
        if not stream.answered or self._write_paused:
            return
        try:
            while stream.unsent:
                allowed = min(self._frames.local_flow_control_window(stream.id), self._frames.max_outbound_frame_size)
                if allowed <= 0:
                    return
                chunk = bytes(memoryview(stream.unsent)[:allowed])
                del stream.unsent[:allowed]
                last = stream.send_ends and not stream.unsent
                self._frames.send_data(stream.id, chunk, end_stream=last)
                stream.since = self.edge.tick
                if last:
                    self._sent(stream)
                    return
            if stream.send_ends and stream.id in self._streams:
                self._frames.end_stream(stream.id)
                self._sent(stream)
        except H2Error:
            self._streams.pop(stream.id, None)
            self._abandon(stream)
            return
        if stream.writable is not None and not stream.writable.done():
            stream.writable.set_result(None)

    def _sent(self, stream: Stream) -> None:
        self._streams.pop(stream.id, None)
        if not stream.whole:
            with contextlib.suppress(H2Error):  # its end may be among the events of this very read
                self._frames.reset_stream(stream.id, ErrorCodes.NO_ERROR)
        if self._stopping and not self._streams:
            self._goodbye()

    def _reset(self, stream: Stream) -> None:
        if self._streams.pop(stream.id, None) is not None and not self.transport.is_closing():
            self._frames.reset_stream(stream.id, ErrorCodes.INTERNAL_ERROR)
            self._flush()

    def pause_writing(self) -> None:
        self._write_paused = True
        self.transport.pause_reading()

    def resume_writing(self) -> None:
        self._write_paused = False
        self.since = self.edge.tick
        if not self.transport.is_closing():
            self.transport.resume_reading()
        for stream in tuple(self._streams.values()):
            self._pump(stream)
        self._flush()

    # Ends

    def _abandon(self, stream: Stream) -> None:
        """The client has gone, or has reset the stream."""
        stream.gone = True
        sink, stream.sink = stream.sink, None
        if sink is not None:
            self._abort(sink)
        if stream.task is not None:
            stream.task.cancel()
        if not stream.answered and stream.on_close is not None:
            on_close, stream.on_close = stream.on_close, None
            try:
                on_close()
            except Exception as error:  # noqa: BLE001
                log.error("in a request's on_close", exc_info=error)

    def _goodbye(self, code: ErrorCodes = ErrorCodes.NO_ERROR) -> None:
        if not self.transport.is_closing():
            self._frames.close_connection(code)
            self._flush()
            self.transport.close()

    def sweep(self) -> None:
        now, limits = self.edge.tick, self.limits
        if not self._streams:
            if now - self.since >= limits.keep_alive_s:
                self._goodbye()
            return
        for stream in tuple(self._streams.values()):
            stalled = bool(stream.unsent) or not (stream.whole or stream.answered)
            if stalled and now - stream.since >= limits.body_idle_s:
                self._streams.pop(stream.id, None)
                self._abandon(stream)
                self._frames.reset_stream(stream.id, ErrorCodes.CANCEL)
        self._flush()
        if self._write_paused and now - self.since >= limits.body_idle_s:
            self.transport.abort()

    def shut_down(self) -> None:
        self._stopping = True
        if not self._streams:
            self._goodbye()

    def abort(self) -> None:
        self.transport.abort()


def make_request(pairs: list[Any], scheme: str, peer: str) -> Request:
    """The same `Request` as HTTP/1.1 makes: `:authority` becomes Host, split cookies are one again (RFC 9113)."""
    headers: dict[str, str] = {}
    pseudo: dict[str, str] = {}
    for name_bytes, value_bytes in pairs:
        name, value = name_bytes.decode("latin-1"), value_bytes.decode("latin-1")
        if name[:1] == ":":
            pseudo[name] = value
        elif name in headers:
            headers[name] += ("; " if name == "cookie" else ",") + value
        else:
            headers[name] = value
    authority = pseudo.get(":authority")
    if authority:
        headers["host"] = authority
    path, _, query = pseudo.get(":path", "").partition("?")
    return Request(pseudo.get(":method", ""), path, query, headers, scheme=scheme, peer=peer, version="2")


def header_list(
    response: Response, length: int | None, date_and_server: str, *, keeps_length: bool
) -> list[tuple[str, str]]:
    """The response's headers as HTTP/2 wants them, completed with ours where the application has none."""
    head = [(":status", str(response.status))]
    seen = set()
    for name, value in response.headers:
        name = name.lower()
        if name in _OUR_FRAMING or (name == "content-length" and (length is not None or not keeps_length)):
            continue
        if "\r" in value or "\n" in value or "\0" in value or not name or not name.isascii():
            raise heads.MalformedResponse("a response header contains a line break")
        seen.add(name)
        head.append((name, value))
    if length is not None:
        head.append(("content-length", str(length)))
    for line in date_and_server.split("\r\n")[:2]:
        name, _, value = line.partition(": ")
        if name.lower() not in seen:
            head.append((name.lower(), value))
    return head


async def file_chunks(body: FileSlice, chunk_bytes: int) -> AsyncIterator[bytes]:
    with body.open() as file:
        left = body.length
        while left:
            data = file.read(min(left, chunk_bytes))
            if not data:
                raise OSError(f"{body.path} is shorter than promised")
            left -= len(data)
            yield data
