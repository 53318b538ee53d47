"""Rotation of keys: automatic, on demand, and what there has been."""

from __future__ import annotations

from typing import Any

from skyjar.kernel.call import Call
from skyjar.kernel.service import operation

from . import limits, materials, references, rotating, showing, state, states
from .errors import KMSInvalidStateException, LimitExceededException, UnsupportedOperationException
from .state import Found, Key, Material


def _changeable(call: Call, key_id: str) -> Found:
    """A key whose automatic rotation can be switched: of a multi-Region set the primary one."""
    found = references.find(call, key_id, takes_alias=False)
    states.check_symmetric(found.key, found.arn)
    states.check_origin(found.key, found.arn, state.AWS_KMS)
    _check_primary(found)
    states.check_usable(found.key, found.arn)
    return found


def _check_primary(found: Found) -> None:
    if not state.is_primary(found.at, found.key):
        raise UnsupportedOperationException(f"{found.arn} is a replica key, which is not valid for this operation.")


@operation
def enable_key_rotation(
    call: Call, *, key_id: str, rotation_period_in_days: int = limits.ROTATION_DEFAULT_DAYS
) -> None:
    found = _changeable(call, key_id)
    key = found.key
    if key.rotates and key.period_days == rotation_period_in_days:
        return
    rotating.plan(call, found.at, state.change(found.at, key, rotates=True, period_days=rotation_period_in_days))


@operation
def disable_key_rotation(call: Call, *, key_id: str) -> None:
    found = _changeable(call, key_id)
    state.change(found.at, found.key, rotates=False, next_rotation_at=0.0)


@operation
def get_key_rotation_status(call: Call, *, key_id: str) -> dict[str, Any]:
    found = references.find(call, key_id, takes_alias=False)
    states.check_symmetric(found.key, found.arn)
    states.check_origin(found.key, found.arn, state.AWS_KMS)
    shown: dict[str, Any] = {"KeyId": found.key.id, "KeyRotationEnabled": False}
    key = _primary(found)
    if not key.rotates or found.key.state in (state.PENDING_DELETION, state.PENDING_REPLICA_DELETION):
        return shown
    return {
        **shown,
        "KeyRotationEnabled": True,
        "RotationPeriodInDays": key.period_days,
        "NextRotationDate": key.next_rotation_at,
    }


def _primary(found: Found) -> Key:
    if state.is_primary(found.at, found.key):
        return found.key
    return next(key for at, key in state.siblings(found.at, found.key) if state.is_primary(at, key))


@operation
def rotate_key_on_demand(call: Call, *, key_id: str) -> dict[str, Any]:
    found = references.find(call, key_id, takes_alias=False)
    states.check_symmetric(found.key, found.arn)
    _check_primary(found)
    states.check_usable(found.key, found.arn)
    key = found.key
    if key.on_demand_rotations >= limits.ON_DEMAND_ROTATIONS:
        raise LimitExceededException("You have reached the limit of on-demand rotations for this KMS key.")
    if key.origin == state.EXTERNAL:
        key = _rotate_imported(call, found)
    else:
        key = rotating.rotate(call, found.at, key, rotating.ON_DEMAND)
    state.change(found.at, key, on_demand_rotations=key.on_demand_rotations + 1)
    return {"KeyId": key.id}


def _rotate_imported(call: Call, found: Found) -> Key:
    at, key, _ = found
    waiting = next((each for each in state.materials_of(at, key) if each.state == state.PENDING_ROTATION), None)
    if waiting is None:
        raise KMSInvalidStateException(f"{found.arn} does not have any key material pending rotation.")
    for place, other in state.siblings(at, key):
        held = state.materials.get(place, key.id, waiting.id)
        assert held is not None
        materials.succeed(place, other, held, call.now, rotating.ON_DEMAND)
    return materials.succeed(at, key, waiting, call.now, rotating.ON_DEMAND)


@operation
def list_key_rotations(
    call: Call,
    *,
    key_id: str,
    include_key_material: str = "ROTATIONS_ONLY",
    limit: int = limits.LISTED_ROTATIONS,
    marker: str = "",
) -> dict[str, Any]:
    found = references.find(call, key_id, takes_alias=False)
    at, key, _ = found
    states.check_symmetric(key, found.arn)
    takes_all = include_key_material == "ALL_KEY_MATERIAL"
    listed = ((f"{each.number:06d}", each) for each in state.materials_of(at, key) if takes_all or each.rotated_at)
    return showing.page("Rotations", listed, marker, limit, lambda material: _show(key, material))


def _show(key: Key, material: Material) -> dict[str, Any]:
    shown: dict[str, Any] = {
        "KeyId": key.id,
        "KeyMaterialId": material.id,
        "KeyMaterialState": material.state,
    }
    if material.rotated_at:
        shown |= {"RotationDate": material.rotated_at, "RotationType": material.rotation_type}
    if key.origin != state.EXTERNAL:
        return shown
    shown["ImportState"] = "IMPORTED" if material.secret else "PENDING_IMPORT"
    if material.description:
        shown["KeyMaterialDescription"] = material.description
    if material.secret:
        shown["ExpirationModel"] = "KEY_MATERIAL_EXPIRES" if material.expires_at else "KEY_MATERIAL_DOES_NOT_EXPIRE"
        if material.expires_at:
            shown["ValidTo"] = material.expires_at
    return shown
