"""The event stream encoding (`application/vnd.amazon.eventstream`), and outputs that are streams of events."""

from __future__ import annotations

import struct
from collections.abc import AsyncIterator, Callable, Iterator
from typing import TYPE_CHECKING, Any
from zlib import crc32

from skyjar.wire.errors import WireError
from skyjar.wire.http import Response
from skyjar.wire.models import OperationModel, Shape

if TYPE_CHECKING:
    from skyjar.wire.codec import Codec, Serialise

MESSAGE_SIZE_MAX = 24 * 1024 * 1024
HEADERS_SIZE_MAX = 128 * 1024

TYPE = "application/vnd.amazon.eventstream"


def _header_value(value: Any) -> bytes:
    if isinstance(value, bool):
        return b"\x00" if value else b"\x01"
    if isinstance(value, int):
        return (
            b"\x04" + struct.pack(">i", value) if -(1 << 31) <= value < 1 << 31 else b"\x05" + struct.pack(">q", value)
        )
    if isinstance(value, bytes):
        return b"\x06" + struct.pack(">H", len(value)) + value
    if isinstance(value, float):
        return b"\x08" + struct.pack(">q", round(value * 1000))
    text = str(value).encode()
    return b"\x07" + struct.pack(">H", len(text)) + text


def encode(headers: dict[str, Any], payload: bytes) -> bytes:
    """One message. A float header value is a timestamp in epoch seconds."""
    block = b"".join(
        bytes((len(name),)) + name + _header_value(value)
        for name, value in ((key.encode(), value) for key, value in headers.items())
    )
    prelude = struct.pack(">II", len(block) + len(payload) + 16, len(block))
    message = prelude + struct.pack(">I", crc32(prelude)) + block + payload
    return message + struct.pack(">I", crc32(message))


def _damaged(what: str) -> WireError:
    return WireError("EventStreamError", f"The event stream message is damaged: {what}")


_FIXED: dict[int, str] = {2: ">b", 3: ">h", 4: ">i", 5: ">q", 8: ">q"}


def _read_header(block: bytes, at: int) -> tuple[str, Any, int]:
    size = block[at]
    name = block[at + 1 : at + 1 + size].decode()
    kind = block[at + 1 + size]
    at += 2 + size
    if kind in (0, 1):
        return name, kind == 0, at
    if kind in _FIXED:
        (value,) = struct.unpack_from(_FIXED[kind], block, at)
        at += struct.calcsize(_FIXED[kind])
        return name, value / 1000 if kind == 8 else value, at
    if kind in (6, 7):
        (length,) = struct.unpack_from(">H", block, at)
        raw = block[at + 2 : at + 2 + length]
        if len(raw) != length:
            raise _damaged("header")
        return name, raw if kind == 6 else raw.decode(), at + 2 + length
    if kind == 9 and at + 16 <= len(block):
        return name, block[at : at + 16], at + 16
    raise _damaged("header type")


def _read_headers(block: bytes) -> dict[str, Any]:
    headers: dict[str, Any] = {}
    at = 0
    try:
        while at < len(block):
            name, value, at = _read_header(block, at)
            headers[name] = value
    except (IndexError, struct.error, UnicodeDecodeError):
        raise _damaged("headers") from None
    return headers


class Decoder:
    """Incremental: `feed` bytes, iterate over whole messages as (headers, payload)."""

    def __init__(self) -> None:
        self._buffer = bytearray()

    def feed(self, data: bytes) -> Iterator[tuple[dict[str, Any], bytes]]:
        self._buffer += data
        while len(self._buffer) >= 12:
            total, headers_size, check = struct.unpack_from(">III", self._buffer)
            if crc32(self._buffer[:8]) != check:
                raise _damaged("prelude checksum")
            if total > MESSAGE_SIZE_MAX or headers_size > HEADERS_SIZE_MAX or total < headers_size + 16:
                raise _damaged("size")
            if len(self._buffer) < total:
                return
            message = bytes(self._buffer[:total])
            del self._buffer[:total]
            if crc32(message[:-4]) != struct.unpack_from(">I", message, total - 4)[0]:
                raise _damaged("checksum")
            yield _read_headers(message[12 : 12 + headers_size]), message[12 + headers_size : -4]

    @property
    def pending(self) -> int:
        """Bytes of a message that is not whole yet."""
        return len(self._buffer)


Event = Callable[[dict[str, Any]], bytes]


def _compile_event(codec: Codec, name: str, shape: Shape) -> Event:
    """One member of the stream -> its message."""
    payload = next((n for n, m in shape.members.items() if m.trait("eventpayload")), None)
    carried = [n for n, m in shape.members.items() if m.trait("eventheader")]
    kind = (
        {":message-type": "exception", ":exception-type": name}
        if shape.trait("exception")
        else {
            ":message-type": "event",
            ":event-type": name,
        }
    )
    body, content_type = codec.event_body(shape, payload)

    def render(value: dict[str, Any]) -> bytes:
        headers: dict[str, Any] = dict(kind)
        data = body(value)
        if data or payload is None:
            headers[":content-type"] = content_type
        headers.update({n: value[n] for n in carried if value.get(n) is not None})
        return encode(headers, data)

    return render


def compile_output(codec: Codec, operation: OperationModel, rpc: bool) -> Serialise:
    """The serialiser of an operation whose output is a stream of events.

    `rpc`: the other members travel in a first `initial-response` event, instead of headers.
    """
    shape = operation.output_shape
    member = operation.event_stream_output
    assert shape is not None
    assert member is not None
    events = {name: _compile_event(codec, name, event) for name, event in shape.members[member].members.items()}
    first = codec.initial_response(operation, shape, member) if rpc else None

    def serialise(result: dict[str, Any], request_id: str) -> Response:
        head = first(result) if first is not None else b""
        response = codec.event_response(operation, result, request_id)
        response.body = frames(result.get(member), events, head)
        return response

    return serialise


def frames(source: Any, events: dict[str, Event], head: bytes) -> Any:
    """The messages of a stream: bytes when the events are a list, else an async iterator."""
    if source is None or isinstance(source, list | tuple):
        return head + b"".join(render(event, events) for event in source or ())
    return _stream(source, events, head)


def render(event: dict[str, Any], events: dict[str, Event]) -> bytes:
    ((name, value),) = event.items()
    known = events.get(name)
    if known is None:  # an error that the model has no exception for
        return encode({":message-type": "error", ":error-code": name, ":error-message": value["message"]}, b"")
    return known(value)


async def _stream(source: Any, events: dict[str, Event], head: bytes) -> AsyncIterator[bytes]:
    if head:
        yield head
    if hasattr(source, "__aiter__"):
        async for event in source:
            yield render(event, events)
    else:
        for event in source:
            yield render(event, events)
