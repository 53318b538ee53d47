"""Bodies that arrive packed: gzip now; aws-chunked below."""

from __future__ import annotations

import zlib

from skyjar.wire.errors import WireError


def inflate(data: bytes, limit: int) -> bytes:
    """The unpacked gzip data. WireError when it is not gzip, is cut short, or unpacks to more than `limit` bytes."""
    out: list[bytes] = []
    size = 0
    while data:
        unpacker = zlib.decompressobj(zlib.MAX_WBITS | 16)
        try:
            piece = unpacker.decompress(data, limit - size + 1)
        except zlib.error:
            raise WireError("SerializationException", "Unable to decompress the request body") from None
        size += len(piece)
        if size > limit:
            raise WireError("RequestEntityTooLarge", "Request body is too large after decompression", 413)
        if not unpacker.eof:
            raise WireError("SerializationException", "Unable to decompress the request body")
        out.append(piece)
        data = unpacker.unused_data
    return b"".join(out)
