"""Adding a message to a queue: delay, deduplication, order."""

from __future__ import annotations

import hashlib
from typing import Any

from skyjar.kernel.call import Call
from skyjar.kernel.tables import At

from . import contents, encryption, fifo, jobs, limits, state
from .errors import InvalidParameterValue, MissingParameter
from .state import Attribute, Dedup, Message, Queue, Tally

_SYSTEM = "AWSTraceHeader"


class Entry:
    """A message as a caller gives it, checked; `raw` is the body's bytes."""

    __slots__ = ("attributes", "body", "dedup_id", "delay_s", "group", "raw", "trace_header")

    def __init__(self, queue: Queue, given: dict[str, Any]) -> None:
        get = given.get
        self.body: str = given["MessageBody"]
        contents.check_body(self.body)
        self.raw = self.body.encode()
        size_bytes = len(self.raw)
        attributes = get("MessageAttributes")
        self.attributes: dict[str, Attribute] = contents.read_attributes(attributes) if attributes else {}
        if attributes:
            size_bytes += contents.attributes_size(self.attributes)
        if size_bytes > queue.message_bytes:
            contents.check_size(size_bytes, queue.message_bytes)
        system = get("MessageSystemAttributes")
        self.trace_header = _trace_header(system) if system else ""
        self.group: str = get("MessageGroupId") or ""
        self.dedup_id: str = get("MessageDeduplicationId") or ""
        delay_s = get("DelaySeconds")
        self.delay_s: int = queue.delay_s if delay_s is None else _delay(queue, delay_s)
        if queue.is_fifo or self.group or self.dedup_id:
            _check_fifo(queue, self)


def _trace_header(given: dict[str, dict[str, Any]]) -> str:
    for name, value in given.items():
        if name != _SYSTEM or value.get("DataType") != "String" or not value.get("StringValue"):
            raise InvalidParameterValue(f"Message system attribute name '{name}' is invalid.")
    return str(given[_SYSTEM]["StringValue"]) if given else ""


def _delay(queue: Queue, delay_s: int) -> int:
    if queue.is_fifo:
        if delay_s == 0:
            return queue.delay_s
        raise InvalidParameterValue(
            f"Value {delay_s} for parameter DelaySeconds is invalid. Reason: The request include parameter that is not "
            "valid for this queue type."
        )
    if not 0 <= delay_s <= limits.DELAY_S:
        raise InvalidParameterValue(
            f"Value {delay_s} for parameter DelaySeconds is invalid. Reason: DelaySeconds must be >= 0 and <= 900."
        )
    return delay_s


def check_id(name: str, value: str, *, is_allowed: bool = True) -> None:
    """Of a group, a deduplication or an attempt; `is_allowed`: whether queues of this type know it."""
    if len(value) > limits.ID_LENGTH or not (value.isascii() and value.isprintable() and " " not in value):
        raise InvalidParameterValue(
            f"Value {value} for parameter {name} is invalid. Reason: {name} can only include alphanumeric and "
            "punctuation characters. 1 to 128 in length."
        )
    if not is_allowed:
        raise InvalidParameterValue(
            f"Value {value} for parameter {name} is invalid. Reason: The request include parameter that is not valid for "
            "this queue type."
        )


def _check_fifo(queue: Queue, entry: Entry) -> None:
    if entry.group:
        check_id("MessageGroupId", entry.group)
    if entry.dedup_id:
        check_id("MessageDeduplicationId", entry.dedup_id, is_allowed=queue.is_fifo)
    if not queue.is_fifo:
        return
    if not entry.group:
        raise MissingParameter("MessageGroupId")
    if not entry.dedup_id:
        if not queue.dedups_by_content:
            raise InvalidParameterValue(
                "The queue should either have ContentBasedDeduplication enabled or MessageDeduplicationId provided "
                "explicitly"
            )
        entry.dedup_id = hashlib.sha256(entry.raw).hexdigest()


