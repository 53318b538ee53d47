"""Ports that services have for clients of their own (`kernel/listening.py`): one listener each, on loopback, with TLS or without.

What a connection says is given to a conversation, which answers or hangs up. Connections count among the edge's own, so its limits and
its end are theirs too.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any, Protocol, cast

import msgspec

from skyjar.edge.listener import LOOPBACK, Edge, bind
from skyjar.edge.logs import log
from skyjar.kernel.listening import Listen, Listener, listeners
from skyjar.kernel.store import Store
from skyjar.kernel.tables import Place

BACKLOG = 128
IN_A_TURN = 4


class Heard(Protocol):
    """A conversation, as the edge sees it."""

    parser: Any

    def hear(self, data: bytes) -> None: ...

    @property
    def has_more(self) -> bool: ...

    def answer(self) -> bytes: ...


Converse = Callable[[Listener, str], Heard]
Key = tuple[str, str, str, str]


class Ports:
    def __init__(self, edge: Edge, store: Store, converse: Converse) -> None:
        self.edge = edge
        self._store = store
        self._converse = converse
        self._servers: dict[Key, asyncio.Server] = {}
        self._ports: dict[Key, int] = {}
        self._lines: set[Line] = set()
        self._one_at_a_time = asyncio.Lock()  # or two would listen under one name

    async def start(self) -> None:
        """Listen on what is written in the store; where a port is taken by now, on another, which is written there."""
        async with self._one_at_a_time:
            for row in self._written():
                key = (row.service, row.account, row.region, row.name)
                if key in self._servers:
                    continue
                try:
                    await self._listen(key, row.port, row.is_tls)
                except OSError:
                    self._note(row, await self._listen(key, 0, row.is_tls))

    def _written(self) -> list[Listener]:
        tx = self._store.begin()
        try:
            return listeners.range(Place(tx, "", ""))
        finally:
            tx.abort()

    def _note(self, row: Listener, port: int) -> None:
        log.warning("port %d of %s is taken; it is %d now", row.port, row.name, port)
        moved = msgspec.structs.replace(row, port=port)
        self._store.transact(lambda tx: listeners.put(Place(tx, "", ""), moved))

    async def stop(self) -> None:
        """Close every port and what is connected to it."""
        for key in tuple(self._servers):
            self._close(key)

    async def listen(self, wanted: Listen) -> list[int]:
        """Performs `Listen`."""
        keys = [(wanted.service, wanted.account, wanted.region, name) for name in wanted.names]
        async with self._one_at_a_time:
            return [
                self._ports[key] if key in self._servers else await self._listen(key, 0, wanted.is_tls) for key in keys
            ]

    async def unlisten(self, wanted: Listen) -> None:
        """Performs `Unlisten`."""
        for name in wanted.names:
            self._close((wanted.service, wanted.account, wanted.region, name))

    async def _listen(self, key: Key, port: int, is_tls: bool) -> int:
        service, account, region, name = key
        security: dict[str, Any] = {}
        if is_tls:
            security["ssl"] = self.edge.authority().default_context()
            security["ssl_handshake_timeout"] = self.edge.limits.header_time_s
        listening = bind(LOOPBACK[0], port)
        port = listening.getsockname()[1]
        row = Listener(service=service, account=account, region=region, name=name, port=port, is_tls=is_tls)
        loop = asyncio.get_running_loop()
        self._servers[key] = await loop.create_server(
            lambda: Line(self, key, row), sock=listening, backlog=BACKLOG, **security
        )
        self._ports[key] = port
        return port

    def _close(self, key: Key) -> None:
        server = self._servers.pop(key, None)
        if server is not None:
            server.close()
        for line in tuple(self._lines):
            if line.key == key:
                line.abort()

    def begin(self, line: Line, peer: str) -> Heard:
        self._lines.add(line)
        return self._converse(line.row, peer)

    def ended(self, line: Line) -> None:
        self._lines.discard(line)


class Line(asyncio.Protocol):
    """One connection. A message that is begun must be whole in the time that the edge gives to a body."""

    transport: asyncio.Transport

    def __init__(self, ports: Ports, key: Key, row: Listener) -> None:
        self.key = key
        self.row = row
        self._ports = ports
        self._edge = ports.edge
        self._talk: Heard | None = None
        self._heard_at = 0.0
        self._begun_at: float | None = None
        self._is_answering = False
        self._is_full = False
        self._is_reading = True

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast(asyncio.Transport, transport)
        edge = self._edge
        if edge.stopping or len(edge.connections) >= edge.limits.connections:
            self.transport.abort()
            return
        edge.opened(self)
        self._heard_at = edge.tick
        self._talk = self._ports.begin(self, str((transport.get_extra_info("peername") or ("",))[0]))

    def data_received(self, data: bytes) -> None:
        if self._talk is None:
            return
        self._heard_at = self._edge.tick
        try:
            self._talk.hear(data)
        except ValueError as error:
            self._hang_up(error)
            return
        if not self._talk.parser.is_waiting:
            self._begun_at = None
        elif self._begun_at is None or self._talk.has_more:
            self._begun_at = self._edge.tick
        if not self._is_answering:
            self._answer()

    def _answer(self) -> None:
        """A few messages in a turn of the loop, so that a client that sends many at once does not keep others waiting."""
        self._is_answering = False
        for _ in range(IN_A_TURN):
            if self._talk is None or self._is_full or not self._talk.has_more:
                break
            try:
                self.transport.write(self._talk.answer())
            except ValueError as error:
                self._hang_up(error)
                return
        if self._talk is not None and self._talk.has_more and not self._is_full:
            self._is_answering = True
            asyncio.get_running_loop().call_soon(self._answer)
        self._read_or_not()

    def _read_or_not(self) -> None:
        """Nothing more is read while something is unanswered, or untaken."""
        if self._talk is None or self.transport.is_closing():
            return
        wants = not self._is_full and not self._talk.has_more
        if wants != self._is_reading:
            self._is_reading = wants
            if wants:
                self.transport.resume_reading()
            else:
                self.transport.pause_reading()

    def _hang_up(self, error: ValueError) -> None:
        log.info("%s: a client was not understood: %s", self.row.name, error)
        self.abort()

    def pause_writing(self) -> None:
        self._is_full = True
        self._read_or_not()

    def resume_writing(self) -> None:
        self._is_full = False
        if not self._is_answering:
            self._answer()

    def connection_lost(self, error: Exception | None) -> None:
        self._talk = None
        self._edge.lost(self)
        self._ports.ended(self)

    def sweep(self) -> None:
        now, limits = self._edge.tick, self._edge.limits
        if (
            self._begun_at is not None and now - self._begun_at >= limits.body_idle_s
        ) or now - self._heard_at >= limits.line_idle_s:
            self.abort()

    def shut_down(self) -> None:
        self.transport.close()

    def abort(self) -> None:
        self.transport.abort()
