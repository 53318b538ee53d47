"""The listening socket: one port for HTTP/1.1, HTTP/2 and TLS, told apart by a connection's first bytes.

`Edge` owns what the connections share: limits, the judge of origins, a coarse clock of seconds (one timer for all
time-outs instead of one per request), the Date line, and every task, so that none outlives `stop`.
"""

from __future__ import annotations

import asyncio
import contextlib
import errno
import socket
import time
from collections.abc import AsyncIterator, Callable, Coroutine
from pathlib import Path
from typing import Any, Protocol

from skyjar.edge.http1 import Http1
from skyjar.edge.limits import Limits
from skyjar.edge.logs import log
from skyjar.edge.origins import Origins
from skyjar.kernel.certificates import Certified, Certify
from skyjar.kernel.outside import Failed
from skyjar.wire.http import Application, Response

LOOPBACK = ("127.0.0.1", "::1")
SWEEP_S = 1.0
HTTP2_PREFACE = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"
TLS_HANDSHAKE = 0x16
BACKLOG = 1024


def new_event_loop() -> asyncio.AbstractEventLoop:
    """uvloop's loop, or the standard library's where uvloop is missing."""
    try:
        import uvloop
    except ImportError:
        return asyncio.new_event_loop()
    loop: asyncio.AbstractEventLoop = uvloop.new_event_loop()
    return loop


class Connection(Protocol):
    """What the edge asks of everything that holds a transport."""

    def sweep(self) -> None: ...

    def shut_down(self) -> None: ...

    def abort(self) -> None: ...


