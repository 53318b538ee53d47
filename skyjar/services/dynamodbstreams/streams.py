"""Streams and their shards."""

from __future__ import annotations

from typing import Any

from skyjar.kernel.call import Call
from skyjar.kernel.service import operation

from . import limits, rates, state
from .errors import ValidationException
from .state import Shard, Stream


@operation
def list_streams(
    call: Call,
    *,
    table_name: str | None = None,
    limit: int = limits.LIST_STREAMS,
    exclusive_start_stream_arn: str | None = None,
) -> dict[str, Any]:
    rates.check(call, "list_streams", limits.LISTS_A_SECOND)
    check_limit(limit, limits.LIST_STREAMS)
    last = state.find(call, exclusive_start_stream_arn) if exclusive_start_stream_arn is not None else None
    start = (last.label + "\0",) if last is not None else ()
    if table_name is not None:
        name = table_name.rpartition("/")[2] if table_name.startswith("arn:") else table_name
        found = state.streams.range(call, name, start=start, limit=limit + 1)
    else:
        whole = (last.table, *start) if last is not None else ()
        found = state.streams.range(call, start=whole, limit=limit + 1)
    shown = [
        {"StreamArn": state.arn_of(call, each), "TableName": each.table, "StreamLabel": each.label}
        for each in found[:limit]
    ]
    answer: dict[str, Any] = {"Streams": shown}
    if len(found) > limit:
        answer["LastEvaluatedStreamArn"] = shown[-1]["StreamArn"]
    return answer


def check_limit(limit: int, most: int) -> None:
    if limit > most:
        raise ValidationException(
            f"1 validation error detected: Value '{limit}' at 'limit' failed to satisfy constraint: Member must have "
            f"value less than or equal to {most}"
        )


@operation
def describe_stream(
    call: Call,
    *,
    stream_arn: str,
    limit: int = limits.DESCRIBE_SHARDS,
    exclusive_start_shard_id: str | None = None,
    shard_filter: dict[str, str] | None = None,
) -> dict[str, Any]:
    rates.check(call, f"describe_stream {stream_arn}", limits.DESCRIBES_A_SECOND)
    check_limit(limit, limits.DESCRIBE_SHARDS)
    stream = state.find(call, stream_arn)
    name = state.id_of(stream)
    start = (exclusive_start_shard_id + "\0",) if exclusive_start_shard_id is not None else ()
    gone = state.horizon(call)
    found = [
        shard
        for shard in state.shards.range(call, name, start=start)
        if (not shard.ending or shard.ending >= gone) and _fits(shard, shard_filter)
    ]
    described: dict[str, Any] = {
        "StreamArn": stream_arn,
        "StreamLabel": stream.label,
        "StreamStatus": "ENABLED" if stream.is_enabled else "DISABLED",
        "StreamViewType": stream.view,
        "CreationRequestDateTime": stream.created_s,
        "TableName": stream.table,
        "KeySchema": _keys(stream),
        "Shards": [_show(shard) for shard in found[:limit]],
    }
    if len(found) > limit:
        described["LastEvaluatedShardId"] = found[limit - 1].id
    return {"StreamDescription": described}


def _fits(shard: Shard, given: dict[str, str] | None) -> bool:
    if given is None:
        return True
    if not given.get("Type") or not given.get("ShardId"):
        raise ValidationException("ShardFilter must have both Type and ShardId")
    return shard.parent == given["ShardId"]


def _keys(stream: Stream) -> list[dict[str, str]]:
    found = [{"AttributeName": stream.hash, "KeyType": "HASH"}]
    return [*found, {"AttributeName": stream.range, "KeyType": "RANGE"}] if stream.range else found


def _show(shard: Shard) -> dict[str, Any]:
    numbers = {"StartingSequenceNumber": shard.starting}
    if shard.ending:
        numbers["EndingSequenceNumber"] = shard.ending
    shown: dict[str, Any] = {"ShardId": shard.id, "SequenceNumberRange": numbers}
    return {**shown, "ParentShardId": shard.parent} if shard.parent else shown
