"""TLS under a protocol: a transport that encrypts, made of `ssl.MemoryBIO`.

`loop.start_tls` cannot be told about bytes that have already been read, and the port learns only from the first byte
that a client speaks TLS; a MemoryBIO takes them like any others.
"""

from __future__ import annotations

import asyncio
import contextlib
import ssl
from typing import TYPE_CHECKING, Any

from skyjar.edge.certificates import Authority
from skyjar.edge.http1 import Http1

if TYPE_CHECKING:
    from skyjar.edge.listener import Edge

READ_BYTES = 256 * 1024


class Tls(asyncio.Protocol):
    """The lower half: the real transport's protocol."""

    def __init__(self, edge: Edge, authority: Authority) -> None:
        self.edge = edge
        self.since: float = edge.tick
        self.transport: Any = None
        self._incoming = ssl.MemoryBIO()
        self._outgoing = ssl.MemoryBIO()
        self._ssl = authority.default_context().wrap_bio(self._incoming, self._outgoing, server_side=True)
        self._upper: Any = None
        self._upper_transport: TlsTransport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = transport
        self.edge.opened(self)

    def connection_lost(self, exc: Exception | None) -> None:
        self.edge.lost(self)
        upper, self._upper = self._upper, None
        if upper is not None:
            upper.connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        self._incoming.write(data)
        try:
            if self._upper is None and not self._shake_hands():
                return
            self._read()
        except ssl.SSLWantReadError:
            self._flush()
        except (ssl.SSLZeroReturnError, ssl.SSLEOFError):
            self._flush()
            self.transport.close()
        except ssl.SSLError:
            self._flush()  # the alert that tells the client what was wrong
            self.transport.close()

    def _shake_hands(self) -> bool:
        self._ssl.do_handshake()
        self._flush()
        self.edge.lost(self)
        self._upper_transport = TlsTransport(self)
        if self._ssl.selected_alpn_protocol() == "h2":
            from skyjar.edge.http2 import Http2

            self._upper = Http2(self.edge, scheme="https")
        else:
            self._upper = Http1(self.edge, scheme="https")
        self._upper.connection_made(self._upper_transport)
        return True

    def _read(self) -> None:
        while self._upper is not None and not self.transport.is_closing():
            data = self._ssl.read(READ_BYTES)
            if not data:
                self.transport.close()
                return
            self._upper.data_received(data)

    def encrypt(self, data: bytes) -> None:
        if self.transport.is_closing():
            return
        try:
            self._ssl.write(data)
        except ssl.SSLError:
            self.transport.abort()
            return
        self._flush()

    def _flush(self) -> None:
        data = self._outgoing.read()
        if data:
            self.transport.write(data)

    @property
    def secured(self) -> tuple[str, str]:
        """The protocol's version and the cipher, as OpenSSL calls them."""
        cipher = self._ssl.cipher()
        return self._ssl.version() or "", cipher[0] if cipher is not None else ""

    def say_goodbye(self) -> None:
        """Send close_notify, so that the client knows the end from a cut."""
        with contextlib.suppress(ssl.SSLError, ValueError):
            self._ssl.unwrap()
        if not self.transport.is_closing():
            self._flush()

    def switch(self, protocol: Any) -> None:
        self._upper = protocol

    def pause_writing(self) -> None:
        if self._upper is not None and hasattr(self._upper, "pause_writing"):
            self._upper.pause_writing()

    def resume_writing(self) -> None:
        if self._upper is not None and hasattr(self._upper, "resume_writing"):
            self._upper.resume_writing()

    # The edge's side, until the handshake is done

    def sweep(self) -> None:
        if self.edge.tick - self.since >= self.edge.limits.header_time_s:
            self.transport.abort()

    def shut_down(self) -> None:
        self.transport.close()

    def abort(self) -> None:
        self.transport.abort()


class TlsTransport(asyncio.Transport):
    """The upper half: what HTTP writes to."""

    def __init__(self, tls: Tls) -> None:
        super().__init__()
        self._tls = tls
        self._lower = tls.transport

    def write(self, data: bytes | bytearray | memoryview[Any]) -> None:
        self._tls.encrypt(bytes(data))

    def writelines(self, list_of_data: Any) -> None:
        for data in list_of_data:
            self._tls.encrypt(data)

    def close(self) -> None:
        if not self._lower.is_closing():
            self._tls.say_goodbye()
            self._lower.close()

    def abort(self) -> None:
        self._lower.abort()

    def is_closing(self) -> bool:
        return bool(self._lower.is_closing())

    def can_write_eof(self) -> bool:
        return False

    def pause_reading(self) -> None:
        self._lower.pause_reading()

    def resume_reading(self) -> None:
        self._lower.resume_reading()

    def get_write_buffer_size(self) -> int:
        return int(self._lower.get_write_buffer_size())

    def get_extra_info(self, name: str, default: Any = None) -> Any:
        if name == "tls":
            return self._tls.secured
        return self._lower.get_extra_info(name, default)

    def set_protocol(self, protocol: asyncio.BaseProtocol) -> None:
        self._tls.switch(protocol)
