"""Putting records."""

from __future__ import annotations

from bisect import bisect_left
from typing import Any

from skyjar.kernel.call import Call
from skyjar.kernel.service import operation
from skyjar.kernel.tables import At

from . import encryption, growth, limits, metrics, news, positions, state, throughput, trimming
from .errors import (
    DryRunOperationException,
    InvalidArgumentException,
    ProvisionedThroughputExceededException,
    ValidationException,
)
from .state import Chunk, Head, Stream
from .throughput import Rates, Room

Put = tuple[int, bytes, str]  # a record's place in the request, its data and its partition key
Done = dict[str, Any]


@operation
def put_record(
    call: Call,
    *,
    data: bytes,
    partition_key: str | None = None,
    explicit_hash_key: str | None = None,
    sequence_number_for_ordering: str | None = None,
    stream_name: str | None = None,
    stream_arn: str | None = None,
    dry_run: bool = False,
) -> dict[str, Any]:
    at, stream = state.find_usable(call, stream_name, stream_arn)
    slot = _slot(call, stream, partition_key, explicit_hash_key)
    _check_size(stream, data, partition_key or "")
    after = 0
    if sequence_number_for_ordering is not None:
        after = _ordering(at, stream, sequence_number_for_ordering)
    answers: list[Done] = [{}]
    _add(call, at, stream, Rates(at), stream.open[slot], [(0, data, partition_key or "")], answers, after)
    if "ErrorCode" in answers[0]:
        raise ProvisionedThroughputExceededException(answers[0]["ErrorMessage"])
    if dry_run:
        raise DryRunOperationException
    news.tell(call, at, stream, [stream.open[slot]])
    return answers[0] | {"EncryptionType": "KMS" if stream.kms_key else "NONE"}


@operation
def put_records(
    call: Call,
    *,
    records: list[dict[str, Any]],
    stream_name: str | None = None,
    stream_arn: str | None = None,
    dry_run: bool = False,
) -> dict[str, Any]:
    """What a shard has no room for fails by itself; the others are put."""
    at, stream = state.find_usable(call, stream_name, stream_arn)
    by_shard: dict[int, list[Put]] = {}
    total, most = 0, stream.record_bytes
    for place, entry in enumerate(records):
        data, key = entry["Data"], entry.get("PartitionKey")
        slot = _slot(call, stream, key, entry.get("ExplicitHashKey"))
        size = len(data) + _length(key or "")
        if size > most:
            _check_size(stream, data, key or "")
        total += size
        by_shard.setdefault(stream.open[slot], []).append((place, data, key or ""))
    if total > limits.PUT_RECORDS_BYTES:
        raise InvalidArgumentException(f"Records size exceeds {limits.PUT_RECORDS_BYTES // limits.MIB} MB limit")
    answers: list[Done] = [{}] * len(records)
    failed, written, rates = 0, [], Rates(at)
    for shard, puts in by_shard.items():
        count = _add(call, at, stream, rates, shard, puts, answers)
        failed += len(puts) - count
        if count:
            written.append(shard)
    if dry_run:
        raise DryRunOperationException
    if written:
        news.tell(call, at, stream, written)
    return {
        "FailedRecordCount": failed,
        "Records": answers,
        "EncryptionType": "KMS" if stream.kms_key else "NONE",
    }


def _length(key: str) -> int:
    return len(key) if key.isascii() else len(key.encode())


def _check_size(stream: Stream, data: bytes, key: str) -> None:
    if len(data) + _length(key) > stream.record_bytes:
        raise ValidationException(
            f"1 validation error detected: Value at 'data' failed to satisfy constraint: Member must have length less "
            f"than or equal to {stream.record_bytes}"
        )


