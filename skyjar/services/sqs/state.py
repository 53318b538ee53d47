"""Queues and messages as they are stored, and the only reads and writes of them.

Messages live in a queue's `space`, an id that PurgeQueue and DeleteQueue replace: what was in the old space is gone at
once and is cleaned up by a job. A message's place is `seq`, counted by the space's `Tally`; when it can be received is
`visible_at_ms`, a position in time. A standard queue's messages are kept in the order in which they can be received, so
that sending writes one row and receiving reads one range; `flights` finds a received one by its `seq`. A FIFO message is
found through its group: a group can be received from when `ready_at_ms` has come, which is in the future while messages
of it are in flight or its head is delayed.
"""

from __future__ import annotations

from typing import Any

import msgspec

from skyjar.kernel.call import Call
from skyjar.kernel.tables import At, Place, Record, Table

from . import limits
from .errors import InvalidAddress, QueueDoesNotExist

SPACE_DIGITS = 16


class Queue(Record, frozen=True):
    """`space`: 16 digits that are the queue's for ever, and 16 that PurgeQueue replaces. `redrive` is (target ARN, maxReceiveCount) or None; `policy` and `redrive_allow` are documents as given."""

    name: str
    space: str
    created_s: int
    modified_s: int
    is_fifo: bool = False
    visibility_timeout_s: int = limits.VISIBILITY_DEFAULT_S
    retention_s: int = limits.RETENTION_DEFAULT_S
    delay_s: int = 0
    wait_s: int = 0
    message_bytes: int = limits.MESSAGE_BYTES
    policy: str = ""
    redrive: tuple[str, int] | None = None
    redrive_allow: str = ""
    dedups_by_content: bool = False
    dedup_scope: str = "queue"
    throughput_limit: str = "perQueue"
    kms_key: str = ""
    kms_reuse_s: int = limits.KMS_REUSE_DEFAULT_S
    is_sqs_encrypted: bool = True
    tags: dict[str, str] = {}
    purged_s: float = 0.0


class Attribute(msgspec.Struct, frozen=True, array_like=True):
    """A message attribute as given: its data type, and its text or its bytes."""

    type: str
    text: str = ""
    binary: bytes = b""


class Message(Record, frozen=True):
    """`sealed` holds the body of a message under a KMS key (see encryption.py), whose `body` is empty."""

    space: str
    seq: int
    id: str
    body: str
    body_md5: str
    sent_ms: int
    visible_at_ms: int
    sender: str
    receives: int = 0
    nonce: str = ""
    first_received_ms: int = 0
    attributes: dict[str, Attribute] = {}
    attributes_md5: str = ""
    trace_header: str = ""
    group: str = ""
    dedup_id: str = ""
    dead_from: str = ""
    received_ms: int = 0
    sealed: bytes = b""


class Flight(Record, frozen=True):
    """Where a standard queue's message that was received stands now, and the nonce of its latest receipt."""

    space: str
    seq: int
    visible_at_ms: int
    nonce: str = ""


class Tally(Record, frozen=True):
    """`stored` counts messages of the space; `sweep_ms` is when its next expiry job is due, 0 if none is; `spare` is how
    many messages can be received before those in flight have to be counted."""

    space: str
    next_seq: int = 1
    stored: int = 0
    sweep_ms: int = 0
    spare: int = 0


class Group(Record, frozen=True):
    space: str
    name: str
    ready_at_ms: int
    head_seq: int


class Dedup(Record, frozen=True):
    space: str
    id: str
    message_id: str
    seq: int
    expires_ms: int


class Attempt(Record, frozen=True):
    """What a ReceiveRequestAttemptId received: (seq, nonce) of each message."""

    space: str
    id: str
    received: tuple[tuple[int, str], ...]
    expires_ms: int


class Rate(Record, frozen=True):
    space: str
    operation: str
    second: int
    calls: int


class Deleted(Record, frozen=True):
    name: str
    at_s: float


class DataKey(Record, frozen=True):
    """The encrypted data key with which a caller's messages to the space are sealed; `key` is the ARN of its KMS key."""

    space: str
    caller: str
    key: str
    blob: bytes
    made_at: float


class MoveTask(Record, frozen=True):
    """`per_s` 0 means as fast as it goes. `destination` empty means each message's own source."""

    source: str
    id: str
    started_ms: int
    destination: str
    per_s: int
    to_move: int
    status: str = "RUNNING"
    moved: int = 0
    failure: str = ""
    ended_ms: int = 0


queues = Table("sqs.queues", Queue, key=("name",), remembers=True)
deleted = Table("sqs.deleted", Deleted, key=("name",))
tallies = Table("sqs.tallies", Tally, key=("space",), remembers=True)
messages = Table("sqs.messages", Message, key=("space", "visible_at_ms", "seq"))
fifo_messages = Table(
    "sqs.fifo_messages",
    Message,
    key=("space", "seq"),
    indexes={"visible": ("space", "visible_at_ms"), "group": ("space", "group")},
)
flights = Table("sqs.flights", Flight, key=("space", "seq"))
groups = Table("sqs.groups", Group, key=("space", "name"), indexes={"ready": ("space", "ready_at_ms", "head_seq")})
dedups = Table("sqs.dedups", Dedup, key=("space", "id"), indexes={"expires": ("space", "expires_ms")})
attempts = Table("sqs.attempts", Attempt, key=("space", "id"), indexes={"expires": ("space", "expires_ms")})
rates = Table("sqs.rates", Rate, key=("space", "operation"))
data_keys = Table("sqs.data_keys", DataKey, key=("space", "caller"))
tasks = Table("sqs.move_tasks", MoveTask, key=("source", "id"))


