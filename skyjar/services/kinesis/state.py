"""Streams, shards and records, as they are stored.

Records that came together lie together: a `Chunk` holds what one request put into one shard, so that 100 records cost as many rows
as shards. `Head` is all of a shard that a put changes. States such as CREATING are positions in time (`settles_at`), not jobs.
"""

from __future__ import annotations

from typing import Any

import msgspec

from skyjar.kernel import durations
from skyjar.kernel.call import Call
from skyjar.kernel.tables import At, Place, Record, Table

from . import limits, positions
from .errors import InvalidArgumentException, ResourceInUseException, ResourceNotFoundException


class Stream(Record, frozen=True):
    """`space` tells it from earlier streams of its name. `open` are the numbers of the shards that are written to, in the order of
    their hash keys, and `ends` the last hash key of each. `floor` is the ordinal below which all is gone whatever the retention.
    `warm` is -1 where none is set. `scalings` and `mode_changes` are when they happened;
    until `grows_at` an on-demand stream is about to have more shards."""

    name: str
    space: str
    created_ms: int
    is_on_demand: bool
    open: tuple[int, ...]
    ends: tuple[bytes, ...]
    shards: int
    status: str = "ACTIVE"
    settles_at: float = 0.0
    retention_h: int = limits.RETENTION_H[0]
    floor: int = 0
    kms_key: str = ""
    monitored: tuple[str, ...] = ()
    record_kib: int = limits.RECORD_KIB
    warm: int = -1
    is_spread: bool = False
    tags: dict[str, str] = {}
    policy: str = ""
    scalings: tuple[float, ...] = ()
    mode_changes: tuple[float, ...] = ()
    grows_at: float = 0.0

    @property
    def record_bytes(self) -> int:
        return self.record_kib * 1024


class Shard(Record, frozen=True):
    """`low` and `high` are its hash keys. `ending` and `ended_ms` are 0 while it is open; `parent` and `adjacent` -1 for none."""

    space: str
    number: int
    low: bytes
    high: bytes
    starting: int
    began_ms: int
    parent: int = -1
    adjacent: int = -1
    ending: int = 0
    ended_ms: int = 0


class Head(Record, frozen=True):
    """`last` is the ordinal of a shard's last record (0 for none). What is left of its throughput was so at `at_s`."""

    space: str
    shard: int
    last: int = 0
    is_trimming: bool = False
    records_left: float = 0.0
    bytes_left: float = 0.0
    at_s: float = -1.0


class Chunk(Record, frozen=True):
    """Records `last - count + 1` to `last`. `sealed` holds keys and data of a stream under a KMS key."""

    space: str
    shard: int
    last: int
    count: int
    at_ms: int
    keys: tuple[str, ...] = ()
    data: tuple[bytes, ...] = ()
    sealed: bytes = b""


class Reads(Record, frozen=True):
    """What GetRecords has left of a shard's throughput."""

    space: str
    shard: int
    calls_left: float
    bytes_left: float
    at_s: float
    blocked_until: float = 0.0


class Consumer(Record, frozen=True):
    space: str
    name: str
    created_s: int
    stream: str
    settles_at: float = 0.0
    tags: dict[str, str] = {}
    policy: str = ""


class Subscription(Record, frozen=True):
    """Who holds a consumer's subscription to a shard, since when."""

    space: str
    consumer: str
    shard: int
    id: str
    since_s: float


class DataKey(Record, frozen=True):
    """A data key that KMS made for a producer; `blob` is it, encrypted."""

    space: str
    caller: str
    key: str
    blob: bytes
    made_at: float


class StackStream(Record, frozen=True):
    """Which stream CloudFormation has made for a resource."""

    token: str
    stream: str


class Settings(Record, frozen=True):
    """An account's commitment; `began_s` 0 for none."""

    id: str
    began_s: float = 0.0
    ended_s: float = 0.0


streams = Table("kinesis.streams", Stream, key=("name",), remembers=True)
shards = Table("kinesis.shards", Shard, key=("space", "number"))
heads = Table("kinesis.heads", Head, key=("space", "shard"))
chunks = Table("kinesis.chunks", Chunk, key=("space", "shard", "last"))
reads = Table("kinesis.reads", Reads, key=("space", "shard"))
consumers = Table("kinesis.consumers", Consumer, key=("space", "name"))
subscriptions = Table("kinesis.subscriptions", Subscription, key=("space", "consumer", "shard"))
data_keys = Table("kinesis.data_keys", DataKey, key=("space", "caller"))
stack_streams = Table("kinesis.stack_streams", StackStream, key=("token",))
settings = Table("kinesis.settings", Settings, key=("id",))


def replace(record: Any, **changed: Any) -> Any:
    return msgspec.structs.replace(record, **changed)


# Finding streams


def arn_of(at: At, name: str) -> str:
    return f"arn:aws:kinesis:{at.region}:{at.account}:stream/{name}"


