"""Queue attributes: from strings to a queue's fields and back, with their ranges. Pure."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import msgspec
import orjson

from skyjar.policy.documents import validate
from skyjar.policy.errors import MalformedPolicy, PolicyTooLarge

from . import limits
from .errors import InvalidAttributeName, InvalidAttributeValue
from .state import Queue

_NUMBER = re.compile(r"-?[0-9]{1,12}\Z")


def _number(field: str, least: int, most: int) -> Callable[[str, str], dict[str, Any]]:
    def read(name: str, value: str) -> dict[str, Any]:
        if not _NUMBER.match(value) or not least <= int(value) <= most:
            raise InvalidAttributeValue(name)
        return {field: int(value)}

    return read


def _flag(field: str) -> Callable[[str, str], dict[str, Any]]:
    def read(name: str, value: str) -> dict[str, Any]:
        if value.lower() not in ("true", "false"):
            raise InvalidAttributeValue(name)
        return {field: value.lower() == "true"}

    return read


def _managed_encryption(name: str, value: str) -> dict[str, Any]:
    """One kind of encryption at a time: switching SSE-SQS on takes the place of a KMS key."""
    fields = _flag("is_sqs_encrypted")(name, value)
    return {**fields, "kms_key": ""} if fields["is_sqs_encrypted"] else fields


def _choice(field: str, *choices: str) -> Callable[[str, str], dict[str, Any]]:
    def read(name: str, value: str) -> dict[str, Any]:
        if value not in choices:
            raise InvalidAttributeValue(name)
        return {field: value}

    return read


def _json(name: str, value: str) -> dict[str, Any]:
    try:
        found = orjson.loads(value)
    except orjson.JSONDecodeError:
        raise InvalidAttributeValue(name) from None
    if not isinstance(found, dict):
        raise InvalidAttributeValue(name)
    return found


def _policy(name: str, value: str) -> dict[str, Any]:
    if value:
        try:
            validate(value, "resource")
        except (MalformedPolicy, PolicyTooLarge):
            raise InvalidAttributeValue(name) from None
    return {"policy": value}


def _redrive(name: str, value: str) -> dict[str, Any]:
    if not value:
        return {"redrive": None}
    found = _json(name, value)
    unknown = sorted(found.keys() - {"deadLetterTargetArn", "maxReceiveCount"})
    if unknown or len(found) != 2:
        raise _invalid(value, "Redrive policy does not contain mandatory attribute: " + _missing(found))
    count = str(found["maxReceiveCount"])
    least, most = limits.MAX_RECEIVE_COUNT
    if not _NUMBER.match(count) or not least <= int(count) <= most:
        raise _invalid(
            value, f"Invalid value for maxReceiveCount: {count}, valid values are from 1 to 1000 both inclusive."
        )
    target = found["deadLetterTargetArn"]
    if not isinstance(target, str) or not target.startswith("arn:"):
        raise _invalid(value, "Invalid value for deadLetterTargetArn.")
    return {"redrive": (target, int(count))}


def _missing(found: dict[str, Any]) -> str:
    return (
        next((key for key in ("maxReceiveCount", "deadLetterTargetArn") if key not in found), "maxReceiveCount") + "."
    )


def _invalid(value: str, reason: str) -> InvalidAttributeValue:
    error = InvalidAttributeValue("RedrivePolicy")
    error.code = "InvalidParameterValue"
    error.message = f"Value {value} for parameter RedrivePolicy is invalid. Reason: {reason}"
    return error


def _redrive_allow(name: str, value: str) -> dict[str, Any]:
    if not value:
        return {"redrive_allow": ""}
    found = _json(name, value)
    permission = found.get("redrivePermission")
    sources = found.get("sourceQueueArns", [])
    if permission not in ("allowAll", "denyAll", "byQueue") or not isinstance(sources, list):
        raise InvalidAttributeValue(name)
    if (permission == "byQueue") != bool(sources) or len(sources) > limits.SOURCE_QUEUES:
        raise InvalidAttributeValue(name)
    return {"redrive_allow": value}


SETTABLE: dict[str, Callable[[str, str], dict[str, Any]]] = {
    "DelaySeconds": _number("delay_s", 0, limits.DELAY_S),
    "MaximumMessageSize": _number("message_bytes", limits.MESSAGE_BYTES_LEAST, limits.MESSAGE_BYTES),
    "MessageRetentionPeriod": _number("retention_s", *limits.RETENTION_S),
    "Policy": _policy,
    "ReceiveMessageWaitTimeSeconds": _number("wait_s", 0, limits.WAIT_S),
    "VisibilityTimeout": _number("visibility_timeout_s", 0, limits.VISIBILITY_S),
    "RedrivePolicy": _redrive,
    "RedriveAllowPolicy": _redrive_allow,
    "KmsMasterKeyId": lambda name, value: {"kms_key": value, "is_sqs_encrypted": not value},
    "KmsDataKeyReusePeriodSeconds": _number("kms_reuse_s", *limits.KMS_REUSE_S),
    "SqsManagedSseEnabled": _managed_encryption,
    "FifoQueue": _flag("is_fifo"),
    "ContentBasedDeduplication": _flag("dedups_by_content"),
    "DeduplicationScope": _choice("dedup_scope", "messageGroup", "queue"),
    "FifoThroughputLimit": _choice("throughput_limit", "perQueue", "perMessageGroupId"),
}
_FIFO_ONLY = ("DeduplicationScope", "FifoThroughputLimit")


def read(given: dict[str, str], is_fifo: bool) -> dict[str, Any]:
    """The fields that these attributes set."""
    fields: dict[str, Any] = {}
    for name, value in given.items():
        if name not in SETTABLE or (name == "ContentBasedDeduplication" and not is_fifo):
            raise InvalidAttributeName(f"Unknown Attribute {name}.")
        if name in _FIFO_ONLY and not is_fifo:
            raise InvalidAttributeName(f"You can specify the {name} only when FifoQueue is set to true.")
        fields |= SETTABLE[name](name, value)
    if given.get("KmsMasterKeyId") and given.get("SqsManagedSseEnabled", "false").lower() == "true":
        raise InvalidAttributeValue(
            "SqsManagedSseEnabled", "You can use one type of server-side encryption at one time."
        )
    return fields


def check(queue: Queue) -> None:
    """High throughput needs both of its settings."""
    if queue.throughput_limit == "perMessageGroupId" and queue.dedup_scope != "messageGroup":
        raise InvalidAttributeValue("FifoThroughputLimit", "It needs DeduplicationScope to be messageGroup.")


def show(queue: Queue) -> dict[str, str]:
    """All attributes but the ARN and the counts, as GetQueueAttributes returns them."""
    shown = {
        "CreatedTimestamp": str(queue.created_s),
        "LastModifiedTimestamp": str(queue.modified_s),
        "VisibilityTimeout": str(queue.visibility_timeout_s),
        "MaximumMessageSize": str(queue.message_bytes),
        "MessageRetentionPeriod": str(queue.retention_s),
        "DelaySeconds": str(queue.delay_s),
        "ReceiveMessageWaitTimeSeconds": str(queue.wait_s),
        "SqsManagedSseEnabled": _truth(queue.is_sqs_encrypted),
    }
    if queue.policy:
        shown["Policy"] = queue.policy
    if queue.redrive:
        target, count = queue.redrive
        shown["RedrivePolicy"] = msgspec.json.encode({"deadLetterTargetArn": target, "maxReceiveCount": count}).decode()
    if queue.redrive_allow:
        shown["RedriveAllowPolicy"] = queue.redrive_allow
    if queue.kms_key:
        shown["KmsMasterKeyId"] = queue.kms_key
        shown["KmsDataKeyReusePeriodSeconds"] = str(queue.kms_reuse_s)
    if queue.is_fifo:
        shown["FifoQueue"] = "true"
        shown["ContentBasedDeduplication"] = _truth(queue.dedups_by_content)
        shown["DeduplicationScope"] = queue.dedup_scope
        shown["FifoThroughputLimit"] = queue.throughput_limit
    return shown


def _truth(value: bool) -> str:
    return "true" if value else "false"
