"""What a write keeps of the item that it replaces, so that a table can be copied as it was.

- While a copy is made (a backup, an export, a restore to a point in time), the copy's space gets the item as it was when the
  copy began, before the first write to it; the copier, which comes along later, leaves what is there. An item that was not
  there then is kept as an empty value, to be dropped in the end.
- With point-in-time recovery on, the table's history gets the same, once for each item and moment: undoing the changes after
  a moment, the latest first, leaves the items as they were then.

Both cost a look and a write, and only tables that need them pay.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from skyjar.kernel import keys
from skyjar.kernel.call import Call
from skyjar.kernel.tables import At

if TYPE_CHECKING:
    from .schemas import Key, Schema

NONE = b""  # there was no item


def root_of(at: At, space: str) -> bytes:
    """Where the items of a space begin."""
    return keys.text("dynamodb.items") + keys.encode((at.account, at.region, space))


def history_root(at: At, space: str) -> bytes:
    return keys.text("dynamodb.history") + keys.encode((at.account, at.region, space))


def moment(at_s: float) -> bytes:
    return keys.integer(round(at_s * 1_000_000))


MOMENT_BYTES = 8


def micros(moment: bytes) -> int:
    """A moment in microseconds since the epoch."""
    return int.from_bytes(moment, "big") - (1 << 63)


def keep(call: Call, schema: Schema, key: Key, stored: bytes | None) -> None:
    """`stored` is about to be replaced, or None: something is about to be added."""
    definition, tx = schema.definition, call.tx
    place = key.bytes[len(schema.root) :]
    rows = [root_of(call, space) + place for space in definition.copies]
    if definition.recovery_since_s:
        rows.append(history_root(call, schema.space) + moment(call.now) + place)
    for row in rows:
        if tx.get(row) is None:
            tx.put(row, stored if stored is not None else NONE)