def locate(call: Call, name: str | None, arn: str | None) -> tuple[At, str]:
    """Where a stream is, whether it exists or not, and its name."""
    if arn is None:
        if name is None:
            raise InvalidArgumentException("Must specify either a stream name or a stream ARN.")
        return call, name
    parts = arn.split(":", 5)
    found = parts[5].removeprefix("stream/").split("/")[0] if len(parts) == 6 else ""
    if not found or (name is not None and name != found):
        raise InvalidArgumentException(f"StreamARN {arn} does not match StreamName {name or ''}.")
    if parts[4] == call.account and parts[3] == call.region:
        return call, found
    if parts[3] != call.region:
        raise ResourceNotFoundException(f"Stream {found} under account {parts[4]} not found.")
    return Place(call.tx, parts[4], parts[3]), found


def seek(call: Call, name: str | None, arn: str | None) -> tuple[At, str, Stream | None]:
    """Where a stream is, its name, and the stream, if it exists; looked for once in a call."""
    seen: tuple[Any, Place | None, str, Stream | None] | None = call.looked_up
    if seen is not None and seen[0] == (name, arn):
        return seen[1] or call, seen[2], seen[3]
    at, found = locate(call, name, arn)
    stream = streams.get(at, found)
    call.looked_up = ((name, arn), None if at is call else at, found, stream)
    return at, found, stream


def find(call: Call, name: str | None, arn: str | None) -> tuple[At, Stream]:
    at, found, stream = seek(call, name, arn)
    if stream is None:
        raise ResourceNotFoundException(f"Stream {found} under account {at.account} not found.")
    return at, stream


def status_of(stream: Stream, now: float) -> str:
    return stream.status if now < stream.settles_at or stream.status == "DELETING" else "ACTIVE"


def find_active(call: Call, name: str | None, arn: str | None) -> tuple[At, Stream]:
    """A stream that may be changed now."""
    at, stream = find(call, name, arn)
    status = status_of(stream, call.now)
    if status != "ACTIVE":
        raise ResourceInUseException(
            f"Stream {stream.name} under account {at.account} not ACTIVE, instead in state {status}"
        )
    return at, stream


def find_usable(call: Call, name: str | None, arn: str | None) -> tuple[At, Stream]:
    """A stream that can be written to and read: not one that is still being made."""
    at, stream = find(call, name, arn)
    if stream.status == "CREATING" and call.now < stream.settles_at:
        raise ResourceNotFoundException(f"Stream {stream.name} under account {at.account} not found.")
    return at, stream


def settling(call: Call, what: str, status: str) -> dict[str, Any]:
    """The fields of a stream that is in that state for as long as AWS takes."""
    lasts_s = durations.of(call, f"kinesis.{what}")
    return {"status": status, "settles_at": call.now + lasts_s} if lasts_s else {"status": "ACTIVE"}


def update(call: Call, at: At, stream: Stream, what: str, **changed: Any) -> Stream:
    """Save a change that takes AWS its time, in which the stream is UPDATING."""
    new: Stream = replace(stream, **changed, **settling(call, what, "UPDATING"))
    streams.replace(at, stream, new)
    return new


# Shards


def find_shard(call: Call, at: At, stream: Stream, text: str) -> Shard:
    number = positions.shard_number(text)
    shard = shards.get(at, stream.space, number) if number is not None else None
    if shard is None or is_expired(call, stream, shard):
        raise ResourceNotFoundException(
            f"Shard {text} in stream {stream.name} under account {at.account} does not exist"
        )
    return shard


def is_expired(call: Call, stream: Stream, shard: Shard) -> bool:
    return bool(shard.ended_ms) and shard.ended_ms + stream.retention_h * 3_600_000 <= call.now_ms


def listed(call: Call, at: At, stream: Stream, after: int = -1) -> list[Shard]:
    """The shards that are not expired, by number."""
    found = shards.range(at, stream.space, start=(after + 1,))
    return [shard for shard in found if not is_expired(call, stream, shard)]


def head_of(at: At, space: str, shard: int) -> Head:
    return heads.get(at, space, shard) or Head(space=space, shard=shard)


def horizon(call: Call, stream: Stream) -> int:
    """Records with a lower ordinal are trimmed."""
    return max(stream.floor, positions.ordinal_at(call.now_ms - stream.retention_h * 3_600_000 + 1))


# Consumers


def consumer_arn(consumer: Consumer) -> str:
    return f"{consumer.stream}/consumer/{consumer.name}:{consumer.created_s}"


def find_consumer(call: Call, arn: str) -> tuple[At, Stream, Consumer]:
    """By the ARN of a consumer."""
    stream_arn, _, rest = arn.partition("/consumer/")
    name, _, created = rest.partition(":")
    at, stream_name, stream = seek(call, None, stream_arn)
    consumer = consumers.get(at, stream.space, name) if stream is not None else None
    if stream is None or consumer is None or str(consumer.created_s) != created:
        raise ResourceNotFoundException(
            f"Consumer {name}:{created} under stream {stream_name} in account {at.account} not found."
        )
    return at, stream, consumer


def find_resource(call: Call, arn: str) -> tuple[At, Stream, Consumer | None]:
    """A stream, or one of its consumers, by ARN."""
    if "/consumer/" in arn:
        return find_consumer(call, arn)
    if ":stream/" not in arn:
        raise ResourceNotFoundException(f"Resource {arn} not found.")
    at, stream = find(call, None, arn)
    return at, stream, None
