"""The embedded driver: RocksDB (see docs/decisions/0001-embedded-store.md).

A commit is one write batch; its write-ahead log is handed to the operating system before `commit` or `flush` returns, so
what was acknowledged survives `kill -9`. What is gathered waits in `_gathered`, later writes of a key over earlier ones. Loss of power costs at most what was written since the last `sync`.

Scans of queues are answered from `heads`. Keys that are read again and again (a queue, a table, a credential, or its
absence), and those written last, are kept in `_hot` and `_warm`: when the first is full it takes the place of the second,
and what is read there moves up. Every commit keeps all of it true: this process is the only one on its store.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any, cast

from rocksdict import AccessType, BlockBasedOptions, Cache, Checkpoint, DBCompressionType, Options, Rdict, WriteBatch

from . import heads
from .heads import Heads
from .keys import after
from .store import Writes

HOT = 4096
HOT_BYTES = 2048  # the longest value kept
_MISSING: Any = object()
CACHE_BYTES = 16 << 20
WRITE_BUFFER_BYTES = 32 << 20  # queues come and go in memory: larger buffers write less that is deleted at once
LOG_BYTES = 96 << 20


def _options() -> Options:
    options = Options(raw_mode=True)
    options.create_if_missing(True)
    options.set_write_buffer_size(WRITE_BUFFER_BYTES)
    options.set_max_write_buffer_number(2)
    options.set_memtable_whole_key_filtering(True)  # a key that is not in the buffer is not looked for in it
    options.set_memtable_prefix_bloom_ratio(0.02)
    options.set_max_total_wal_size(LOG_BYTES)
    options.set_compression_type(DBCompressionType.lz4())
    options.set_max_background_jobs(2)
    options.set_max_open_files(256)
    options.set_keep_log_file_num(2)
    options.set_allow_concurrent_memtable_write(False)  # one thread writes, and need not agree with others
    options.set_enable_write_thread_adaptive_yield(False)
    table = BlockBasedOptions()
    table.set_block_cache(Cache(CACHE_BYTES))
    table.set_bloom_filter(10, False)
    options.set_block_based_table_factory(table)
    return options


class RocksDriver:
    """One process may have a directory open; a second one gets an OSError that says so."""

    def __init__(self, directory: Path) -> None:
        directory.mkdir(parents=True, exist_ok=True)
        try:
            self._db = Rdict(str(directory), _options(), access_type=AccessType.read_write())
        except Exception as error:
            raise OSError(f"cannot open the store in {directory}: {error}") from error
        self._hot: dict[bytes, bytes | None] = {}
        self._warm: dict[bytes, bytes | None] = {}
        self._heads = Heads()
        self._gathered: Writes = {}
        self.losses = 0

    def get(self, key: bytes) -> bytes | None:
        value: bytes | None = self._hot.get(key, _MISSING)
        if value is not _MISSING:
            return value
        value = self._warm.get(key, _MISSING)
        if value is _MISSING:
            value = self._gathered[key] if key in self._gathered else self._db.get(key)
        if value is None or len(value) <= HOT_BYTES:
            self._room()[key] = value
        return value

    def _room(self) -> dict[bytes, bytes | None]:
        if len(self._hot) >= HOT:
            self._warm, self._hot = self._hot, {}
        return self._hot

    def get_many(self, keys: list[bytes]) -> list[bytes | None]:
        self.flush()
        hot, warm = self._hot, self._warm
        found = [hot[key] if key in hot else warm.get(key, _MISSING) for key in keys]
        missing = [key for key, value in zip(keys, found, strict=True) if value is _MISSING]
        if missing:
            read = iter(cast(list[Any], self._db.get(cast(list[Any], missing))))  # one crossing for all
            found = [next(read) if value is _MISSING else value for value in found]
        return cast(list[bytes | None], found)

    def scan(
        self, start: bytes, end: bytes, limit: int | None, reverse: bool, is_queue: bool
    ) -> list[tuple[bytes, bytes]]:
        if limit == 0:
            return []
        if is_queue and not reverse and heads.serves(start, end, limit):
            assert limit is not None
            return self._scan_head(start, end, limit)
        if reverse:
            return self._read_back(start, end, limit)
        return self._read(start, end, limit)

    def _read(self, start: bytes, end: bytes, limit: int | None) -> list[tuple[bytes, bytes]]:
        self.flush()
        found: list[tuple[bytes, bytes]] = []
        cursor = self._db.iter()
        cursor.seek(start)
        while cursor.valid():
            key = cursor.key()
            if key >= end:
                break
            found.append((key, cursor.value()))
            if len(found) == limit:
                break
            cursor.next()
        return found

    def _read_back(self, start: bytes, end: bytes, limit: int | None) -> list[tuple[bytes, bytes]]:
        self.flush()
        found: list[tuple[bytes, bytes]] = []
        cursor = self._db.iter()
        cursor.seek_for_prev(end)
        if cursor.valid() and cursor.key() >= end:
            cursor.prev()
        while cursor.valid():
            key = cursor.key()
            if key < start:
                break
            found.append((key, cursor.value()))
            if len(found) == limit:
                break
            cursor.prev()
        return found

    def _scan_head(self, start: bytes, end: bytes, limit: int) -> list[tuple[bytes, bytes]]:
        head = self._heads.of(start)
        while (first := head.first(end, limit)) is None:
            read = self._read(head.upto, after(start), heads.READ)
            head.extend(read, read[-1][0] + b"\0" if len(read) == heads.READ else after(start))
        return [(key, cast(bytes, self.get(key)) if value is None else value) for key, value in first]

    def gather(self, writes: Writes) -> None:
        self._gathered.update(writes)
        hot, warm = self._room(), self._warm
        follow = self._heads.change if self._heads else None
        for key, value in writes.items():
            if value is not None and len(value) <= HOT_BYTES:
                hot[key] = value
            else:
                hot.pop(key, None)
                warm.pop(key, None)
            if follow is not None:
                follow(key, value)

    def flush(self) -> None:
        if not self._gathered:
            return
        writes, self._gathered = self._gathered, {}
        batch = WriteBatch(raw_mode=True)
        put, delete = batch.put, batch.delete
        for key, value in writes.items():
            if value is None:
                delete(key)
            else:
                put(key, value)
        try:
            self._db.write(batch)
        except BaseException:
            self._hot.clear()  # nothing was written (a full disk, say), so what they were told is not so
            self._warm.clear()
            self._heads.clear()
            self.losses += 1
            raise

    def commit(self, writes: Writes) -> None:
        self.gather(writes)
        self.flush()

    def sync(self) -> None:
        self.flush()
        self._db.flush_wal(True)

    def checkpoint(self, directory: Path) -> None:
        self.flush()
        directory.parent.mkdir(parents=True, exist_ok=True)
        Checkpoint(self._db).create_checkpoint(str(directory))

    def close(self) -> None:
        self.flush()
        self._db.close()
