"""Tables and items as they are stored, and the only reads and writes of them.

A table's items live in its `space`, an id of its own, and so do the rows of each index: deleting a table or an index makes
its space unreachable at once, and a job clears it. An item's key is

    space, CRC-32 of the partition key (4 bytes), partition key, sort key

with numbers, strings and binaries in an encoding that sorts as DynamoDB does, so that Query is one range, Scan comes in
an order that means nothing, as on AWS, and a segment of a parallel Scan is a range too. An index row has the same form
with the index's keys, then the item's own primary key. A stored item is its size (4 bytes) and its attributes as the
wire has them, in MessagePack: its size is known without decoding it.

`Schema` is what a table's definition compiles to; it is remembered by the definition's bytes.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar
from zlib import crc32

import msgspec

from skyjar.kernel import keys
from skyjar.kernel.call import Call
from skyjar.kernel.tables import At, Record, Table

from . import ItemChanged, history, limits, numbers, sealing, values
from .errors import ResourceNotFoundException
from .values import Item

R = TypeVar("R", bound=msgspec.Struct)
HASH_BYTES = 4
SHARDS = 16  # of a tally, so that writes to different items do not meet in one row


class IndexDefinition(msgspec.Struct, frozen=True, array_like=True, kw_only=True):
    """`range` is empty where there is none; `projection` is KEYS_ONLY, INCLUDE or ALL; `status` as DescribeTable has it."""

    name: str
    space: str
    is_global: bool
    hash: str
    range: str = ""
    projection: str = "ALL"
    non_key: tuple[str, ...] = ()
    read_units: int = 0
    write_units: int = 0
    status: str = "ACTIVE"


class Restored(msgspec.Struct, frozen=True, array_like=True, kw_only=True):
    """Where a restored table comes from; `backup` is empty for a restore to a point in time."""

    backup: str
    table: str
    at_s: float


class DataKey(msgspec.Struct, frozen=True, array_like=True, kw_only=True):
    """A key that seals items: `blob` as KMS encrypted it under `key`, for a table of this name; `mark` is its fingerprint."""

    key: str
    blob: bytes
    mark: bytes
    table: str
    is_managed: bool


class Definition(Record, frozen=True):
    """`types` gives the declared attributes' types. Units are 0 for PAY_PER_REQUEST tables. `copies` are the spaces of copies
    that are being made, `recovery_since_s` when point-in-time recovery was enabled, 0 while it is not.
    `sealing` is the place of the data key that seals what is written now, -1 for none; the others may still be needed.
    """

    name: str
    id: str
    space: str
    created_s: float
    types: dict[str, str]
    hash: str
    range: str = ""
    indexes: tuple[IndexDefinition, ...] = ()
    billing: str = "PROVISIONED"
    on_demand_since_s: float = 0.0
    read_units: int = 0
    write_units: int = 0
    increased_s: float = 0.0
    decreased_s: float = 0.0
    decreases: int = 0
    is_protected: bool = False
    table_class: str = ""
    tags: dict[str, str] = {}
    ttl_attribute: str = ""
    ttl_changed_s: float = 0.0
    stream_label: str = ""
    stream_view: str = ""
    has_policy: bool = False
    status: str = "ACTIVE"
    copies: tuple[str, ...] = ()
    recovery_since_s: float = 0.0
    recovery_days: int = 35
    restored: Restored | None = None
    kms_key: str = ""
    data_keys: tuple[DataKey, ...] = ()
    sealing: int = -1


class Tally(Record, frozen=True):
    space: str
    shard: int
    items: int = 0
    size_bytes: int = 0


class Collection(Record, frozen=True):
    """The size of all items with one partition key, with their rows of local indexes."""

    space: str
    partition: bytes
    size_bytes: int


class Sweep(Record, frozen=True):
    """When the job that deletes a table's expired items is due."""

    space: str
    due_s: float


class LastLabel(Record, frozen=True):
    """The label of the last stream of any table of this name, as milliseconds: no two streams share one."""

    table: str
    at_ms: int


