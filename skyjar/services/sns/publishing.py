"""Publish and PublishBatch: a message is kept until the topic's job has given it to every subscription."""

from __future__ import annotations

import hashlib
import re
from typing import Any

from skyjar.kernel.call import Call
from skyjar.kernel.errors import AWSError
from skyjar.kernel.service import operation
from skyjar.kernel.tables import At

from . import archives, contents, deliveries, encryption, endpoint_forms, letters, limits, pushes, state, texts
from .errors import (
    BatchEntryIdsNotDistinctException,
    BatchRequestTooLongException,
    EmptyBatchRequestException,
    InvalidBatchEntryIdException,
    InvalidParameterException,
    TooManyEntriesInBatchRequestException,
)
from .state import Attribute, Dedup, Publication, Topic

_ID = re.compile(r"[A-Za-z0-9_-]{1,80}\Z")


@operation
def publish(
    call: Call,
    *,
    message: str,
    topic_arn: str | None = None,
    target_arn: str | None = None,
    phone_number: str | None = None,
    subject: str | None = None,
    message_structure: str | None = None,
    message_attributes: dict[str, dict[str, Any]] | None = None,
    message_deduplication_id: str | None = None,
    message_group_id: str | None = None,
) -> dict[str, str]:
    targets = [each for each in (topic_arn, target_arn, phone_number) if each]
    if len(targets) != 1:
        reason = "no value for required parameter" if not targets else "only one of them may be given"
        raise InvalidParameterException(f"TopicArn, TargetArn or PhoneNumber Reason: {reason}")
    attributes = contents.read_attributes(message_attributes) if message_attributes else {}
    if phone_number:
        if not endpoint_forms.is_phone(phone_number):
            raise InvalidParameterException(f"PhoneNumber Reason: {phone_number} is not valid to publish to")
        is_structured = contents.check_structure(message, message_structure)
        text = contents.of_protocol(message, is_structured, "sms")
        contents.check(text, None, {}, limits.SMS_BYTES)
        return {"MessageId": texts.send(call, phone_number, text, attributes)}
    arn = targets[0]
    if target_arn and ":endpoint/" in arn:
        is_structured = contents.check_structure(message, message_structure)
        contents.check(message, subject, attributes, limits.MESSAGE_BYTES_DEFAULT)
        return {"MessageId": pushes.send(call, arn, message, is_structured, subject, attributes)}
    at, topic = state.existing(call, arn, "TopicArn" if topic_arn else "TargetArn")
    publisher = Publisher(call, at, topic)
    answer = publisher.accept(
        message, subject, message_structure, attributes, message_group_id or "", message_deduplication_id or ""
    )
    publisher.close()
    return answer


@operation
def publish_batch(
    call: Call, *, topic_arn: str, publish_batch_request_entries: list[dict[str, Any]]
) -> dict[str, list[dict[str, Any]]]:
    at, topic = state.existing(call, topic_arn)
    entries = publish_batch_request_entries
    _check_batch(entries, topic)
    publisher = Publisher(call, at, topic)
    done: list[dict[str, Any]] = []
    failed: list[dict[str, Any]] = []
    for entry in entries:
        try:
            answer = publisher.accept(
                entry["Message"],
                entry.get("Subject"),
                entry.get("MessageStructure"),
                contents.read_attributes(entry.get("MessageAttributes") or {}),
                entry.get("MessageGroupId") or "",
                entry.get("MessageDeduplicationId") or "",
            )
        except AWSError as error:
            failed.append(
                {"Id": entry["Id"], "Code": error.code, "Message": error.message, "SenderFault": error.sender}
            )
        else:
            done.append({"Id": entry["Id"], **answer})
    publisher.close()
    return {"Successful": done, "Failed": failed}


def _check_batch(entries: list[dict[str, Any]], topic: Topic) -> None:
    if not entries:
        raise EmptyBatchRequestException
    if len(entries) > limits.BATCH_ENTRIES:
        raise TooManyEntriesInBatchRequestException
    ids = [entry["Id"] for entry in entries]
    if not all(_ID.match(identity) for identity in ids):
        raise InvalidBatchEntryIdException
    if len(set(ids)) != len(ids):
        raise BatchEntryIdsNotDistinctException
    size = sum(_given_size(entry) for entry in entries)
    if size > topic.message_bytes:
        raise BatchRequestTooLongException


