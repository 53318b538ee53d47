from __future__ import annotations

import asyncio
import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from pathlib import Path
from typing import Any

import pytest

from skyjar.edge.limits import Limits
from skyjar.edge.listener import Edge, new_event_loop
from skyjar.edge.origins import Origins
from skyjar.wire.http import Request, Response

TIMEOUT_S = 5


class Upload:
    """A Sink, and the Body it becomes."""

    def __init__(self, refuse_at: int | None = None) -> None:
        self.content = b""
        self.refuse_at = refuse_at
        self.aborted = threading.Event()
        self.begun = threading.Event()
        self.writes = 0

    @property
    def size(self) -> int:
        return len(self.content)

    def read(self, offset: int = 0, length: int | None = None) -> bytes:
        return self.content[offset:][:length]

    def write(self, chunk: bytes) -> None:
        self.content += chunk
        self.writes += 1
        self.begun.set()
        if self.refuse_at is not None and len(self.content) >= self.refuse_at:
            raise BadDigest()

    def close(self) -> Upload:
        return self

    def abort(self) -> None:
        self.aborted.set()


class BadDigest(Exception):
    code, status, message = "BadDigest", 400, "The Content-MD5 you specified did not match what we received."


class Echo:
    """An application whose paths say what it does; tests replace its methods."""

    def __init__(self) -> None:
        self.requests: list[Request] = []
        self.waiting: list[tuple[Request, Any]] = []
        self.arrived = threading.Semaphore(0)
        self.closed = threading.Event()
        self.admission: Callable[[Request], Any] = lambda request: None
        self.answers: dict[str, Callable[[Request], Response]] = {}
        self.handler: Callable[[Request, Any], Any] = lambda request, socket: Response(404)

    def admit(self, request: Request) -> Any:
        return self.admission(request)

    def handle(self, request: Request, respond: Any) -> None:
        self.requests.append(request)
        if request.path in self.answers:
            respond(self.answers[request.path](request))
        elif request.path == "/wait":
            respond.on_close = self.closed.set
            self.waiting.append((request, respond))
            self.arrived.release()
        elif request.path == "/bug":
            raise ZeroDivisionError("a bug")
        else:
            body = request.body if isinstance(request.body, bytes) else request.body.read()
            respond(Response(200, [("X-Path", request.path), ("X-Query", request.query)], body))

    def refuse(self, request: Request, error: Any, respond: Any) -> None:
        respond(Response(error.status, [("X-Code", error.code)], error.message.encode()))

    def connect(self, request: Request, socket: Any) -> Any:
        return self.handler(request, socket)


class Server:
    """An edge on a loop of its own thread."""

    def __init__(self, directory: Path, *, limits: Limits | None = None, origins: Origins | None = None) -> None:
        self.app = Echo()
        self.loop = new_event_loop()
        self.edge = Edge(self.app, limits=limits, origins=origins, certificates=directory / "tls")
        self.stopped = False
        self._thread = threading.Thread(target=self.loop.run_forever, daemon=True)
        self._thread.start()
        self.run(self.edge.start(port=0))
        self.port = self.edge.port

    def run(self, work: Any) -> Any:
        return asyncio.run_coroutine_threadsafe(work, self.loop).result(TIMEOUT_S)

    def call(self, function: Callable[..., Any], *arguments: Any) -> Any:
        """On the loop's thread."""
        done: Future[Any] = Future()

        def work() -> None:
            try:
                done.set_result(function(*arguments))
            except BaseException as error:
                done.set_exception(error)

        self.loop.call_soon_threadsafe(work)
        return done.result(TIMEOUT_S)

    def answer(self, response: Response) -> None:
        """Answers the request that has waited longest, once there is one."""
        assert self.app.arrived.acquire(timeout=TIMEOUT_S)
        _, respond = self.app.waiting.pop(0)
        self.call(respond, response)

    def until(self, true: Callable[[], Any]) -> None:
        """Turns the loop until something has come true."""

        async def turn() -> None:
            async with asyncio.timeout(TIMEOUT_S):
                while not true():
                    await asyncio.sleep(0.001)

        self.run(turn())

    def stop(self, grace_s: float = 0) -> None:
        if not self.stopped:
            self.stopped = True
            self.run(self.edge.stop(grace_s))
            assert self.call(lambda: len(self.edge._tasks)) == 0
            assert not self.edge.connections
            self.loop.call_soon_threadsafe(self.loop.stop)
            self._thread.join(TIMEOUT_S)
            self.loop.close()

    def connect(self) -> Client:
        return Client(socket.create_connection(("127.0.0.1", self.port), TIMEOUT_S))

    def tls(self, name: str = "localhost", alpn: tuple[str, ...] = ()) -> ssl.SSLSocket:
        self.call(self.edge.authority)
        context = ssl.create_default_context(cafile=str(self.edge.authority().certificate_path))
        if alpn:
            context.set_alpn_protocols(list(alpn))
        raw = socket.create_connection(("127.0.0.1", self.port), TIMEOUT_S)
        return context.wrap_socket(raw, server_hostname=name)


class Client:
    """A raw HTTP/1.1 client that reads exactly what was sent."""

    def __init__(self, connection: socket.socket) -> None:
        self.socket = connection
        self.file = connection.makefile("rb")

    def send(self, data: bytes) -> Client:
        self.socket.sendall(data)
        return self

    def head(self) -> tuple[int, dict[str, str]]:
        status = self.file.readline()
        if not status:
            raise EOFError
        headers = {}
        while (line := self.file.readline()) not in (b"\r\n", b""):
            name, _, value = line.decode("latin-1").partition(":")
            assert name.lower() not in headers, f"{name} sent twice"
            headers[name.lower()] = value.strip()
        return int(status.split()[1]), headers

    def receive(self, *, head_only: bool = False) -> tuple[int, dict[str, str], bytes]:
        status, headers = self.head()
        if head_only or status in (204, 304) or status < 200:
            return status, headers, b""
        if headers.get("transfer-encoding") == "chunked":
            body = b""
            while size := int(self.file.readline(), 16):
                body += self.file.read(size)
                assert self.file.readline() == b"\r\n"
            assert self.file.readline() == b"\r\n"
            return status, headers, body
        if "content-length" in headers:
            return status, headers, self.file.read(int(headers["content-length"]))
        return status, headers, self.file.read()

    def ended(self) -> bool:
        """Has the server closed?"""
        try:
            return self.file.read(1) == b""
        except ConnectionResetError:
            return True

    def close(self) -> None:
        self.file.close()
        self.socket.close()


@pytest.fixture
def serve(tmp_path: Path) -> Iterator[Callable[..., Server]]:
    servers: list[Server] = []

    def start(**options: Any) -> Server:
        servers.append(Server(tmp_path, **options))
        return servers[-1]

    yield start
    for server in servers:
        server.stop()


@pytest.fixture
def server(serve: Callable[..., Server]) -> Server:
    return serve()
