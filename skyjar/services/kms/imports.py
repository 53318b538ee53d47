"""Imported key material: how it comes in, when it goes, and what the key can do meanwhile."""

from __future__ import annotations

from typing import Any

from skyjar.kernel.call import Call
from skyjar.kernel.outside import Compute, Failed, Outside
from skyjar.kernel.service import operation
from skyjar.kernel.tables import At

from . import jobs, key_pairs, limits, materials, references, specs, state, states, wrapping
from .errors import (
    ExpiredImportTokenException,
    IncorrectKeyMaterialException,
    InvalidImportTokenException,
    KMSInvalidStateException,
    NotFoundException,
    UnsupportedOperationException,
    ValidationException,
)
from .state import Found, Key, Material, Wrapping

_NEW, _EXISTING = "NEW_KEY_MATERIAL", "EXISTING_KEY_MATERIAL"
_EXPIRES = "KEY_MATERIAL_EXPIRES"


def _external(call: Call, key_id: str) -> Found:
    found = references.find(call, key_id, takes_alias=False)
    states.check_origin(found.key, found.arn, state.EXTERNAL)
    return found


@operation
def get_parameters_for_import(
    call: Call, *, key_id: str, wrapping_algorithm: str, wrapping_key_spec: str
) -> dict[str, Any] | Outside:
    found = _external(call, key_id)
    states.check_not_deleted(found.key, found.arn)
    if wrapping_algorithm not in wrapping.ALGORITHMS or wrapping_key_spec not in wrapping.SPECS:
        raise UnsupportedOperationException(
            f"The wrapping algorithm {wrapping_algorithm} with the wrapping key spec {wrapping_key_spec} is not "
            "supported."
        )
    arn = found.arn

    def finish(then: Call, secret: bytes | Failed) -> dict[str, Any]:
        if isinstance(secret, Failed):
            raise secret
        return _offer(then, _external(then, arn), wrapping_algorithm, secret)

    return Outside(Compute(key_pairs.make_rsa, wrapping_key_spec), finish)


def _offer(call: Call, found: Found, algorithm: str, secret: bytes) -> dict[str, Any]:
    at, key, _ = found
    for old in state.wrappings.range(at, key.id):
        if old.expires_at + limits.DAY_S <= call.now:
            state.wrappings.remove(at, old)
    made = Wrapping(
        key_id=key.id,
        token=call.chance.hex(64),
        algorithm=algorithm,
        secret=secret,
        expires_at=call.now + limits.IMPORT_TOKEN_S,
    )
    state.wrappings.add(at, made)
    return {
        "KeyId": found.arn,
        "ImportToken": made.token.encode(),
        "PublicKey": key_pairs.public_of(secret),
        "ParametersValidTo": made.expires_at,
    }


@operation
def import_key_material(
    call: Call,
    *,
    key_id: str,
    import_token: bytes,
    encrypted_key_material: bytes,
    valid_to: float | None = None,
    expiration_model: str = _EXPIRES,
    import_type: str = "",
    key_material_description: str | None = None,
    key_material_id: str = "",
) -> dict[str, Any]:
    found = _external(call, key_id)
    at, key, _ = found
    states.check_not_deleted(key, found.arn)
    expires_at = _checked_end(call, expiration_model, valid_to)
    _check_symmetric_only(key, import_type, key_material_description, key_material_id)
    secret = _unwrapped(call, found, import_token, encrypted_key_material)
    identity = materials.id_of(key.id, secret)
    if key_material_id not in ("", identity):
        raise IncorrectKeyMaterialException
    known = state.materials.range(at, key.id)
    wanted = import_type or (_EXISTING if known else _NEW)
    if wanted == _NEW:
        _add(found, known, secret, expires_at, key_material_description or "")
    else:
        _restore(found, identity, secret, expires_at, key_material_description)
    _settle(call, at, key.id)
    shown = {"KeyId": found.arn}
    return {**shown, "KeyMaterialId": identity} if key.spec == specs.SYMMETRIC else shown


def _checked_end(call: Call, model: str, valid_to: float | None) -> float:
    """When the material expires; 0 for never."""
    if model != _EXPIRES:
        if valid_to is not None:
            raise ValidationException("ValidTo must be omitted when ExpirationModel is KEY_MATERIAL_DOES_NOT_EXPIRE.")
        return 0.0
    if valid_to is None:
        raise ValidationException("A validTo date must be set if the ExpirationModel is KEY_MATERIAL_EXPIRES")
    if not call.now < valid_to <= call.now + limits.MATERIAL_DAYS * limits.DAY_S:
        raise ValidationException("ValidTo must be in the future, and at most 365 days from now.")
    return valid_to


def _check_symmetric_only(key: Key, *given: str | None) -> None:
    if key.spec != specs.SYMMETRIC and any(given):
        raise ValidationException(
            "ImportType, KeyMaterialDescription and KeyMaterialId are valid only for symmetric encryption keys."
        )


