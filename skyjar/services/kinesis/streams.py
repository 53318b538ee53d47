"""Streams: made, described, listed, deleted, and their settings."""

from __future__ import annotations

from typing import Any

from skyjar.kernel import durations, quotas, usage
from skyjar.kernel.call import Call
from skyjar.kernel.service import operation
from skyjar.kernel.tables import At

from . import account, jobs, limits, positions, resharding, shards, state, tags, tokens
from .errors import InvalidArgumentException, LimitExceededException, ResourceInUseException, ValidationException
from .state import Stream


@operation
def create_stream(
    call: Call,
    *,
    stream_name: str,
    shard_count: int | None = None,
    stream_mode_details: dict[str, str] | None = None,
    tags: dict[str, str] | None = None,
    warm_throughput_mi_bps: int | None = None,
    max_record_size_in_ki_b: int = limits.RECORD_KIB,
    record_distribution_strategy: str = "USER_PARTITION_KEY",
) -> None:
    if state.streams.get(call, stream_name) is not None:
        raise ResourceInUseException(f"Stream {stream_name} under account {call.account} already exists.")
    is_on_demand = (stream_mode_details or {}).get("StreamMode") == "ON_DEMAND"
    if is_on_demand and shard_count is not None:
        raise ValidationException("ShardCount cannot be set when StreamMode is ON_DEMAND.")
    if not is_on_demand and shard_count is None:
        raise ValidationException("ShardCount must be set when StreamMode is PROVISIONED.")
    check_spread(record_distribution_strategy, is_on_demand)
    count = shard_count or limits.ON_DEMAND_SHARDS
    if warm_throughput_mi_bps is not None:
        check_warm(call, call, is_on_demand, warm_throughput_mi_bps)
        count = max(count, warm_throughput_mi_bps)
    _check_creating(call)
    if is_on_demand:
        _check_on_demand(call)
    else:
        shards.check_quota(call, call, count)
    _make(
        call,
        count,
        Stream(
            name=stream_name,
            space=call.chance.hex(16),
            created_ms=call.now_ms,
            is_on_demand=is_on_demand,
            open=tuple(range(count)),
            ends=tuple(map(positions.as_bytes, positions.even_ends(count))),
            shards=count,
            record_kib=max_record_size_in_ki_b,
            warm=-1 if warm_throughput_mi_bps is None else warm_throughput_mi_bps,
            is_spread=record_distribution_strategy == "AUTO",
            tags=_checked_tags(tags),
        ),
    )


def _checked_tags(given: dict[str, str] | None) -> dict[str, str]:
    return tags.added({}, given or {})


def _check_creating(call: Call) -> None:
    found = [state.status_of(stream, call.now) for stream in state.streams.range(call)]
    if found.count("CREATING") >= limits.STREAMS_CREATING:
        raise LimitExceededException(
            f"This request would exceed the limit of {limits.STREAMS_CREATING} streams in the CREATING state for the account "
            f"{call.account}."
        )


def _check_on_demand(call: Call) -> None:
    most = quotas.of(call, "kinesis", "on-demand-streams", limits.QUOTAS)
    if sum(stream.is_on_demand for stream in state.streams.range(call)) >= most:
        raise LimitExceededException(
            f"This request would exceed the limit of {most} on-demand streams for the account {call.account} in "
            f"{call.region}."
        )


def _make(call: Call, count: int, stream: Stream) -> None:
    low, starting = 0, positions.ordinal_at(call.now_ms)
    for number, high in enumerate(positions.even_ends(count)):
        first, last = positions.as_bytes(low), positions.as_bytes(high)
        resharding.new_shard(call, call, stream.space, number, first, last, starting)
        low = high + 1
    state.streams.add(call, state.replace(stream, **state.settling(call, "CreateStream", "CREATING")))
    usage.begin(call)


def check_warm(call: Call, at: At, is_on_demand: bool, wanted: int) -> None:
    if not is_on_demand:
        raise ValidationException("WarmThroughputMiBps can only be set when StreamMode is ON_DEMAND.")
    if not account.is_committed(at):
        raise ValidationException(
            "WarmThroughputMiBps can only be set for accounts that have MinimumThroughputBillingCommitment enabled."
        )
    if wanted > limits.WARM_MIBPS_MOST:
        raise LimitExceededException(f"WarmThroughputMiBps cannot be greater than {limits.WARM_MIBPS_MOST}.")


def check_spread(strategy: str, is_on_demand: bool) -> None:
    if strategy == "AUTO" and not is_on_demand:
        raise InvalidArgumentException(
            "RecordDistributionStrategy AUTO is only supported for streams with the ON_DEMAND stream mode."
        )


