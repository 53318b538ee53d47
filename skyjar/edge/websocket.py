"""A WebSocket connection after its upgrade (RFC 6455, frames by wsproto; the handshake is in http1.py)."""

from __future__ import annotations

import asyncio
import base64
import hashlib
from typing import TYPE_CHECKING, Any

from wsproto import ConnectionType
from wsproto.connection import Connection, ConnectionState
from wsproto.events import BytesMessage, CloseConnection, Event, Ping, TextMessage
from wsproto.utilities import LocalProtocolError, RemoteProtocolError

from skyjar.edge import heads
from skyjar.edge.logs import log
from skyjar.wire.http import Request, Response, WebSocketHandler

if TYPE_CHECKING:
    from skyjar.edge.listener import Edge

_GUID = b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11"
ABNORMAL, TOO_BIG, INTERNAL, GOING_AWAY = 1006, 1009, 1011, 1001
UNSENT_BYTES = 16 * 1024 * 1024
"""A client that lets this much wait unread is cut off."""


def handshake_refusal(request: Request) -> Response | None:
    """What is wrong with an upgrade request, as the answer to it."""
    headers = request.headers
    try:
        key = base64.b64decode(headers.get("sec-websocket-key", ""), validate=True)
    except ValueError:
        key = b""
    if request.method != "GET" or len(key) != 16 or request.version != "1.1":
        return heads.plain(400, "The WebSocket handshake is malformed.")
    if headers.get("sec-websocket-version") != "13":
        refusal = heads.plain(426, "Only WebSocket version 13 is spoken here.")
        refusal.headers.append(("Sec-WebSocket-Version", "13"))
        return refusal
    return None


def handshake_answer(request: Request, handler: WebSocketHandler, date_and_server: str) -> bytes:
    """The 101 head. A handler may have an attribute `subprotocol`: the one it chose of those offered."""
    key = request.headers["sec-websocket-key"].encode("latin-1")
    accept = base64.b64encode(hashlib.sha1(key + _GUID).digest()).decode()
    headers = [("Upgrade", "websocket"), ("Sec-WebSocket-Accept", accept)]
    subprotocol = getattr(handler, "subprotocol", None)
    if subprotocol:
        headers.append(("Sec-WebSocket-Protocol", subprotocol))
    return heads.render(Response(101, headers), "", date_and_server, "Connection: Upgrade\r\n")


class WebSocketConnection(asyncio.Protocol):
    """Both the transport's protocol and the `WebSocket` that the handler talks to."""

    def __init__(self, edge: Edge) -> None:
        self.edge = edge
        self.since: float = edge.tick
        self.transport: Any = None
        self._handler: WebSocketHandler | None = None
        self._frames = Connection(ConnectionType.SERVER)
        self._early: list[str | bytes] = []
        self._parts: list[str] | list[bytes] = []
        self._part_bytes = 0
        self._closed = False
        self._closing_since: float | None = None

    def open(self, transport: Any, handler: WebSocketHandler) -> None:
        """The handshake's answer has been written; from here on the connection is ours."""
        self._handler = handler
        self.connection_made(transport)
        self._tell(handler.opened)
        early, self._early = self._early, []
        for message in early:
            self.send(message)

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = transport
        self.edge.opened(self)

    def connection_lost(self, exc: Exception | None) -> None:
        self.edge.lost(self)
        self._ended(ABNORMAL, "")

    def data_received(self, data: bytes) -> None:
        self.since = self.edge.tick
        try:
            self._frames.receive_data(data)
            for event in self._frames.events():
                self._on_event(event)
        except RemoteProtocolError as error:
            hint = error.event_hint
            self._fail(hint.code if isinstance(hint, CloseConnection) else 1002)

    def _on_event(self, event: Event) -> None:
        if isinstance(event, (TextMessage, BytesMessage)):
            self._on_part(event)
        elif isinstance(event, Ping):
            if self._frames.state is ConnectionState.OPEN:
                self.transport.write(self._frames.send(event.response()))
        elif isinstance(event, CloseConnection):
            if self._frames.state is ConnectionState.REMOTE_CLOSING:
                self.transport.write(self._frames.send(event.response()))
            self._ended(event.code, event.reason or "")
            self.transport.close()

    def _on_part(self, event: TextMessage | BytesMessage) -> None:
        if self._closed or self._closing_since is not None:
            return
        self._part_bytes += len(event.data)
        if self._part_bytes > self.edge.limits.websocket_message_bytes:
            self._fail(TOO_BIG)
            return
        self._parts.append(event.data)  # type: ignore[arg-type]
        if not event.message_finished:
            return
        parts: list[Any] = self._parts
        self._parts, self._part_bytes = [], 0
        message = parts[0] if len(parts) == 1 else ("" if isinstance(event, TextMessage) else b"").join(parts)
        if isinstance(message, bytearray):
            message = bytes(message)
        if self._handler is not None:
            self._tell(self._handler.received, message)

    def _tell(self, method: Any, *arguments: object) -> None:
        try:
            method(*arguments)
        except Exception as error:  # noqa: BLE001 - the handler's bug
            log.error("in a WebSocket handler", exc_info=error)
            self._fail(INTERNAL)

    def _ended(self, code: int, reason: str) -> None:
        if not self._closed:
            self._closed = True
            if self._handler is not None:
                self._tell(self._handler.closed, code, reason)

    def _fail(self, code: int) -> None:
        self.close(code)
        self._ended(code, "")

    # What the handler calls

    def send(self, message: str | bytes) -> None:
        if self._handler is None:
            self._early.append(message)
            return
        if self._closed or self._closing_since is not None or self.transport.is_closing():
            return
        event: Event = TextMessage(message) if isinstance(message, str) else BytesMessage(message)
        self.transport.write(self._frames.send(event))
        if self.transport.get_write_buffer_size() > UNSENT_BYTES:
            self.transport.abort()

    def close(self, code: int = 1000, reason: str = "") -> None:
        """Send a close frame; the connection goes when the client's has come, or soon after."""
        if self.transport is None or self._closed or self._closing_since is not None or self.transport.is_closing():
            return
        self._closing_since = self.edge.tick
        try:
            self.transport.write(self._frames.send(CloseConnection(code, reason)))
        except LocalProtocolError:
            self.transport.close()

    # The edge's side

    def sweep(self) -> None:
        if self._closing_since is not None and self.edge.tick - self._closing_since >= self.edge.limits.linger_s:
            self.transport.abort()

    def shut_down(self) -> None:
        self.close(GOING_AWAY)

    def abort(self) -> None:
        self.transport.abort()
