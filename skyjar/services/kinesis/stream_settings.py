"""What can be changed of a stream: retention, encryption, mode, throughput, record size, monitoring."""

from __future__ import annotations

from typing import Any

from skyjar.kernel.call import Call
from skyjar.kernel.service import operation
from skyjar.kernel.tables import At

from . import encryption, limits, resharding, shards, state
from .errors import InvalidArgumentException, LimitExceededException, ValidationException
from .state import Stream
from .streams import check_spread, check_warm

_DAY_S = 86_400.0
METRICS = (
    "IncomingBytes",
    "IncomingRecords",
    "OutgoingBytes",
    "OutgoingRecords",
    "WriteProvisionedThroughputExceeded",
    "ReadProvisionedThroughputExceeded",
    "IteratorAgeMilliseconds",
)


@operation
def increase_stream_retention_period(
    call: Call, *, retention_period_hours: int, stream_name: str | None = None, stream_arn: str | None = None
) -> None:
    at, stream = _retained(call, stream_name, stream_arn, retention_period_hours)
    if retention_period_hours < stream.retention_h:
        raise InvalidArgumentException(
            f"Requested retention period ({retention_period_hours} hours) for stream {stream.name} can not be shorter than "
            f"existing retention period ({stream.retention_h} hours). Use DecreaseRetentionPeriod API."
        )
    floor = state.horizon(call, stream)  # what is gone does not come back
    state.update(call, at, stream, "UpdateStream", retention_h=retention_period_hours, floor=floor)


@operation
def decrease_stream_retention_period(
    call: Call, *, retention_period_hours: int, stream_name: str | None = None, stream_arn: str | None = None
) -> None:
    at, stream = _retained(call, stream_name, stream_arn, retention_period_hours)
    if retention_period_hours > stream.retention_h:
        raise InvalidArgumentException(
            f"Requested retention period ({retention_period_hours} hours) for stream {stream.name} can not be longer than "
            f"existing retention period ({stream.retention_h} hours). Use IncreaseRetentionPeriod API."
        )
    new = state.update(call, at, stream, "UpdateStream", retention_h=retention_period_hours)
    shards.trim_again(call, at, new)


def _retained(call: Call, name: str | None, arn: str | None, hours: int) -> tuple[At, Stream]:
    least, most = limits.RETENTION_H
    if hours < least:
        raise InvalidArgumentException(
            f"Minimum allowed retention period is {least} hours. Requested retention period ({hours} hours) is too short."
        )
    if hours > most:
        raise InvalidArgumentException(
            f"Maximum allowed retention period is {most} hours. Requested retention period ({hours} hours) is too long."
        )
    return state.find_active(call, name, arn)


@operation
def start_stream_encryption(
    call: Call, *, encryption_type: str, key_id: str, stream_name: str | None = None, stream_arn: str | None = None
) -> None:
    at, stream = state.find_active(call, stream_name, stream_arn)
    if encryption_type != "KMS":
        raise ValidationException("EncryptionType must be KMS to start encryption.")
    encryption.check_key(call, at, stream, key_id)
    state.update(call, at, stream, "UpdateStream", kms_key=key_id)


@operation
def stop_stream_encryption(
    call: Call, *, encryption_type: str, key_id: str, stream_name: str | None = None, stream_arn: str | None = None
) -> None:
    """What is sealed stays so, and takes the key to read."""
    at, stream = state.find_active(call, stream_name, stream_arn)
    if encryption_type != "KMS":
        raise ValidationException("EncryptionType must be KMS to stop encryption.")
    if not stream.kms_key:
        return
    if encryption.key_arn(at, key_id) != encryption.key_arn(at, stream.kms_key):
        raise InvalidArgumentException(
            f"Key {key_id} is not the key with which stream {stream.name} under account {at.account} is encrypted."
        )
    state.update(call, at, stream, "UpdateStream", kms_key="")


