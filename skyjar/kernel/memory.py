"""The in-memory driver: for tests, and for clouds that need not outlive the process."""

from __future__ import annotations

from pathlib import Path

import msgspec
from sortedcontainers import SortedDict

from .store import Writes


class MemoryDriver:
    losses = 0

    def __init__(self) -> None:
        self._pairs: SortedDict[bytes, bytes] = SortedDict()

    def get(self, key: bytes) -> bytes | None:
        return self._pairs.get(key)

    def get_many(self, keys: list[bytes]) -> list[bytes | None]:
        return [self._pairs.get(key) for key in keys]

    def scan(
        self, start: bytes, end: bytes, limit: int | None, reverse: bool, is_queue: bool
    ) -> list[tuple[bytes, bytes]]:
        pairs = self._pairs
        found: list[tuple[bytes, bytes]] = []
        if limit == 0:
            return found
        for key in pairs.irange(start, end, (True, False), reverse):
            found.append((key, pairs[key]))
            if len(found) == limit:
                break
        return found

    def commit(self, writes: Writes) -> None:
        pairs = self._pairs
        for key, value in writes.items():
            if value is None:
                pairs.pop(key, None)
            else:
                pairs[key] = value

    gather = commit

    def flush(self) -> None:
        """Everything is where it belongs."""

    def sync(self) -> None:
        """Nothing here outlives the process."""

    def checkpoint(self, directory: Path) -> None:
        directory.mkdir(parents=True)
        (directory / "pairs").write_bytes(msgspec.msgpack.encode(dict(self._pairs)))

    @classmethod
    def restore(cls, directory: Path) -> MemoryDriver:
        driver = cls()
        driver._pairs.update(msgspec.msgpack.decode((directory / "pairs").read_bytes(), type=dict[bytes, bytes]))
        return driver

    def close(self) -> None:
        """Nothing to release."""
