"""The store: an ordered, transactional key-value store behind a small interface.

A transaction buffers its writes and remembers what it read. Committing checks that nothing it read has changed since it
began (`Conflict` otherwise, and the caller runs it again), hands all writes to the driver as one atomic step, then wakes
the watches that they touch. Transactions of one turn of the loop may share that step (`commit_gathered`, `flush`): they
see each other, and are answered when it is done. With one transaction open at a time, as on the event loop's thread, the check costs nothing.
"""

from __future__ import annotations

from bisect import bisect_left
from collections import deque
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Protocol, TypeVar

T = TypeVar("T")
Writes = dict[bytes, bytes | None]
RERUNS = 32


class Conflict(Exception):
    """Something this transaction read was changed by another before it could commit: run it again."""


class Driver(Protocol):
    """What a storage engine must do; `tests/kernel/test_drivers.py` is its conformance suite.

    `commit` is atomic and survives `kill -9` of the process once it has returned. `gather` is the first half of it: what it
    is given is visible at once, and survives with the next `flush` or `commit`, all that was gathered in one atomic step;
    when that fails, none of it has happened, and `losses` is one more, whoever it was that had it written. `sync` makes all
    that was committed survive loss of power. None as a value deletes.
    """

    losses: int

    def get(self, key: bytes) -> bytes | None: ...

    def get_many(self, keys: list[bytes]) -> list[bytes | None]: ...

    def scan(
        self, start: bytes, end: bytes, limit: int | None, reverse: bool, is_queue: bool
    ) -> list[tuple[bytes, bytes]]:
        """Up to `limit` pairs with start <= key < end, in order. `is_queue` says that keys are added and deleted at
        the head of this range all the time, and that the same `start` will be scanned again and again."""
        ...

    def gather(self, writes: Writes) -> None: ...

    def flush(self) -> None: ...

    def commit(self, writes: Writes) -> None: ...

    def sync(self) -> None: ...

    def checkpoint(self, directory: Path) -> None:
        """Write a whole, openable copy of the present state into a directory that does not exist yet."""
        ...

    def close(self) -> None: ...


class Watch:
    """Calls back once, after the first commit that touches a key under its prefix; `cancel` ends it."""

    __slots__ = ("_store", "callback", "prefix")

    def __init__(self, store: Store, prefix: bytes, callback: Callable[[], None]) -> None:
        self._store = store
        self.prefix = prefix
        self.callback = callback

    def cancel(self) -> None:
        self._store.unwatch(self)


class Transaction:
    __slots__ = ("_done", "_driver", "_ranges", "_reads", "_store", "after_commit", "began", "writes")

    def __init__(self, store: Store) -> None:
        self._store = store
        self._driver = store.driver
        self._reads: list[bytes] = []
        self._ranges: list[tuple[bytes, bytes]] = []
        self._done = False
        self.began = store.sequence
        self.writes: Writes = {}
        self.after_commit: list[Callable[[], None]] = []

    def get(self, key: bytes) -> bytes | None:
        writes = self.writes
        if writes and key in writes:
            return writes[key]
        self._reads.append(key)
        return self._driver.get(key)

    def get_many(self, keys: list[bytes]) -> list[bytes | None]:
        if not any(key in self.writes for key in keys):
            self._reads += keys
            return self._driver.get_many(keys)
        return [self.get(key) for key in keys]

    def put(self, key: bytes, value: bytes) -> None:
        self.writes[key] = value

    def delete(self, key: bytes) -> None:
        self.writes[key] = None

    def scan(
        self, start: bytes, end: bytes, limit: int | None = None, reverse: bool = False, is_queue: bool = False
    ) -> list[tuple[bytes, bytes]]:
        """Up to `limit` (key, value) pairs with start <= key < end, in order, this transaction's writes included."""
        self._ranges.append((start, end))
        writes = self.writes
        mine = sorted(key for key in writes if start <= key < end) if writes else None
        if not mine:
            return self._driver.scan(start, end, limit, reverse, is_queue)
        # Every one of our deletions may hide one stored pair, so ask for that many more.
        more = None if limit is None else limit + len(mine)
        found = {pair[0]: pair[1] for pair in self._driver.scan(start, end, more, reverse, is_queue)}
        for key in mine:
            value = writes[key]
            if value is None:
                found.pop(key, None)
            else:
                found[key] = value
        merged = sorted(found.items(), reverse=reverse)
        return merged if limit is None else merged[:limit]

    def iterate(self, start: bytes, end: bytes, reverse: bool = False) -> Iterator[tuple[bytes, bytes]]:
        """As `scan` without a limit, a page at a time, so that a long range need not fit into memory."""
        while True:
            page = self.scan(start, end, 256, reverse)
            yield from page
            if len(page) < 256:
                return
            if reverse:
                end = page[-1][0]
            else:
                start = page[-1][0] + b"\0"

    def commit(self) -> None:
        self._store.commit(self)

    def commit_gathered(self) -> None:
        """As `commit`, but what was written survives only with the store's next `flush`: tell nobody before."""
        self._store.commit(self, is_gathered=True)

    @property
    def batch(self) -> int:
        """The number of the batch of commits that waits to be written now."""
        return self._store.batch

    @property
    def is_gathered(self) -> bool:
        """Once it is committed: whether it waits to be written."""
        return self._store.is_gathering

    def waits(self, key: bytes) -> bool:
        """Whether a commit of this key waits to be written."""
        return any(key in writes for writes in self._store.waiting)

    def have_written(self) -> None:
        """Write now what others have committed and is waiting."""
        self._store.flush()

    def abort(self) -> None:
        if not self._done:
            self._done = True
            self._store.open -= 1
            self.after_commit = []

    def finish(self) -> None:
        self._done = True

    def saw(self, touched: list[bytes]) -> bool:
        """Whether a key of the sorted list `touched` was read here, alone or in a range."""
        for key in self._reads:
            at = bisect_left(touched, key)
            if at < len(touched) and touched[at] == key:
                return True
        for start, end in self._ranges:
            at = bisect_left(touched, start)
            if at < len(touched) and touched[at] < end:
                return True
        return False


