"""Shards: listed, split, merged, and brought to a number."""

from __future__ import annotations

from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Callable
from typing import Any

import msgspec

from skyjar.kernel import quotas
from skyjar.kernel.call import Call
from skyjar.kernel.service import operation
from skyjar.kernel.tables import At

from . import limits, positions, state, trimming
from .errors import (
    ExpiredNextTokenException,
    InvalidArgumentException,
    LimitExceededException,
    ResourceNotFoundException,
    ValidationException,
)
from .reading import hash_range
from .resharding import Resharding
from .state import Shard, Stream

_DAY_S = 86_400.0


class _Token(msgspec.Struct, frozen=True, array_like=True):
    account: str
    region: str
    stream: str
    space: str
    after: int
    filter: dict[str, Any]
    made_ms: int


def show(stream: Stream, shard: Shard) -> dict[str, Any]:
    created_ms, number = stream.created_ms, shard.number
    numbers = {"StartingSequenceNumber": positions.sequence(created_ms, number, shard.starting)}
    if shard.ending:
        numbers["EndingSequenceNumber"] = positions.sequence(created_ms, number, shard.ending)
    shown: dict[str, Any] = {
        "ShardId": positions.shard_id(number),
        "HashKeyRange": hash_range(shard),
        "SequenceNumberRange": numbers,
    }
    if shard.parent >= 0:
        shown["ParentShardId"] = positions.shard_id(shard.parent)
    if shard.adjacent >= 0:
        shown["AdjacentParentShardId"] = positions.shard_id(shard.adjacent)
    return shown


def number_of(text: str) -> int:
    found = positions.shard_number(text)
    if found is None:
        raise InvalidArgumentException(f"ExclusiveStartShardId {text} is not a valid shard ID.")
    return found


@operation
def list_shards(
    call: Call,
    *,
    stream_name: str | None = None,
    stream_arn: str | None = None,
    next_token: str | None = None,
    exclusive_start_shard_id: str | None = None,
    max_results: int = limits.LIST_SHARDS,
    stream_creation_timestamp: float | None = None,
    shard_filter: dict[str, Any] | None = None,
) -> dict[str, Any]:
    if next_token is not None:
        if stream_name or exclusive_start_shard_id or stream_creation_timestamp or shard_filter:
            raise InvalidArgumentException(
                "NextToken and StreamName, ExclusiveStartShardId, StreamCreationTimestamp or ShardFilter cannot be "
                "provided together."
            )
        token = _read_token(call, next_token)
        at, stream = state.find(call, None, f"arn:aws:kinesis:{token.region}:{token.account}:stream/{token.stream}")
        if stream.space != token.space:
            raise ResourceNotFoundException(f"Stream {token.stream} under account {at.account} not found.")
        after, wanted = token.after, token.filter
    else:
        at, stream = state.find(call, stream_name, stream_arn)
        _check_created(at, stream, stream_creation_timestamp)
        after = number_of(exclusive_start_shard_id) if exclusive_start_shard_id is not None else -1
        wanted = shard_filter or {}
    if wanted.get("Type") == "AFTER_SHARD_ID":
        after = max(after, number_of(_needed(wanted, "ShardId")))
    fits = _filter(call, stream, wanted)
    found = [shard for shard in state.listed(call, at, stream, after) if fits(shard)]
    most = min(max_results, limits.LIST_SHARDS)
    answer: dict[str, Any] = {"Shards": [show(stream, shard) for shard in found[:most]]}
    if len(found) > most:
        rest = _Token(at.account, at.region, stream.name, stream.space, found[most - 1].number, wanted, call.now_ms)
        answer["NextToken"] = urlsafe_b64encode(msgspec.msgpack.encode(rest)).decode()
    return answer


def _check_created(at: At, stream: Stream, created_s: float | None) -> None:
    if created_s is not None and int(created_s) != stream.created_ms // 1000:
        raise ResourceNotFoundException(
            f"Stream {stream.name} under account {at.account} with the given creation timestamp not found."
        )


