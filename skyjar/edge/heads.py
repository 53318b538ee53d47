"""Response heads: the bytes of a status line and headers, made as cheaply as Python can."""

from __future__ import annotations

from collections.abc import AsyncIterator
from http import HTTPStatus

from skyjar.wire.http import Response

CONTENT_LENGTH, DATE, SERVER, CONNECTION, TRANSFER_ENCODING = 1, 2, 4, 8, 16
_FLAGS = {
    "content-length": CONTENT_LENGTH,
    "date": DATE,
    "server": SERVER,
    "connection": CONNECTION,
    "transfer-encoding": TRANSFER_ENCODING,
}
_known_names: dict[str, int] = {}
_KNOWN_NAMES_KEPT = 4096
_STATUS_LINES = {status.value: f"HTTP/1.1 {status.value} {status.phrase}\r\n" for status in HTTPStatus}

BODILESS = frozenset({204, 304})


class MalformedResponse(Exception):
    """The application made a header that would break the framing (a line break, a non-latin-1 character)."""


def flag(name: str) -> int:
    """Which of the edge's own headers this is, 0 for any other."""
    found = _FLAGS.get(name.lower(), 0)
    if len(_known_names) < _KNOWN_NAMES_KEPT:
        _known_names[name] = found
    return found


def status_line(status: int) -> str:
    return _STATUS_LINES.get(status) or f"HTTP/1.1 {status} Unknown\r\n"


def render(response: Response, framing: str, date_and_server: str, connection: str) -> bytes:
    """The head of `response`.

    `framing` is the Content-Length or Transfer-Encoding line, `connection` the Connection line, both may be empty. The
    application's Content-Length is kept only where `framing` is empty (HEAD, 304); its Connection and
    Transfer-Encoding never: those are the edge's. Its Date and Server replace ours.
    """
    head = _STATUS_LINES.get(response.status) or status_line(response.status)
    lines = 2
    seen = 0
    for name, value in response.headers:
        what = _known_names.get(name)
        if what is None:
            what = flag(name)
        if what:
            if what >= CONNECTION or (what == CONTENT_LENGTH and framing):
                continue
            seen |= what
        head += f"{name}: {value}\r\n"
        lines += 1
    if framing:
        lines += 1
    if seen & (DATE | SERVER):
        own = date_and_server.split("\r\n")
        own = [line for line, what in zip(own, (DATE, SERVER), strict=False) if not seen & what]
        lines += len(own)
        date_and_server = "".join(line + "\r\n" for line in own)
    else:
        lines += 2
    if connection:
        lines += 1
    head = f"{head}{framing}{date_and_server}{connection}\r\n"
    if head.count("\n") != lines or head.count("\r") != lines:
        raise MalformedResponse("a response header contains a line break")
    try:
        return head.encode("latin-1")
    except UnicodeEncodeError as error:
        raise MalformedResponse("a response header is not latin-1") from error


async def exactly(body: AsyncIterator[bytes], length: int) -> AsyncIterator[bytes]:
    """The body, which must have as many bytes as the head has told: what is more would be taken for the next answer."""
    left = length
    try:
        async for chunk in body:
            left -= len(chunk)
            if left < 0:
                break
            yield chunk
    finally:
        close = getattr(body, "aclose", None)
        if close is not None:
            await close()
    if left:
        raise MalformedResponse("a body has not as many bytes as was told")


def plain(status: int, message: str) -> Response:
    """What the edge itself answers when a request never reaches the application."""
    return Response(status, [("Content-Type", "text/plain; charset=utf-8")], message.encode() + b"\n")


def whole(response: Response, date_and_server: str) -> bytes:
    """A response of bytes, head and body, that ends its connection."""
    assert isinstance(response.body, bytes)
    framing = f"Content-Length: {len(response.body)}\r\n"
    return render(response, framing, date_and_server, "Connection: close\r\n") + response.body
