"""Checksums of bodies by AWS's names in lower case, each behind hashlib's interface, its bytes in AWS's order.

awscrt is imported when one of its own is first wanted: it would take a third of the time to start.
"""

from __future__ import annotations

import hashlib
import zlib
from collections.abc import Callable
from functools import cache
from typing import Any, Protocol


class Digest(Protocol):
    """`digest` is asked for once, when everything has been told."""

    def update(self, data: bytes, /) -> None: ...

    def digest(self) -> bytes: ...


class _Crc:
    def __init__(self, step: Callable[[bytes, int], int], size: int) -> None:
        self._step = step
        self._size = size
        self._value = 0

    def update(self, data: bytes, /) -> None:
        self._value = self._step(data, self._value)

    def digest(self) -> bytes:
        return self._value.to_bytes(self._size, "big")


class _XXHash:
    def __init__(self, state: Any) -> None:
        self._state = state

    def update(self, data: bytes, /) -> None:
        self._state.update(data if isinstance(data, bytes) else bytes(data))  # it takes nothing that may change

    def digest(self) -> bytes:
        found: bytes = self._state.finalize()
        return found


@cache
def _step_of(name: str) -> Callable[[bytes, int], int]:
    from awscrt import checksums

    step: Callable[[bytes, int], int] = getattr(checksums, name)
    return step


def _xxhash(name: str) -> _XXHash:
    from awscrt.checksums import XXHash

    return _XXHash(getattr(XXHash, name)())


DIGESTS: dict[str, Callable[[], Digest]] = {
    "crc32": lambda: _Crc(zlib.crc32, 4),
    "crc32c": lambda: _Crc(_step_of("crc32c"), 4),
    "crc64nvme": lambda: _Crc(_step_of("crc64nvme"), 8),
    "sha1": lambda: hashlib.sha1(usedforsecurity=False),
    "sha256": hashlib.sha256,
    "sha512": hashlib.sha512,
    "md5": lambda: hashlib.md5(usedforsecurity=False),
    "xxhash64": lambda: _xxhash("new_xxhash64"),
    "xxhash3": lambda: _xxhash("new_xxhash3_64"),
    "xxhash128": lambda: _xxhash("new_xxhash3_128"),
}


def digest(name: str, data: bytes) -> bytes:
    """The checksum of data that is at hand."""
    made = DIGESTS[name]()
    made.update(data)
    return made.digest()