class Policy(Record, frozen=True):
    """The resource policy of a table or stream."""

    arn: str
    document: str
    revision: str


class Token(Record, frozen=True):
    """A ClientRequestToken that was used, and the digest of its request."""

    token: str
    digest: str
    expires_s: float


class Bucket(Record, frozen=True):
    """Unused capacity of a provisioned table or index, at a moment."""

    space: str
    read_units: float
    write_units: float
    at_s: float


tables = Table("dynamodb.tables", Definition, key=("name",))
tallies = Table("dynamodb.tallies", Tally, key=("space", "shard"))
collection_sizes = Table("dynamodb.collections", Collection, key=("space", "partition"))
sweeps = Table("dynamodb.sweeps", Sweep, key=("space",))
tokens = Table("dynamodb.tokens", Token, key=("token",), indexes={"expires": ("expires_s",)})
policies = Table("dynamodb.policies", Policy, key=("arn",))
labels = Table("dynamodb.labels", LastLabel, key=("table",))
buckets = Table("dynamodb.buckets", Bucket, key=("space",))

encode = msgspec.msgpack.Encoder().encode
_decode = msgspec.msgpack.Decoder(ext_hook=sealing.opened).decode

KEY_ENCODERS: dict[str, Callable[[Any], bytes]] = {"S": keys.text, "N": numbers.encode, "B": keys.raw}


class Key:
    """Where an item is: its partition's prefix, its whole key, and its primary key as index rows end with it."""

    __slots__ = ("bytes", "primary", "shard")

    def __init__(self, root: bytes, hash_bytes: bytes, range_bytes: bytes) -> None:
        code = crc32(hash_bytes)
        self.shard = code % SHARDS
        self.primary = hash_bytes + range_bytes
        self.bytes = root + code.to_bytes(4, "big") + self.primary


class Keyed:
    """What a table and an index share: the names and types of their keys, and where their rows begin."""

    __slots__ = ("hash", "hash_type", "range", "range_type", "root", "space")

    def __init__(self, definition: Definition, space: str, hash_name: str, range_name: str, at: At) -> None:
        self.space = space
        self.root = root_of(at, space)
        self.hash = hash_name
        self.hash_type = definition.types[hash_name]
        self.range = range_name
        self.range_type = definition.types[range_name] if range_name else ""

    def partition(self, value: Any) -> bytes:
        """Where the rows of a partition key begin."""
        encoded = KEY_ENCODERS[self.hash_type](value)
        return self.root + crc32(encoded).to_bytes(4, "big") + encoded

    def sort(self, value: Any) -> bytes:
        return KEY_ENCODERS[self.range_type](value)


class IndexSchema(Keyed):
    __slots__ = ("definition", "is_global", "kept", "name")

    def __init__(self, definition: Definition, index: IndexDefinition, at: At) -> None:
        super().__init__(definition, index.space, index.hash, index.range, at)
        self.definition = index
        self.name = index.name
        self.is_global = index.is_global
        keys_only = {definition.hash, definition.range, index.hash, index.range} - {""}
        self.kept = None if index.projection == "ALL" else frozenset(keys_only | set(index.non_key))

    def row(self, item: Item, primary: bytes) -> bytes | None:
        """The key of an item's row here; None where the item has not the keys, and so no row."""
        found = item.get(self.hash)
        if found is None or self.hash_type not in found:
            return None
        encoded = self.partition(found[self.hash_type])
        if self.range:
            found = item.get(self.range)
            if found is None or self.range_type not in found:
                return None
            encoded += self.sort(found[self.range_type])
        return encoded + primary

    def project(self, item: Item) -> Item:
        kept = self.kept
        return item if kept is None else {name: value for name, value in item.items() if name in kept}


