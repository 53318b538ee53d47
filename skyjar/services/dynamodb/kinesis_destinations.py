"""Kinesis streaming destinations: every change of a table's items goes to a stream as well.

A write leaves one row for each destination in its own transaction; a job puts them into the stream, by hundreds, and takes away those that
arrived: nothing is lost, and a record may come twice. A table without destinations pays nothing for this.
"""

from __future__ import annotations

from base64 import b64encode
from hashlib import md5
from typing import Any

import orjson

from skyjar.kernel import durations, principals
from skyjar.kernel.call import Call
from skyjar.kernel.errors import AWSError
from skyjar.kernel.jobs import job
from skyjar.kernel.service import operation

from . import limits, metrics, state
from .errors import LimitExceededException, ResourceNotFoundException, ValidationException
from .schemas import Key, Schema
from .state import Definition, Destination, KinesisChange
from .tables import check_ready, described
from .values import Item

_GONE = (
    "Table is not in a valid state to disable Kinesis Streaming Destination: KinesisStreamingDestination must be ACTIVE to "
    "perform DISABLE operation."
)
_THERE = (
    "Table is not in a valid state to enable Kinesis Streaming Destination: EnableKinesisStreamingDestination must be "
    "DISABLED or ENABLE_FAILED to perform ENABLE operation."
)


@operation
def enable_kinesis_streaming_destination(
    call: Call,
    *,
    table_name: str,
    stream_arn: str,
    enable_kinesis_streaming_configuration: dict[str, str] | None = None,
) -> dict[str, Any]:
    definition = described(call, table_name)
    check_ready(definition)
    held = _held(definition, stream_arn)
    if held is not None and not held.is_disabled:
        raise ValidationException(_THERE)
    if sum(not each.is_disabled for each in definition.destinations) >= limits.DESTINATIONS:
        raise LimitExceededException(
            f"Subscriber limit exceeded: A table can have at most {limits.DESTINATIONS} Kinesis streaming destinations"
        )
    _check_stream(call, stream_arn)
    given = enable_kinesis_streaming_configuration
    made = Destination(
        stream=stream_arn,
        precision=(given or {}).get("ApproximateCreationDateTimePrecision", ""),
        settles_at=_settles(call),
    )
    _save(call, definition, made)
    shown = {"EnableKinesisStreamingConfiguration": given} if given else {}
    return _answer(definition, made, "ENABLING") | shown


def _settles(call: Call) -> float:
    return call.now + durations.of(call, "dynamodb.KinesisDestination")


def _held(definition: Definition, arn: str) -> Destination | None:
    return next((each for each in definition.destinations if each.stream == arn), None)


def _check_stream(call: Call, arn: str) -> None:
    """The stream is there, in this Region, and whoever enables it may see it."""
    parts = arn.split(":")
    if len(parts) != 6 or parts[2] != "kinesis" or parts[3] != call.region or not parts[5].startswith("stream/"):
        raise ValidationException(f"Invalid StreamArn: {arn}")
    try:
        call.ask("kinesis").describe_stream_summary(stream_arn=arn)
    except AWSError as error:
        if error.code == "ResourceNotFoundException":
            raise ResourceNotFoundException(f"User does not have a Kinesis stream with ARN: {arn}") from None
        raise


def _save(call: Call, definition: Definition, changed: Destination) -> None:
    others = tuple(each for each in definition.destinations if each.stream != changed.stream)
    state.tables.replace(call, definition, state.replace(definition, destinations=(*others, changed)))


def _answer(definition: Definition, destination: Destination, status: str) -> dict[str, Any]:
    return {"TableName": definition.name, "StreamArn": destination.stream, "DestinationStatus": status}


def _active(call: Call, definition: Definition, arn: str) -> Destination:
    held = _held(definition, arn)
    if held is None or _status(call, held) != "ACTIVE":
        raise ValidationException(_GONE)
    return held


def _status(call: Call, destination: Destination) -> str:
    if call.now < destination.settles_at:
        return "DISABLING" if destination.is_disabled else "UPDATING" if destination.is_updating else "ENABLING"
    return "DISABLED" if destination.is_disabled else "ACTIVE"


@operation
def disable_kinesis_streaming_destination(
    call: Call,
    *,
    table_name: str,
    stream_arn: str,
    enable_kinesis_streaming_configuration: dict[str, str] | None = None,
) -> dict[str, Any]:
    """What was written before is still sent. The configuration is only shown again, as on AWS."""
    definition = described(call, table_name)
    held = _active(call, definition, stream_arn)
    _save(call, definition, state.replace(held, is_disabled=True, settles_at=_settles(call)))
    given = enable_kinesis_streaming_configuration
    shown = {"EnableKinesisStreamingConfiguration": given} if given else {}
    return _answer(definition, held, "DISABLING") | shown


@operation
def update_kinesis_streaming_destination(
    call: Call,
    *,
    table_name: str,
    stream_arn: str,
    update_kinesis_streaming_configuration: dict[str, str] | None = None,
) -> dict[str, Any]:
    definition = described(call, table_name)
    held = _active(call, definition, stream_arn)
    precision = (update_kinesis_streaming_configuration or {}).get("ApproximateCreationDateTimePrecision")
    if precision is None:
        raise ValidationException(
            "UpdateKinesisStreamingConfiguration must specify ApproximateCreationDateTimePrecision"
        )
    if precision == (held.precision or "MILLISECOND"):
        raise ValidationException(
            f"Invalid Request: Precision is already set to the desired value of {precision} for tableName: "
            f"{definition.name}, streamArn: {stream_arn}"
        )
    _save(call, definition, state.replace(held, precision=precision, is_updating=True, settles_at=_settles(call)))
    shown = {"UpdateKinesisStreamingConfiguration": update_kinesis_streaming_configuration}
    return _answer(definition, held, "UPDATING") | shown


