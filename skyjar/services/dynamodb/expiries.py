"""When items expire: a row for each that does, in the order in which they do."""

from __future__ import annotations

from typing import TYPE_CHECKING

from skyjar.kernel import keys
from skyjar.kernel.call import Call
from skyjar.kernel.tables import At

from . import limits, numbers
from .values import Item

if TYPE_CHECKING:
    from .schemas import Key, Schema


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


def change(call: Call, schema: Schema, key: Key, old: Item | None, new: Item | None) -> None:
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
