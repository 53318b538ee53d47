"""The embedded driver: RocksDB (see docs/decisions/0001-embedded-store.md).

A commit is one write batch; its write-ahead log is handed to the operating system before `commit` returns, so what was
acknowledged survives `kill -9`. Loss of power costs at most what was written since the last `sync`.

Queues put a trap for a log-structured store: the keys at the head of a range are deleted all the time, and a scan from
the head walks over their tombstones. `_floors` remembers, per scanned start, a key below which nothing lives, and every
commit keeps it true.

Keys that are read again and again (a queue, a table, a credential, or its absence) are kept in `_hot`, which every commit
keeps true as well: this process is the only one on its store.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any, cast

from rocksdict import AccessType, BlockBasedOptions, Cache, Checkpoint, DBCompressionType, Options, Rdict, WriteBatch

from .keys import after
from .store import Writes

FLOORS = 4096
HOT = 8192
HOT_BYTES = 2048  # the longest value kept
CACHE_BYTES = 16 << 20
WRITE_BUFFER_BYTES = 32 << 20  # queues come and go in memory: larger buffers write less that is deleted at once
LOG_BYTES = 96 << 20


def _options() -> Options:
    options = Options(raw_mode=True)
    options.create_if_missing(True)
    options.set_write_buffer_size(WRITE_BUFFER_BYTES)
    options.set_max_write_buffer_number(2)
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
        self._floors: dict[bytes, bytes] = {}
        self._floor_lengths: set[int] = set()

    def get(self, key: bytes) -> bytes | None:
        hot = self._hot
        try:
            return hot[key]
        except KeyError:
            pass
        value: bytes | None = self._db.get(key)
        if value is None or len(value) <= HOT_BYTES:
            if len(hot) >= HOT:
                hot.clear()
            hot[key] = value
        return value

    def get_many(self, keys: list[bytes]) -> list[bytes | None]:
        return cast(list[bytes | None], self._db.get(cast(list[Any], keys)))  # one crossing for all

    def scan(
        self, start: bytes, end: bytes, limit: int | None, reverse: bool, is_queue: bool
    ) -> list[tuple[bytes, bytes]]:
        found: list[tuple[bytes, bytes]] = []
        if limit == 0:
            return found
        cursor = self._db.iter()
        if reverse:
            cursor.seek_for_prev(end)
            if cursor.valid() and cursor.key() >= end:
                cursor.prev()
            step = cursor.prev
        else:
            cursor.seek(self._floors.get(start, start) if is_queue else start)
            step = cursor.next
        while cursor.valid():
            key = cursor.key()
            if key < start or key >= end:
                break
            found.append((key, cursor.value()))
            if len(found) == limit:
                break
            step()
        if is_queue and not reverse:
            self._remember(start, found[0][0] if found else end)
        return found

    def _remember(self, start: bytes, first: bytes) -> None:
        """A commit finds the floors that a key may lie below by the key's own beginnings, so only ranges whose keys all
        begin with `start` can have one."""
        if not first.startswith(start) and first > after(start):
            return
        floors = self._floors
        if start not in floors and len(floors) >= FLOORS:
            floors.clear()
            self._floor_lengths.clear()
        floors[start] = first
        self._floor_lengths.add(len(start))

    def commit(self, writes: Writes) -> None:
        floors, lengths = self._floors, self._floor_lengths
        batch = WriteBatch(raw_mode=True)
        put, delete = batch.put, batch.delete
        hot = self._hot
        for key, value in writes.items():
            if key in hot:
                if value is None or len(value) <= HOT_BYTES:
                    hot[key] = value
                else:
                    del hot[key]
            if value is None:
                delete(key)
                continue
            put(key, value)
            for length in lengths:
                start = key[:length]
                floor = floors.get(start)
                if floor is not None and key < floor:
                    floors[start] = key
        try:
            self._db.write(batch)
        except BaseException:
            hot.clear()  # nothing was written (a full disk, say), so what it was told is not so
            raise

    def sync(self) -> None:
        self._db.flush_wal(True)

    def checkpoint(self, directory: Path) -> None:
        directory.parent.mkdir(parents=True, exist_ok=True)
        Checkpoint(self._db).create_checkpoint(str(directory))

    def close(self) -> None:
        self._db.close()
