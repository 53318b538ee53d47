"""Bytes sealed in frames, so that any part of them can be opened without the rest, and nothing be moved, cut or changed.

Frames of 64 KiB, each under AES-256-GCM with a nonce that says its number and whether it is the last (the construction
STREAM of Hoang, Reyhanitabar, Rogaway and Vizár). A secret seals one content only, ever. What is sealed may be sealed again
under a second secret: `Frames` reads from whatever has `read_at`. See docs/decisions/0010-sealed-bodies.md.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM

SECRET_BYTES = 32
FRAME_BYTES = 64 * 1024
TAG_BYTES = 16
_SEALED_BYTES = FRAME_BYTES + TAG_BYTES


class Damaged(OSError):
    """What was to be opened is not what was sealed."""


class Source(Protocol):
    def read_at(self, offset: int, length: int) -> bytes: ...

    def close(self) -> None: ...


_make: type[AESGCM] | None = None


def cipher(secret: bytes) -> AESGCM:
    global _make
    if _make is None:
        from cryptography.hazmat.primitives.ciphers.aead import AESGCM  # late: it would slow the start

        _make = AESGCM
    return _make(secret)


def _nonce(number: int, is_last: bool) -> bytes:
    return (number << 1 | is_last).to_bytes(12, "big")


_ONLY = _nonce(0, True)


def sealed_size(size: int) -> int:
    """Of so many bytes; nothing is sealed as one empty frame."""
    return size + TAG_BYTES * (-(-size // FRAME_BYTES) or 1)


def seal(secret: bytes, data: bytes) -> bytes:
    if len(data) <= FRAME_BYTES:
        return cipher(secret).encrypt(_ONLY, data, None)
    parts: list[bytes] = []
    sealer = Sealer(secret, parts.append)
    sealer.write(data)
    sealer.close()
    return b"".join(parts)


def opened(secrets: tuple[bytes, ...], sealed: bytes, size: int) -> bytes:
    """The content of what is held in memory and was sealed under each of the secrets, the first of them innermost.

    Raises Damaged.
    """
    if sealed_size(size) + TAG_BYTES > FRAME_BYTES or len(sealed) != size + TAG_BYTES * len(secrets):
        return layered(Memory(sealed), secrets, size).read_at(0, size)
    try:
        for secret in reversed(secrets):
            sealed = cipher(secret).decrypt(_ONLY, sealed, None)
    except invalid_tag():
        raise Damaged("what is sealed cannot be opened") from None
    return sealed


@cache
def invalid_tag() -> type[Exception]:
    from cryptography.exceptions import InvalidTag

    return InvalidTag


class Sealer:
    """Seals what is written as it comes, and hands on whole frames. Holds back a frame, as the last one is another."""

    def __init__(self, secret: bytes, out: Callable[[bytes], object]) -> None:
        self._seal = cipher(secret).encrypt
        self._out = out
        self._held = bytearray()
        self._number = 0

    def write(self, data: bytes) -> None:
        view = memoryview(data)
        if self._held:
            room = FRAME_BYTES - len(self._held)
            self._held += view[:room]
            view = view[room:]
            if not view:
                return
            self._frame(self._held)
            self._held = bytearray()
        while len(view) > FRAME_BYTES:
            self._frame(view[:FRAME_BYTES])
            view = view[FRAME_BYTES:]
        self._held += view

    def _frame(self, content: bytearray | memoryview, is_last: bool = False) -> None:
        self._out(self._seal(_nonce(self._number, is_last), content, None))
        self._number += 1

    def close(self) -> None:
        self._frame(self._held, is_last=True)


class Memory:
    """A source in memory."""

    def __init__(self, data: bytes) -> None:
        self._data = data

    def read_at(self, offset: int, length: int) -> bytes:
        return self._data[offset : offset + length]

    def close(self) -> None:
        pass


class File:
    """A source in a file, which is open until it is closed."""

    def __init__(self, path: Path) -> None:
        self._handle = os.open(path, os.O_RDONLY)

    def read_at(self, offset: int, length: int) -> bytes:
        return os.pread(self._handle, length, offset)

    def close(self) -> None:
        os.close(self._handle)


class Frames:
    """The content of sealed frames: any part of it, by opening the frames that hold it. `size` is the content's."""

    def __init__(self, source: Source, secret: bytes, size: int) -> None:
        self._source = source
        self._open = cipher(secret).decrypt_into
        self._size = size
        self._last = max(size - 1, 0) // FRAME_BYTES
        self._kept = (-1, b"")  # the frame in which the last part ended: the next one often begins in it

    def read_at(self, offset: int, length: int) -> bytes:
        """Raises Damaged."""
        end = min(offset + length, self._size)
        if end <= offset and (self._size or offset):
            return b""
        first, last = offset // FRAME_BYTES, max(end - 1, 0) // FRAME_BYTES
        start = offset - first * FRAME_BYTES
        if first == last == self._kept[0]:
            return self._kept[1][start : start + end - offset]
        content = self._frames(first, last)
        if end % FRAME_BYTES and end != self._size:
            self._kept = (last, bytes(content[(last - first) * FRAME_BYTES :]))
        if not start and len(content) == end - offset:
            return content  # type: ignore[return-value]  # a bytearray is as good, and is not copied
        return bytes(memoryview(content)[start : start + end - offset])

    def _frames(self, first: int, last: int) -> bytearray:
        """The content of whole frames."""
        size = min((last + 1) * FRAME_BYTES, self._size) - first * FRAME_BYTES
        content = bytearray(size)
        into = memoryview(content)
        at = 0
        if first == self._kept[0]:
            at = len(self._kept[1])
            into[:at] = self._kept[1]
            first += 1
        sealed = memoryview(self._source.read_at(first * _SEALED_BYTES, (last - first + 1) * _SEALED_BYTES))
        for number in range(first, last + 1):
            held = min(size - at, FRAME_BYTES)
            self._opened(number, sealed[: held + TAG_BYTES], into[at : at + held])
            sealed = sealed[held + TAG_BYTES :]
            at += held
        return content

    def _opened(self, number: int, sealed: memoryview, into: memoryview) -> None:
        try:
            self._open(_nonce(number, number == self._last), sealed, None, into)
        except (invalid_tag(), ValueError):
            raise Damaged(f"frame {number} cannot be opened") from None

    def close(self) -> None:
        self._source.close()


def layered(source: Source, secrets: tuple[bytes, ...], size: int) -> Source:
    """The content of what was sealed under each of the secrets, the first of them innermost."""
    sizes = [size]
    for _ in secrets[1:]:
        sizes.append(sealed_size(sizes[-1]))
    for secret, of in zip(reversed(secrets), reversed(sizes), strict=True):
        source = Frames(source, secret, of)
    return source