class Edge:
    """Serves one application. `certificates` is where the TLS authority is kept; None refuses TLS."""

    def __init__(
        self,
        application: Application,
        *,
        limits: Limits | None = None,
        origins: Origins | None = None,
        certificates: Path | None = None,
    ) -> None:
        self.application = application
        self.limits = limits or Limits()
        self.origins = origins or Origins()
        self.certificates = certificates
        self.connections: set[Connection] = set()
        self.addresses: list[tuple[str, int]] = []
        self.tick = 0.0
        self.date_and_server = ""
        self._servers: list[asyncio.Server] = []
        self._tasks: set[asyncio.Task[None]] = set()
        self._timer: asyncio.TimerHandle | None = None
        self._empty: asyncio.Future[None] | None = None
        self._authority: Any = None
        self.stopping = False
        self._write_date()

    @property
    def port(self) -> int:
        return self.addresses[0][1]

    async def start(self, host: str | None = None, port: int = 4566) -> None:
        """Listen on `host`, by default on both loopback addresses. Port 0 takes a free one, the same for both.

        Raises OSError when the port is taken. A machine without IPv6 is served on IPv4 alone.
        """
        loop = asyncio.get_running_loop()
        try:
            for address in (host,) if host is not None else LOOPBACK:
                try:
                    listening = bind(address, port)
                except OSError as error:
                    if self.addresses and error.errno in (errno.EADDRNOTAVAIL, errno.EAFNOSUPPORT):
                        continue
                    raise
                port = listening.getsockname()[1]
                self.addresses.append((address, port))
                self._servers.append(await loop.create_server(lambda: Sniffer(self), sock=listening, backlog=BACKLOG))
        except BaseException:
            await self.stop(0)
            raise

    async def stop(self, grace_s: float = 5.0) -> None:
        """Stop listening, let running requests finish for up to `grace_s`, then close everything and end all tasks."""
        self.stopping = True
        for server in self._servers:
            server.close()
        self._servers.clear()
        self.addresses.clear()
        for connection in tuple(self.connections):
            connection.shut_down()
        if self.connections and grace_s > 0:
            await self._until_empty(grace_s)
        for connection in tuple(self.connections):
            connection.abort()
        if self.connections:
            await self._until_empty(1.0)
        for task in tuple(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    async def _until_empty(self, timeout_s: float) -> None:
        self._empty = asyncio.get_running_loop().create_future()
        with contextlib.suppress(asyncio.TimeoutError):
            await asyncio.wait_for(self._empty, timeout_s)
        self._empty = None

    # What connections call

    def opened(self, connection: Connection) -> None:
        self.connections.add(connection)
        if self._timer is None:
            self._write_date()
            self._timer = asyncio.get_running_loop().call_later(SWEEP_S, self._sweep)

    def lost(self, connection: Connection) -> None:
        self.connections.discard(connection)
        if not self.connections and self._empty is not None and not self._empty.done():
            self._empty.set_result(None)

    def task(self, work: Coroutine[Any, Any, None]) -> asyncio.Task[None]:
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._task_done)
        return task

    def _task_done(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        if not task.cancelled() and task.exception() is not None:
            log.error("a stream failed", exc_info=task.exception())

    def discard(self, response: Response) -> None:
        """A response that will not be sent: its iterator must still be closed."""
        if hasattr(response.body, "aclose"):
            self.task(self.close_iterator(response.body))

    async def close_iterator(self, iterator: AsyncIterator[bytes] | Any) -> None:
        close: Callable[[], Coroutine[Any, Any, None]] | None = getattr(iterator, "aclose", None)
        if close is not None:
            await close()

    def authority(self) -> Any:
        """The TLS authority, made or loaded at the first TLS connection; None when TLS is off."""
        if self._authority is None and self.certificates is not None:
            from skyjar.edge.certificates import Authority

            self._authority = Authority(self.certificates, getattr(self.application, "is_plain", None))
        return self._authority

    async def certify(self, wanted: Certify) -> Certified | Failed:
        """Performs what services ask the authority for."""
        authority = self.authority()
        return Failed("TLS is off, so there is no authority.") if authority is None else authority.certify(wanted)

    # Time

    def _sweep(self) -> None:
        self._timer = None
        if self.connections:
            self._timer = asyncio.get_running_loop().call_later(SWEEP_S, self._sweep)
            self.advance(SWEEP_S)

    def advance(self, seconds: float) -> None:
        """Time passes: called by the timer, and by tests instead of sleeping."""
        self.tick += seconds
        self._write_date()
        for connection in tuple(self.connections):
            connection.sweep()

    def _write_date(self) -> None:
        self.date_and_server = f"Date: {http_date(time.time())}\r\nServer: Skyjar\r\n"


_DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


def http_date(at: float) -> str:
    """As in a Date header; `email.utils`, which has one too, takes long to load."""
    t = time.gmtime(at)
    return f"{_DAYS[t.tm_wday]}, {t.tm_mday:02} {_MONTHS[t.tm_mon - 1]} {t.tm_year} {t.tm_hour:02}:{t.tm_min:02}:{t.tm_sec:02} GMT"


def bind(address: str, port: int) -> socket.socket:
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    listening = socket.socket(family, socket.SOCK_STREAM)
    try:
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        if family == socket.AF_INET6:
            listening.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
        listening.bind((address, port))
    except OSError:
        listening.close()
        raise
    listening.setblocking(False)
    return listening


class Sniffer(asyncio.Protocol):
    """A connection that has not said what it speaks."""

    def __init__(self, edge: Edge) -> None:
        self.edge = edge
        self.since: float = edge.tick
        self.transport: Any = None
        self._head = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = transport
        if len(self.edge.connections) >= self.edge.limits.connections or self.edge.stopping:
            self.transport.abort()
            return
        raw = transport.get_extra_info("socket")
        if raw is not None:
            raw.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.edge.opened(self)

    def connection_lost(self, exc: Exception | None) -> None:
        self.edge.lost(self)

    def data_received(self, data: bytes) -> None:
        data = self._head + data
        if data[0] == TLS_HANDSHAKE:
            self._to_tls(data)
        elif data.startswith(HTTP2_PREFACE):
            from skyjar.edge.http2 import Http2

            self._hand_over(Http2(self.edge, scheme="http"), data)
        elif HTTP2_PREFACE.startswith(data) and len(data) < len(HTTP2_PREFACE):
            self._head = data  # "P" may become POST or PRI
        else:
            self._hand_over(Http1(self.edge), data)

    def _to_tls(self, data: bytes) -> None:
        authority = self.edge.authority()
        if authority is None:
            self.transport.abort()
            return
        from skyjar.edge.tls import Tls

        self._hand_over(Tls(self.edge, authority), data)

    def _hand_over(self, protocol: Any, data: bytes) -> None:
        self.edge.lost(self)
        self.transport.set_protocol(protocol)
        protocol.connection_made(self.transport)
        protocol.data_received(data)

    def sweep(self) -> None:
        if self.edge.tick - self.since >= self.edge.limits.header_time_s:
            self.transport.abort()

    def shut_down(self) -> None:
        self.transport.close()

    def abort(self) -> None:
        self.transport.abort()
