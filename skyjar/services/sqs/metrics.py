"""AWS/SQS: what queues tell CloudWatch. Source: SQS Developer Guide, "Available CloudWatch metrics for Amazon SQS".

A queue tells all of them every minute, zeros as well, for six hours after it was used last.
"""

from __future__ import annotations

from typing import Any

from skyjar.kernel.call import Call
from skyjar.kernel.metrics import Ended, Gauge, Tallies, Tally

from . import contents, state, usage
from .state import Queue

NAMESPACE = "AWS/SQS"
IDLE_S = 6 * 3600
SHORT = usage.CHUNK_BYTES // 4  # letters that are no more than a chunk, however they are encoded
AGED = 1_000  # messages among which the oldest is looked for, the longest visible first


SENT = ("NumberOfMessagesSent", "Count")
SIZE = ("SentMessageSize", "Bytes")
RECEIVED = ("NumberOfMessagesReceived", "Count")
EMPTY = ("NumberOfEmptyReceives", "Count")
DELETED = ("NumberOfMessagesDeleted", "Count")


def _tally(ended: Ended, tallies: Tallies) -> Tally:
    url, region = ended.parameters["queue_url"], ended.region
    known = tallies.known(ended.clock_began)
    found = known.get((url, region))
    if found is None:
        _, account, name = url.rsplit("/", 2)
        found = known[url, region] = tallies.of(account, region, ended.clock_began, NAMESPACE, (("QueueName", name),))
        tallies.touch(account, region, "sqs", name)
        usage.follow(found, tallies, ended.clock_began, account, region, name)
    return found


def _sent(ended: Ended, tallies: Tallies) -> None:
    if ended.error_code:
        return
    given = ended.parameters
    attributes = given.get("message_attributes")
    tally = _tally(ended, tallies)
    tally.add(SENT, 1.0)
    size = _size(given["message_body"], attributes)
    tally.add(SIZE, size)
    if size > usage.CHUNK_BYTES:
        usage.carried(ended, tallies, "SendMessage", size)


def _size(body: str, attributes: dict[str, Any] | None) -> float:
    size = len(body) if body.isascii() else len(body.encode())
    return float(size + contents.attributes_size(contents.read_attributes(attributes)) if attributes else size)


def _sent_batch(ended: Ended, tallies: Tallies) -> None:
    if ended.error_code:
        return
    entries = ended.parameters["entries"]
    if ended.result.get("Failed"):
        good = {each["Id"] for each in ended.result["Successful"]}
        entries = [each for each in entries if each["Id"] in good]
    if entries:
        tally = _tally(ended, tallies)
        tally.add(SENT, float(len(entries)))
        sizes, total = tally.told.setdefault(SIZE, {}), 0.0
        for each in entries:
            size = _size(each["MessageBody"], each.get("MessageAttributes"))
            sizes[size] = sizes.get(size, 0.0) + 1.0
            total += size
        if total > usage.CHUNK_BYTES:
            usage.carried(ended, tallies, "SendMessage", total)


def _received(ended: Ended, tallies: Tallies) -> None:
    if ended.error_code:
        return
    messages = ended.result.get("Messages")
    if messages:
        _tally(ended, tallies).add(RECEIVED, float(len(messages)))
        first = messages[0]
        if len(messages) > 1 or len(first["Body"]) > SHORT or "MessageAttributes" in first:
            _received_much(ended, tallies, messages)
    else:
        _tally(ended, tallies).add(EMPTY, 1.0)


def _received_much(ended: Ended, tallies: Tallies, messages: list[dict[str, Any]]) -> None:
    size = sum(_size(each["Body"], each.get("MessageAttributes")) for each in messages)
    if size > usage.CHUNK_BYTES:
        usage.carried(ended, tallies, "ReceiveMessage", size)


def _deleted(ended: Ended, tallies: Tallies) -> None:
    if not ended.error_code:
        _tally(ended, tallies).add(DELETED, 1.0)


def _deleted_batch(ended: Ended, tallies: Tallies) -> None:
    if not ended.error_code and ended.result.get("Successful"):
        _tally(ended, tallies).add(DELETED, float(len(ended.result["Successful"])))


def _used(ended: Ended, tallies: Tallies) -> None:
    if not ended.error_code:
        _, account, name = ended.parameters["queue_url"].rsplit("/", 2)
        tallies.touch(account, ended.region, "sqs", name)


def _created(ended: Ended, tallies: Tallies) -> None:
    if not ended.error_code:
        tallies.touch(ended.account, ended.region, "sqs", ended.parameters["queue_name"])


COUNTED = {
    "send_message": _sent,
    "send_message_batch": _sent_batch,
    "receive_message": _received,
    "delete_message": _deleted,
    "delete_message_batch": _deleted_batch,
    "change_message_visibility": _used,
    "get_queue_attributes": _used,
    "create_queue": _created,
}


def gauges(call: Call, resource: str) -> list[Gauge]:
    queue = state.queues.get(call, resource)
    if queue is None:
        return []
    own = (("QueueName", resource),)
    visible, in_flight, delayed = state.counts(call, queue, call.now_ms)
    standing = (
        ("ApproximateNumberOfMessagesVisible", "Count", visible),
        ("ApproximateNumberOfMessagesNotVisible", "Count", in_flight),
        ("ApproximateNumberOfMessagesDelayed", "Count", delayed),
        ("ApproximateAgeOfOldestMessage", "Seconds", _age_s(call, queue)),
    )
    found = [Gauge(name, unit, float(value), own) for name, unit, value in standing]
    return found + [Gauge(name, unit, 0.0, own, is_floor=True) for name, unit in (SENT, RECEIVED, EMPTY, DELETED)]


def _age_s(call: Call, queue: Queue) -> int:
    kept_ms = call.now_ms - queue.retention_s * 1000
    sent = [each.sent_ms for each in state.all_messages(call, queue, AGED) if each.sent_ms > kept_ms]
    return (call.now_ms - min(sent)) // 1000 if sent else 0