@operation
def update_stream_mode(
    call: Call, *, stream_arn: str, stream_mode_details: dict[str, str], warm_throughput_mi_bps: int | None = None
) -> None:
    at, stream = state.find_active(call, None, stream_arn)
    is_on_demand = stream_mode_details["StreamMode"] == "ON_DEMAND"
    changed: dict[str, Any] = {}
    if warm_throughput_mi_bps is not None:
        check_warm(call, at, is_on_demand, warm_throughput_mi_bps)
        changed |= _warmed(call, at, stream, warm_throughput_mi_bps)
    if is_on_demand != stream.is_on_demand:
        recent = tuple(at_s for at_s in stream.mode_changes if at_s > call.now - _DAY_S)
        if len(recent) >= limits.MODE_CHANGES_A_DAY:
            raise LimitExceededException(
                f"Stream {stream.name} under account {at.account} has switched modes {len(recent)} times within 24 hours."
            )
        changed |= {"is_on_demand": is_on_demand, "mode_changes": (*recent, call.now)}
        if not is_on_demand:
            shards.check_quota(call, at, len(stream.open))
            changed |= {"is_spread": False, "warm": -1}
    state.update(call, at, stream, "UpdateStream", **changed)


def _warmed(call: Call, at: At, stream: Stream, wanted: int) -> dict[str, Any]:
    """As many shards as the throughput takes; never fewer than there are."""
    if wanted <= len(stream.open):
        return {"warm": wanted}
    change = resharding.Resharding(call, at, stream)
    change.even(wanted)
    return {"warm": wanted, **change.finish()}


@operation
def update_stream_warm_throughput(
    call: Call, *, warm_throughput_mi_bps: int, stream_name: str | None = None, stream_arn: str | None = None
) -> dict[str, Any]:
    at, stream = state.find_active(call, stream_name, stream_arn)
    check_warm(call, at, stream.is_on_demand, warm_throughput_mi_bps)
    before = max(stream.warm, 0)
    state.update(call, at, stream, "Reshard", **_warmed(call, at, stream, warm_throughput_mi_bps))
    return {
        "StreamARN": state.arn_of(at, stream.name),
        "StreamName": stream.name,
        "WarmThroughput": {"TargetMiBps": warm_throughput_mi_bps, "CurrentMiBps": before},
    }


@operation
def update_max_record_size(call: Call, *, max_record_size_in_ki_b: int, stream_arn: str | None = None) -> None:
    at, stream = state.find_active(call, None, stream_arn)
    state.update(call, at, stream, "UpdateStream", record_kib=max_record_size_in_ki_b)


@operation
def update_stream_record_distribution_strategy(
    call: Call, *, stream_arn: str, record_distribution_strategy: str
) -> None:
    at, stream = state.find_active(call, None, stream_arn)
    if not stream.is_on_demand:
        check_spread(record_distribution_strategy, stream.is_on_demand)
    state.streams.replace(at, stream, state.replace(stream, is_spread=record_distribution_strategy == "AUTO"))


@operation
def enable_enhanced_monitoring(
    call: Call, *, shard_level_metrics: list[str], stream_name: str | None = None, stream_arn: str | None = None
) -> dict[str, Any]:
    return _monitor(call, stream_name, stream_arn, lambda now: now | _wanted(shard_level_metrics))


@operation
def disable_enhanced_monitoring(
    call: Call, *, shard_level_metrics: list[str], stream_name: str | None = None, stream_arn: str | None = None
) -> dict[str, Any]:
    return _monitor(call, stream_name, stream_arn, lambda now: now - _wanted(shard_level_metrics))


def _wanted(given: list[str]) -> set[str]:
    return set(METRICS) if "ALL" in given else set(given)


def _monitor(call: Call, name: str | None, arn: str | None, change: Any) -> dict[str, Any]:
    at, stream = state.find_active(call, name, arn)
    wanted = change(set(stream.monitored))
    new = tuple(metric for metric in METRICS if metric in wanted)
    state.update(call, at, stream, "UpdateStream", monitored=new)
    return {
        "StreamName": stream.name,
        "StreamARN": state.arn_of(at, stream.name),
        "CurrentShardLevelMetrics": list(stream.monitored),
        "DesiredShardLevelMetrics": list(new),
    }
