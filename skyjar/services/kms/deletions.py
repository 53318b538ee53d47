"""Deleting keys: a waiting period, in which the key cannot be used and its deletion can be cancelled."""

from __future__ import annotations

from typing import Any

from skyjar.kernel.call import Call
from skyjar.kernel.service import operation
from skyjar.kernel.tables import At, Place, Table

from . import jobs, limits, references, state, states
from .errors import ValidationException
from .state import Key


@operation
def schedule_key_deletion(
    call: Call, *, key_id: str, pending_window_in_days: int = limits.DELETION_DEFAULT_DAYS
) -> dict[str, Any]:
    """A primary key that has replicas waits until the last of them is deleted, and only then for its own days."""
    found = references.find(call, key_id, takes_alias=False)
    at, key, _ = found
    least, most = limits.DELETION_DAYS
    if not least <= pending_window_in_days <= most:
        raise ValidationException(f"PendingWindowInDays must be between {least} and {most} (inclusive).")
    states.check_not_deleted(key, found.arn)
    shown: dict[str, Any] = {"KeyId": found.arn, "PendingWindowInDays": pending_window_in_days}
    family = state.families.get(at, key.id) if key.is_multi_region else None
    if family is not None and family.primary == at.region and family.replicas:
        state.change(at, key, state=state.PENDING_REPLICA_DELETION, window_days=pending_window_in_days)
        return {**shown, "KeyState": state.PENDING_REPLICA_DELETION}
    key = _wait(call, at, key, pending_window_in_days)
    return {**shown, "KeyState": key.state, "DeletionDate": key.deletion_at}


def _wait(call: Call, at: At, key: Key, days: int) -> Key:
    due = call.now + days * limits.DAY_S
    call.later(jobs.delete, key=jobs.name(at, key.id), due=due, account=at.account, region=at.region, key_id=key.id)
    return state.change(at, key, state=state.PENDING_DELETION, window_days=days, deletion_at=due)


@operation
def cancel_key_deletion(call: Call, *, key_id: str) -> dict[str, Any]:
    """The key is disabled afterwards; one whose imported material is gone waits for it again."""
    found = references.find(call, key_id, takes_alias=False)
    at, key, _ = found
    states.check_deleted(key, found.arn)
    after = state.DISABLED if state.is_whole(at, key) else state.PENDING_IMPORT
    state.change(at, key, state=after, deletion_at=0.0, window_days=0)
    return {"KeyId": found.arn}


def remove(call: Call, at: At, key: Key) -> None:
    """The key and all that belongs to it."""
    tables: tuple[Table[Any], ...] = (state.materials, state.grants, state.wrappings, state.usages)
    for table in tables:
        for record in table.range(at, key.id):
            table.remove(at, record)
    for alias in state.aliases.range(at, key.id, via="target"):
        state.aliases.remove(at, alias)
    state.keys.remove(at, key)
    state.count(at, -1)
    if key.is_multi_region:
        _leave(call, at, key)


def _leave(call: Call, at: At, key: Key) -> None:
    family = state.families.get(at, key.id)
    if family is None:
        return
    if family.primary == at.region:
        state.families.remove(at, family)
        return
    left = tuple(region for region in family.replicas if region != at.region)
    state.families.replace(at, family, state.replace(family, replicas=left))
    place = Place(at.tx, at.account, family.primary)
    primary = state.keys.get(place, key.id)
    if not left and primary is not None and primary.state == state.PENDING_REPLICA_DELETION:
        _wait(call, place, primary, primary.window_days)
