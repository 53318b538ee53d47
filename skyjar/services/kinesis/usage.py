"""What Kinesis bills. Source: "Amazon Kinesis Data Streams pricing".

A provisioned stream costs by the hour of its shards, which has 24 hours of storage in it, and by the 25 KB of records that are put; longer
retention costs by the hour of a shard, too. One on demand costs by the hour of the stream, and by the GB in and out and kept longer.
Which of both a stream is, is found when what was counted is written.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import partial
from typing import Any

from skyjar.kernel import usage
from skyjar.kernel.call import Call
from skyjar.kernel.metrics import Ended, Tallies
from skyjar.kernel.store import Transaction
from skyjar.kernel.tables import At, Place
from skyjar.kernel.usage import GIB, HOUR_S, Held, Key

from . import metrics, state
from .state import Stream

UNIT_BYTES = 25 * 1024
KIB = 1024
INCLUDED_H, EXTENDED_H = 24, 168  # of retention
Counted = dict[tuple[str, str, str], list[float]]  # account, Region, stream: payload units, KB put, bytes read
_KNOWN = "kinesis.usage"


def counts(operation: str) -> Callable[[Ended, Tallies], None] | None:
    return {"put_record": _put, "put_records": _put_several, "get_records": _got}.get(operation)


def _put(ended: Ended, tallies: Tallies) -> None:
    if not ended.error_code:
        _count(ended, tallies, [ended.parameters["data"]])


def _put_several(ended: Ended, tallies: Tallies) -> None:
    if not ended.error_code:
        pairs = zip(ended.parameters["records"], ended.result["Records"], strict=True)
        _count(ended, tallies, [entry["Data"] for entry, said in pairs if "ErrorCode" not in said])


def _got(ended: Ended, tallies: Tallies) -> None:
    if not ended.error_code and ended.result["Records"]:
        _count(ended, tallies, [], float(sum([len(each["Data"]) for each in ended.result["Records"]])))


def _count(ended: Ended, tallies: Tallies, put: list[bytes], read: float = 0.0) -> None:
    named = metrics.stream_of(ended)
    if named is None:
        return
    counted: Counted = tallies.known(ended.clock_began).setdefault(_KNOWN, {})
    if not counted:
        tallies.pull(ended.clock_began, partial(_pulled, counted))
    found = counted.setdefault((named[0], ended.region, named[1]), [0.0, 0.0, 0.0])
    for data in put:
        found[0] += max(1, -(-len(data) // UNIT_BYTES))
        found[1] += max(1, -(-len(data) // KIB))
    found[2] += read


def _pulled(counted: Counted, tallies: Tallies, at: float) -> None:
    taken = dict(counted)
    counted.clear()
    tallies.keep("", "", lambda call: usage.add(call, int(at // usage.DAY_S), _billed(call, taken)))


def _billed(call: Call, counted: Counted) -> dict[Key, float]:
    found: dict[Key, float] = {}
    for (account, region, name), (units, kilobytes, read) in counted.items():
        stream = state.streams.get(Place(call.tx, account, region), name)
        here = (account, region, "kinesis")
        if stream is not None and stream.is_on_demand:
            found[*here, "OnDemand-BilledIncomingBytes", "OnDemandDataIngested"] = kilobytes * KIB / GIB
            found[*here, "OnDemand-BilledOutgoingBytes", "OnDemandDataRetrieval"] = read / GIB
        else:  # reading one that is provisioned costs nothing
            found[*here, "PutRequestPayloadUnits", "PutRequest"] = (
                found.get((*here, "PutRequestPayloadUnits", "PutRequest"), 0.0) + units
            )
    return found


def pushed(call: Call, at: At, stream: Stream, records: list[dict[str, Any]]) -> None:
    """An event of a subscription, which is enhanced fan-out."""
    size = sum(len(record["Data"]) for record in records) / GIB
    if size and stream.is_on_demand:
        usage.use(call, "kinesis", "OnDemand-BilledOutgoingEFOBytes", "OnDemandEFODataRetrieval", size, at=at)
    elif size:
        usage.use(call, "kinesis", "ReadBytes", "EnhancedFanoutDataRetrieval", size, at=at)


def held(tx: Transaction, since: float, until: float) -> Iterable[Held]:
    """Hours of shards, consumers and streams, and GB-hours of what is kept for longer than is included."""
    for account, region, stream in state.streams.anywhere(tx):
        begins = max(since, stream.created_ms / 1000)
        if begins < until:
            for usage_type, operation, amount in _of_stream(Place(tx, account, region), stream, begins, until):
                yield Held(account, region, "kinesis", usage_type, operation, amount)


def _of_stream(at: At, stream: Stream, since: float, until: float) -> Iterable[tuple[str, str, float]]:
    hours, is_longer = usage.clock_hours(since, until), stream.retention_h > INCLUDED_H
    extended, longest = _kept(at, stream, since, until) if is_longer else (0.0, 0.0)
    if stream.is_on_demand:
        yield "OnDemand-StreamHour", "OnDemandStreamHr", hours
        yield "OnDemand-ExtendedRetention-ByteHrs", "OnDemandExtendedRetentionByteHrs", extended
        yield "OnDemand-LongTermRetention-ByteHrs", "OnDemandLongTermRetentionByteHrs", longest
        return
    shards = len(stream.open)
    yield "Storage-ShardHour", "shardHourStorage", hours * shards
    if is_longer:
        yield "Extended-ShardHour", "shardHourStorage", hours * shards
    yield "LongTermRetention-ByteHrs", "LongTermRetentionByteHrs", longest
    for consumer in state.consumers.range(at, stream.space):
        yield "EnhancedFanoutHour", "ConsumerHour", usage.clock_hours(max(since, consumer.created_s), until) * shards


def _kept(at: At, stream: Stream, since: float, until: float) -> tuple[float, float]:
    """GB-hours of records that are older than 24 hours, and than 7 days, as long as retention lasts."""
    extended = longest = 0.0
    for chunk in state.chunks.each(at, stream.space):
        size = (len(chunk.sealed) or sum(len(each) for each in chunk.data)) / GIB
        put_s = chunk.at_ms / 1000
        ends = min(until, put_s + stream.retention_h * HOUR_S)
        week = put_s + EXTENDED_H * HOUR_S
        extended += size * max(0.0, min(ends, week) - max(since, put_s + INCLUDED_H * HOUR_S)) / HOUR_S
        longest += size * max(0.0, ends - max(since, week)) / HOUR_S
    return extended, longest
