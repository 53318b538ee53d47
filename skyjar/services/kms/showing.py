"""A key's metadata, and lists in pages, as answers show them."""

from __future__ import annotations

from base64 import b64decode, urlsafe_b64encode
from binascii import Error
from collections.abc import Iterable
from typing import Any, TypeVar

from skyjar.kernel.tables import At, Place

from . import specs, state
from .errors import InvalidMarkerException
from .state import Key

T = TypeVar("T")


def metadata(at: At, key: Key) -> dict[str, Any]:
    shown: dict[str, Any] = {
        "AWSAccountId": at.account,
        "KeyId": key.id,
        "Arn": state.arn_of(at, key.id),
        "CreationDate": key.created_at,
        "Enabled": key.state == state.ENABLED,
        "Description": key.description,
        "KeyUsage": key.usage,
        "KeyState": key.state,
        "Origin": key.origin,
        "KeyManager": key.manager,
        "KeySpec": key.spec,
        specs.LISTED_AS[key.usage]: list(specs.ALGORITHMS[key.spec][key.usage]),
        "MultiRegion": key.is_multi_region,
    }
    if key.spec not in specs.WITHOUT_OLD_NAME:
        shown["CustomerMasterKeySpec"] = key.spec
    if key.current and key.spec == specs.SYMMETRIC:
        shown["CurrentKeyMaterialId"] = key.current
    if key.state == state.PENDING_DELETION:
        shown["DeletionDate"] = key.deletion_at
    if key.state == state.PENDING_REPLICA_DELETION:
        shown["PendingDeletionWindowInDays"] = key.window_days
    if key.origin == state.EXTERNAL:
        shown |= _expiry(at, key)
    if key.is_multi_region:
        shown["MultiRegionConfiguration"] = _family(at, key)
    return shown


def _expiry(at: At, key: Key) -> dict[str, Any]:
    held = [each for each in state.materials.range(at, key.id) if each.secret and each.state != state.PENDING_ROTATION]
    if not held:
        return {}
    ends = [each.expires_at for each in held if each.expires_at]
    if not ends:
        return {"ExpirationModel": "KEY_MATERIAL_DOES_NOT_EXPIRE"}
    return {"ExpirationModel": "KEY_MATERIAL_EXPIRES", "ValidTo": min(ends)}


def _family(at: At, key: Key) -> dict[str, Any]:
    family = state.families.get(at, key.id)
    assert family is not None

    def show(region: str) -> dict[str, str]:
        return {"Arn": state.arn_of(Place(at.tx, at.account, region), key.id), "Region": region}

    return {
        "MultiRegionKeyType": "PRIMARY" if family.primary == at.region else "REPLICA",
        "PrimaryKey": show(family.primary),
        "ReplicaKeys": [show(region) for region in family.replicas],
    }


def page(member: str, found: Iterable[tuple[str, T]], marker: str | None, limit: int, show: Any) -> dict[str, Any]:
    """Of (name, thing) in the order of their names; a marker is the name of the last one before."""
    after = _read(marker) if marker else ""
    shown: list[Any] = []
    last = ""
    for name, thing in found:
        if marker and name <= after:
            continue
        if len(shown) == limit:
            return {member: shown, "NextMarker": _write(last), "Truncated": True}
        shown.append(show(thing))
        last = name
    return {member: shown, "Truncated": False}


def _write(name: str) -> str:
    return urlsafe_b64encode(name.encode()).decode()


def _read(marker: str) -> str:
    try:
        return b64decode(marker.encode(), altchars=b"-_", validate=True).decode()
    except (Error, ValueError):
        raise InvalidMarkerException from None
