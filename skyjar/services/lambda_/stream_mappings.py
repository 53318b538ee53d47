"""What event source mappings of streams have beside those of queues: their settings, and how reading begins and ends."""

from __future__ import annotations

from typing import Any

from skyjar.kernel.call import Call
from skyjar.kernel.errors import NotImplementedHere

from . import configuration, limits, mapping_state, stream_polling, streams
from .errors import InvalidParameterValueException
from .mapping_state import Mapping, readers, stream_batches
from .stream_records import is_kinesis, is_stream

_SETTINGS = {
    "bisect_batch_on_function_error": "bisects",
    "maximum_retry_attempts": "retries",
    "maximum_record_age_in_seconds": "age_s",
    "parallelization_factor": "lanes",
    "tumbling_window_in_seconds": "tumbling_s",
}
_NAMES = {
    "starting_position": "StartingPosition",
    "bisect_batch_on_function_error": "BisectBatchOnFunctionError",
    "maximum_retry_attempts": "MaximumRetryAttempts",
    "maximum_record_age_in_seconds": "MaximumRecordAgeInSeconds",
    "parallelization_factor": "ParallelizationFactor",
    "tumbling_window_in_seconds": "TumblingWindowInSeconds",
    "destination_config": "DestinationConfig",
}


def settings(source: str, given: dict[str, Any]) -> dict[str, Any]:
    """The fields of a mapping that its parameters (those that are not None) set."""
    wanted = {name: value for name, value in given.items() if value is not None}
    if not is_stream(source):
        for name in wanted:
            raise InvalidParameterValueException(f"{_NAMES[name]} is not valid for SQS event sources.")
        return {}
    age_s = wanted.get("maximum_record_age_in_seconds", -1)
    least, most = limits.STREAM_RECORD_AGE_S
    if age_s != -1 and not least <= age_s <= most:
        raise InvalidParameterValueException(
            f"MaximumRecordAgeInSeconds must be -1 or between {least} and {most} (inclusive)."
        )
    found = {_SETTINGS[name]: value for name, value in wanted.items() if name in _SETTINGS}
    if "destination_config" in wanted:
        found["on_failure"] = _destination(wanted["destination_config"])
    return found


def starting(source: str, position: str | None, timestamp: float | None) -> str:
    if not is_stream(source):
        return ""
    if position is None:
        raise InvalidParameterValueException(
            "1 validation error detected: Value null at 'startingPosition' failed to satisfy constraint: Member must not "
            "be null."
        )
    if position == "AT_TIMESTAMP" and not is_kinesis(source):
        raise InvalidParameterValueException(f"Unsupported starting position for arn type: {source}")
    if (position == "AT_TIMESTAMP") != (timestamp is not None):
        raise InvalidParameterValueException(
            "StartingPositionTimestamp must be provided with the starting position AT_TIMESTAMP, and with no other."
        )
    return position


def _destination(given: dict[str, Any]) -> str:
    if (given.get("OnSuccess") or {}).get("Destination"):
        raise InvalidParameterValueException("OnSuccess destination is not supported for event source mappings.")
    arn: str = (given.get("OnFailure") or {}).get("Destination", "")
    if not arn:
        return ""
    service = arn.split(":")[2] if arn.count(":") >= 5 else ""
    if service in ("s3", "kafka"):
        raise NotImplementedHere(f"Skyjar does not implement destinations of {service} for lambda.")
    if service not in ("sqs", "sns"):
        raise InvalidParameterValueException(f"The provided destination config DestinationConfig({arn}) is invalid.")
    configuration.check_target(arn)
    return arn


def check(call: Call, mapping: Mapping) -> None:
    streams.stream_of(call, mapping).check()


def begin(call: Call, mapping: Mapping) -> None:
    """Take the position that a new mapping starts from."""
    for reader in streams.discover(call, mapping, is_new=True):
        if mapping.is_enabled:
            stream_polling.wake(call, reader)


def resume(call: Call, mapping: Mapping) -> None:
    for reader in readers.range(call, mapping.uuid):
        if not reader.is_busy:
            stream_polling.wake(call, reader)
    call.later(stream_polling.look_for_shards, key=mapping.uuid, mapping=mapping.uuid)


def end(call: Call, mapping: Mapping) -> None:
    for reader in readers.range(call, mapping.uuid):
        readers.remove(call, reader)
        stream_batches.delete(call, reader.mapping, reader.shard, reader.lane)


def spread(call: Call, mapping: Mapping) -> None:
    """Read in another number of lanes, each from where the slowest was; some records may come again."""
    shards: dict[str, list[mapping_state.Reader]] = {}
    for reader in readers.range(call, mapping.uuid):
        shards.setdefault(reader.shard, []).append(reader)
    end(call, mapping)
    for lanes in shards.values():
        slowest = min(
            (reader for reader in lanes if not reader.is_done), key=lambda reader: reader.after, default=lanes[0]
        )
        for lane in range(mapping.lanes):
            fresh = mapping_state.replace(slowest, lane=lane, ends=(), attempts=0, is_busy=False, since_s=0.0)
            readers.add(call, fresh)
    resume(call, mapping)


def shown(mapping: Mapping) -> dict[str, Any]:
    timestamp = {"StartingPositionTimestamp": mapping.starting_at} if mapping.starting_at else {}
    return {
        **timestamp,
        "StartingPosition": mapping.starting,
        "ParallelizationFactor": mapping.lanes,
        "BisectBatchOnFunctionError": mapping.bisects,
        "MaximumRetryAttempts": mapping.retries,
        "MaximumRecordAgeInSeconds": mapping.age_s,
        "TumblingWindowInSeconds": mapping.tumbling_s,
        "DestinationConfig": {"OnFailure": {"Destination": mapping.on_failure} if mapping.on_failure else {}},
    }
