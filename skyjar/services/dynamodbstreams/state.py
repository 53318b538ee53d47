"""Streams, their shards and records, as they are stored.

A sequence number is at least the milliseconds of its record's time, times 10^8: it grows with time and within its shard,
and what is trimmed can be told by the number alone. All have the same length, so that they sort as text.
"""

from __future__ import annotations

from typing import Any

import msgspec

from skyjar.kernel.call import Call
from skyjar.kernel.tables import At, Record, Table

from . import limits
from .errors import ResourceNotFoundException

SCALE = 10**8
DIGITS = 21
Item = dict[str, Any]


class Stream(Record, frozen=True):
    """`open` are the ids of the shards that are written to; an item's partition key says which is its own."""

    table: str
    label: str
    view: str
    hash: str
    range: str
    created_s: float
    open: tuple[str, ...] = ()
    is_enabled: bool = True
    policy: str = ""


class Shard(Record, frozen=True):
    """`ending` is empty while it is written to, `trimmed` the last sequence number that is gone, if any."""

    stream: str
    id: str
    slot: int
    began_ms: int
    starting: str
    parent: str = ""
    ending: str = ""
    last: str = ""
    trimmed: str = ""
    is_trimming: bool = False


class Change(Record, frozen=True):
    """A stream record. `size_bytes` counts the keys and the images that are shown."""

    stream: str
    shard: str
    sequence: str
    id: str
    event: str
    at_s: float
    keys: Item
    new: Item | None = None
    old: Item | None = None
    size_bytes: int = 0
    is_expiry: bool = False


streams = Table("dynamodbstreams.streams", Stream, key=("table", "label"), remembers=True)
shards = Table("dynamodbstreams.shards", Shard, key=("stream", "id"))
changes = Table("dynamodbstreams.changes", Change, key=("stream", "shard", "sequence"))


def sequence_at(at_ms: int) -> str:
    """The first sequence number that a record of that time can have."""
    return f"{max(at_ms, 0) * SCALE:0{DIGITS}}"


def following(sequence: str) -> str:
    return f"{int(sequence) + 1:0{DIGITS}}"


def horizon(call: Call) -> str:
    """Records with a lower number are trimmed."""
    return sequence_at(call.now_ms - limits.RETENTION_MS)


def arn_of(at: At, stream: Stream) -> str:
    return f"arn:aws:dynamodb:{at.region}:{at.account}:table/{stream.table}/stream/{stream.label}"


def id_of(stream: Stream) -> str:
    return f"{stream.table}/{stream.label}"


def find(call: Call, arn: str) -> Stream:
    start = f"arn:aws:dynamodb:{call.region}:{call.account}:table/"
    table, _, label = arn.removeprefix(start).partition("/stream/")
    found = streams.get(call, table, label) if arn.startswith(start) else None
    if found is None:
        raise ResourceNotFoundException(f"Requested resource not found: Stream: {arn} not found")
    return found


def new_shard(call: Call, stream: str, slot: int, parent: Shard | None = None) -> Shard:
    starting = sequence_at(call.now_ms)
    if parent is not None and parent.last and starting <= parent.last:
        starting = following(parent.last)
    made = Shard(
        stream=stream,
        id=f"shardId-{call.now_ms:020}-{call.chance.hex(8)}",
        slot=slot,
        began_ms=call.now_ms,
        starting=starting,
        parent=parent.id if parent is not None else "",
    )
    shards.add(call, made)
    return made


def close(call: Call, shard: Shard) -> Shard:
    """Write no more to it. A shard in which nothing was written ends where it began."""
    closed: Shard = replace(shard, ending=shard.last or shard.starting)
    shards.put(call, closed)
    return closed


def replace(record: Any, **changed: Any) -> Any:
    return msgspec.structs.replace(record, **changed)
