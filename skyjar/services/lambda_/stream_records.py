"""Records of streams as functions and filters get them. Pure."""

from __future__ import annotations

from base64 import b64decode, b64encode
from typing import Any

import orjson

Event = dict[str, Any]


def is_stream(arn: str) -> bool:
    return is_kinesis(arn) or (arn.startswith("arn:aws:dynamodb:") and "/stream/" in arn)


def is_kinesis(arn: str) -> bool:
    """Of a stream, or of a consumer of one."""
    return arn.startswith("arn:aws:kinesis:") and ":stream/" in arn


def of_dynamodb(record: dict[str, Any], source: str) -> Event:
    identity = record.get("userIdentity")
    event = {**record, "dynamodb": _plain(record["dynamodb"]), "eventSourceARN": source}
    if identity is not None:
        event["userIdentity"] = {"type": identity["Type"], "principalId": identity["PrincipalId"]}
    return event


def _plain(value: Any) -> Any:
    """Binary values as base64, as JSON has them."""
    if isinstance(value, dict):
        return {name: _plain(each) for name, each in value.items()}
    if isinstance(value, list):
        return [_plain(each) for each in value]
    return b64encode(value).decode() if isinstance(value, bytes) else value


def of_kinesis(record: dict[str, Any], shard: str, source: str, role: str) -> Event:
    return {
        "kinesis": {
            "kinesisSchemaVersion": "1.0",
            "partitionKey": record.get("PartitionKey", ""),
            "sequenceNumber": record["SequenceNumber"],
            "data": b64encode(record["Data"]).decode(),
            "approximateArrivalTimestamp": record["ApproximateArrivalTimestamp"],
        },
        "eventSource": "aws:kinesis",
        "eventVersion": "1.0",
        "eventID": f"{shard}:{record['SequenceNumber']}",
        "eventName": "aws:kinesis:record",
        "invokeIdentityArn": role,
        "awsRegion": source.split(":")[3],
        "eventSourceARN": source,
    }


def sequence_of(event: Event) -> str:
    found = event.get("kinesis")
    return str(found["sequenceNumber"] if found is not None else event["dynamodb"]["SequenceNumber"])


def arrival_of(event: Event) -> float:
    """When the record came, in seconds."""
    found = event.get("kinesis")
    if found is not None:
        return float(found["approximateArrivalTimestamp"])
    return float(event["dynamodb"]["ApproximateCreationDateTime"])


def key_of(event: Event) -> bytes:
    """What keeps its order: the key of an item, or a partition key."""
    found = event.get("kinesis")
    key = found["partitionKey"] if found is not None else event["dynamodb"]["Keys"]
    return orjson.dumps(key, option=orjson.OPT_SORT_KEYS)


def filtered(event: Event) -> dict[str, Any]:
    """What filters look at: of a record of Kinesis its data, as JSON where they are (Lambda Developer Guide, "Using event
    filtering with a Kinesis event source")."""
    found = event.get("kinesis")
    if found is None:
        return event
    data = b64decode(found["data"])
    try:
        read: Any = orjson.loads(data)
    except orjson.JSONDecodeError:
        read = data.decode("utf-8", "replace")
    return {**event, **found, "data": read if isinstance(read, dict) else data.decode("utf-8", "replace")}


def batch_name(source: str) -> str:
    """How a destination's record calls the batch."""
    return "KinesisBatchInfo" if is_kinesis(source) else "DDBStreamBatchInfo"
