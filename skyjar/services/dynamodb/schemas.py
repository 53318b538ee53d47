"""What a table's definition compiles to: where its items and index rows are, and how their keys are written.

A table's items live in its `space`, an id of its own, and so do the rows of each index: deleting a table or an index makes
its space unreachable at once, and a job clears it. An item's key is

    space, CRC-32 of the partition key (4 bytes), partition key, sort key

with numbers, strings and binaries in an encoding that sorts as DynamoDB does, so that Query is one range, Scan comes in
an order that means nothing, as on AWS, and a segment of a parallel Scan is a range too. An index row has the same form
with the index's keys, then the item's own primary key.

`Schema` is remembered by the definition's bytes.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from zlib import crc32

from skyjar.kernel import keys
from skyjar.kernel.call import Call
from skyjar.kernel.tables import At

from . import contributors, expiries, history, limits, numbers
from .definitions import check_table_name
from .errors import ResourceNotFoundException, ValidationException
from .state import Definition, IndexDefinition, tables
from .values import Item

HASH_BYTES = 4
SHARDS = 16  # of a tally, so that writes to different items do not meet in one row

KEY_ENCODERS: dict[str, Callable[[Any], bytes]] = {"S": keys.text, "N": numbers.encode, "B": keys.raw}


class Key:
    """Where an item is: the code of its partition key, its whole key, and its primary key as index rows end with it."""

    __slots__ = ("bytes", "code", "primary", "shard")

    def __init__(self, root: bytes, hash_bytes: bytes, range_bytes: bytes) -> None:
        self.code = code = crc32(hash_bytes)
        self.shard = code % SHARDS
        self.primary = hash_bytes + range_bytes
        self.bytes = root + code.to_bytes(4, "big") + self.primary

    @classmethod
    def at(cls, root: bytes, place: bytes) -> Key:
        """The key of what lies at that place of a table."""
        key = cls.__new__(cls)
        key.code = int.from_bytes(place[:HASH_BYTES], "big")
        key.shard = key.code % SHARDS
        key.primary = place[HASH_BYTES:]
        key.bytes = root + place
        return key


class Keyed:
    """What a table and an index share: the names and types of their keys, and where their rows begin."""

    __slots__ = ("hash", "hash_type", "hashes", "range", "range_type", "ranges", "root", "space")

    def __init__(
        self, definition: Definition, space: str, hashes: tuple[str, ...], ranges: tuple[str, ...], at: At
    ) -> None:  # fmt: skip
        self.space = space
        self.root = root_of(at, space)
        self.hashes = tuple((name, definition.types[name]) for name in hashes)
        self.ranges = tuple((name, definition.types[name]) for name in ranges)
        self.hash, self.hash_type = self.hashes[0]
        self.range, self.range_type = self.ranges[0] if ranges else ("", "")

    @property
    def keyed_names(self) -> list[str]:
        return [name for name, _ in (*self.hashes, *self.ranges)]

    def partition(self, values: Item) -> bytes | None:
        """Where the rows of a partition key begin; None where an attribute of it is missing."""
        encoded = encoded_of(self.hashes, values)
        return None if encoded is None else self.root + crc32(encoded).to_bytes(4, "big") + encoded

    def code(self, row: bytes) -> int:
        """The code of the partition key of a row here."""
        at = len(self.root)
        return int.from_bytes(row[at : at + HASH_BYTES], "big")

    def sort(self, value: Any) -> bytes:
        return KEY_ENCODERS[self.range_type](value)


def encoded_of(names: tuple[tuple[str, str], ...], item: Item) -> bytes | None:
    """Several attributes of a key, one after another, which sorts by the first, then the next; None where one is missing."""
    encoded = b""
    for name, kind in names:
        found = item.get(name)
        if found is None or kind not in found:
            return None
        encoded += KEY_ENCODERS[kind](found[kind])
    return encoded


class IndexSchema(Keyed):
    __slots__ = ("definition", "is_global", "kept", "name")

    def __init__(self, definition: Definition, index: IndexDefinition, at: At) -> None:
        super().__init__(definition, index.space, index.hashes, index.ranges, at)
        self.definition = index
        self.name = index.name
        self.is_global = index.is_global
        keys_only = {definition.hash, definition.range, *index.key_names} - {""}
        self.kept = None if index.projection == "ALL" else frozenset(keys_only | set(index.non_key))

    def row(self, item: Item, primary: bytes) -> bytes | None:
        """The key of an item's row here; None where the item has not the keys, and so no row."""
        partition = self.partition(item)
        if partition is None:
            return None
        encoded = encoded_of(self.ranges, item)
        return None if encoded is None else partition + encoded + primary

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
        "by_name",
        "definition",
        "expiry_root",
        "has_local",
        "indexes",
        "insights",
        "is_metered",
        "is_plain",
        "is_provisioned",
        "is_told",
        "is_watched",
        "keeps",
        "key_names",
        "name",
        "read",
        "reads_old",
        "replicates",
        "seal",
        "sends",
        "streams",
        "ttl",
        "written",
    )

    def __init__(self, definition: Definition, at: At) -> None:
        ranges = (definition.range,) if definition.range else ()
        super().__init__(definition, definition.space, (definition.hash,), ranges, at)
        self.definition = definition
        self.name = definition.name
        self.indexes = [IndexSchema(definition, index, at) for index in definition.indexes]
        self.by_name = sorted(self.indexes, key=lambda index: index.name)
        self.has_local = any(not index.is_global for index in self.indexes)
        self.is_provisioned = definition.billing == "PROVISIONED"
        bought: tuple[Definition | IndexDefinition, ...] = (definition, *definition.indexes)
        self.is_metered = self.is_provisioned or any(each.max_reads or each.max_writes for each in bought)
        self.insights = contributors.of_table(definition)
        self.is_watched = self.is_metered or self.insights is not None
        self.ttl = definition.ttl_attribute
        self.expiry_root = expiries.expiry_root(at, definition.space)
        self.key_names = (self.hash, self.range) if self.range else (self.hash,)
        self.sends = any(not each.is_disabled for each in definition.destinations)
        self.streams = bool(definition.stream_view) or self.sends
        self.is_plain = definition.status == "ACTIVE" and not definition.data_keys and not definition.has_policy
        self.seal = definition.data_keys[definition.sealing].mark if definition.sealing >= 0 else None
        self.keeps = bool(definition.copies or definition.recovery_since_s)
        self.replicates = bool(definition.replicas)
        self.read: dict[float, float] = {}  # how often so many units were taken (see metrics.py)
        self.written: dict[float, float] = {}
        self.is_told = False  # whether somebody will come for these two
        self.reads_old = bool(self.indexes or self.ttl or self.streams or self.replicates or self.insights)

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
    if len(parts) == 6 and parts[3] != call.region:
        raise ValidationException(f"1 validation error detected: Invalid AWS region in '{name_or_arn}'")
    kind, _, name = parts[5].partition("/") if len(parts) == 6 else ("", "", "")
    if kind != "table" or "/" in name:
        raise ValidationException(f"1 validation error detected: Invalid resource type in '{name_or_arn}'")
    if parts[4] != call.account:
        raise ResourceNotFoundException
    return name


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
        if not name_or_arn.startswith("arn:"):
            check_table_name(name_or_arn)
        raise ResourceNotFoundException
    if schema.definition.data_keys:
        from . import encryption

        encryption.open_for(call, schema)
    return schema


def _named(call: Call, name_or_arn: str) -> Schema | None:
    return find(call, name_of(call, name_or_arn) if name_or_arn.startswith("arn:") else name_or_arn)


def arn_of(at: At, name: str) -> str:
    return f"arn:aws:dynamodb:{at.region}:{at.account}:table/{name}"
