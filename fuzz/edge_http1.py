"""Random and mutated bytes into the HTTP/1.1 side, in this process, without a socket.

    python fuzz/edge_http1.py [seconds] [seed]

Holds for any input, cut into reads anywhere: no exception escapes, nothing is logged, what is kept stays bounded, and
the application sees the same requests however the bytes are cut.
"""

from __future__ import annotations

import asyncio
import logging
import random
import sys
import time

from skyjar.edge.http1 import Http1
from skyjar.edge.limits import Limits
from skyjar.edge.listener import Edge
from skyjar.edge.logs import log
from skyjar.wire.http import Request, Response

SEEDS = [
    b"GET /a?b HTTP/1.1\r\nHost: localhost\r\n\r\n",
    b"POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 5\r\nX-A: b\r\nX-A: c \r\n\r\nhello",
    b"POST / HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n3;e=1\r\nabc\r\n0\r\nX-T: 1\r\n\r\n",
    b"PUT /k HTTP/1.1\r\nHost: b.localhost:80\r\nExpect: 100-continue\r\nContent-Length: 3\r\n\r\nabc",
    b"GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n",
    b"POST / HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: h2c\r\nContent-Length: 2\r\n\r\nhi",
    b"GET /s HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n"
    b"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n\x81\x82\x00\x00\x00\x00hi\x88\x80\x00\x00\x00\x00",
    b"GET http://x.localhost/p HTTP/1.1\r\nHost: a\r\nOrigin: http://evil.com\r\n\r\n",
    b"POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 300\r\n\r\n" + b"z" * 300,
]
WORDS = [
    b"\r\n",
    b"\n",
    b"\r",
    b"\0",
    b" ",
    b":",
    b"Content-Length: 3\r\n",
    b"Transfer-Encoding: chunked\r\n",
    b"Host: b\r\n",
    b"Connection: close\r\n",
    b"0\r\n\r\n",
    b"HTTP/1.0",
    b"-1",
    b"99999999999999999999",
    b"Expect: 100-continue\r\n",
    b"Upgrade: websocket\r\n",
]
LIMITS = Limits(head_bytes=2048, header_count=20, buffered_body_bytes=200, maximum_buffered_body_bytes=4096)


class Transport(asyncio.Transport):
    def __init__(self) -> None:
        super().__init__()
        self.closed = False
        self.written = b""
        self.protocol: asyncio.Protocol | None = None

    def write(self, data) -> None:
        self.written += bytes(data)

    def writelines(self, list_of_data) -> None:
        self.write(b"".join(list_of_data))

    def close(self) -> None:
        self.closed = True

    abort = close

    def is_closing(self) -> bool:
        return self.closed

    def can_write_eof(self) -> bool:
        return True

    def write_eof(self) -> None:
        pass

    def pause_reading(self) -> None:
        pass

    resume_reading = pause_reading

    def get_write_buffer_size(self) -> int:
        return 0

    def set_protocol(self, protocol) -> None:
        self.protocol = protocol

    def get_extra_info(self, name, default=None):
        return default


class Sink:
    def __init__(self) -> None:
        self.content = b""
        self.size = 0

    def write(self, chunk: bytes) -> None:
        self.content += chunk

    def close(self) -> Sink:
        return self

    def abort(self) -> None:
        pass

    def read(self, offset: int = 0, length: int | None = None) -> bytes:
        return self.content


class Recorder:
    def __init__(self) -> None:
        self.seen: list[object] = []

    def admit(self, request: Request) -> Sink | Response | None:
        return {"PUT": Sink(), "DELETE": Response(403)}.get(request.method)

    def handle(self, request: Request, respond) -> None:
        body = request.body if isinstance(request.body, bytes) else request.body.read()
        self.seen.append((request.method, request.path, request.query, tuple(request.headers.items()), body))
        respond(Response(200, [], b"ok"))

    def connect(self, request: Request, socket):
        self.seen.append("socket")
        return self

    def opened(self) -> None:
        pass

    def received(self, message) -> None:
        self.seen.append(message)

    def closed(self, code: int, reason: str) -> None:
        self.seen.append(code)


class Complaint(logging.Handler):
    def emit(self, record: logging.LogRecord) -> None:
        raise AssertionError("the edge logged an error") from (record.exc_info[1] if record.exc_info else None)


class QuietEdge(Edge):
    """No loop, no timer."""

    def opened(self, connection) -> None:
        pass

    def lost(self, connection) -> None:
        pass


def feed(pieces: list[bytes]) -> list[object]:
    app = Recorder()
    edge = QuietEdge(app, limits=LIMITS)
    transport = Transport()
    http = Http1(edge)
    transport.protocol = http
    http.connection_made(transport)
    for piece in pieces:
        if transport.closed:
            break
        transport.protocol.data_received(piece)
        kept = len(http._url) + sum(len(name) + len(value) for name, value in http._headers.items())
        assert kept <= LIMITS.head_bytes + max(map(len, pieces)), "the head grows without bound"
        assert len(http._queue) <= LIMITS.pipelined
    for _ in range(200):
        edge.tick += 1
        for holder in {http, transport.protocol}:
            holder.sweep()
    transport.protocol.connection_lost(None)
    return app.seen


def mutate(chance: random.Random) -> bytes:
    data = bytearray(b"".join(chance.choices(SEEDS, k=chance.randint(1, 3))))
    for _ in range(chance.randint(0, 6)):
        at = chance.randrange(len(data) + 1)
        what = chance.randrange(5)
        if what == 0:
            data[at:at] = chance.choice(WORDS)
        elif what == 1:
            del data[at : at + chance.randint(1, 8)]
        elif what == 2 and at < len(data):
            data[at] = chance.randrange(256)
        elif what == 3:
            data[at:at] = data[at : at + 40] * chance.randint(1, 5)
        else:
            data[at:at] = chance.randbytes(chance.randint(1, 30))
    return bytes(data)


def cut(data: bytes, chance: random.Random) -> list[bytes]:
    places = sorted(chance.randrange(len(data) + 1) for _ in range(chance.randint(0, 8)))
    pieces = [data[a:b] for a, b in zip([0, *places], [*places, len(data)], strict=True)]
    return [piece for piece in pieces if piece]


def run(seconds: float, seed: int) -> int:
    """How many inputs were tried. Raises AssertionError naming the input that broke a promise."""
    chance = random.Random(seed)
    log.addHandler(complaint := Complaint())
    tried = 0
    until = time.monotonic() + seconds
    try:
        while time.monotonic() < until:
            data = mutate(chance)
            pieces = cut(data, chance)
            try:
                whole = feed([data]) if data else []
                assert feed(pieces) == whole, "the requests depend on how the bytes are cut"
            except Exception as error:
                raise AssertionError(f"input {pieces!r}: {error!r}") from error
            tried += 1
    finally:
        log.removeHandler(complaint)
    return tried


if __name__ == "__main__":
    given = [float(argument) for argument in sys.argv[1:]]
    tried = run(given[0] if given else 60, int(given[1]) if len(given) > 1 else time.time_ns() % 2**32)
    print(f"{tried} inputs")
