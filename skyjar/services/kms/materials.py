"""Key material: made by KMS, named, and put in the place of what a key had before."""

from __future__ import annotations

import hashlib

from skyjar.kernel.call import Call
from skyjar.kernel.tables import At

from . import key_pairs, specs, state
from .state import Key, Material


def id_of(key_id: str, secret: bytes) -> str:
    """Follows from key and material, so that material which comes back is known again."""
    return hashlib.sha256(key_id.encode() + b"\0" + secret).hexdigest()


def fresh(call: Call, spec: str) -> bytes:
    """New key material of a spec that is quick to make."""
    return key_pairs.make(spec, call.chance.bytes(key_pairs.seed_bytes(spec)))


def generate(call: Call, at: At, key: Key) -> Key:
    """A key, not stored yet, with its first material; both are stored."""
    return first(at, key, fresh(call, key.spec))


def first(at: At, key: Key, secret: bytes) -> Key:
    made = _material(key, secret, 0)
    state.materials.add(at, made)
    whole: Key = state.replace(key, current=made.id)
    state.keys.put(at, whole)
    return whole


def _material(key: Key, secret: bytes, number: int) -> Material:
    public = key_pairs.public_of(secret) if specs.is_pair(key.spec) else b""
    return Material(key_id=key.id, id=id_of(key.id, secret), number=number, secret=secret, public=public)


def imported(
    key: Key, secret: bytes, number: int, *, expires_at: float, description: str, is_current: bool
) -> Material:
    found: Material = state.replace(
        _material(key, secret, number),
        expires_at=expires_at,
        description=description,
        state=state.CURRENT if is_current else state.PENDING_ROTATION,
    )
    return found


def succeed(at: At, key: Key, new: Material, now: float, kind: str) -> Key:
    """Make `new` the material that encrypts; what was before still decrypts."""
    old = state.materials.get(at, key.id, key.current)
    if old is not None:
        state.change_material(at, old, state=state.NON_CURRENT)
    state.materials.put(at, state.replace(new, state=state.CURRENT, rotated_at=now, rotation_type=kind))
    return state.change(at, key, current=new.id)


def next_number(at: At, key: Key) -> int:
    return 1 + max((each.number for each in state.materials.range(at, key.id)), default=-1)
