"""Lambda's Runtime API (2018-06-01) and Extensions API (2020-01-01) for one sandbox, on one loopback port.

Every reply has a Content-Type (awslambdaric crashes without one) and is one write (two cost 40 ms through Nagle).
"""

from __future__ import annotations

import asyncio
import socket
from typing import Protocol, cast

import httptools

from skyjar.runtime.functions import RESPONSE_BYTES

RUNTIME = "/2018-06-01/runtime/"
EXTENSION = "/2020-01-01/extension/"
STATUS = {200: "OK", 202: "Accepted", 400: "Bad Request", 403: "Forbidden", 404: "Not Found", 413: "Payload Too Large"}


class Sandboxed(Protocol):
    """What the API asks of the sandbox that it serves. A string answered is the type of an error."""

    def connected(self, connection: Connection) -> None: ...
    def next(self, connection: Connection) -> None: ...
    def respond(self, request_id: str, headers: dict[str, str], body: bytes) -> str | None: ...
    def fail(self, request_id: str, headers: dict[str, str], body: bytes) -> str | None: ...
    def fail_init(self, headers: dict[str, str], body: bytes) -> None: ...
    def register(self, name: str, body: bytes) -> tuple[str, bytes] | None: ...
    def extension_next(self, connection: Connection, identifier: str) -> bool: ...


class Connection(asyncio.Protocol):
    """One keep-alive HTTP/1.1 connection from the runtime or an extension."""

    transport: asyncio.Transport

    def __init__(self, sandbox: Sandboxed) -> None:
        self.sandbox = sandbox
        self.parser = httptools.HttpRequestParser(self)
        self.headers: dict[str, str] = {}
        self.path = ""
        self.chunks: list[bytes] = []
        self.size = 0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast(asyncio.Transport, transport)
        self.transport.get_extra_info("socket").setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.sandbox.connected(self)

    def data_received(self, data: bytes) -> None:
        try:
            self.parser.feed_data(data)
        except httptools.HttpParserError:
            self.transport.close()

    def on_message_begin(self) -> None:
        self.headers, self.chunks, self.size, self.path = {}, [], 0, ""

    def on_url(self, url: bytes) -> None:
        self.path += url.decode("latin-1")

    def on_header(self, name: bytes, value: bytes) -> None:
        self.headers[name.decode("latin-1").lower()] = value.decode("latin-1")

    def on_headers_complete(self) -> None:
        if self.headers.get("expect", "").lower() == "100-continue":
            self.transport.write(b"HTTP/1.1 100 Continue\r\n\r\n")

    def on_body(self, body: bytes) -> None:
        self.size += len(body)
        if self.size <= RESPONSE_BYTES:  # a longer one is refused, and need not be kept
            self.chunks.append(body)

    def on_message_complete(self) -> None:
        self.headers.setdefault("content-length", str(self.size))
        method, path = self.parser.get_method(), self.path.partition("?")[0]
        if path.startswith(RUNTIME):
            self.runtime(method, path[len(RUNTIME) :].split("/"))
        elif path.startswith(EXTENSION):
            self.extension(method, path[len(EXTENSION) :])
        else:
            self.refuse(404, "NotFound", f"No such path: {path}")

    def runtime(self, method: bytes, parts: list[str]) -> None:
        body = b"".join(self.chunks)
        match method, parts:
            case b"GET", ["invocation", "next"]:
                self.sandbox.next(self)
            case b"POST", ["invocation", request_id, "response"]:
                self.accept(self.sandbox.respond(request_id, self.headers, body))
            case b"POST", ["invocation", request_id, "error"]:
                self.accept(self.sandbox.fail(request_id, self.headers, body))
            case b"POST", ["init", "error"]:
                self.sandbox.fail_init(self.headers, body)
                self.accept(None)
            case _:
                self.refuse(404, "NotFound", f"No such path: {self.path}")

    def accept(self, refusal: str | None) -> None:
        if refusal == "RequestEntityTooLarge":
            message = f"Exceeded maximum allowed payload size ({RESPONSE_BYTES} bytes)."
            self.refuse(413, refusal, message)
        elif refusal:
            self.refuse(400, refusal, "Invalid request ID")
        else:
            self.reply(202, b'{"status":"OK"}\n')

    def extension(self, method: bytes, path: str) -> None:
        identifier = self.headers.get("lambda-extension-identifier", "")
        if method == b"POST" and path == "register":
            registered = self.sandbox.register(self.headers.get("lambda-extension-name", ""), b"".join(self.chunks))
            if registered is None:
                self.refuse(400, "Extension.InvalidExtensionName", "Empty extension name")
            else:
                self.reply(200, registered[1], f"Lambda-Extension-Identifier: {registered[0]}\r\n")
        elif method == b"GET" and path == "event/next":
            if not self.sandbox.extension_next(self, identifier):
                self.refuse(403, "Extension.UnknownExtensionIdentifier", f"Unknown extension {identifier}")
        elif method == b"POST" and path in ("init/error", "exit/error"):
            self.sandbox.fail_init(self.headers, b"".join(self.chunks))
            self.accept(None)
        else:
            self.refuse(404, "NotFound", f"No such path: {self.path}")

    def refuse(self, status: int, kind: str, message: str) -> None:
        self.reply(status, f'{{"errorMessage":"{message}","errorType":"{kind}"}}\n'.encode())

    def reply(self, status: int, body: bytes, headers: str = "") -> None:
        head = (
            f"HTTP/1.1 {status} {STATUS[status]}\r\nContent-Type: application/json\r\n{headers}"
            f"Content-Length: {len(body)}\r\n\r\n"
        )
        if not self.transport.is_closing():
            self.transport.write(head.encode("utf-8") + body)
