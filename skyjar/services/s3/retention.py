"""Operations of Object Lock: of a bucket, and of a version."""

from __future__ import annotations

from typing import Any

from skyjar.kernel.call import Call
from skyjar.kernel.errors import NotImplementedHere
from skyjar.kernel.service import operation
from skyjar.kernel.tables import At

from . import happenings, locks, object_state, replicas, state
from .errors import (
    InvalidBucketState,
    InvalidRequest,
    MalformedXML,
    NoSuchObjectLockConfiguration,
    ObjectLockConfigurationNotFound,
)
from .object_state import Object
from .reading import existing
from .state import Bucket


@operation
def get_object_lock_configuration(call: Call, *, bucket: str, expected_bucket_owner: str = "") -> dict[str, Any]:
    at, where = state.bucket_of(call, bucket)
    if not where.has_lock:
        raise ObjectLockConfigurationNotFound(BucketName=bucket)
    rule = state.configuration(at, where, locks.KIND) or {}
    return {"ObjectLockConfiguration": {"ObjectLockEnabled": "Enabled", **rule}}


@operation
def put_object_lock_configuration(
    call: Call,
    *,
    bucket: str,
    object_lock_configuration: dict[str, Any] | None = None,
    request_payer: str = "",
    content_md5: str = "",
    checksum_algorithm: str = "",
    expected_bucket_owner: str = "",
) -> dict[str, Any]:
    at, where = state.bucket_of(call, bucket)
    wanted = object_lock_configuration or {}
    if wanted.get("ObjectLockEnabled") != "Enabled":
        raise MalformedXML
    if where.versioning != "Enabled":
        raise InvalidBucketState("Versioning must be 'Enabled' on the bucket to apply a Object Lock configuration")
    rule = wanted.get("Rule")
    if rule is not None:
        locks.check_default(rule.get("DefaultRetention") or {})
    state.configure(at, where, locks.KIND, {"Rule": rule} if rule is not None else None)
    state.buckets.replace(call, where, state.replace(where, has_lock=True))
    return {}


def _lockable(call: Call, bucket: str, key: str, version: str) -> tuple[At, Bucket, Object]:
    """The version, in a bucket whose objects can be locked."""
    at, where, found = existing(call, bucket, key, version)
    if not where.has_lock:
        raise InvalidRequest(locks.MISSING)
    return at, where, found


@operation
def get_object_retention(
    call: Call, *, bucket: str, key: str, version_id: str = "", request_payer: str = "", expected_bucket_owner: str = ""
) -> dict[str, Any]:
    _, _, found = _lockable(call, bucket, key, version_id)
    mode, until, _ = found.lock
    if not mode:
        raise NoSuchObjectLockConfiguration(Key=key)
    return {"Retention": {"Mode": mode, "RetainUntilDate": until}}


@operation
def put_object_retention(
    call: Call,
    *,
    bucket: str,
    key: str,
    retention: dict[str, Any] | None = None,
    request_payer: str = "",
    version_id: str = "",
    bypass_governance_retention: bool = False,
    content_md5: str = "",
    checksum_algorithm: str = "",
    expected_bucket_owner: str = "",
) -> dict[str, Any]:
    at, where, found = _lockable(call, bucket, key, version_id)
    wanted = retention or {}
    for member in ("EventHold", "EventHoldDuration"):
        if member in wanted:
            raise NotImplementedHere(f"Skyjar does not implement {member} of s3:PutObjectRetention.")
    mode, until = wanted.get("Mode", ""), wanted.get("RetainUntilDate")
    if bool(mode) != (until is not None) or (mode and mode not in locks.MODES):
        raise MalformedXML
    if until is not None:
        locks.check_date(call, until)
    locks.check_change(found, mode, until or 0, call.now, bypass_governance_retention)
    changed = state.replace(found, lock=(mode, int(until or 0), found.lock[2]))
    told = (
        {"objectRetentionEventData": {"mode": mode, "retainUntilDate": happenings.iso(until)}}
        if until is not None
        else {}
    )
    replicas.change(call, at, where, found, changed, "ObjectRetention:Put", **told)
    return {}


@operation
def get_object_legal_hold(
    call: Call, *, bucket: str, key: str, version_id: str = "", request_payer: str = "", expected_bucket_owner: str = ""
) -> dict[str, Any]:
    _, _, found = _lockable(call, bucket, key, version_id)
    if found.lock == object_state.UNLOCKED:
        raise NoSuchObjectLockConfiguration(Key=key)
    return {"LegalHold": {"Status": "ON" if found.lock[2] else "OFF"}}


@operation
def put_object_legal_hold(
    call: Call,
    *,
    bucket: str,
    key: str,
    legal_hold: dict[str, Any] | None = None,
    request_payer: str = "",
    version_id: str = "",
    content_md5: str = "",
    checksum_algorithm: str = "",
    expected_bucket_owner: str = "",
) -> dict[str, Any]:
    at, where, found = _lockable(call, bucket, key, version_id)
    status = (legal_hold or {}).get("Status")
    if status not in ("ON", "OFF"):
        raise MalformedXML
    replicas.change(call, at, where, found, state.replace(found, lock=(*found.lock[:2], status == "ON")))
    return {}
