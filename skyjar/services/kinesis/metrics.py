"""AWS/Kinesis: what streams tell CloudWatch. Source: Kinesis Data Streams Developer Guide, "Monitor with CloudWatch".

What is told of single shards is told where a stream has it turned on (EnableEnhancedMonitoring).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from skyjar.kernel.call import Call
from skyjar.kernel.metrics import Dimensions, Ended, Tallies, Tally
from skyjar.kernel.tables import At

from . import iterators, positions
from .state import Stream

NAMESPACE = "AWS/Kinesis"
_THROTTLED = "ProvisionedThroughputExceededException"


def stream_of(ended: Ended) -> tuple[str, str] | None:
    """Account and name of the stream that a call named, by name, ARN or iterator; a call that could not be read names none."""
    given = ended.parameters
    account, name, arn = ended.account, given.get("stream_name"), given.get("stream_arn")
    if arn is not None:
        return arn.split(":")[4], arn.rpartition("/")[2]
    if name is None:
        iterator = iterators.read(given.get("shard_iterator", ""))
        return (iterator.account, iterator.stream) if iterator is not None else None
    return account, name


def _tally(ended: Ended, tallies: Tallies) -> Tally | None:
    named = stream_of(ended)
    if named is None:
        return None
    known = tallies.known(ended.clock_began)
    key = ("kinesis", named[0], ended.region, named[1])
    found = known.get(key)
    if found is None:
        own = (("StreamName", named[1]),)
        found = known[key] = tallies.of(named[0], ended.region, ended.clock_began, NAMESPACE, own)
    return found


def _ended(operation: str, ended: Ended, tallies: Tallies) -> Tally | None:
    tally = _tally(ended, tallies)
    if tally is None:
        return None
    tally.add((f"{operation}.Success", "Count"), 0.0 if ended.error_code else 1.0)
    tally.add((f"{operation}.Latency", "Milliseconds"), float(int(ended.took_ms)))
    return tally


def _put_record(ended: Ended, tallies: Tallies) -> None:
    tally = _ended("PutRecord", ended, tallies)
    if tally is None:
        return
    is_throttled = ended.error_code == _THROTTLED
    tally.add(("WriteProvisionedThroughputExceeded", "Count"), 1.0 if is_throttled else 0.0)
    if not ended.error_code:
        size = float(len(ended.parameters["data"]))
        tally.add(("PutRecord.Bytes", "Bytes"), size)
        tally.add(("IncomingBytes", "Bytes"), size)
        tally.add(("IncomingRecords", "Count"), 1.0)


def _put_records(ended: Ended, tallies: Tallies) -> None:
    tally = _ended("PutRecords", ended, tallies)
    if tally is None or ended.error_code:
        return
    entries, failed = ended.parameters["records"], ended.result["FailedRecordCount"]
    if failed:
        done = ended.result["Records"]
        entries = [entry for entry, said in zip(entries, done, strict=True) if "ErrorCode" not in said]
    size, count = float(sum([len(entry["Data"]) for entry in entries])), float(len(entries))
    tally.add(("PutRecords.Bytes", "Bytes"), size)
    tally.add(("PutRecords.TotalRecords", "Count"), count + failed)
    tally.add(("PutRecords.SuccessfulRecords", "Count"), count)
    tally.add(("PutRecords.ThrottledRecords", "Count"), float(failed))
    tally.add(("PutRecords.FailedRecords", "Count"), 0.0)
    tally.add(("WriteProvisionedThroughputExceeded", "Count"), float(failed))
    tally.add(("IncomingBytes", "Bytes"), size)
    tally.add(("IncomingRecords", "Count"), count)


def _get_records(ended: Ended, tallies: Tallies) -> None:
    tally = _ended("GetRecords", ended, tallies)
    if tally is None:
        return
    is_throttled = ended.error_code == _THROTTLED
    tally.add(("ReadProvisionedThroughputExceeded", "Count"), 1.0 if is_throttled else 0.0)
    if not ended.error_code:
        found = ended.result["Records"]
        size = float(sum([len(record["Data"]) for record in found]))
        tally.add(("GetRecords.Bytes", "Bytes"), size)
        tally.add(("GetRecords.Records", "Count"), float(len(found)))
        tally.add(("GetRecords.IteratorAgeMilliseconds", "Milliseconds"), float(ended.result["MillisBehindLatest"]))


COUNTED: dict[str, Callable[[Ended, Tallies], None]] = {
    "put_record": _put_record,
    "put_records": _put_records,
    "get_records": _get_records,
}


def of_shard(call: Call, at: At, stream: Stream, shard: int, told: dict[str, tuple[str, float]]) -> None:
    """What a monitored stream tells of a shard, once the transaction is in: values and units by metric."""
    for name, (unit, value) in told.items():
        if name in stream.monitored:
            own: Dimensions = (("StreamName", stream.name), ("ShardId", positions.shard_id(shard)))
            call.count(NAMESPACE, own, name, unit, value, at=at)


def pushed(call: Call, at: At, stream: Stream, consumer: str, records: list[dict[str, Any]], behind_ms: int) -> None:
    """An event of a subscription."""
    own: Dimensions = (("StreamName", stream.name), ("ConsumerName", consumer))
    size = float(sum(len(record["Data"]) for record in records))
    for name, unit, value in (
        ("SubscribeToShardEvent.Success", "Count", 1.0),
        ("SubscribeToShardEvent.Bytes", "Bytes", size),
        ("SubscribeToShardEvent.Records", "Count", float(len(records))),
        ("SubscribeToShardEvent.MillisBehindLatest", "Milliseconds", float(behind_ms)),
    ):
        call.count(NAMESPACE, own, name, unit, value, at=at)
