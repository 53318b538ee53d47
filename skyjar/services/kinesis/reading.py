"""Reading a shard on from a position: what GetRecords answers and subscriptions push."""

from __future__ import annotations

from typing import Any

from skyjar.kernel.call import Call
from skyjar.kernel.service import operation
from skyjar.kernel.tables import At

from . import encryption, iterators, limits, metrics, positions, state
from .errors import (
    DryRunOperationException,
    InvalidArgumentException,
    ResourceNotFoundException,
)
from .state import Chunk, Shard, Stream
from .throughput import Reading

_CHUNKS = (32, 1_024)  # how many are read at once, at first and at most


class Page:
    """Records from `start` on. `after` is the ordinal to read on from; `behind_ms` how far that is from the newest record;
    `is_end` says that the shard is closed and has no more."""

    def __init__(
        self, call: Call, at: At, stream: Stream, shard: Shard, start: int, most: int, most_bytes: int
    ) -> None:
        self.records: list[dict[str, Any]] = []
        self.size = 0
        self.after = start
        self.behind_ms = 0
        self._call, self._at, self._stream, self._shard = call, at, stream, shard
        self._most, self._most_bytes = most, most_bytes
        has_more = self._read(max(start, state.horizon(call, stream)))
        self.is_end = bool(shard.ending) and not has_more

    def _read(self, start: int) -> bool:
        """Whether there is more than was taken."""
        count = _CHUNKS[0]
        while True:
            found = state.chunks.range(
                self._at, self._stream.space, self._shard.number, start=(start,), limit=min(count, self._most + 1)
            )
            for chunk in found:
                if not self._take(chunk, start):
                    self.behind_ms = max(0, self._call.now_ms - chunk.at_ms)
                    return True
            if len(found) < min(count, self._most + 1):
                return False
            start = found[-1].last + 1
            count = min(2 * count, _CHUNKS[1])

    def _take(self, chunk: Chunk, start: int) -> bool:
        """Whether all of it fitted."""
        if len(self.records) >= self._most:
            return False
        if chunk.sealed:
            chunk = encryption.opened(self._call, self._at, self._stream, chunk)
        first = chunk.last - chunk.count + 1
        created_ms, shard, at_s = self._stream.created_ms, self._shard.number, chunk.at_ms / 1000
        for place in range(max(start - first, 0), chunk.count):
            data, key = chunk.data[place], chunk.keys[place]
            size = len(data) + len(key)
            if len(self.records) >= self._most or (self.records and self.size + size > self._most_bytes):
                return False
            self.size += size
            self.after = first + place + 1
            record: dict[str, Any] = {
                "SequenceNumber": positions.sequence(created_ms, shard, first + place),
                "ApproximateArrivalTimestamp": at_s,
                "Data": data,
                "PartitionKey": key,
            }
            if chunk.sealed:
                record["EncryptionType"] = "KMS"
            if not key:
                del record["PartitionKey"]
            self.records.append(record)
        return True


def children(call: Call, at: At, stream: Stream, shard: Shard) -> list[dict[str, Any]]:
    """The shards that go on where this one ends."""
    found = [
        each for each in state.listed(call, at, stream, shard.number) if shard.number in (each.parent, each.adjacent)
    ]
    return [
        {
            "ShardId": positions.shard_id(each.number),
            "ParentShards": [positions.shard_id(number) for number in (each.parent, each.adjacent) if number >= 0],
            "HashKeyRange": hash_range(each),
        }
        for each in found
    ]


def hash_range(shard: Shard) -> dict[str, str]:
    return {"StartingHashKey": positions.as_text(shard.low), "EndingHashKey": positions.as_text(shard.high)}


@operation
def get_records(
    call: Call,
    *,
    shard_iterator: str,
    limit: int = limits.GET_RECORDS,
    stream_arn: str | None = None,
    dry_run: bool = False,
) -> dict[str, Any]:
    iterator = iterators.read(shard_iterator)
    if iterator is None or (stream_arn is not None and stream_arn != iterator.arn):
        raise InvalidArgumentException("Invalid ShardIterator.")
    iterators.check_age(iterator, call.now_ms)
    at, stream = state.find_usable(call, None, iterator.arn)
    if stream.space != iterator.space:
        raise ResourceNotFoundException(f"Stream {stream.name} under account {at.account} not found.")
    shard = state.find_shard(call, at, stream, positions.shard_id(iterator.shard))
    reading = Reading(call, at, stream, shard.number)
    page = Page(call, at, stream, shard, iterator.start, limit, limits.GET_RECORDS_BYTES)
    if dry_run:
        raise DryRunOperationException
    reading.gave(page.size)
    if stream.monitored:
        told = {
            "OutgoingBytes": ("Bytes", float(sum(len(record["Data"]) for record in page.records))),
            "OutgoingRecords": ("Count", float(len(page.records))),
            "ReadProvisionedThroughputExceeded": ("Count", 0.0),
            "IteratorAgeMilliseconds": ("Milliseconds", float(page.behind_ms)),
        }
        metrics.of_shard(call, at, stream, shard.number, told)
    answer: dict[str, Any] = {"Records": page.records, "MillisBehindLatest": page.behind_ms}
    if page.is_end:
        answer["ChildShards"] = children(call, at, stream, shard)
    else:
        answer["NextShardIterator"] = iterators.write(at, stream, shard.number, page.after, call.now_ms)
    return answer
