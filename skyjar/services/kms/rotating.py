"""Rotation: new material takes over, of all keys of a multi-Region set at once, and the date of the next time."""

from __future__ import annotations

from skyjar.kernel.call import Call
from skyjar.kernel.tables import At

from . import jobs, limits, materials, state
from .state import Key, Material

AUTOMATIC, ON_DEMAND = "AUTOMATIC", "ON_DEMAND"


def plan(call: Call, at: At, key: Key) -> Key:
    """Set the date of the next rotation, a period from now."""
    due = call.now + key.period_days * limits.DAY_S
    call.later(jobs.rotate, key=jobs.name(at, key.id), due=due, account=at.account, region=at.region, key_id=key.id)
    return state.change(at, key, next_rotation_at=due)


def rotate(call: Call, at: At, key: Key, kind: str) -> Key:
    """With new material that KMS makes."""
    number = materials.next_number(at, key)
    secret = materials.fresh(call, key.spec)
    made = Material(key_id=key.id, id=materials.id_of(key.id, secret), number=number, secret=secret)
    for place, other in state.siblings(at, key):
        materials.succeed(place, other, made, call.now, kind)
    return materials.succeed(at, key, made, call.now, kind)


def catch_up(call: Call, at: At, key: Key) -> Key:
    """A key that is enabled again is rotated at once when that fell due meanwhile."""
    if not key.rotates or key.next_rotation_at > call.now or not state.is_primary(at, key):
        return key
    return plan(call, at, rotate(call, at, key, AUTOMATIC))
