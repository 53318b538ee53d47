"""Splits and merges: the shards of a stream change, one or two at a time, and each knows its parents.

An even count of shards is reached by splits and merges as well, some of whose shards live no longer than a moment, as on AWS.
"""

from __future__ import annotations

from skyjar.kernel.call import Call
from skyjar.kernel.tables import At

from . import news, positions, state, trimming
from .state import Head, Shard, Stream


class Resharding:
    def __init__(self, call: Call, at: At, stream: Stream) -> None:
        self._call, self._at, self._stream = call, at, stream
        self._next = stream.shards
        self._closed: list[int] = []
        self._open = [state.shards.get(at, stream.space, number) for number in stream.open]

    @property
    def open(self) -> list[Shard]:
        """In the order of their hash keys."""
        return [shard for shard in self._open if shard is not None]

    def index(self, number: int) -> int | None:
        """The place of a shard among those that are open."""
        return next((n for n, shard in enumerate(self.open) if shard.number == number), None)

    def split(self, index: int, start: int) -> None:
        """`start` is the first hash key of the second child."""
        parent = self._close(self.open[index])
        begins = parent.ending + 1
        low = self._make(parent.low, positions.as_bytes(start - 1), begins, parent.number)
        high = self._make(positions.as_bytes(start), parent.high, begins, parent.number)
        self._open[index : index + 1] = [low, high]

    def merge(self, index: int, other: int) -> None:
        """Two neighbours; the first is the child's parent, the other its adjacent parent."""
        parent, adjacent = self._close(self.open[index]), self._close(self.open[other])
        begins = max(parent.ending, adjacent.ending) + 1
        low, high = min(parent.low, adjacent.low), max(parent.high, adjacent.high)
        at = min(index, other)
        self._open[at : at + 2] = [self._make(low, high, begins, parent.number, adjacent.number)]

    def _close(self, shard: Shard) -> Shard:
        head = state.head_of(self._at, shard.space, shard.number)
        ending = max(positions.ordinal_at(self._call.now_ms), head.last + 1, shard.starting)
        closed: Shard = state.replace(shard, ending=ending, ended_ms=max(self._call.now_ms, 1))
        state.shards.add(self._at, closed)
        self._closed.append(shard.number)
        if not head.is_trimming:
            due = self._call.now + self._stream.retention_h * 3600
            trimming.plan_trim(self._call, self._at, self._stream, shard.number, due)
            state.heads.add(self._at, state.replace(head, is_trimming=True))
        return closed

    def _make(self, low: bytes, high: bytes, starting: int, parent: int, adjacent: int = -1) -> Shard:
        made = new_shard(self._call, self._at, self._stream.space, self._next, low, high, starting, parent, adjacent)
        self._next += 1
        return made

    def even(self, target: int) -> None:
        """So many shards of one size."""
        ends = positions.even_ends(target)
        for end in ends[:-1]:
            cut = positions.as_bytes(end)
            index = next(n for n, shard in enumerate(self.open) if shard.low <= cut <= shard.high)
            if self.open[index].high != cut:
                self.split(index, end + 1)
        for index, end in enumerate(ends):
            while self.open[index].high != positions.as_bytes(end):
                self.merge(index, index + 1)

    def finish(self) -> dict[str, object]:
        """Tell who reads the closed shards that they end; returns the fields of the stream that follow."""
        if self._closed:
            news.tell(self._call, self._at, self._stream, self._closed)
        return {
            "open": tuple(shard.number for shard in self.open),
            "ends": tuple(shard.high for shard in self.open),
            "shards": self._next,
        }


def new_shard(
    call: Call,
    at: At,
    space: str,
    number: int,
    low: bytes,
    high: bytes,
    starting: int,
    parent: int = -1,
    adjacent: int = -1,
) -> Shard:
    made = Shard(
        space=space,
        number=number,
        low=low,
        high=high,
        starting=starting,
        began_ms=call.now_ms,
        parent=parent,
        adjacent=adjacent,
    )
    state.shards.add(at, made)
    state.heads.add(at, Head(space=space, shard=number, last=starting - 1))
    return made