class Sender:
    """Adds the messages of one call; the space's tally is read once and written once, and what goes to a standard queue is
    written together when the sender is closed."""

    __slots__ = ("_at", "_call", "_fresh", "_new_id", "_now_ms", "_queue", "_sender", "_sweep_ms", "_was", "next_seq")

    def __init__(self, call: Call, at: At, queue: Queue) -> None:
        self._call = call
        self._at = at
        self._queue = queue
        self._new_id = call.chance.uuid
        self._now_ms = call.now_ms
        self._sender = call.caller.id
        self._was = state.tally_of(at, queue.space)
        self._sweep_ms = self._was.sweep_ms
        self.next_seq = self._was.next_seq
        self._fresh: list[Message] = []

    def send(self, entry: Entry) -> dict[str, Any]:
        """What SendMessage answers for it."""
        queue = self._queue
        known = self._known(entry) if queue.is_fifo else None
        body_md5 = contents.md5(entry.raw)
        attributes_md5 = contents.attributes_md5(entry.attributes) if entry.attributes else ""
        if known is None:
            seq = self.next_seq
            message_id = self._new_id()
            message = Message(
                space=queue.space,
                seq=seq,
                id=message_id,
                body=entry.body,
                body_md5=body_md5,
                sent_ms=self._now_ms,
                visible_at_ms=self._now_ms + entry.delay_s * 1000,
                sender=self._sender,
                attributes=entry.attributes,
                attributes_md5=attributes_md5,
                trace_header=entry.trace_header,
                group=entry.group,
                dedup_id=entry.dedup_id,
            )
            self.add(encryption.seal(self._call, self._at, queue, message) if queue.kms_key else message)
        else:
            message_id, seq = known.message_id, known.seq
        answer: dict[str, Any] = {"MessageId": message_id, "MD5OfMessageBody": body_md5}
        if attributes_md5:
            answer["MD5OfMessageAttributes"] = attributes_md5
        if entry.trace_header:
            header = {_SYSTEM: Attribute("String", entry.trace_header)}
            answer["MD5OfMessageSystemAttributes"] = contents.attributes_md5(header)
        if queue.is_fifo:
            answer["SequenceNumber"] = fifo.sequence_number(seq)
        return answer

    def add(self, message: Message) -> None:
        """Add a message whose `seq` is `next_seq`."""
        self.next_seq += 1
        queue = self._queue
        if queue.is_fifo:
            state.fifo_messages.add(self._at, message)
            fifo.joined(self._at, message)
            if message.dedup_id:
                self._remember(message)
        else:
            self._fresh.append(message)
        expires_ms = message.sent_ms + queue.retention_s * 1000
        if not self._sweep_ms or expires_ms < self._sweep_ms:
            self._sweep_ms = expires_ms

    def close(self) -> None:
        was = self._was
        added = self.next_seq - was.next_seq
        if not added:
            return
        state.messages.add_all(self._at, self._fresh)
        if self._sweep_ms != was.sweep_ms:
            self._call.later(jobs.sweep, key=self._queue.space, due=self._sweep_ms / 1000, arn=self._arn())
        state.tallies.put(
            self._at,
            Tally(
                space=was.space,
                next_seq=self.next_seq,
                stored=was.stored + added,
                sweep_ms=self._sweep_ms,
                spare=was.spare,
            ),
        )

    def _arn(self) -> str:
        return state.arn_of(self._at, self._queue.name)

    def _known(self, entry: Entry) -> Dedup | None:
        """The earlier message of the same deduplication id, within the interval."""
        for old in state.dedups.range(
            self._at, self._queue.space, via="expires", end=(self._now_ms + 1,), limit=8, is_queue=True
        ):
            state.dedups.remove(self._at, old)
        found = state.dedups.get(self._at, self._queue.space, self._dedup_key(entry.group, entry.dedup_id))
        return found if found is not None and found.expires_ms > self._now_ms else None

    def _dedup_key(self, group: str, dedup_id: str) -> str:
        return f"{group}\n{dedup_id}" if self._queue.dedup_scope == "messageGroup" else dedup_id

    def _remember(self, message: Message) -> None:
        state.dedups.put(
            self._at,
            Dedup(
                space=message.space,
                id=self._dedup_key(message.group, message.dedup_id),
                message_id=message.id,
                seq=message.seq,
                expires_ms=self._now_ms + limits.DEDUPLICATION_S * 1000,
            ),
        )