def _read_token(call: Call, text: str) -> _Token:
    found = _decode_token(text)
    if found is None:
        raise InvalidArgumentException("Invalid NextToken.")
    if call.now_ms > found.made_ms + limits.TOKEN_MS:
        raise ExpiredNextTokenException("The pagination token has expired.")
    return found


def token_arn(text: str) -> str | None:
    """The ARN of the stream that a token is of."""
    found = _decode_token(text)
    return f"arn:aws:kinesis:{found.region}:{found.account}:stream/{found.stream}" if found is not None else None


def _decode_token(text: str) -> _Token | None:
    """None for what is no token."""
    try:
        found = msgspec.msgpack.decode(urlsafe_b64decode(text.encode()), type=_Token)
    except (ValueError, msgspec.DecodeError):
        return None
    return found if -1 <= found.after < positions.MOST else None


def _needed(wanted: dict[str, Any], name: str) -> Any:
    if wanted.get(name) is None:
        raise InvalidArgumentException(f"{name} must be provided when ShardFilter type is {wanted['Type']}.")
    return wanted[name]


def _filter(call: Call, stream: Stream, wanted: dict[str, Any]) -> Callable[[Shard], bool]:
    kind = wanted.get("Type", "FROM_TRIM_HORIZON")
    for name, kinds in (("ShardId", ("AFTER_SHARD_ID",)), ("Timestamp", ("AT_TIMESTAMP", "FROM_TIMESTAMP"))):
        if name in wanted and kind not in kinds:
            raise InvalidArgumentException(f"{name} cannot be provided when ShardFilter type is {kind}.")
    if kind == "AT_LATEST":
        return lambda shard: not shard.ended_ms
    if kind in ("AFTER_SHARD_ID", "FROM_TRIM_HORIZON"):
        return lambda shard: True
    horizon_ms = max(call.now_ms - stream.retention_h * 3_600_000, stream.created_ms)
    if kind == "AT_TRIM_HORIZON":
        return lambda shard: shard.began_ms <= horizon_ms
    at_ms = max(int(_needed(wanted, "Timestamp") * 1000), horizon_ms)
    if kind == "AT_TIMESTAMP":
        return lambda shard: shard.began_ms <= at_ms and (not shard.ended_ms or shard.ended_ms >= at_ms)
    return lambda shard: not shard.ended_ms or shard.ended_ms >= at_ms


def check_quota(call: Call, at: At, more: int) -> None:
    """Whether there may be so many shards more in provisioned streams."""
    most = quotas.of(at, "kinesis", "shards", limits.QUOTAS)
    count = sum(len(stream.open) for stream in state.streams.range(at) if not stream.is_on_demand)
    if count + more > most:
        raise LimitExceededException(
            f"This request would exceed the shard limit for the account {at.account} in {at.region}. Current shard count "
            f"for the account: {count}. Limit: {most}. Number of additional shards that would have resulted from this "
            f"request: {more}. Refer to the AWS Service Limits page "
            "(https://docs.aws.amazon.com/general/latest/gr/aws_service_limits.html) for current limits and how to "
            "request higher limits."
        )


def _provisioned(call: Call, name: str | None, arn: str | None, what: str) -> tuple[At, Stream]:
    at, stream = state.find_active(call, name, arn)
    if stream.is_on_demand:
        raise ValidationException(
            f"Request is invalid. Stream {stream.name} under account {at.account} is in On-Demand mode, in which {what} "
            "is not supported."
        )
    return at, stream


def _index(call: Call, at: At, stream: Stream, change: Resharding, text: str) -> int:
    number = positions.shard_number(text)
    shard = state.shards.get(at, stream.space, number) if number is not None else None
    if shard is None:
        raise ResourceNotFoundException(
            f"Could not find shard {text} in stream {stream.name} under account {at.account}."
        )
    found = change.index(shard.number)
    if found is None:
        raise InvalidArgumentException(
            f"Shard {text} in stream {stream.name} under account {at.account} has already been merged or split, and thus "
            "is not eligible for merging or splitting."
        )
    return found


