"""Operations on messages."""

from __future__ import annotations

from typing import Any

from skyjar.kernel.call import Call
from skyjar.kernel.errors import Wait
from skyjar.kernel.service import operation
from skyjar.kernel.tables import At

from . import attempts, batches, encryption, fifo, handles, limits, showing, state, throttle
from .errors import InvalidAttributeName, InvalidParameterValue, MessageNotInflight, ReceiptHandleIsInvalid
from .receiving import Receiver
from .sending import Entry, Sender, check_id
from .state import Queue


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
    if queue.is_fifo:
        throttle.count(call, at, queue, "SendMessage")
    if queue.kms_key:
        encryption.data_key(call, at, queue)
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
    if queue.is_fifo:
        throttle.count(call, at, queue, "SendMessage")
    if queue.kms_key:
        encryption.data_key(call, at, queue)
    batches.check(entries, "SendMessageBatchRequestEntry")
    batches.check_size(entries)
    sender = Sender(call, at, queue)
    result = batches.each(entries, lambda given: sender.send(Entry(queue, given)))
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
    system_names = frozenset((*(attribute_names or ()), *(message_system_attribute_names or ())))
    if system_names and (unknown := system_names - showing.SYSTEM_NAMES):
        raise InvalidAttributeName(f"Unknown Attribute {min(unknown)}.")
    if receive_request_attempt_id:
        check_id("ReceiveRequestAttemptId", receive_request_attempt_id, is_allowed=queue.is_fifo)
    if queue.is_fifo:
        throttle.count(call, at, queue, "ReceiveMessage")
    hide_s = queue.visibility_timeout_s if visibility_timeout is None else visibility_timeout
    writes = len(call.tx.writes)
    taken = attempts.retried(call, at, queue, receive_request_attempt_id, hide_s)
    if taken is None:
        taken = Receiver(call, at, queue, max_number_of_messages, hide_s).receive()
    if not taken:
        wait_s = queue.wait_s if wait_time_seconds is None else wait_time_seconds
        if call.elapsed_s < wait_s and len(call.tx.writes) == writes:
            raise _wait(call, at, queue, wait_s)
        return {}
    if receive_request_attempt_id:
        attempts.remember(call, at, queue, receive_request_attempt_id, taken)
    wanted = message_attribute_names or []
    shown = [
        showing.show(message if message.body else encryption.opened(call, queue, message), queue, system_names, wanted)
        for message in taken
    ]
    return {"Messages": shown}


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


@operation
def delete_message(call: Call, *, queue_url: str, receipt_handle: str) -> None:
    at, queue = state.by_url(call, queue_url)
    if queue.is_fifo:
        throttle.count(call, at, queue, "DeleteMessage")
    _delete(call, at, queue, receipt_handle)


@operation
def delete_message_batch(call: Call, *, queue_url: str, entries: list[dict[str, Any]]) -> dict[str, Any]:
    at, queue = state.by_url(call, queue_url)
    if queue.is_fifo:
        throttle.count(call, at, queue, "DeleteMessage")
    batches.check(entries, "DeleteMessageBatchRequestEntry")
    return batches.each(entries, lambda given: _delete(call, at, queue, given["ReceiptHandle"]))


def _read(queue: Queue, handle: str) -> tuple[int, str]:
    """The sequence number and the nonce in a handle of this queue; 0 for one of before it was purged."""
    space, seq, nonce = handles.read(handle)
    if space == queue.space:
        return seq, nonce
    if not state.is_of(queue, space):
        raise ReceiptHandleIsInvalid(handle)
    return 0, nonce


def _delete(call: Call, at: At, queue: Queue, handle: str) -> dict[str, Any]:
    """Deleting twice succeeds, and so does a handle of an earlier receipt, which deletes nothing (API reference)."""
    seq, nonce = _read(queue, handle)
    if queue.is_fifo:
        message = state.find_message(at, queue, seq)
        if message is None or message.nonce != nonce:
            return {}
        if message.visible_at_ms <= call.now_ms:
            raise InvalidParameterValue(
                f"Value {handle} for parameter ReceiptHandle is invalid. Reason: The receipt handle has expired."
            )
        state.remove_message(at, queue, message)
        fifo.refresh(at, queue.space, message.group, call.now_ms)
    else:
        flight = state.flights.get(at, queue.space, seq)
        if flight is None or flight.nonce != nonce:
            return {}
        state.land(at, flight)
    state.count_stored(at, queue, -1)
    return {}


@operation
def change_message_visibility(call: Call, *, queue_url: str, receipt_handle: str, visibility_timeout: int) -> None:
    at, queue = state.by_url(call, queue_url)
    if queue.is_fifo:
        throttle.count(call, at, queue, "ChangeMessageVisibility")
    _change_visibility(call, at, queue, receipt_handle, visibility_timeout)


@operation
def change_message_visibility_batch(call: Call, *, queue_url: str, entries: list[dict[str, Any]]) -> dict[str, Any]:
    at, queue = state.by_url(call, queue_url)
    if queue.is_fifo:
        throttle.count(call, at, queue, "ChangeMessageVisibility")
    batches.check(entries, "ChangeMessageVisibilityBatchRequestEntry")
    return batches.each(
        entries,
        lambda given: _change_visibility(call, at, queue, given["ReceiptHandle"], given.get("VisibilityTimeout", 0)),
    )


def _change_visibility(call: Call, at: At, queue: Queue, handle: str, timeout_s: int) -> dict[str, Any]:
    _check_range("VisibilityTimeout", timeout_s, 0, limits.VISIBILITY_S)
    seq, nonce = _read(queue, handle)
    message = state.find_message(at, queue, seq)
    if message is None:
        raise InvalidParameterValue(
            f"Value {handle} for parameter ReceiptHandle is invalid. Reason: Message does not exist or is not available "
            "for visibility timeout change."
        )
    if message.visible_at_ms <= call.now_ms or message.nonce != nonce:
        raise MessageNotInflight("The message referred to isn't in flight.")
    if call.now_ms + timeout_s * 1000 > message.received_ms + limits.VISIBILITY_S * 1000 and timeout_s:
        raise InvalidParameterValue(
            f"Value {timeout_s} for parameter VisibilityTimeout is invalid. Reason: Total VisibilityTimeout for the "
            "message is beyond the limit [43200 seconds]"
        )
    changed = state.replace(message, visible_at_ms=call.now_ms + timeout_s * 1000)
    state.change_message(at, queue, message, changed)
    if queue.is_fifo:
        fifo.refresh(at, queue.space, message.group, call.now_ms)
    return {}
