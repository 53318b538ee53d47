"""Items as they are stored, with all that follows from a write: index rows, counts, expiry, stream record.

A stored item is its size (4 bytes) and its attributes as the wire has them, in MessagePack: its size is known without
decoding it. Where it is stored: `schemas.py`.
"""

from __future__ import annotations

import msgspec

from skyjar.kernel.call import Call
from skyjar.kernel.tables import At

from . import ItemChanged, expiries, history, sealing, staleness, values
from .schemas import IndexSchema, Key, Schema
from .state import Tally, tallies
from .values import Item

encode = msgspec.msgpack.Encoder().encode
_decode = msgspec.msgpack.Decoder(ext_hook=sealing.opened).decode


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
    """What a write did to one index: the sizes of the rows written, each counted by itself, by how much it grew, and those rows."""

    index: IndexSchema
    sizes: tuple[int, ...]
    grown: int
    rows: tuple[bytes, ...]


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
    is_replicated: bool = False,
) -> list[IndexChange]:
    """Replace what is stored under a key (`stored`, decoded as `old` where `schema.reads_old`) by a new item of that
    size, or by nothing; with the index rows, the counts, the expiry and the stream record that follow from it."""
    tx = call.tx
    if call.behaviour.stale_reads_s:
        staleness.keep(call, key.bytes, stored)
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
    if schema.replicates and not is_replicated:
        from . import replication

        replication.note(call, schema, key)
    if schema.ttl:
        expiries.change(call, schema, key, old, new)
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
    if schema.sends:
        from . import kinesis_destinations

        kinesis_destinations.note(call, schema, key, old, new, sizes, is_expiry)
        if not schema.definition.stream_view:
            return
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
    if call.behaviour.stale_reads_s:
        for row in {before, after} - {None}:
            assert row is not None
            staleness.keep(call, row, call.tx.get(row))
    old_size = values.size_of(was) if was is not None else 0
    if before is not None and before != after:
        call.tx.delete(before)
    if after is None or now is None:
        assert before is not None
        _count(call, index.space, key.shard, -1, -old_size)
        return IndexChange(index, (old_size,), -old_size, (before,))
    if now is new:
        size = stored_size(value)
    else:
        size = values.size_of(now)
        value = dump_sealed(call, schema, now, size)
    call.tx.put(after, value)
    _count(call, index.space, key.shard, 0 if before is not None else 1, size - old_size)
    if before is None:
        return IndexChange(index, (size,), size, (after,))
    if before == after:
        return IndexChange(index, (max(old_size, size),), size - old_size, (after,))
    return IndexChange(index, (old_size, size), size - old_size, (before, after))


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


def counts(at: At, space: str) -> tuple[int, int]:
    """How many items (or index rows) there are, and their bytes."""
    found = tallies.range(at, space)
    return sum(tally.items for tally in found), sum(tally.size_bytes for tally in found)