def _unwrapped(call: Call, found: Found, token: bytes, wrapped: bytes) -> bytes:
    at, key, _ = found
    offer = state.wrappings.get(at, key.id, token.decode("latin-1"))
    if offer is None:
        raise InvalidImportTokenException
    if offer.expires_at <= call.now:
        raise ExpiredImportTokenException
    secret = wrapping.unwrap(key_pairs.read(offer.secret), offer.algorithm, wrapped)
    return wrapping.checked(key.spec, secret)


def _add(found: Found, known: list[Material], secret: bytes, expires_at: float, description: str) -> None:
    """Material that the key never had: its first, or one that waits for a rotation on demand."""
    at, key, _ = found
    if known and key.spec != specs.SYMMETRIC:
        raise IncorrectKeyMaterialException
    if not state.is_primary(at, key):
        raise UnsupportedOperationException(f"{found.arn} is a replica key: import new key material into its primary.")
    if any(each.state not in state.IN_USE for each in known):
        raise KMSInvalidStateException(f"{found.arn} already has key material that is pending rotation.")
    made = materials.imported(
        key,
        secret,
        materials.next_number(at, key),
        expires_at=expires_at,
        description=description,
        is_current=not known,
    )
    if any(each.id == made.id for each in known):
        raise IncorrectKeyMaterialException
    state.materials.add(at, made)
    for place, other in state.siblings(at, key):
        state.materials.add(place, state.replace(made, secret=b"", expires_at=0.0))
        if not known:
            state.change(place, other, current=made.id)
    if not known:
        state.change(at, key, current=made.id)


def _restore(found: Found, identity: str, secret: bytes, expires_at: float, description: str | None) -> None:
    material = state.materials.get(found.at, found.key.id, identity)
    if material is None:
        raise IncorrectKeyMaterialException
    kept = material.description if description is None else description
    state.change_material(found.at, material, secret=secret, expires_at=expires_at, description=kept)


def _settle(call: Call, at: At, key_id: str) -> None:
    """What follows from the material that is there now: the state of the key, the next expiry, whether new material has
    reached all Regions."""
    key = state.keys.get(at, key_id)
    assert key is not None
    held = state.materials.range(at, key_id)
    is_whole = state.is_whole(at, key)
    if key.state == state.PENDING_IMPORT and is_whole:
        state.change(at, key, state=state.ENABLED)
    elif key.state in (state.ENABLED, state.DISABLED) and not is_whole:
        state.change(at, key, state=state.PENDING_IMPORT)
    ends = [each.expires_at for each in held if each.secret and each.expires_at]
    if ends:
        where = {"account": at.account, "region": at.region, "key_id": key_id}
        call.later(jobs.expire, key=jobs.name(at, key_id), due=min(ends), **where)
    _gather(at, key)


def _gather(at: At, key: Key) -> None:
    """New material waits for the other Regions of a multi-Region key first, then for its rotation."""
    places = [(at, key), *state.siblings(at, key)]
    for place, one in places:
        if not state.is_primary(place, one):
            continue
        for material in state.materials.range(place, one.id):
            if material.state in state.IN_USE:
                continue
            found = [state.materials.get(other, one.id, material.id) for other, _ in places]
            is_everywhere = all(each is not None and each.secret for each in found)
            wanted = state.PENDING_ROTATION if is_everywhere else state.PENDING_IMPORTS
            state.change_material(place, material, state=wanted)


@operation
def delete_imported_key_material(call: Call, *, key_id: str, key_material_id: str = "") -> dict[str, Any]:
    found = _external(call, key_id)
    at, key, _ = found
    material = state.materials.get(at, key.id, key_material_id or key.current)
    if material is None and key_material_id:
        raise NotFoundException(f"Key material {key_material_id} does not exist")
    if material is not None:
        _drop(found, material)
        _settle(call, at, key.id)
    shown = {"KeyId": found.arn}
    return {**shown, "KeyMaterialId": material.id} if material is not None and key.spec == specs.SYMMETRIC else shown


def _drop(found: Found, material: Material) -> None:
    """Material that never was in use is forgotten, in all Regions when the primary key's is deleted."""
    at, key, _ = found
    if material.state in state.IN_USE:
        state.change_material(at, material, secret=b"", expires_at=0.0)
        return
    if not state.is_primary(at, key):
        state.change_material(at, material, secret=b"", expires_at=0.0)
        return
    state.materials.remove(at, material)
    for place, _ in state.siblings(at, key):
        state.materials.delete(place, key.id, material.id)


def expire(call: Call, at: At, key: Key) -> None:
    """Delete the material whose time is over."""
    found = Found(at, key)
    for material in state.materials.range(at, key.id):
        if material.secret and material.expires_at and material.expires_at <= call.now:
            _drop(found, material)
    _settle(call, at, key.id)