def _given_size(entry: dict[str, Any]) -> int:
    size = len(entry["Message"].encode())
    for name, value in (entry.get("MessageAttributes") or {}).items():
        size += len(name.encode()) + len(value.get("DataType") or "") + len((value.get("StringValue") or "").encode())
        size += len(value.get("BinaryValue") or b"")
    return size


class Publisher:
    """Keeps the messages of one call to a topic; `close` has them delivered."""

    __slots__ = ("_at", "_call", "_count", "_topic")

    def __init__(self, call: Call, at: At, topic: Topic) -> None:
        self._call = call
        self._at = at
        self._topic = topic
        self._count = 0

    def accept(
        self,
        message: str,
        subject: str | None,
        structure: str | None,
        attributes: dict[str, Attribute],
        group: str,
        dedup_id: str,
    ) -> dict[str, str]:
        """What Publish answers for it."""
        call, at, topic = self._call, self._at, self._topic
        is_structured = contents.check_structure(message, structure)
        contents.check(message, subject, attributes, topic.message_bytes)
        dedup_id = _checked_ids(topic, message, group, dedup_id)
        before = _known(call, at, topic, group, dedup_id) if topic.is_fifo else None
        if before is not None:
            return {"MessageId": before.message_id, "SequenceNumber": letters.sequence_number(before.number)}
        message_id, number = call.new_id(), state.next_number(at, topic.name)
        sealed = encryption.seal(call, at, topic, message) if topic.kms_key else b""
        publication = Publication(
            topic=topic.name,
            number=number,
            id=message_id,
            at_ms=call.now_ms,
            message="" if sealed else message,
            subject=subject,
            is_structured=is_structured,
            attributes=attributes,
            group=group,
            dedup_id=dedup_id,
            sealed=sealed,
            publisher=call.caller if sealed else None,
        )
        state.publications.add(at, publication)
        if topic.archive_days:
            archives.keep(call, at, topic, publication)
        self._count += 1
        answer = {"MessageId": message_id}
        if topic.is_fifo:
            _remember(call, at, topic, group, dedup_id, message_id, number)
            answer["SequenceNumber"] = letters.sequence_number(number)
        return answer

    def close(self) -> None:
        if self._count:
            acting = state.acting(self._call, self._at)
            acting.later(deliveries.deliver, key=self._topic.name, topic=self._topic.name)


def _checked_ids(topic: Topic, message: str, group: str, dedup_id: str) -> str:
    """The deduplication id."""
    if group:
        contents.check_id("MessageGroupId", group)
    if not topic.is_fifo:
        if dedup_id:
            raise InvalidParameterException(
                "MessageDeduplicationId Reason: The request includes MessageDeduplicationId parameter that is not valid "
                "for this topic type"
            )
        return ""
    if not group:
        raise InvalidParameterException("The MessageGroupId parameter is required for FIFO topics")
    if dedup_id:
        contents.check_id("MessageDeduplicationId", dedup_id)
        return dedup_id
    if not topic.dedups_by_content:
        raise InvalidParameterException(
            "The topic should either have ContentBasedDeduplication enabled or MessageDeduplicationId provided explicitly"
        )
    return hashlib.sha256(message.encode()).hexdigest()


def _dedup_key(topic: Topic, group: str, dedup_id: str) -> str:
    return f"{group}\n{dedup_id}" if topic.dedups_by_group else dedup_id


def _known(call: Call, at: At, topic: Topic, group: str, dedup_id: str) -> Dedup | None:
    """The earlier message of the same deduplication id, within the interval."""
    for old in state.dedups.range(at, topic.name, via="expires", end=(call.now_ms + 1,), limit=8, is_queue=True):
        state.dedups.remove(at, old)
    found = state.dedups.get(at, topic.name, _dedup_key(topic, group, dedup_id))
    return found if found is not None and found.expires_ms > call.now_ms else None


def _remember(call: Call, at: At, topic: Topic, group: str, dedup_id: str, message_id: str, number: int) -> None:
    state.dedups.put(
        at,
        Dedup(
            topic=topic.name,
            id=_dedup_key(topic, group, dedup_id),
            message_id=message_id,
            number=number,
            expires_ms=call.now_ms + limits.DEDUPLICATION_S * 1000,
        ),
    )