@operation
def delete_stream(
    call: Call,
    *,
    stream_name: str | None = None,
    stream_arn: str | None = None,
    enforce_consumer_deletion: bool = False,
) -> None:
    at, stream = state.find(call, stream_name, stream_arn)
    if stream.status == "DELETING":
        return
    if not enforce_consumer_deletion and state.consumers.first(at, stream.space) is not None:
        raise ResourceInUseException(
            f"Stream {stream.name} under account {at.account} has consumers registered. Deregister them or set "
            "EnforceConsumerDeletion."
        )
    due = call.now + durations.of(call, "kinesis.DeleteStream")
    if due <= call.now:
        jobs.forget(call, at, stream)
        return
    state.streams.replace(at, stream, state.replace(stream, status="DELETING", settles_at=due))
    call.later(
        jobs.remove,
        due=due,
        key=stream.space,
        account=at.account,
        region=at.region,
        name=stream.name,
        space=stream.space,
    )


@operation
def describe_stream(
    call: Call,
    *,
    stream_name: str | None = None,
    stream_arn: str | None = None,
    limit: int = limits.DESCRIBE_SHARDS,
    exclusive_start_shard_id: str | None = None,
) -> dict[str, Any]:
    at, stream = state.find(call, stream_name, stream_arn)
    after = -1
    if exclusive_start_shard_id is not None:
        after = shards.number_of(exclusive_start_shard_id)
    most = min(limit, limits.DESCRIBE_SHARDS)
    found = [] if state.status_of(stream, call.now) == "CREATING" else state.listed(call, at, stream, after)
    shown = [shards.show(stream, shard) for shard in found[:most]]
    return {"StreamDescription": _described(call, at, stream) | {"Shards": shown, "HasMoreShards": len(found) > most}}


def _described(call: Call, at: At, stream: Stream) -> dict[str, Any]:
    shown: dict[str, Any] = {
        "StreamName": stream.name,
        "StreamARN": state.arn_of(at, stream.name),
        "StreamStatus": state.status_of(stream, call.now),
        "StreamModeDetails": {"StreamMode": mode_of(stream)},
        "RetentionPeriodHours": stream.retention_h,
        "StreamCreationTimestamp": stream.created_ms / 1000,
        "EnhancedMonitoring": [{"ShardLevelMetrics": list(stream.monitored)}],
        "EncryptionType": "KMS" if stream.kms_key else "NONE",
    }
    return shown | ({"KeyId": stream.kms_key} if stream.kms_key else {})


def mode_of(stream: Stream) -> str:
    return "ON_DEMAND" if stream.is_on_demand else "PROVISIONED"


@operation
def describe_stream_summary(
    call: Call, *, stream_name: str | None = None, stream_arn: str | None = None
) -> dict[str, Any]:
    at, stream = state.find(call, stream_name, stream_arn)
    is_creating = state.status_of(stream, call.now) == "CREATING"
    shown = _described(call, at, stream) | {
        "OpenShardCount": 0 if is_creating else len(stream.open),
        "ConsumerCount": state.consumers.count(at, stream.space),
        "MaxRecordSizeInKiB": stream.record_kib,
    }
    if stream.is_on_demand:
        shown["RecordDistributionStrategy"] = "AUTO" if stream.is_spread else "USER_PARTITION_KEY"
    if stream.warm >= 0:
        shown["WarmThroughput"] = {"TargetMiBps": stream.warm, "CurrentMiBps": stream.warm}
    return {"StreamDescriptionSummary": shown}


@operation
def list_streams(
    call: Call,
    *,
    limit: int = limits.LIST_STREAMS,
    exclusive_start_stream_name: str | None = None,
    next_token: str | None = None,
) -> dict[str, Any]:
    after = max(exclusive_start_stream_name or "", tokens.read(next_token))
    following = state.streams.range(call, start=(after + "\0",), limit=limit + 1)
    found, has_more = following[:limit], len(following) > limit
    summaries = [
        {
            "StreamName": stream.name,
            "StreamARN": state.arn_of(call, stream.name),
            "StreamStatus": state.status_of(stream, call.now),
            "StreamModeDetails": {"StreamMode": mode_of(stream)},
            "StreamCreationTimestamp": stream.created_ms / 1000,
        }
        for stream in found
    ]
    answer: dict[str, Any] = {
        "StreamNames": [stream.name for stream in found],
        "HasMoreStreams": has_more,
        "StreamSummaries": summaries,
    }
    return answer | ({"NextToken": tokens.write(found[-1].name)} if has_more else {})
