"""Reading a shard."""

from __future__ import annotations

from typing import Any

from skyjar.kernel.call import Call
from skyjar.kernel.service import operation

from . import iterators, limits, rates, state
from .errors import (
    ExpiredIteratorException,
    ResourceNotFoundException,
    TrimmedDataAccessException,
    ValidationException,
)
from .iterators import Iterator
from .state import Change, Shard
from .streams import check_limit

_WITH_NUMBER = ("AT_SEQUENCE_NUMBER", "AFTER_SEQUENCE_NUMBER")


@operation
def get_shard_iterator(
    call: Call,
    *,
    stream_arn: str,
    shard_id: str,
    shard_iterator_type: str,
    sequence_number: str | None = None,
    timestamp: float | None = None,
) -> dict[str, str]:
    stream = state.find(call, stream_arn)
    shard = state.shards.get(call, state.id_of(stream), shard_id)
    if shard is None or (shard.ending and shard.ending < state.horizon(call)):
        raise ResourceNotFoundException("Requested resource not found: Shard does not exist")
    if shard_iterator_type in _WITH_NUMBER:
        start = _start(call, shard, shard_iterator_type, sequence_number)
    elif sequence_number is not None:
        raise ValidationException(f"SequenceNumber is not allowed for ShardIteratorType {shard_iterator_type}")
    elif shard_iterator_type == "AT_TIMESTAMP":
        start = _at(call, timestamp)
    elif shard_iterator_type == "LATEST":
        start = state.following(shard.last) if shard.last else shard.starting
    else:
        start = ""
    return {"ShardIterator": iterators.write(stream_arn, Iterator(shard.id, start, call.now_ms))}


def _start(call: Call, shard: Shard, kind: str, number: str | None) -> str:
    if number is None:
        raise ValidationException(f"SequenceNumber must be provided for ShardIteratorType {kind}")
    if not (number.isascii() and number.isdigit()):
        raise ValidationException("Invalid SequenceNumber")
    start = number if len(number) == state.DIGITS else f"{int(number):0{state.DIGITS}}"
    if kind == "AFTER_SEQUENCE_NUMBER":
        start = state.following(start)
    _check_trimmed(call, shard, start)
    return start


def _at(call: Call, timestamp: float | None) -> str:
    if timestamp is None:
        raise ValidationException("Timestamp must be provided for ShardIteratorType AT_TIMESTAMP")
    if timestamp > call.now:
        raise ValidationException("Timestamp must not be in the future")
    start = state.sequence_at(int(timestamp * 1000))
    return start if start >= state.horizon(call) else ""


def _check_trimmed(call: Call, shard: Shard, start: str) -> None:
    """Refuse to begin where a record was that is gone."""
    gone = state.horizon(call)
    if start >= gone:
        return
    if shard.trimmed >= start or state.changes.range(
        call, shard.stream, shard.id, start=(start,), end=(gone,), limit=1
    ):
        raise TrimmedDataAccessException


@operation
def get_records(call: Call, *, shard_iterator: str, limit: int = limits.GET_RECORDS) -> dict[str, Any]:
    check_limit(limit, limits.GET_RECORDS)
    arn, iterator = iterators.read(shard_iterator)
    if call.now_ms > iterator.made_ms + limits.ITERATOR_MS:
        raise ExpiredIteratorException
    stream = state.find(call, arn)
    shard = state.shards.get(call, state.id_of(stream), iterator.shard)
    if shard is None:
        raise ResourceNotFoundException("Requested resource not found: Shard does not exist")
    if call.behaviour.has_aws_timing:
        rates.check(call, f"get_records {shard.stream} {shard.id}", limits.READS_A_SECOND)
    if iterator.start:
        _check_trimmed(call, shard, iterator.start)
    start = max(iterator.start, state.horizon(call))
    found = state.changes.range(call, shard.stream, shard.id, start=(start,), limit=limit)
    shown: list[Change] = []
    size = 0
    for change in found:
        size += change.size_bytes
        if shown and size > limits.GET_RECORDS_BYTES:
            break
        shown.append(change)
    answer: dict[str, Any] = {"Records": [_show(call, stream.view, change) for change in shown]}
    is_whole = len(shown) == len(found) < limit or not shown
    if not (shard.ending and is_whole):
        if shown:
            start = state.following(shown[-1].sequence)
        elif iterator.start:
            start = iterator.start
        else:
            start = ""
        answer["NextShardIterator"] = iterators.write(arn, Iterator(shard.id, start, call.now_ms))
    return answer


def _show(call: Call, view: str, change: Change) -> dict[str, Any]:
    written: dict[str, Any] = {
        "ApproximateCreationDateTime": float(int(change.at_s)),
        "Keys": change.keys,
        "SequenceNumber": change.sequence,
        "SizeBytes": change.size_bytes,
        "StreamViewType": view,
    }
    if change.new is not None:
        written["NewImage"] = change.new
    if change.old is not None:
        written["OldImage"] = change.old
    shown: dict[str, Any] = {
        "eventID": change.id,
        "eventName": change.event,
        "eventVersion": "1.1",
        "eventSource": "aws:dynamodb",
        "awsRegion": call.region,
        "dynamodb": written,
    }
    if change.is_expiry:
        shown["userIdentity"] = {"PrincipalId": "dynamodb.amazonaws.com", "Type": "Service"}
    return shown