@operation
def describe_kinesis_streaming_destination(call: Call, *, table_name: str) -> dict[str, Any]:
    definition = described(call, table_name)
    found = [
        {
            "StreamArn": each.stream,
            "DestinationStatus": _status(call, each),
            "ApproximateCreationDateTimePrecision": each.precision or "MILLISECOND",
        }
        for each in definition.destinations
    ]
    return {"TableName": definition.name, "KinesisDataStreamDestinations": found}


def note(
    call: Call, schema: Schema, key: Key, old: Item | None, new: Item | None, sizes: tuple[int, int], is_expiry: bool
) -> None:
    """An item was written: leave what is to be sent."""
    for destination in schema.definition.destinations:
        if destination.is_disabled or (call.now < destination.settles_at and not destination.is_updating):
            continue
        record = _record(call, schema, destination, old, new, sizes, is_expiry)
        queue = f"{schema.definition.id}/{destination.stream}"
        last = state.kinesis_changes.range(call, queue, reverse=True, limit=1)
        change = KinesisChange(
            queue=queue,
            number=last[0].number + 1 if last else 1,
            key=md5(key.bytes[len(schema.root) :], usedforsecurity=False).hexdigest().upper(),
            record=orjson.dumps(record),
        )
        state.kinesis_changes.add(call, change)
        if not last:
            call.later(send, key=queue, table=schema.name, queue=queue, stream=destination.stream)


def _record(
    call: Call,
    schema: Schema,
    destination: Destination,
    old: Item | None,
    new: Item | None,
    sizes: tuple[int, int],
    is_expiry: bool,
) -> dict[str, Any]:
    """As the Developer Guide has it ("Using Kinesis Data Streams to capture changes to DynamoDB")."""
    item = new if new is not None else old
    assert item is not None
    scale = 1_000_000 if destination.precision == "MICROSECOND" else 1_000
    change: dict[str, Any] = {
        "ApproximateCreationDateTime": int(call.now * scale),
        "Keys": _plain({name: item[name] for name in schema.key_names}),
    }
    if new is not None:
        change["NewImage"] = _plain(new)
    if old is not None:
        change["OldImage"] = _plain(old)
    change["SizeBytes"] = sizes[0] * (old is not None) + sizes[1] * (new is not None)
    if destination.precision:
        change["ApproximateCreationDateTimePrecision"] = destination.precision
    return {
        "awsRegion": call.region,
        "eventID": call.new_id(),
        "eventName": "INSERT" if old is None else "REMOVE" if new is None else "MODIFY",
        "userIdentity": {"principalId": "dynamodb.amazonaws.com", "type": "Service"} if is_expiry else None,
        "recordFormat": "application/json",
        "tableName": schema.name,
        "dynamodb": change,
        "eventSource": "aws:dynamodb",
    }


def _plain(value: Any) -> Any:
    """Binary values as base64, as JSON has them."""
    if isinstance(value, dict):
        return {name: _plain(each) for name, each in value.items()}
    if isinstance(value, list):
        return [_plain(each) for each in value]
    return b64encode(value).decode() if isinstance(value, bytes) else value


@job()
def send(call: Call, *, table: str, queue: str, stream: str) -> None:
    """Put what waits into the stream, and come again while there is any."""
    waiting: list[KinesisChange] = []
    size = 0
    for change in state.kinesis_changes.range(call, queue, limit=limits.DESTINATION_RECORDS):
        size += len(change.record)
        if waiting and size > limits.DESTINATION_BYTES:
            break
        waiting.append(change)
    if not waiting:
        return
    pause_s = _put(call, table, stream, waiting)
    if state.kinesis_changes.first(call, queue) is not None:
        call.later(send, due=call.now + pause_s, key=queue, table=table, queue=queue, stream=stream)


def _put(call: Call, table: str, stream: str, waiting: list[KinesisChange]) -> float:
    """Returns how long to wait before more is sent."""
    kinesis = call.ask("kinesis", principals.root(call.account))
    entries = [{"Data": change.record, "PartitionKey": change.key} for change in waiting]
    try:
        answer = kinesis.put_records(stream_arn=stream, records=entries)
    except AWSError as error:
        if error.code in ("ValidationException", "InvalidArgumentException") and len(waiting) > 1:
            return max(_put(call, table, stream, [change]) for change in waiting)  # one of them is too large
        if error.code in ("ValidationException", "InvalidArgumentException", "ResourceNotFoundException"):
            for change in waiting:
                state.kinesis_changes.remove(call, change)
            metrics.not_replicated(call, table, len(waiting))
            return 0.0
        return limits.DESTINATION_PAUSE_S
    for change, done in zip(waiting, answer["Records"], strict=True):
        if "ErrorCode" not in done:
            state.kinesis_changes.remove(call, change)
    return 1.0 if answer["FailedRecordCount"] else 0.0