@operation
def split_shard(
    call: Call,
    *,
    shard_to_split: str,
    new_starting_hash_key: str,
    stream_name: str | None = None,
    stream_arn: str | None = None,
) -> None:
    at, stream = _provisioned(call, stream_name, stream_arn, "SplitShard")
    change = Resharding(call, at, stream)
    index = _index(call, at, stream, change, shard_to_split)
    shard, start = change.open[index], int(new_starting_hash_key)
    low, high = int.from_bytes(shard.low, "big"), int.from_bytes(shard.high, "big")
    if not low + 1 < start < high:
        raise InvalidArgumentException(
            f"NewStartingHashKey {start} used in SplitShard() on shard {shard_to_split} in stream {stream.name} under "
            f"account {at.account} is not both greater than one plus the shard's StartingHashKey {low} and less than the "
            f"shard's EndingHashKey {high - 1}."
        )
    check_quota(call, at, 1)
    change.split(index, start)
    state.update(call, at, stream, "Reshard", **change.finish())


@operation
def merge_shards(
    call: Call,
    *,
    shard_to_merge: str,
    adjacent_shard_to_merge: str,
    stream_name: str | None = None,
    stream_arn: str | None = None,
) -> None:
    at, stream = _provisioned(call, stream_name, stream_arn, "MergeShards")
    change = Resharding(call, at, stream)
    index = _index(call, at, stream, change, shard_to_merge)
    other = _index(call, at, stream, change, adjacent_shard_to_merge)
    if abs(index - other) != 1:
        raise InvalidArgumentException(
            f"Shards {shard_to_merge} and {adjacent_shard_to_merge} in stream {stream.name} under account {at.account} "
            "are not an adjacent pair of shards eligible for merging"
        )
    change.merge(index, other)
    state.update(call, at, stream, "Reshard", **change.finish())


@operation
def update_shard_count(
    call: Call,
    *,
    target_shard_count: int,
    scaling_type: str,
    stream_name: str | None = None,
    stream_arn: str | None = None,
) -> dict[str, Any]:
    if scaling_type != "UNIFORM_SCALING":
        raise InvalidArgumentException(f"ScalingType {scaling_type} is not supported.")
    at, stream = _provisioned(call, stream_name, stream_arn, "UpdateShardCount")
    count = len(stream.open)
    _check_target(count, target_shard_count)
    recent = tuple(at_s for at_s in stream.scalings if at_s > call.now - _DAY_S)
    if len(recent) >= limits.SCALINGS_A_DAY:
        raise LimitExceededException(
            f"Request exceeds the limit of {limits.SCALINGS_A_DAY} UpdateShardCount operations within 24 hours for stream "
            f"{stream.name} under account {at.account}."
        )
    if target_shard_count > count:
        check_quota(call, at, target_shard_count - count)
    change = Resharding(call, at, stream)
    change.even(target_shard_count)
    state.update(call, at, stream, "Reshard", scalings=(*recent, call.now), **change.finish())
    return {
        "StreamName": stream.name,
        "StreamARN": state.arn_of(at, stream.name),
        "CurrentShardCount": count,
        "TargetShardCount": target_shard_count,
    }


def _check_target(count: int, target: int) -> None:
    if target > 2 * count:
        raise InvalidArgumentException(
            f"UpdateShardCount cannot scale up over double your current open shard count. Current open shard count: {count} "
            f"Target shard count: {target}"
        )
    if 2 * target < count:
        raise InvalidArgumentException(
            f"UpdateShardCount cannot scale down below half your current open shard count. Current open shard count: {count} "
            f"Target shard count: {target}"
        )
    if target > limits.SHARDS_MOST:
        raise LimitExceededException(f"A stream cannot have more than {limits.SHARDS_MOST} shards.")


def trim_again(call: Call, at: At, stream: Stream) -> None:
    """Look at all shards: what they hold is kept for another time than before."""
    for shard in state.shards.range(at, stream.space):
        trimming.plan_trim(call, at, stream, shard.number, call.now)