class Store:
    def __init__(self, driver: Driver) -> None:
        self.driver = driver
        self.sequence = 0
        self.open = 0
        self.is_gathering = False  # something committed waits for `flush`
        self.waiting: list[Writes] = []  # what that is
        self.batch = 0
        self._recent: deque[tuple[int, list[bytes]]] = deque(maxlen=1024)
        self._watches: dict[bytes, set[Watch]] = {}
        self._watch_lengths: dict[int, int] = {}

    def begin(self) -> Transaction:
        self.open += 1
        return Transaction(self)

    def transact(self, body: Callable[[Transaction], T]) -> T:
        """Run `body` in a transaction and commit; run it again on a conflict. An exception aborts and passes on."""
        for _ in range(RERUNS):
            tx = self.begin()
            try:
                result = body(tx)
                tx.commit()
            except Conflict:
                continue
            finally:
                tx.abort()
            return result
        raise Conflict

    def commit(self, tx: Transaction, *, is_gathered: bool = False) -> None:
        if tx.began != self.sequence:
            self._check(tx)
        self.open -= 1
        tx.finish()
        writes = tx.writes
        if writes:
            if is_gathered:
                self.driver.gather(writes)
                self.is_gathering = True
                self.waiting.append(writes)
            else:
                self.driver.commit(writes)
                self._nothing_waits()
            self.sequence += 1
            if self.open:
                self._recent.append((self.sequence, sorted(writes)))
            else:
                self._recent.clear()
            if self._watches:
                self._wake(writes)
        if tx.after_commit:  # which lead back to the transaction, and all that it wrote
            effects, tx.after_commit = tx.after_commit, []
            for effect in effects:
                effect()

    def _check(self, tx: Transaction) -> None:
        known_from = self._recent[0][0] if self._recent else self.sequence + 1
        if tx.began + 1 < known_from:
            raise Conflict
        for sequence, touched in self._recent:
            if sequence > tx.began and tx.saw(touched):
                raise Conflict

    def watch(self, prefix: bytes, callback: Callable[[], None]) -> Watch:
        watch = Watch(self, prefix, callback)
        here = self._watches.get(prefix)
        if here is None:
            here = self._watches[prefix] = set()
            self._watch_lengths[len(prefix)] = self._watch_lengths.get(len(prefix), 0) + 1
        here.add(watch)
        return watch

    def unwatch(self, watch: Watch) -> None:
        here = self._watches.get(watch.prefix)
        if here is None or watch not in here:
            return
        here.discard(watch)
        if not here:
            self._forget(watch.prefix)

    def _forget(self, prefix: bytes) -> None:
        del self._watches[prefix]
        left = self._watch_lengths[len(prefix)] - 1
        if left:
            self._watch_lengths[len(prefix)] = left
        else:
            del self._watch_lengths[len(prefix)]

    def _wake(self, writes: Writes) -> None:
        woken: list[Watch] = []
        for key in writes:
            for length in list(self._watch_lengths):
                prefix = key[:length]
                here = self._watches.get(prefix)
                if here:
                    woken += here
                    self._forget(prefix)
        for watch in woken:
            watch.callback()

    def flush(self) -> None:
        if self.is_gathering:
            self._nothing_waits()
        self.driver.flush()

    def _nothing_waits(self) -> None:
        self.is_gathering = False
        self.waiting = []
        self.batch += 1

    def sync(self) -> None:
        self.driver.sync()

    def swap(self, driver: Driver) -> None:
        """Go on with another state: open transactions conflict, and every watch is woken."""
        self.driver = driver
        self.sequence += 2
        self._recent.clear()
        waiting = [watch for here in self._watches.values() for watch in here]
        self._watches.clear()
        self._watch_lengths.clear()
        for watch in waiting:
            watch.callback()

    def close(self) -> None:
        self.driver.close()
