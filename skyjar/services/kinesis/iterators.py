"""Shard iterators: where in a shard to read on. Their text says of which stream they are, on which reading is judged."""

from __future__ import annotations

from base64 import urlsafe_b64decode, urlsafe_b64encode
from datetime import UTC, datetime

import msgspec

from skyjar.kernel.call import Call
from skyjar.kernel.service import operation
from skyjar.kernel.tables import At

from . import limits, positions, state
from .errors import DryRunOperationException, ExpiredIteratorException, InvalidArgumentException
from .state import Shard, Stream


class Iterator(msgspec.Struct, frozen=True, array_like=True):
    """`start` is the least ordinal that is read."""

    account: str
    region: str
    stream: str
    space: str
    shard: int
    start: int
    made_ms: int

    @property
    def arn(self) -> str:
        return f"arn:aws:kinesis:{self.region}:{self.account}:stream/{self.stream}"


def write(at: At, stream: Stream, shard: int, start: int, now_ms: int) -> str:
    made = Iterator(at.account, at.region, stream.name, stream.space, shard, start, now_ms)
    return urlsafe_b64encode(msgspec.msgpack.encode(made)).decode()


def read(text: str) -> Iterator | None:
    """None for what is no iterator."""
    try:
        found = msgspec.msgpack.decode(urlsafe_b64decode(text.encode()), type=Iterator)
    except (ValueError, msgspec.DecodeError):
        return None
    return found if all(0 <= number < positions.MOST for number in (found.shard, found.start, found.made_ms)) else None


def check_age(iterator: Iterator, now_ms: int) -> None:
    if now_ms > iterator.made_ms + limits.ITERATOR_MS:
        raise ExpiredIteratorException(
            f"Iterator expired. The iterator was created at time {_time(iterator.made_ms)} while right now it is "
            f"{_time(now_ms)} which is further in the future than the tolerated delay of {limits.ITERATOR_MS} milliseconds."
        )


def _time(at_ms: int) -> str:
    return datetime.fromtimestamp(at_ms / 1000, UTC).strftime("%a %b %d %H:%M:%S UTC %Y")


@operation
def get_shard_iterator(
    call: Call,
    *,
    shard_id: str,
    shard_iterator_type: str,
    stream_name: str | None = None,
    stream_arn: str | None = None,
    starting_sequence_number: str | None = None,
    timestamp: float | None = None,
    dry_run: bool = False,
) -> dict[str, str]:
    at, stream = state.find_usable(call, stream_name, stream_arn)
    shard = state.find_shard(call, at, stream, shard_id)
    start = start_of(call, at, stream, shard, shard_iterator_type, starting_sequence_number, timestamp)
    if dry_run:
        raise DryRunOperationException
    return {"ShardIterator": write(at, stream, shard.number, start, call.now_ms)}


def start_of(
    call: Call, at: At, stream: Stream, shard: Shard, kind: str, number: str | None, timestamp: float | None
) -> int:
    """The least ordinal that is read from there."""
    if kind in ("AT_SEQUENCE_NUMBER", "AFTER_SEQUENCE_NUMBER"):
        if number is None:
            raise InvalidArgumentException(
                f"Must either specify (1) AT_SEQUENCE_NUMBER or AFTER_SEQUENCE_NUMBER with StartingSequenceNumber or (2) "
                f"TRIM_HORIZON or LATEST without StartingSequenceNumber. Request specified {kind} without "
                "StartingSequenceNumber."
            )
        found = positions.ordinal_of(stream.created_ms, shard.number, number)
        if found is None:
            raise InvalidArgumentException(
                f"StartingSequenceNumber {number} used in GetShardIterator on shard "
                f"{positions.shard_id(shard.number)} in stream {stream.name} under account {at.account} is invalid "
                "because it did not come from this stream."
            )
        return found + (kind == "AFTER_SEQUENCE_NUMBER")
    if number is not None:
        raise InvalidArgumentException(
            f"Must either specify (1) AT_SEQUENCE_NUMBER or AFTER_SEQUENCE_NUMBER with StartingSequenceNumber or (2) "
            f"TRIM_HORIZON or LATEST without StartingSequenceNumber. Request specified {kind} with StartingSequenceNumber."
        )
    if kind == "AT_TIMESTAMP":
        return _at_time(call, timestamp)
    if kind == "LATEST":
        return shard.ending or state.head_of(at, stream.space, shard.number).last + 1
    return 0


def _at_time(call: Call, timestamp: float | None) -> int:
    if timestamp is None:
        raise InvalidArgumentException("Must specify timestampInMillis parameter for iterator of type AT_TIMESTAMP.")
    at_ms = int(timestamp * 1000 + 0.001)  # a float may be a little less than the milliseconds it was made of
    if at_ms > call.now_ms:
        raise InvalidArgumentException(
            f"The timestampInMillis parameter cannot be greater than the currentTimestampInMillis. "
            f"timestampInMillis: {at_ms}, currentTimestampInMillis: {call.now_ms}"
        )
    return positions.ordinal_at(at_ms)
