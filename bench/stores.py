"""Embedded ordered stores side by side: what `docs/decisions/0001-embedded-store.md` rests on.

    python -m venv /tmp/stores && /tmp/stores/bin/pip install rocksdict lmdb
    /tmp/stores/bin/python bench/stores.py [--records 100000] [--engine rocksdb]

Each engine runs in a process of its own. A commit holds the writes of one SendMessage: a message of 400 bytes and a counter
of 40. Times are CPU of the whole process in microseconds an operation, but for fsync, start-up and checkpoint (wall clock).
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import sqlite3
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

VALUE, COUNTER = os.urandom(300) + b"x" * 100, b"y" * 40


class RocksDB:
    def __init__(self, directory: Path) -> None:
        import rocksdict as r

        self._r = r
        options = r.Options(raw_mode=True)
        options.create_if_missing(True)
        options.set_write_buffer_size(8 << 20)
        options.set_max_total_wal_size(32 << 20)
        options.set_compression_type(r.DBCompressionType.lz4())
        options.set_max_open_files(256)
        options.set_allow_concurrent_memtable_write(False)
        options.set_enable_write_thread_adaptive_yield(False)
        table = r.BlockBasedOptions()
        table.set_block_cache(r.Cache(16 << 20))
        table.set_bloom_filter(10, False)
        options.set_block_based_table_factory(table)
        self._db = r.Rdict(str(directory), options, access_type=r.AccessType.read_write())

    def get(self, key: bytes) -> bytes | None:
        found: bytes | None = self._db.get(key)
        return found

    def commit(self, writes: dict[bytes, bytes]) -> None:
        batch = self._r.WriteBatch(raw_mode=True)
        for key, value in writes.items():
            batch.put(key, value)
        self._db.write(batch)

    def sync(self) -> None:
        self._db.flush_wal(True)

    def scan(self, start: bytes, limit: int) -> int:
        cursor, found = self._db.iter(), 0
        cursor.seek(start)
        while cursor.valid() and found < limit:
            cursor.key(), cursor.value()
            cursor.next()
            found += 1
        return found

    def checkpoint(self, to: Path) -> None:
        self._r.Checkpoint(self._db).create_checkpoint(str(to))

    def close(self) -> None:
        self._db.close()


class LMDB:
    def __init__(self, directory: Path) -> None:
        import lmdb

        self._env = lmdb.open(str(directory), map_size=4 << 30, sync=False, writemap=False)

    def get(self, key: bytes) -> bytes | None:
        with self._env.begin() as tx:
            found: bytes | None = tx.get(key)
            return found

    def commit(self, writes: dict[bytes, bytes]) -> None:
        with self._env.begin(write=True) as tx:
            for key, value in writes.items():
                tx.put(key, value)

    def sync(self) -> None:
        self._env.sync(True)

    def scan(self, start: bytes, limit: int) -> int:
        with self._env.begin() as tx:
            found = 0
            cursor = tx.cursor()
            cursor.set_range(start)
            for _ in cursor.iternext():
                found += 1
                if found == limit:
                    break
            return found

    def checkpoint(self, to: Path) -> None:
        to.mkdir()
        self._env.copy(str(to))

    def close(self) -> None:
        self._env.close()


class SQLite:
    def __init__(self, directory: Path) -> None:
        directory.mkdir(exist_ok=True)
        self._db = sqlite3.connect(directory / "db", isolation_level=None)
        for text in ("journal_mode=WAL", "synchronous=OFF", "cache_size=-16000"):
            self._db.execute(f"PRAGMA {text}")
        self._db.execute("CREATE TABLE IF NOT EXISTS t (k BLOB PRIMARY KEY, v BLOB) WITHOUT ROWID")

    def get(self, key: bytes) -> bytes | None:
        row = self._db.execute("SELECT v FROM t WHERE k = ?", (key,)).fetchone()
        return row[0] if row else None

    def commit(self, writes: dict[bytes, bytes]) -> None:
        self._db.execute("BEGIN")
        self._db.executemany("INSERT OR REPLACE INTO t VALUES (?, ?)", list(writes.items()))
        self._db.execute("COMMIT")

    def sync(self) -> None:
        """The same as a commit with synchronous=FULL: the log is flushed."""
        handle = os.open(self._path + "-wal", os.O_RDWR)
        os.fsync(handle)
        os.close(handle)

    @property
    def _path(self) -> str:
        return str(self._db.execute("PRAGMA database_list").fetchone()[2])

    def scan(self, start: bytes, limit: int) -> int:
        return len(self._db.execute("SELECT k, v FROM t WHERE k >= ? ORDER BY k LIMIT ?", (start, limit)).fetchall())

    def checkpoint(self, to: Path) -> None:
        to.mkdir()
        self._db.execute(f"VACUUM INTO '{to / 'db'}'")

    def close(self) -> None:
        self._db.close()


ENGINES: dict[str, Any] = {"rocksdb": RocksDB, "lmdb": LMDB, "sqlite": SQLite}


def key(n: int) -> bytes:
    return b"sqs.messages\0\x01000000000000\0\x01us-east-1\0\x01%012d" % (n * 7919 % 1_000_003)


def cpu_us(count: int, work: Callable[[int], object]) -> float:
    began = time.process_time()
    for n in range(count):
        work(n)
    return round((time.process_time() - began) / count * 1e6, 1)


def wall_ms(work: Callable[[], object]) -> float:
    began = time.perf_counter()
    work()
    return round((time.perf_counter() - began) * 1e3, 2)


def resident_mb() -> float:
    return round(int(Path("/proc/self/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE") / 1e6, 1)


def measure(name: str, records: int) -> dict[str, Any]:
    root = Path(tempfile.mkdtemp(prefix="stores-", dir=os.environ.get("STORES_DIR")))
    found: dict[str, Any] = {}
    try:
        opened: list[Any] = []
        found["open, empty (ms)"] = wall_ms(lambda: opened.append(ENGINES[name](root / "db")))
        db = opened[0]
        before = resident_mb()
        found["commit, 2 puts"] = cpu_us(records, lambda n: db.commit({key(n): VALUE, b"tally": COUNTER}))
        found["put, 100 a commit"] = cpu_us(
            100, lambda n: db.commit({b"bulk" + key(n * 100 + m): VALUE for m in range(100)})
        )
        found["put, 100 a commit"] = round(found["put, 100 a commit"] / 100, 1)
        found["get"] = cpu_us(20_000, lambda n: db.get(key(n * 31 % records)))
        found["get, absent"] = cpu_us(20_000, lambda n: db.get(b"absent%d" % n))
        found["range of 10"] = cpu_us(5_000, lambda n: db.scan(key(n), 10))
        found["range of 1000"] = cpu_us(100, lambda n: db.scan(key(n), 1000))
        began = time.perf_counter()
        for n in range(100):
            db.commit({key(n): VALUE, b"tally": COUNTER})
            db.sync()
        found["commit and fsync (wall)"] = round((time.perf_counter() - began) * 1e4, 1)
        try:
            found["commit, key of 2 KiB"] = cpu_us(2_000, lambda n: db.commit({b"k" * 2040 + b"%08d" % n: VALUE}))
        except Exception as error:  # noqa: BLE001 - each engine has its own
            found["commit, key of 2 KiB"] = f"refused: {type(error).__name__}"
        found["memory, MB more"] = round(resident_mb() - before, 1)
        found["checkpoint (ms)"] = wall_ms(lambda: db.checkpoint(root / "copy"))
        db.close()
        again: list[Any] = []
        found["open, full (ms)"] = wall_ms(lambda: again.append(ENGINES[name](root / "db")))
        again[0].close()
        found["on disk, MB"] = round(sum(f.stat().st_size for f in (root / "db").rglob("*") if f.is_file()) / 1e6, 1)
    finally:
        shutil.rmtree(root, ignore_errors=True)
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--records", type=int, default=100_000)
    parser.add_argument("--engine", choices=sorted(ENGINES))
    arguments = parser.parse_args()
    if arguments.engine:
        print(json.dumps(measure(arguments.engine, arguments.records)))
        return
    columns: dict[str, dict[str, Any]] = {}
    for name in ENGINES:
        words = [sys.executable, __file__, "--engine", name, "--records", str(arguments.records)]
        done = subprocess.run(words, capture_output=True, text=True)
        if done.returncode == 0:
            columns[name] = json.loads(done.stdout)
        else:
            print(f"{name}: {done.stderr.strip().splitlines()[-1]}", file=sys.stderr)
    print("| us CPU unless said otherwise | " + " | ".join(columns) + " |")
    print("|---" * (len(columns) + 1) + "|")
    for row in next(iter(columns.values())):
        print(f"| {row} | " + " | ".join(str(column[row]) for column in columns.values()) + " |")


if __name__ == "__main__":
    main()