def partitions_of(definition: Definition) -> int:
    """How many partitions a table of this throughput begins with (Developer Guide, "Partitions and data distribution")."""
    if definition.billing != "PROVISIONED":
        return limits.PARTITIONS_ON_DEMAND
    share = definition.read_units / limits.PARTITION_READ_UNITS + definition.write_units / limits.PARTITION_WRITE_UNITS
    return max(1, -int(-share // 1))


class Schema(Keyed):
    """`is_plain`: there is nothing to see to before its items are used."""

    __slots__ = (
        "definition",
        "expiry_root",
        "has_local",
        "indexes",
        "is_plain",
        "is_provisioned",
        "is_told",
        "keeps",
        "key_names",
        "name",
        "partitions",
        "read",
        "reads_old",
        "seal",
        "streams",
        "ttl",
        "written",
    )

    def __init__(self, definition: Definition, at: At) -> None:
        super().__init__(definition, definition.space, definition.hash, definition.range, at)
        self.definition = definition
        self.name = definition.name
        self.indexes = [IndexSchema(definition, index, at) for index in definition.indexes]
        self.has_local = any(not index.is_global for index in self.indexes)
        self.is_provisioned = definition.billing == "PROVISIONED"
        self.read: dict[float, float] = {}  # how often so many units were taken (see metrics.py)
        self.written: dict[float, float] = {}
        self.is_told = False  # whether somebody will come for these two
        self.ttl = definition.ttl_attribute
        self.expiry_root = expiry_root(at, definition.space)
        self.key_names = (self.hash, self.range) if self.range else (self.hash,)
        self.streams = bool(definition.stream_view)
        self.partitions = partitions_of(definition) if self.is_provisioned else 0
        self.is_plain = definition.status == "ACTIVE" and not definition.data_keys and not definition.has_policy
        self.seal = definition.data_keys[definition.sealing].mark if definition.sealing >= 0 else None
        self.keeps = bool(definition.copies or definition.recovery_since_s)
        self.reads_old = bool(self.indexes or self.ttl or self.streams)

    def count_write(self, units: float = 1.0) -> None:
        self.written[units] = self.written.get(units, 0.0) + 1.0

    def key(self, item: Item) -> Key:
        """The key of an item whose key attributes were checked."""
        encoded = KEY_ENCODERS[self.hash_type](item[self.hash][self.hash_type])
        return Key(self.root, encoded, self.sort(item[self.range][self.range_type]) if self.range else b"")

    def index(self, name: str) -> IndexSchema | None:
        return next((index for index in self.indexes if index.name == name), None)


_schemas: dict[tuple[bytes, bytes], Schema] = {}
_names: dict[tuple[str, str, str], bytes] = {}


root_of = history.root_of


def name_of(call: Call, name_or_arn: str) -> str:
    """A table's name, which clients may give as its ARN."""
    if not name_or_arn.startswith("arn:"):
        return name_or_arn
    parts = name_or_arn.split(":", 5)
    if len(parts) != 6 or parts[3:5] != [call.region, call.account] or not parts[5].startswith("table/"):
        raise ResourceNotFoundException
    return parts[5].split("/")[1]


def owned(call: Call, name_or_arn: str) -> Call:
    """The call as in the account that has the table, when it is named by an ARN of another account."""
    if name_or_arn[:4] != "arn:":
        return call
    parts = name_or_arn.split(":", 5)
    if len(parts) != 6 or parts[3] != call.region or parts[4] in ("", call.account):
        return call
    other = call.at(call.tx, call.now)
    other.account = parts[4]
    return other


def find(call: Call, name: str) -> Schema | None:
    """The table of that name (not ARN)."""
    place = (call.account, call.region, name)
    key = _names.get(place)
    if key is None:
        if len(_names) > 4096:
            _names.clear()
        key = _names[place] = tables.bounds(call, (name,), None, (), ())[0]
    stored = call.tx.get(key)
    if stored is None:
        return None
    schema = _schemas.get((key, stored))
    if schema is None:
        if len(_schemas) > 1024:
            _schemas.clear()
        schema = _schemas[key, stored] = Schema(tables.load(stored), call)
    return schema


def schema_of(call: Call, name_or_arn: str) -> Schema:
    """The table, which `permissions.py` has looked up already for operations on one table."""
    seen: tuple[str, Schema | None] | None = call.looked_up
    schema = seen[1] if seen is not None and seen[0] == name_or_arn else _named(call, name_or_arn)
    if schema is not None and schema.is_plain:
        return schema
    if schema is None or schema.definition.status != "ACTIVE":
        raise ResourceNotFoundException
    if schema.definition.data_keys:
        from . import encryption

        encryption.open_for(call, schema)
    return schema


def _named(call: Call, name_or_arn: str) -> Schema | None:
    return find(call, name_of(call, name_or_arn) if name_or_arn.startswith("arn:") else name_or_arn)


def arn_of(at: At, name: str) -> str:
    return f"arn:aws:dynamodb:{at.region}:{at.account}:table/{name}"


# Items


def stored_size(stored: bytes) -> int:
    return int.from_bytes(stored[:4], "big")


def load(stored: bytes) -> Item:
    item: Item = _decode(memoryview(stored)[4:])
    return item


def dump(item: Item, size: int) -> bytes:
    return size.to_bytes(4, "big") + encode(item)


def dump_sealed(call: Call, schema: Schema, item: Item, size: int) -> bytes:
    """As `dump`, under the table's key where it has one."""
    if schema.seal is None:
        return dump(item, size)
    nonce = call.chance.bytes(sealing.NONCE_BYTES)
    return size.to_bytes(4, "big") + sealing.seal(schema.seal, nonce, encode(item))


class IndexChange(msgspec.Struct, frozen=True):
    """What a write did to one index: the sizes of the rows written, each counted by itself, and by how much it grew."""

    index: IndexSchema
    sizes: tuple[int, ...]
    grown: int


_UNCHANGED: list[IndexChange] = []


def save(
    call: Call,
    schema: Schema,
    key: Key,
    stored: bytes | None,
    old: Item | None,
    new: Item | None,
    size: int,
    *,
    is_expiry: bool = False,
) -> list[IndexChange]:
    """Replace what is stored under a key (`stored`, decoded as `old` where `schema.reads_old`) by a new item of that
    size, or by nothing; with the index rows, the counts, the expiry and the stream record that follow from it."""
    tx = call.tx
    if new is not None:
        value = dump(new, size) if schema.seal is None else dump_sealed(call, schema, new, size)
        tx.put(key.bytes, value)
    elif stored is None:
        return _UNCHANGED
    else:
        value = b""
        tx.delete(key.bytes)
    if schema.keeps and stored != value:
        history.keep(call, schema, key, stored)
    before = stored_size(stored) if stored is not None else 0
    if stored is None or new is None or before != size:
        _count(call, schema.space, key.shard, (new is not None) - (stored is not None), size - before)
    if not schema.reads_old:
        return _UNCHANGED
    if schema.ttl:
        _expire(call, schema, key, old, new)
    if schema.streams and old != new:
        _tell(call, schema, key, old, new, (before, size), is_expiry)
    found = [_index(call, schema, index, key, old, new, value) for index in schema.indexes]
    changes = [change for change in found if change is not None]
    if schema.has_local:
        from . import collections

        grown = size - before + sum(change.grown for change in changes if not change.index.is_global)
        collections.grow(call, schema, new if new is not None else old, grown)
    return changes


def _tell(
    call: Call, schema: Schema, key: Key, old: Item | None, new: Item | None, sizes: tuple[int, int], is_expiry: bool
) -> None:
    item = new if new is not None else old
    assert item is not None
    named = {name: item[name] for name in schema.key_names}
    call.emit(
        ItemChanged(
            table=schema.name,
            label=schema.definition.stream_label,
            partition=key.shard,
            keys=named,
            old=old,
            new=new,
            keys_bytes=values.size_of(named),
            old_bytes=sizes[0],
            new_bytes=sizes[1],
            is_expiry=is_expiry,
        )
    )


def _count(call: Call, space: str, shard: int, items: int, size: int) -> None:
    was = tallies.get(call, space, shard)
    if was is not None:
        items, size = was.items + items, was.size_bytes + size
    tallies.add(call, Tally(space=space, shard=shard, items=items, size_bytes=size))


def _index(
    call: Call, schema: Schema, index: IndexSchema, key: Key, old: Item | None, new: Item | None, value: bytes
) -> IndexChange | None:
    before = index.row(old, key.primary) if old is not None else None
    after = index.row(new, key.primary) if new is not None else None
    if before is not None and index.definition.status == "CREATING" and call.tx.get(before) is None:
        before = None  # not filled in yet
    if before is None and after is None:
        return None
    was = index.project(old) if old is not None and before is not None else None
    now = index.project(new) if new is not None and after is not None else None
    if before == after and was == now:
        return None
    old_size = values.size_of(was) if was is not None else 0
    if before is not None and before != after:
        call.tx.delete(before)
    if after is None or now is None:
        _count(call, index.space, key.shard, -1, -old_size)
        return IndexChange(index, (old_size,), -old_size)
    if now is new:
        size = stored_size(value)
    else:
        size = values.size_of(now)
        value = dump_sealed(call, schema, now, size)
    call.tx.put(after, value)
    _count(call, index.space, key.shard, 0 if before is not None else 1, size - old_size)
    if before is None:
        return IndexChange(index, (size,), size)
    sizes = (max(old_size, size),) if before == after else (old_size, size)
    return IndexChange(index, sizes, size - old_size)


def fill_index(call: Call, index: IndexSchema, schema: Schema, stored: bytes) -> None:
    """Add the row of an item that was there before the index, unless it has one by now."""
    item = load(stored)
    key = schema.key(item)
    row = index.row(item, key.primary)
    if row is None or call.tx.get(row) is not None:
        return
    projected = index.project(item)
    size = values.size_of(projected)
    call.tx.put(row, dump_sealed(call, schema, projected, size))
    _count(call, index.space, key.shard, 1, size)


def counts(call: Call, space: str) -> tuple[int, int]:
    """How many items (or index rows) there are, and their bytes."""
    found = tallies.range(call, space)
    return sum(tally.items for tally in found), sum(tally.size_bytes for tally in found)


# Expiry


def expiry_of(schema: Schema, item: Item | None, now: float) -> int | None:
    """When an item expires, in epoch seconds; None for never (no number there, or one of long ago)."""
    value = item.get(schema.ttl) if item is not None else None
    if value is None or "N" not in value:
        return None
    at = numbers.decimal(value["N"])
    if not now - limits.EXPIRY_AGE_S < at < 2**53:
        return None
    return int(at)


def expiry_root(at: At, space: str) -> bytes:
    return keys.text("dynamodb.expiry") + keys.encode((at.account, at.region, space))


def expires_s(schema: Schema, row: bytes) -> int:
    """When the item of an expiry row expires."""
    start = len(schema.expiry_root)
    return int.from_bytes(row[start : start + 8], "big") - (1 << 63)


def expiry_row(schema: Schema, at_s: int, primary: bytes) -> bytes:
    return schema.expiry_root + keys.integer(at_s) + primary


def _expire(call: Call, schema: Schema, key: Key, old: Item | None, new: Item | None) -> None:
    before = expiry_of(schema, old, 0.0)
    after = expiry_of(schema, new, call.now)
    if before == after:
        return
    if before is not None:
        call.tx.delete(expiry_row(schema, before, key.primary))
    if after is not None:
        note_expiry(call, schema, key, after)


def note_expiry(call: Call, schema: Schema, key: Key, at_s: int) -> None:
    from . import jobs

    call.tx.put(expiry_row(schema, at_s, key.primary), key.bytes)
    jobs.plan_sweep(call, schema, at_s)


def after(prefix: bytes) -> bytes:
    """The end of the range of all keys that begin with `prefix`."""
    return keys.after(prefix)


def replace(record: R, **changes: Any) -> R:
    return msgspec.structs.replace(record, **changes)
