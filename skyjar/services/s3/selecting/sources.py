"""The bytes of an object, a little at a time: unpacked, counted, and cut into records.

A packed object is unpacked in steps of a fixed size, so that one which unpacks into very much is refused when its limit is
reached and never held.
"""

from __future__ import annotations

import bz2
import zlib
from collections.abc import Iterator
from typing import Any, Protocol

from skyjar.kernel.errors import NotImplementedHere

from .errors import Refused

CHUNK_BYTES = 1 << 20
RECORD_CHARS = 1 << 20
UNPACKED_BYTES = 2 << 30  # ours
Span = tuple[int, int]


class Piece(Protocol):
    def read(self, offset: int, length: int) -> bytes: ...


class Source:
    """`pieces` are (blob, offset, length); `scanned` counts bytes as they are kept, `processed` as they are unpacked. Once it
    `is_stopped` nothing more is read."""

    def __init__(self, pieces: Any, packing: str = "NONE") -> None:
        self._pieces = pieces
        self._packing = packing
        self.size = sum(length for _, _, length in pieces)
        self.scanned = 0
        self.processed = 0
        self.is_stopped = False

    def chunks(self, start: int = 0) -> Iterator[bytes]:
        raw = self._raw(start)
        for chunk in raw if self._packing == "NONE" else self._unpacked(raw):
            self.processed += len(chunk)
            if self.processed > UNPACKED_BYTES:
                raise NotImplementedHere(f"Skyjar selects from up to {UNPACKED_BYTES} bytes of unpacked content.")
            yield chunk

    def check(self, most: int) -> None:
        if self.size > most:
            raise NotImplementedHere(f"Skyjar selects from Parquet objects of up to {most} bytes.")

    def whole(self, most: int) -> bytes:
        found: list[bytes] = []
        for chunk in self.chunks():
            found.append(chunk)
            if self.processed > most:
                raise NotImplementedHere(f"Skyjar reads documents of up to {most} bytes in s3:SelectObjectContent.")
        return b"".join(found)

    def _raw(self, start: int) -> Iterator[bytes]:
        for blob, offset, length in self._pieces:
            if start >= length:
                start -= length
                continue
            at, end = offset + start, offset + length
            start = 0
            while at < end and not self.is_stopped:
                data = blob.read(at, min(CHUNK_BYTES, end - at))
                at += len(data)
                self.scanned += len(data)
                yield data

    def _unpacked(self, raw: Iterator[bytes]) -> Iterator[bytes]:
        """One member of GZIP or BZIP2 after another."""
        unpacker: Any = None
        for data in raw:
            while data or (unpacker is not None and not unpacker.needs_input):
                if unpacker is None:
                    unpacker = _Gzip() if self._packing == "GZIP" else bz2.BZ2Decompressor()
                try:
                    made = unpacker.decompress(data, CHUNK_BYTES)
                except (OSError, zlib.error, ValueError):
                    code = "InvalidCompressionFormat" if not self.processed else "TruncatedInput"
                    raise Refused(code) from None
                data = b""
                if made:
                    yield made
                if unpacker.eof:
                    data, unpacker = unpacker.unused_data, None
                    if self._packing == "GZIP":
                        data = data.lstrip(b"\0")  # padding behind the last member
        if unpacker is not None or not self.scanned:
            raise Refused("TruncatedInput")


class _Gzip:
    """zlib's in the manner of bz2's."""

    def __init__(self) -> None:
        self._inner = zlib.decompressobj(31)
        self._left = b""

    def decompress(self, data: bytes, most: int) -> bytes:
        made = self._inner.decompress(self._left + data, most)
        self._left = self._inner.unconsumed_tail
        self._is_full = len(made) == most
        return made

    _is_full = False

    @property
    def needs_input(self) -> bool:
        return not self._left and not self._is_full

    @property
    def eof(self) -> bool:
        return self._inner.eof

    @property
    def unused_data(self) -> bytes:
        return self._inner.unused_data


def records(source: Source, delimiter: str, span: Span | None, quote: str = "") -> Iterator[str]:
    """Text between delimiters; those that begin within the span, which may end behind it. With a `quote` a delimiter that
    stands between two of them does not count."""
    end_mark = delimiter.encode()
    start, stop = span if span is not None else (0, -1)
    begin = max(start - len(end_mark), 0) if start else 0
    at = begin
    rest = b""
    skips = start > 0
    for chunk in source.chunks(begin):
        parts = (rest + chunk).split(end_mark)
        rest = parts.pop()
        for part in parts:
            begins = at
            at += len(part) + len(end_mark)
            if skips:
                skips = False
                continue
            if 0 <= stop <= begins:
                return
            yield _decoded(part)
        if len(rest) > RECORD_CHARS * 4:
            raise Refused("OverMaxRecordSize")
    if rest and not skips and not 0 <= stop <= at:
        yield _decoded(rest)


def _decoded(part: bytes) -> str:
    try:
        text = part.decode()
    except UnicodeDecodeError:
        raise Refused("InvalidTextEncoding") from None
    if len(text) > RECORD_CHARS:
        raise Refused("OverMaxRecordSize")
    return text


def quoted_records(lines: Iterator[str], delimiter: str, quote: str, escape: str) -> Iterator[str]:
    """Lines joined again where a delimiter stood between quotes."""
    held = ""
    for line in lines:
        held = f"{held}{delimiter}{line}" if held else line
        counted = held if escape == quote else held.replace(escape + quote, "")
        if counted.count(quote) % 2 == 0:
            yield held
            held = ""
        elif len(held) > RECORD_CHARS:
            raise Refused("OverMaxRecordSize")
    if held:
        raise Refused("CSVParsingError", "A quoted field is not closed.")
