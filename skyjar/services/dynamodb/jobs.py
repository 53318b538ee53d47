"""What DynamoDB does by itself: clear what deleted tables and indexes left, fill new indexes, delete expired items."""

from __future__ import annotations

from skyjar.kernel.call import Call
from skyjar.kernel.jobs import job

from . import encryption, expiries, history, item_rows, limits, paces, replication, schemas, state
from .schemas import Schema
from .state import Sweep

CHUNK = 500


@job()
def clear(call: Call, *, space: str) -> None:
    """Remove what is left of a space that no table uses any more, a part at a time."""
    of = (
        schemas.root_of,
        expiries.expiry_root,
        history.history_root,
        replication.stamps_root,
        replication.outgoing_root,
    )
    roots = [root(call, space) for root in of]
    left = [key for root in roots for key, _ in call.tx.scan(root, state.after(root), CHUNK)]
    for key in left:
        call.tx.delete(key)
    for collection in state.collection_sizes.range(call, space, limit=CHUNK):
        state.collection_sizes.remove(call, collection)
        left.append(b"")
    for tally in state.tallies.range(call, space):
        state.tallies.remove(call, tally)
    state.sweeps.delete(call, space)
    state.deliveries.delete(call, space)
    state.peaks.delete(call, space)
    state.counted.delete(call, space)
    state.buckets.delete(call, space)
    paces.forget(call, space)
    if left:
        call.later(clear, key=space, space=space)


@job()
def activate(call: Call, *, table: str, space: str) -> None:
    """A table that was CREATING can be used."""
    definition = state.tables.get(call, table)
    if definition is not None and definition.space == space and definition.status == "CREATING":
        state.tables.replace(call, definition, state.replace(definition, status="ACTIVE"))


@job()
def backfill(call: Call, *, table: str, index: str, start: bytes) -> None:
    """Give the items that a new index found their rows, a part at a time; then the index is ACTIVE."""
    schema = schemas.find(call, table)
    found = next((each for each in schema.indexes if each.space == index), None) if schema is not None else None
    if schema is None or found is None:
        return
    encryption.open_for_itself(call, schema)
    page = call.tx.scan(start or schema.root, state.after(schema.root), CHUNK)
    for _, stored in page:
        item_rows.fill_index(call, found, schema, stored)
    if len(page) == CHUNK:
        call.later(backfill, table=table, index=index, start=page[-1][0] + b"\0")
        return
    indexes = tuple(
        state.replace(each, status="ACTIVE") if each.space == index else each for each in schema.definition.indexes
    )
    state.tables.replace(call, schema.definition, state.replace(schema.definition, indexes=indexes))


@job()
def note_expiries(call: Call, *, table: str, attribute: str, start: bytes) -> None:
    """Note when the items that were there before TTL was enabled expire, a part at a time."""
    schema = schemas.find(call, table)
    if schema is None or schema.ttl != attribute:
        return
    encryption.open_for_itself(call, schema)
    page = call.tx.scan(start or schema.root, state.after(schema.root), CHUNK)
    for _, stored in page:
        item = item_rows.load(stored)
        at_s = expiries.expiry_of(schema, item, call.now)
        if at_s is not None:
            expiries.note_expiry(call, schema, schema.key(item), at_s)
    if len(page) == CHUNK:
        call.later(note_expiries, table=table, attribute=attribute, start=page[-1][0] + b"\0")


def plan_sweep(call: Call, schema: Schema, expires_s: float) -> None:
    """Have the items that expire then deleted, somewhat later."""
    due = max(expires_s, call.now) + limits.EXPIRY_DELAY_S
    if schema.replicates and schema.definition.replicas[0] != call.region:
        due += limits.REPLICA_EXPIRY_DELAY_S
    planned = state.sweeps.get(call, schema.space)
    if planned is not None and planned.due_s <= due:
        return
    state.sweeps.put(call, Sweep(space=schema.space, due_s=due))
    call.later(sweep, key=schema.space, due=due, table=schema.name)


@job()
def sweep(call: Call, *, table: str) -> None:
    """Delete the expired items of a table, and come again when the next one expires."""
    schema = schemas.find(call, table)
    if schema is None:
        return
    state.sweeps.delete(call, schema.space)
    if not schema.ttl:
        return
    encryption.open_for_itself(call, schema)
    expired = call.tx.scan(
        schema.expiry_root, expiries.expiry_row(schema, int(call.now) + 1, b""), CHUNK, is_queue=True
    )
    for row, key_bytes in expired:
        call.tx.delete(row)
        stored = call.tx.get(key_bytes)
        item = item_rows.load(stored) if stored is not None else None
        at_s = expiries.expiry_of(schema, item, 0.0)
        if item is not None and at_s is not None and at_s <= call.now:  # otherwise TTL was changed since
            item_rows.save(call, schema, schema.key(item), stored, item, None, 0, is_expiry=True)
    following = call.tx.scan(schema.expiry_root, state.after(schema.expiry_root), 1)
    if following:
        plan_sweep(call, schema, expiries.expires_s(schema, following[0][0]))


@job()
def clear_expiries(call: Call, *, table: str) -> None:
    """Forget when items expire, once TTL is disabled."""
    schema = schemas.find(call, table)
    if schema is None or schema.ttl:
        return
    rows = call.tx.scan(schema.expiry_root, state.after(schema.expiry_root), CHUNK)
    for row, _ in rows:
        call.tx.delete(row)
    if rows:
        call.later(clear_expiries, table=table)
