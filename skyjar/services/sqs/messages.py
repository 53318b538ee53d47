"""Operations on messages."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from skyjar.kernel.call import Call
from skyjar.kernel.errors import AWSError, Wait
from skyjar.kernel.service import operation
from skyjar.kernel.tables import At

from . import contents, fifo, handles, limits, state, throttle
from .errors import (
    BatchEntryIdsNotDistinct,
    BatchRequestTooLong,
    EmptyBatchRequest,
    InvalidAttributeName,
    InvalidBatchEntryId,
    InvalidParameterValue,
    MessageNotInflight,
    TooManyEntriesInBatchRequest,
)
from .receiving import Receiver
from .sending import Entry, Sender
from .state import Attempt, Message, Queue

_BATCH_ID = re.compile(r"^[A-Za-z0-9_-]{1,80}$")
_SYSTEM_NAMES = frozenset(
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


@operation
def send_message(
    call: Call,
    *,
    queue_url: str,
    message_body: str,
    delay_seconds: int | None = None,
    message_attributes: dict[str, Any] | None = None,
    message_system_attributes: dict[str, Any] | None = None,
    message_deduplication_id: str | None = None,
    message_group_id: str | None = None,
) -> dict[str, Any]:
    at, queue = state.by_url(call, queue_url)
    throttle.count(call, at, queue, "SendMessage")
    entry = Entry(
        queue,
        {
            "MessageBody": message_body,
            "DelaySeconds": delay_seconds,
            "MessageAttributes": message_attributes,
            "MessageSystemAttributes": message_system_attributes,
            "MessageDeduplicationId": message_deduplication_id,
            "MessageGroupId": message_group_id,
        },
    )
    sender = Sender(call, at, queue)
    answer = sender.send(entry)
    sender.close()
    return answer


@operation
def send_message_batch(call: Call, *, queue_url: str, entries: list[dict[str, Any]]) -> dict[str, Any]:
    at, queue = state.by_url(call, queue_url)
    throttle.count(call, at, queue, "SendMessage")
    _check_batch(entries, "SendMessageBatchRequestEntry")
    _check_batch_size(entries)
    sender = Sender(call, at, queue)
    result = _each(entries, lambda given: sender.send(Entry(queue, given)))
    sender.close()
    return result


@operation
def receive_message(
    call: Call,
    *,
    queue_url: str,
    attribute_names: list[str] | None = None,
    message_system_attribute_names: list[str] | None = None,
    message_attribute_names: list[str] | None = None,
    max_number_of_messages: int = 1,
    visibility_timeout: int | None = None,
    wait_time_seconds: int | None = None,
    receive_request_attempt_id: str | None = None,
) -> dict[str, Any]:
    at, queue = state.by_url(call, queue_url)
    _check_range("MaxNumberOfMessages", max_number_of_messages, 1, limits.RECEIVE_MESSAGES)
    if visibility_timeout is not None:
        _check_range("VisibilityTimeout", visibility_timeout, 0, limits.VISIBILITY_S)
    if wait_time_seconds is not None:
        _check_range("WaitTimeSeconds", wait_time_seconds, 0, limits.WAIT_S)
    system_names = {*(attribute_names or ()), *(message_system_attribute_names or ())}
    if unknown := system_names - _SYSTEM_NAMES:
        raise InvalidAttributeName(f"Unknown Attribute {min(unknown)}.")
    throttle.count(call, at, queue, "ReceiveMessage")
    hide_s = queue.visibility_timeout_s if visibility_timeout is None else visibility_timeout
    writes = len(call.tx.writes)
    taken = _retried(call, at, queue, receive_request_attempt_id, hide_s)
    if taken is None:
        taken = Receiver(call, at, queue, max_number_of_messages, hide_s).receive()
    if not taken:
        wait_s = queue.wait_s if wait_time_seconds is None else wait_time_seconds
        if call.elapsed_s < wait_s and len(call.tx.writes) == writes:
            raise _wait(call, at, queue, wait_s)
        return {}
    if receive_request_attempt_id and queue.is_fifo:
        _remember(call, at, queue, receive_request_attempt_id, taken)
    wanted = message_attribute_names or []
    return {"Messages": [_show(message, queue, system_names, wanted) for message in taken]}


def _check_range(name: str, value: int, least: int, most: int) -> None:
    if not least <= value <= most:
        raise InvalidParameterValue(
            f"Value {value} for parameter {name} is invalid. Reason: Must be between {least} and {most}, if provided."
        )


def _wait(call: Call, at: At, queue: Queue, wait_s: float) -> Wait:
    """Until a message comes, is shown again, or its delay is over; or the queue itself changes; or time is up."""
    deadline = call.now + wait_s - call.elapsed_s
    if queue.is_fifo:
        soonest = fifo.next_ready_ms(at, queue.space)
        on = state.groups.watched(at, queue.space, via="ready")
    else:
        head = state.all_messages(at, queue, 1)
        soonest = head[0].visible_at_ms if head else None
        on = state.messages.watched(at, queue.space)
    if soonest is not None:
        deadline = min(deadline, max(soonest / 1000, call.now + 0.001))
    return Wait(on=(on, state.queues.watched(at, queue.name)), until=deadline)


def _retried(call: Call, at: At, queue: Queue, attempt_id: str | None, hide_s: int) -> list[Message] | None:
    """What the same attempt received before, hidden anew, while none of it was deleted or shown again."""
    if not attempt_id or not queue.is_fifo:
        return None
    for old in state.attempts.range(at, queue.space, via="expires", end=(call.now_ms,), limit=8, is_queue=True):
        state.attempts.remove(at, old)
    attempt = state.attempts.get(at, queue.space, attempt_id)
    if attempt is None or attempt.expires_ms <= call.now_ms:
        return None
    found: list[Message] = []
    for seq, nonce in attempt.received:
        message = state.fifo_messages.get(at, queue.space, seq)
        if message is None or message.nonce != nonce or message.visible_at_ms <= call.now_ms:
            return None
        hidden = state.replace(message, visible_at_ms=call.now_ms + hide_s * 1000)
        state.fifo_messages.replace(at, message, hidden)
        fifo.refresh(at, queue.space, message.group, call.now_ms)
        found.append(hidden)
    return found


def _remember(call: Call, at: At, queue: Queue, attempt_id: str, taken: list[Message]) -> None:
    received = tuple((message.seq, message.nonce) for message in taken)
    expires_ms = call.now_ms + limits.ATTEMPT_S * 1000
    state.attempts.put(at, Attempt(space=queue.space, id=attempt_id, received=received, expires_ms=expires_ms))


def _show(message: Message, queue: Queue, system_names: set[str], wanted: list[str]) -> dict[str, Any]:
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


@operation
def delete_message(call: Call, *, queue_url: str, receipt_handle: str) -> None:
    at, queue = state.by_url(call, queue_url)
    throttle.count(call, at, queue, "DeleteMessage")
    _delete(call, at, queue, receipt_handle)


@operation
def delete_message_batch(call: Call, *, queue_url: str, entries: list[dict[str, Any]]) -> dict[str, Any]:
    at, queue = state.by_url(call, queue_url)
    throttle.count(call, at, queue, "DeleteMessage")
    _check_batch(entries, "DeleteMessageBatchRequestEntry")
    return _each(entries, lambda given: _delete(call, at, queue, given["ReceiptHandle"]))


def _delete(call: Call, at: At, queue: Queue, handle: str) -> dict[str, Any]:
    """Deleting twice succeeds, and so does a handle of an earlier receipt, which deletes nothing (API reference)."""
    space, seq, nonce = handles.read(handle)
    message = state.find_message(at, queue, seq) if space == queue.space else None
    if message is None or message.nonce != nonce:
        return {}
    if queue.is_fifo and message.visible_at_ms <= call.now_ms:
        raise InvalidParameterValue(
            f"Value {handle} for parameter ReceiptHandle is invalid. Reason: The receipt handle has expired."
        )
    state.remove_message(at, queue, message)
    tally = state.tally_of(at, space)
    state.tallies.put(at, state.replace(tally, stored=tally.stored - 1))
    if queue.is_fifo:
        fifo.refresh(at, space, message.group, call.now_ms)
    return {}


@operation
def change_message_visibility(call: Call, *, queue_url: str, receipt_handle: str, visibility_timeout: int) -> None:
    at, queue = state.by_url(call, queue_url)
    _change_visibility(call, at, queue, receipt_handle, visibility_timeout)


@operation
def change_message_visibility_batch(call: Call, *, queue_url: str, entries: list[dict[str, Any]]) -> dict[str, Any]:
    at, queue = state.by_url(call, queue_url)
    _check_batch(entries, "ChangeMessageVisibilityBatchRequestEntry")
    return _each(
        entries,
        lambda given: _change_visibility(call, at, queue, given["ReceiptHandle"], given.get("VisibilityTimeout", 0)),
    )


def _change_visibility(call: Call, at: At, queue: Queue, handle: str, timeout_s: int) -> dict[str, Any]:
    _check_range("VisibilityTimeout", timeout_s, 0, limits.VISIBILITY_S)
    space, seq, nonce = handles.read(handle)
    message = state.find_message(at, queue, seq) if space == queue.space else None
    if message is None:
        raise InvalidParameterValue(
            f"Value {handle} for parameter ReceiptHandle is invalid. Reason: Message does not exist or is not available "
            "for visibility timeout change."
        )
    if message.visible_at_ms <= call.now_ms or message.nonce != nonce:
        raise MessageNotInflight("The message referred to isn't in flight.")
    if call.now_ms + timeout_s * 1000 > message.first_received_ms + limits.VISIBILITY_S * 1000 and timeout_s:
        raise InvalidParameterValue(
            f"Value {timeout_s} for parameter VisibilityTimeout is invalid. Reason: Total VisibilityTimeout for the "
            "message is beyond the limit [43200 seconds]"
        )
    changed = state.replace(message, visible_at_ms=call.now_ms + timeout_s * 1000)
    state.change_message(at, queue, message, changed)
    if queue.is_fifo:
        fifo.refresh(at, space, message.group, call.now_ms)
    return {}


def _check_batch(entries: list[dict[str, Any]], kind: str) -> None:
    if not entries:
        raise EmptyBatchRequest(f"There should be at least one {kind} in the request.")
    if len(entries) > limits.BATCH_ENTRIES:
        raise TooManyEntriesInBatchRequest(len(entries))
    seen: set[str] = set()
    for entry in entries:
        identity = entry["Id"]
        if not _BATCH_ID.match(identity):
            raise InvalidBatchEntryId
        if identity in seen:
            raise BatchEntryIdsNotDistinct(f"Id {identity} repeated.")
        seen.add(identity)


def _check_batch_size(entries: list[dict[str, Any]]) -> None:
    size = 0
    for entry in entries:
        body = entry["MessageBody"]
        size += len(body) if body.isascii() else len(body.encode())
        if entry.get("MessageAttributes"):
            size += contents.attributes_size(contents.read_attributes(entry["MessageAttributes"]))
    if size > limits.MESSAGE_BYTES:
        raise BatchRequestTooLong(size)


def _each(entries: list[dict[str, Any]], act: Callable[[dict[str, Any]], dict[str, Any]]) -> dict[str, Any]:
    """Do it for each entry; an AWS error fails that entry alone."""
    done: list[dict[str, Any]] = []
    failed: list[dict[str, Any]] = []
    for entry in entries:
        try:
            done.append({"Id": entry["Id"], **act(entry)})
        except AWSError as error:
            failed.append(
                {"Id": entry["Id"], "Code": error.code, "Message": error.message, "SenderFault": error.sender}
            )
    return {"Successful": done, "Failed": failed} if failed else {"Successful": done}
