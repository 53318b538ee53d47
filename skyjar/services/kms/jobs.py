"""What KMS does by itself: rotate keys, delete them when their waiting period is over, expire imported material."""

from __future__ import annotations

from skyjar.kernel.call import Call
from skyjar.kernel.jobs import job
from skyjar.kernel.tables import At, Place

from . import deletions, imports, rotating, state


def name(at: At, key_id: str) -> str:
    """Who causes a job may be of another account than the key."""
    return f"{at.account}/{at.region}/{key_id}"


@job()
def rotate(call: Call, *, account: str, region: str, key_id: str) -> None:
    at = Place(call.tx, account, region)
    key = state.keys.get(at, key_id)
    if key is not None and key.state == state.ENABLED:
        rotating.catch_up(call, at, key)


@job()
def delete(call: Call, *, account: str, region: str, key_id: str) -> None:
    at = Place(call.tx, account, region)
    key = state.keys.get(at, key_id)
    if key is not None and key.state == state.PENDING_DELETION and key.deletion_at <= call.now:
        deletions.remove(call, at, key)


@job()
def expire(call: Call, *, account: str, region: str, key_id: str) -> None:
    at = Place(call.tx, account, region)
    key = state.keys.get(at, key_id)
    if key is not None:
        imports.expire(call, at, key)
