"""The heads of queues, in memory.

Queues are a trap for a log-structured store: keys at the head of a range are deleted all the time, and whoever scans from
the head walks over what was deleted. A `Head` is the beginning of one such range as it is stored now: every pair from the
range's start up to `upto`. It is read once, every commit keeps it true, and a scan of a few pairs is answered from it.
"""

from __future__ import annotations

from bisect import bisect_left, insort

from .keys import after

HEADS = 256
READ = 64  # pairs read at once
MOST = 256  # pairs in a head; then its tail is given up
VALUE_BYTES = 2048  # the longest value kept; longer ones are fetched when they are asked for

Pair = tuple[bytes, bytes | None]


class Head:
    __slots__ = ("keys", "upto", "values")

    def __init__(self, start: bytes) -> None:
        self.keys: list[bytes] = []
        self.values: dict[bytes, bytes | None] = {}  # None for a long one
        self.upto = start

    def first(self, end: bytes, limit: int) -> list[Pair] | None:
        """Up to `limit` pairs below `end`; None when the head does not reach that far."""
        keys = self.keys
        count = limit if len(keys) >= limit and keys[limit - 1] < end else bisect_left(keys, end)
        if count < limit and end > self.upto:
            return None
        values = self.values
        return [(key, values[key]) for key in keys[: min(count, limit)]]

    def extend(self, pairs: list[tuple[bytes, bytes]], upto: bytes) -> None:
        """What is stored from the present `upto` to the next."""
        for key, value in pairs:
            self.keys.append(key)
            self.values[key] = value if len(value) <= VALUE_BYTES else None
        self.upto = upto

    def change(self, key: bytes, value: bytes | None) -> None:
        """A commit puts or (None) deletes this key."""
        if key >= self.upto:
            return
        keys = self.keys
        if value is None:
            if key in self.values:
                del self.values[key]
                del keys[bisect_left(keys, key)]
            return
        if key not in self.values:
            if not keys or key > keys[-1]:
                keys.append(key)
            else:
                insort(keys, key)
        self.values[key] = value if len(value) <= VALUE_BYTES else None
        if len(keys) > MOST:
            self._give_up_tail()

    def _give_up_tail(self) -> None:
        given_up = self.keys[READ:]
        self.upto = given_up[0]
        del self.keys[READ:]
        for key in given_up:
            del self.values[key]


class Heads:
    """Heads by the start of their range; all keys of such a range begin with it."""

    def __init__(self) -> None:
        self._heads: dict[bytes, Head] = {}
        self._lengths: set[int] = set()

    def __bool__(self) -> bool:
        return bool(self._heads)

    def of(self, start: bytes) -> Head:
        head = self._heads.get(start)
        if head is None:
            if len(self._heads) >= HEADS:
                self.clear()
            head = self._heads[start] = Head(start)
            self._lengths.add(len(start))
        return head

    def change(self, key: bytes, value: bytes | None) -> None:
        heads = self._heads
        for length in self._lengths:
            head = heads.get(key[:length])
            if head is not None:
                head.change(key, value)

    def clear(self) -> None:
        self._heads.clear()
        self._lengths.clear()


def serves(start: bytes, end: bytes, limit: int | None) -> bool:
    """Whether a scan can be answered from a head."""
    return limit is not None and limit <= READ and end <= after(start)
