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
    """A message as a caller gives it, checked; `size_bytes` counts body and attributes."""

    __slots__ = ("attributes", "body", "dedup_id", "delay_s", "group", "size_bytes", "trace_header")

    def __init__(self, queue: Queue, given: dict[str, Any]) -> None:
        self.body: str = given["MessageBody"]
        contents.check_body(self.body)
        self.attributes: dict[str, Attribute] = (
            contents.read_attributes(given["MessageAttributes"]) if given.get("MessageAttributes") else {}
        )
        self.size_bytes = len(self.body) if self.body.isascii() else len(self.body.encode())
        if self.attributes:
            self.size_bytes += contents.attributes_size(self.attributes)
        contents.check_size(self.size_bytes, queue.message_bytes)
        self.trace_header = _trace_header(given.get("MessageSystemAttributes") or {})
        self.group: str = given.get("MessageGroupId") or ""
        self.dedup_id: str = given.get("MessageDeduplicationId") or ""
        self.delay_s = _delay(queue, given.get("DelaySeconds"))
        _check_fifo(queue, self)


def _trace_header(given: dict[str, dict[str, Any]]) -> str:
    for name, value in given.items():
        if name != _SYSTEM or value.get("DataType") != "String" or not value.get("StringValue"):
            raise InvalidParameterValue(f"Message system attribute name '{name}' is invalid.")
    return str(given[_SYSTEM]["StringValue"]) if given else ""


def _delay(queue: Queue, delay_s: int | None) -> int:
    if delay_s is None:
        return queue.delay_s
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
        entry.dedup_id = hashlib.sha256(entry.body.encode()).hexdigest()


class Sender:
    """Adds the messages of one call; the space's tally is read once and written once."""

    __slots__ = ("_at", "_call", "_now_ms", "_queue", "_tally", "_was")

    def __init__(self, call: Call, at: At, queue: Queue) -> None:
        self._call = call
        self._at = at
        self._queue = queue
        self._now_ms = call.now_ms
        self._was = self._tally = state.tally_of(at, queue.space)

    def send(self, entry: Entry) -> dict[str, Any]:
        """What SendMessage answers for it."""
        call, queue = self._call, self._queue
        known = self._known(entry) if queue.is_fifo else None
        body_md5 = contents.md5(entry.body.encode())
        attributes_md5 = contents.attributes_md5(entry.attributes)
        if known is None:
            seq = self._tally.next_seq
            message = Message(
                space=queue.space,
                seq=seq,
                id=call.new_id(),
                body=entry.body,
                body_md5=body_md5,
                sent_ms=self._now_ms,
                visible_at_ms=self._now_ms + entry.delay_s * 1000,
                sender=call.caller.id,
                attributes=entry.attributes,
                attributes_md5=attributes_md5,
                trace_header=entry.trace_header,
                group=entry.group,
                dedup_id=entry.dedup_id,
            )
            self.add(encryption.seal(call, self._at, queue, message) if queue.kms_key else message)
            message_id = message.id
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
        """Add a message whose `seq` is the tally's next."""
        tally, queue = self._tally, self._queue
        self._tally = Tally(
            space=tally.space,
            next_seq=tally.next_seq + 1,
            stored=tally.stored + 1,
            sweep_ms=tally.sweep_ms,
            spare=tally.spare,
        )
        state.add_message(self._at, queue, message)
        if queue.is_fifo:
            fifo.joined(self._at, message)
            if message.dedup_id:
                self._remember(message)
        expires_ms = message.sent_ms + queue.retention_s * 1000
        if not tally.sweep_ms or expires_ms < tally.sweep_ms:
            self._tally = state.replace(self._tally, sweep_ms=expires_ms)

    @property
    def next_seq(self) -> int:
        return self._tally.next_seq

    def close(self) -> None:
        if self._tally is self._was:
            return
        if self._tally.sweep_ms != self._was.sweep_ms:
            self._call.later(jobs.sweep, key=self._queue.space, due=self._tally.sweep_ms / 1000, arn=self._arn())
        state.tallies.put(self._at, self._tally)

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
