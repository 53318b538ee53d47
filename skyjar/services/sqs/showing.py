"""A received message as ReceiveMessage shows it: the attributes that were asked for. Pure."""

from __future__ import annotations

from typing import Any

from . import contents, fifo, handles
from .state import Message, Queue

SYSTEM_NAMES = frozenset(
    (
        "All",
        "SenderId",
        "SentTimestamp",
        "ApproximateReceiveCount",
        "ApproximateFirstReceiveTimestamp",
        "SequenceNumber",
        "MessageDeduplicationId",
        "MessageGroupId",
        "AWSTraceHeader",
        "DeadLetterQueueSourceArn",
    )
)


def show(message: Message, queue: Queue, system_names: frozenset[str], wanted: list[str]) -> dict[str, Any]:
    shown: dict[str, Any] = {
        "MessageId": message.id,
        "ReceiptHandle": handles.make(message.space, message.seq, message.nonce),
        "MD5OfBody": message.body_md5,
        "Body": message.body,
    }
    if system_names:
        values = _system_attributes(message, queue)
        if "All" not in system_names:
            values = {name: value for name, value in values.items() if name in system_names}
        if values:
            shown["Attributes"] = values
    if wanted and message.attributes:
        chosen = {name: value for name, value in message.attributes.items() if _is_wanted(name, wanted)}
        if chosen:
            shown["MessageAttributes"] = contents.show_attributes(chosen)
            shown["MD5OfMessageAttributes"] = contents.attributes_md5(chosen)
    return shown


def _is_wanted(name: str, wanted: list[str]) -> bool:
    return any(
        pattern in ("All", ".*") or pattern == name or (pattern.endswith(".*") and name.startswith(pattern[:-2]))
        for pattern in wanted
    )


def _system_attributes(message: Message, queue: Queue) -> dict[str, str]:
    values = {
        "SenderId": message.sender,
        "SentTimestamp": str(message.sent_ms),
        "ApproximateReceiveCount": str(message.receives),
        "ApproximateFirstReceiveTimestamp": str(message.first_received_ms),
    }
    if queue.is_fifo:
        values["SequenceNumber"] = fifo.sequence_number(message.seq)
        values["MessageDeduplicationId"] = message.dedup_id
    if message.group:
        values["MessageGroupId"] = message.group
    if message.trace_header:
        values["AWSTraceHeader"] = message.trace_header
    if message.dead_from:
        values["DeadLetterQueueSourceArn"] = message.dead_from
    return values
