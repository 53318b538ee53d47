"""What a shard takes and gives in a second, by the cloud's clock: provisioned shards always, those of on-demand streams with
`--aws-timing` only, since there AWS would bring more of them.

A shard saves one second of what it may take. A record larger than what a shard takes in a second is let in while anything is left, and
is paid for by those that follow. Who reads more than there is waits until it is paid for.
"""

from __future__ import annotations

from skyjar.kernel import quotas
from skyjar.kernel.call import Call
from skyjar.kernel.tables import At

from . import limits, positions, state
from .errors import ProvisionedThroughputExceededException
from .state import Head, Reads, Stream


class Rates:
    """What a shard takes in a second, in that account and Region."""

    __slots__ = ("records", "size")

    def __init__(self, at: At) -> None:
        self.records = quotas.of(at, "kinesis", "shard-write-records", limits.QUOTAS)
        self.size = quotas.of(at, "kinesis", "shard-write-bytes", limits.QUOTAS)


class Room:
    """What a shard can still take in this call. An on-demand stream's is counted, too: it grows when it is used much."""

    __slots__ = ("_is_refusing", "_rates", "bytes_left", "records_left")

    def __init__(self, call: Call, stream: Stream, rates: Rates, head: Head) -> None:
        self._is_refusing = is_counted(call, stream)
        self._rates = rates
        records, size = rates.records, rates.size
        passed = max(0.0, call.now - head.at_s) if head.at_s >= 0 else 1.0
        self.records_left = min(head.records_left + passed * records, float(records))
        self.bytes_left = min(head.bytes_left + passed * size, float(size))

    def take(self, size: int) -> bool:
        """Whether a record of that size is let in."""
        least = size if size <= self._rates.size else 1  # a large record is paid for afterwards
        if self._is_refusing and (self.records_left < 1 or self.bytes_left < least):
            return False
        self.records_left -= 1
        self.bytes_left -= size
        return True

    @property
    def is_hot(self) -> bool:
        """Whether more than half of what it takes in a second was taken."""
        return self.records_left < self._rates.records / 2 or self.bytes_left < self._rates.size / 2


def is_counted(call: Call, stream: Stream) -> bool:
    return not stream.is_on_demand or call.behaviour.has_aws_timing


def exceeded(at: At, stream: Stream, shard: int) -> str:
    return f"Rate exceeded for shard {positions.shard_id(shard)} in stream {stream.name} under account {at.account}."


class Reading:
    """One GetRecords of a shard: refused at once, or counted when it is known how much it gave."""

    __slots__ = ("_at", "_call", "_rate", "_reads")

    def __init__(self, call: Call, at: At, stream: Stream, shard: int) -> None:
        self._call, self._at = call, at
        self._reads: Reads | None = None
        if not is_counted(call, stream) or call.parent:  # Lambda, which is told of records, has its own ways on AWS
            return
        calls = quotas.of(at, "kinesis", "shard-read-calls", limits.QUOTAS)
        self._rate = quotas.of(at, "kinesis", "shard-read-bytes", limits.QUOTAS)
        before = state.reads.get(at, stream.space, shard)
        if before is None:
            before = Reads(space=stream.space, shard=shard, calls_left=calls, bytes_left=self._rate, at_s=call.now)
        passed = max(0.0, call.now - before.at_s)
        calls_left = min(before.calls_left + passed * calls, float(calls))
        bytes_left = min(before.bytes_left + passed * self._rate, float(self._rate))
        if calls_left < 1 or call.now < before.blocked_until:
            raise ProvisionedThroughputExceededException(exceeded(at, stream, shard))
        self._reads = state.replace(before, calls_left=calls_left - 1, bytes_left=bytes_left, at_s=call.now)

    def gave(self, size: int) -> None:
        found = self._reads
        if found is None:
            return
        left = found.bytes_left - size
        until = self._call.now + (self._rate - left) / self._rate if left <= 0 else 0.0
        state.reads.add(self._at, state.replace(found, bytes_left=left, blocked_until=until))
