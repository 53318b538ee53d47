"""Global tables: a change of one replica goes to the others, the last writer wins.

Each replica is a table of its Region. A write of a replica notes two rows, in its own transaction:

- the item's stamp: when it was written, and in which Region. It stays with the item, and for a while with a deleted one.
- that the item is to be sent. A job sends what such items are by then, so that several changes in a short time may become one,
  as on AWS. It goes to all other replicas in one transaction, which also takes the note away: nothing is lost or comes twice.

A replica takes what has a later stamp than its own item. Stamps of one Region grow, and one that follows what another Region
wrote is later than that, whatever the clock was turned to. Tables that have no replicas pay nothing for this.
"""

from __future__ import annotations

from skyjar.kernel import keys
from skyjar.kernel.call import Call
from skyjar.kernel.jobs import job
from skyjar.kernel.tables import At

from . import capacity, encryption, item_rows, limits, metrics, schemas, state
from .schemas import Key, Schema
from .state import Definition, Delivery

CHUNK = 200
MOMENT_BYTES = 8
Stamp = tuple[int, str]  # microseconds since the epoch, Region
NEVER: Stamp = (0, "")
Replica = tuple[Call, Schema]


def stamps_root(at: At, space: str) -> bytes:
    return keys.text("dynamodb.stamps") + keys.encode((at.account, at.region, space))


def outgoing_root(at: At, space: str) -> bytes:
    return keys.text("dynamodb.outgoing") + keys.encode((at.account, at.region, space))


def stamp_of(call: Call, schema: Schema, place: bytes) -> Stamp:
    """Of an item that was written before its table had replicas: NEVER."""
    value = call.tx.get(stamps_root(call, schema.space) + place)
    if value is None:
        return NEVER
    return int.from_bytes(value[:MOMENT_BYTES], "big"), value[MOMENT_BYTES:].decode()


def _put_stamp(call: Call, schema: Schema, place: bytes, stamp: Stamp) -> None:
    value = stamp[0].to_bytes(MOMENT_BYTES, "big") + stamp[1].encode()
    call.tx.put(stamps_root(call, schema.space) + place, value)


def note(call: Call, schema: Schema, key: Key) -> None:
    """The item was written here and now."""
    place = key.bytes[len(schema.root) :]
    stamp = max(round(call.now * 1_000_000), 1), call.region
    before = stamp_of(call, schema, place)
    if stamp < before:
        stamp = before[0] + 1, call.region
    _put_stamp(call, schema, place, stamp)
    call.tx.put(outgoing_root(call, schema.space) + place, b"")
    if state.deliveries.get(call, schema.space) is None:
        state.deliveries.add(call, Delivery(space=schema.space))
        _plan(call, schema.name, schema.space, call.now + limits.REPLICATION_S)


def _plan(call: Call, table: str, space: str, due: float) -> None:
    call.later(deliver, due=due, key=space, table=table, space=space)


def _again(call: Call, error: Exception, *, table: str, space: str) -> None:
    """A replica cannot be written to, as when its key is disabled: what it should have waits."""
    _plan(call, table, space, call.now + limits.REPLICATION_PAUSE_S)


@job(otherwise=_again)
def deliver(call: Call, *, table: str, space: str) -> None:
    """Send some of what is to be sent."""
    schema = schemas.find(call, table)
    if schema is None or schema.space != space:
        return
    encryption.open_for_itself(call, schema)
    others = opened(call, schema.definition)
    root = outgoing_root(call, space)
    rows = call.tx.scan(root, state.after(root), CHUNK, is_queue=True)
    for row, _ in rows:
        send(call, schema, others, row[len(root) :])
        call.tx.delete(row)
    if len(rows) == CHUNK:
        _plan(call, table, space, call.now)
    else:
        state.deliveries.delete(call, space)


def send_rest(call: Call, schema: Schema) -> None:
    """Send all that is to be sent: the replica is about to go."""
    encryption.open_for_itself(call, schema)
    targets = opened(call, schema.definition)
    root = outgoing_root(call, schema.space)
    for row, _ in call.tx.scan(root, state.after(root), None):
        send(call, schema, targets, row[len(root) :])


def elsewhere(call: Call, region: str) -> Call:
    other = call.at(call.tx, call.now)
    other.region = region
    return other


def others(call: Call, definition: Definition) -> list[tuple[Call, Definition]]:
    """The other replicas, each with the call as in its Region."""
    calls = [elsewhere(call, region) for region in definition.replicas if region != call.region]
    found = [(other, state.tables.get(other, definition.name)) for other in calls]
    return [(other, each) for other, each in found if each is not None and each.replicas]


def opened(call: Call, definition: Definition) -> list[Replica]:
    """The other replicas, to be written to."""
    found: list[Replica] = []
    for other, each in others(call, definition):
        schema = schemas.find(other, each.name)
        assert schema is not None
        encryption.open_for_itself(other, schema)
        found.append((other, schema))
    return found


def send(call: Call, schema: Schema, replicas: list[Replica], place: bytes) -> None:
    """Send an item, or that it is gone, as it is now."""
    stored = call.tx.get(schema.root + place)
    stamp = stamp_of(call, schema, place)
    if stored is None and stamp == NEVER:
        return
    for other, target in replicas:
        _take(other, target, place, stored, stamp)
    if stored is None:
        for at, replica in ((call, schema), *replicas):
            if call.tx.get(replica.root + place) is None:  # nobody has an older item any more
                call.tx.delete(stamps_root(at, replica.space) + place)


def _take(call: Call, schema: Schema, place: bytes, sent: bytes | None, stamp: Stamp) -> None:
    if stamp < stamp_of(call, schema, place):
        return
    key = Key.at(schema.root, place)
    stored = call.tx.get(key.bytes)
    old = item_rows.load(stored) if stored is not None else None
    new = item_rows.load(sent) if sent is not None else None
    size = item_rows.stored_size(sent) if sent is not None else 0
    if old != new:
        item_rows.save(call, schema, key, stored, old, new, size, is_replicated=True)
        before = item_rows.stored_size(stored) if stored is not None else 0
        metrics.written(call, schema, capacity.write_units(max(size, before)))
    _put_stamp(call, schema, place, stamp)


def _fill_again(call: Call, error: Exception, *, table: str, source: str, space: str, start: bytes) -> None:
    due = call.now + limits.REPLICATION_PAUSE_S
    call.later(fill, due=due, table=table, source=source, space=space, start=start)


@job(otherwise=_fill_again)
def fill(call: Call, *, table: str, source: str, space: str, start: bytes) -> None:
    """Give a new replica the items of the one that it was made from, a part at a time; then it is ACTIVE."""
    there = elsewhere(call, source)
    target, origin = schemas.find(call, table), schemas.find(there, table)
    if target is None or target.space != space:
        return
    page = []
    if origin is not None and origin.replicates:
        encryption.open_for_itself(call, target)
        encryption.open_for_itself(there, origin)
        page = call.tx.scan(start or origin.root, state.after(origin.root), CHUNK)
        for row, _ in page:
            send(there, origin, [(call, target)], row[len(origin.root) :])
    if len(page) == CHUNK:
        call.later(fill, table=table, source=source, space=space, start=page[-1][0] + b"\0")
        return
    state.tables.replace(call, target.definition, state.replace(target.definition, status="ACTIVE"))
