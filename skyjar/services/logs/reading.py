"""Events of a stream in order of time, forwards and backwards, from any place. Batches overlap, so they are merged.

Forwards, batches come in the order of their first event: what is before the next batch's first can be given out.
Backwards, in the same order reversed: what is further behind the next batch's first than any batch is long can be given out.
"""

from __future__ import annotations

from collections.abc import Iterator
from heapq import heappop, heappush, merge

import msgspec

from skyjar.kernel.call import Call

from . import encryption, state
from .state import Batch, Stream

Place = tuple[int, int, int]  # timestamp, batch number, index
START: Place = (-1, 0, 0)
END: Place = (1 << 60, 0, 0)


class Event(msgspec.Struct, frozen=True):
    place: Place
    message: str
    ingested_ms: int
    stream: str

    @property
    def id(self) -> str:
        """56 digits, in the order of the events."""
        timestamp, batch, index = self.place
        return f"{timestamp:020}{batch:020}{index:016}"


def _events(call: Call, batch: Batch) -> list[tuple[Place, Event]]:
    return [
        ((at, batch.number, n), Event((at, batch.number, n), message, batch.ingested_ms, batch.stream))
        for n, (at, message) in enumerate(encryption.events_of(call, batch))
    ]


def forwards(call: Call, stream: Stream, after: Place, end_ms: int) -> Iterator[Event]:
    """Events behind `after` and before `end_ms`, oldest first."""
    start = max(0, after[0] - stream.span_ms)
    held: list[tuple[Place, Event]] = []
    for batch in state.batches.each(call, stream.space, stream.name, start=(start,)):
        while held and held[0][0][0] < batch.first_ms:
            yield heappop(held)[1]
        if batch.first_ms >= end_ms:
            break
        if batch.last_ms >= after[0]:
            for entry in _events(call, batch):
                if entry[0] > after and entry[0][0] < end_ms:
                    heappush(held, entry)
    while held:
        yield heappop(held)[1]


def backwards(call: Call, stream: Stream, before: Place, start_ms: int) -> Iterator[Event]:
    """Events in front of `before` and not before `start_ms`, newest first."""
    held: list[tuple[Place, Event]] = []  # with negated places
    start = (max(0, start_ms - stream.span_ms),)
    for batch in state.batches.each(call, stream.space, stream.name, start=start, reverse=True):
        while held and -held[0][0][0] > batch.first_ms + stream.span_ms:
            yield heappop(held)[1]
        if batch.first_ms <= before[0]:
            for place, event in _events(call, batch):
                if start_ms <= place[0] and place < before:
                    heappush(held, ((-place[0], -place[1], -place[2]), event))
    while held:
        yield heappop(held)[1]


def merged(call: Call, streams: list[Stream], after: tuple[int, str, int, int], end_ms: int) -> Iterator[Event]:
    """Events of several streams behind `after` (timestamp, stream, batch, index), oldest first."""

    def behind(stream: Stream) -> Iterator[Event]:
        for event in forwards(call, stream, (after[0] - 1, 1 << 60, 0), end_ms):
            if key_of(event) > after:
                yield event

    return merge(*map(behind, streams), key=key_of)


def key_of(event: Event) -> tuple[int, str, int, int]:
    return (event.place[0], event.stream, event.place[1], event.place[2])