def is_of(queue: Queue, space: str) -> bool:
    """Whether it is the queue's space, or one that it had before it was purged."""
    return space[:SPACE_DIGITS] == queue.space[:SPACE_DIGITS]


def find_message(at: At, queue: Queue, seq: int) -> Message | None:
    """A message that was received, by its place."""
    if queue.is_fifo:
        return fifo_messages.get(at, queue.space, seq)
    flight = flights.get(at, queue.space, seq)
    return messages.get(at, queue.space, flight.visible_at_ms, seq) if flight is not None else None


def change_message(at: At, queue: Queue, old: Message, new: Message) -> None:
    """Received, hidden for longer, or shown again."""
    if queue.is_fifo:
        fifo_messages.replace(at, old, new)
        return
    if old.visible_at_ms != new.visible_at_ms:
        messages.forget(at, old.space, old.visible_at_ms, old.seq)
    messages.add(at, new)
    flights.add(at, Flight(space=new.space, seq=new.seq, visible_at_ms=new.visible_at_ms, nonce=new.nonce))


def remove_message(at: At, queue: Queue, message: Message) -> None:
    if queue.is_fifo:
        fifo_messages.remove(at, message)
        return
    messages.forget(at, message.space, message.visible_at_ms, message.seq)
    if message.receives:
        flights.forget(at, message.space, message.seq)


def land(at: At, flight: Flight) -> None:
    """Delete a standard queue's message by its flight; the message itself is not read."""
    messages.forget(at, flight.space, flight.visible_at_ms, flight.seq)
    flights.forget(at, flight.space, flight.seq)


def visible_messages(at: At, queue: Queue, now_ms: int, limit: int) -> list[Message]:
    """Those that can be received, the longest visible first (of a FIFO queue, whatever their groups' state)."""
    if queue.is_fifo:
        return fifo_messages.range(at, queue.space, via="visible", end=(now_ms + 1,), limit=limit, is_queue=True)
    return messages.range(at, queue.space, end=(now_ms + 1,), limit=limit, is_queue=True)


def hidden_messages(at: At, queue: Queue, now_ms: int) -> list[Message]:
    """Those in flight or delayed, the soonest to be visible first."""
    if queue.is_fifo:
        return fifo_messages.range(at, queue.space, via="visible", start=(now_ms + 1,))
    return messages.range(at, queue.space, start=(now_ms + 1,))


def all_messages(at: At, queue: Queue, limit: int) -> list[Message]:
    return (fifo_messages if queue.is_fifo else messages).range(at, queue.space, limit=limit, is_queue=True)


def locate(call: Call, url: str) -> tuple[Call | Place, str]:
    """Where a queue's URL (or its path) points: the account's place, and the queue's name."""
    parts = url.split("/")
    if len(parts) < 2 or not parts[-1]:
        raise InvalidAddress(f"The address {url} is not valid for this endpoint.")
    account = parts[-2]
    if account == call.account:
        return call, parts[-1]
    if not (len(account) == 12 and account.isdigit()):
        raise InvalidAddress(f"The address {url} is not valid for this endpoint.")
    return Place(call.tx, account, call.region), parts[-1]


def find(call: Call, url: str) -> tuple[At, str, Queue | None]:
    """Where a queue's URL points, its name, and the queue, if it exists; looked for once in a call."""
    seen: tuple[str, Place | None, str, Queue | None] | None = call.looked_up
    if seen is not None and seen[0] == url:
        return seen[1] or call, seen[2], seen[3]
    at, name = locate(call, url)
    queue = queues.get(at, name)
    call.looked_up = (url, None if at is call else at, name, queue)
    return at, name, queue


def by_url(call: Call, url: str) -> tuple[At, Queue]:
    at, _, queue = find(call, url)
    if queue is None:
        raise QueueDoesNotExist
    return at, queue


def by_arn(call: Call, arn: str) -> tuple[At, Queue] | None:
    """The queue of an ARN in this cloud, or None."""
    parts = arn.split(":")
    if len(parts) != 6 or parts[2] != "sqs":
        return None
    at = Place(call.tx, parts[4], parts[3])
    queue = queues.get(at, parts[5])
    return (at, queue) if queue is not None else None


def arn_of(at: At, name: str) -> str:
    return f"arn:aws:sqs:{at.region}:{at.account}:{name}"


def url_of(call: Call, at: At, name: str) -> str:
    """The URL by which the caller reached us, so that its next call comes the same way."""
    return f"{call.endpoint}/{at.account}/{name}"


def tally_of(at: At, space: str) -> Tally:
    return tallies.get(at, space) or Tally(space=space)


def count_stored(at: At, queue: Queue, change: int) -> None:
    tally = tally_of(at, queue.space)
    tallies.put(at, replace(tally, stored=tally.stored + change))


def counts(at: At, queue: Queue, now_ms: int) -> tuple[int, int, int]:
    """How many messages are visible, in flight, and delayed."""
    stored = tally_of(at, queue.space).stored
    hidden = hidden_messages(at, queue, now_ms)
    delayed = sum(1 for message in hidden if not message.receives)
    return stored - len(hidden), len(hidden) - delayed, delayed


def replace(record: Any, **changes: Any) -> Any:
    return msgspec.structs.replace(record, **changes)