def _slot(call: Call, stream: Stream, key: str | None, explicit: str | None) -> int:
    """Which of the open shards a record goes to."""
    if stream.is_spread:
        return call.chance.integer(len(stream.open))
    if key is None:
        raise ValidationException(
            "1 validation error detected: Value null at 'partitionKey' failed to satisfy constraint: Member must not be "
            "null"
        )
    if explicit is None:
        return bisect_left(stream.ends, positions.digest(key))
    number = int(explicit)
    if number >= limits.HASHES:
        raise InvalidArgumentException(
            f"Invalid ExplicitHashKey. ExplicitHashKey must be in the range: [0, 2^128-1]. Specified value was {explicit}"
        )
    return bisect_left(stream.ends, positions.as_bytes(number))


def _ordering(at: At, stream: Stream, number: str) -> int:
    """The ordinal that a record comes after: that of a record of this stream, from whichever of its shards."""
    shard = positions.shard_of(stream.created_ms, number)
    found = positions.ordinal_of(stream.created_ms, shard, number) if shard is not None else None
    if shard is None or found is None or found > state.head_of(at, stream.space, shard).last:
        raise InvalidArgumentException(
            f"ExclusiveMinimumSequenceNumber {number} used in PutRecord on stream {stream.name} under account "
            f"{at.account} is invalid."
        )
    return found


def _add(
    call: Call,
    at: At,
    stream: Stream,
    rates: Rates,
    shard: int,
    puts: list[Put],
    answers: list[Done],
    after: int = 0,
) -> int:
    """Put what there is room for, and say of each what became of it; returns how many were put."""
    head = state.head_of(at, stream.space, shard)
    room = Room(call, stream, rates, head)
    before = max(head.last, after, positions.ordinal_at(call.now_ms) - 1)
    name, created_ms, last = positions.shard_id(shard), stream.created_ms, before
    keys: list[str] = []
    data: list[bytes] = []
    size = 0
    failure: Done | None = None
    for place, body, key in puts:
        length = len(body) + _length(key)
        if not room.take(length):
            if failure is None:
                failure = {
                    "ErrorCode": "ProvisionedThroughputExceededException",
                    "ErrorMessage": throughput.exceeded(at, stream, shard),
                }
            answers[place] = failure
            continue
        if size and size + length > limits.CHUNK_BYTES:
            _keep(call, at, stream, shard, last, keys, data)
            keys, data, size = [], [], 0
        last += 1
        size += length
        keys.append(key)
        data.append(body)
        answers[place] = {"SequenceNumber": positions.sequence(created_ms, shard, last), "ShardId": name}
    if keys:
        _keep(call, at, stream, shard, last, keys, data)
    if last > before and not head.is_trimming:
        trimming.plan_trim(call, at, stream, shard, call.now + stream.retention_h * 3600)
    if stream.is_on_demand and room.is_hot:
        growth.plan(call, at, stream)
    if stream.monitored:
        _monitor(call, at, stream, shard, puts, answers)
    is_written = last > before
    head = Head(
        space=stream.space,
        shard=shard,
        last=last if is_written else head.last,
        is_trimming=head.is_trimming or is_written,
        records_left=room.records_left,
        bytes_left=room.bytes_left,
        at_s=call.now,
    )
    state.heads.add(at, head)
    return last - before


def _monitor(call: Call, at: At, stream: Stream, shard: int, puts: list[Put], answers: list[Done]) -> None:
    done = [data for place, data, _ in puts if "ErrorCode" not in answers[place]]
    told = {
        "IncomingBytes": ("Bytes", float(sum(map(len, done)))),
        "IncomingRecords": ("Count", float(len(done))),
        "WriteProvisionedThroughputExceeded": ("Count", float(len(puts) - len(done))),
    }
    metrics.of_shard(call, at, stream, shard, told)


def _keep(call: Call, at: At, stream: Stream, shard: int, last: int, keys: list[str], data: list[bytes]) -> None:
    chunk = Chunk(
        space=stream.space,
        shard=shard,
        last=last,
        count=len(keys),
        at_ms=call.now_ms,
        keys=tuple(keys),
        data=tuple(data),
    )
    if stream.kms_key:
        sealed = encryption.seal(call, at, stream, chunk.keys, chunk.data)
        chunk = state.replace(chunk, keys=(), data=(), sealed=sealed)
    state.chunks.add(at, chunk)
