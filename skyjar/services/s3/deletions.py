"""Deleting objects: for good, or under a delete marker."""

from __future__ import annotations

from typing import Any

from skyjar.kernel.call import Call
from skyjar.kernel.errors import AWSError
from skyjar.kernel.service import operation
from skyjar.kernel.tables import At

from . import deliveries, limits, locks, minimums, names, object_state, preconditions, replicas, state, versioning
from .errors import InvalidVersion, MalformedXML, NoSuchVersion, NotImplementedByS3
from .state import Bucket


@operation
def delete_object(
    call: Call,
    *,
    bucket: str,
    key: str,
    version_id: str = "",
    mfa: str = "",
    bypass_governance_retention: bool = False,
    if_match: str = "",
    if_match_last_modified_time: float | None = None,
    if_match_size: int | None = None,
    request_payer: str = "",
    expected_bucket_owner: str = "",
) -> dict[str, Any]:
    at, where = state.bucket_of(call, bucket)
    for header, given in (
        ("x-amz-if-match-last-modified-time", if_match_last_modified_time),
        ("x-amz-if-match-size", if_match_size),
    ):
        if given is not None:  # which directory buckets alone have
            raise NotImplementedByS3(Header=header)
    if if_match:
        current = (
            object_state.version_of(at, where, key, version_id) if version_id else object_state.latest(at, where, key)
        )
        preconditions.check_delete(current, if_match)
    if version_id:
        object_state.check_id(version_id)
        versioning.check_removal(call, at, where, mfa)
        return delete_version(call, at, where, key, version_id, bypass_governance_retention)
    return delete_current(call, at, where, key)


def delete_version(
    call: Call, at: At, bucket: Bucket, key: str, version: str, bypasses: bool = False
) -> dict[str, Any]:
    found = object_state.version_of(at, bucket, key, version)
    if found is None:
        if version != object_state.NULL and object_state.order_of(version) is None:
            raise NoSuchVersion(Key=key, VersionId=version)
        return {"VersionId": version}
    if found.lock != object_state.UNLOCKED:
        locks.check_removal(found, call.now, bypasses)
    object_state.remove(at, bucket, found)
    minimums.charge(call, at, found)
    if bucket.has_notifications:
        deliveries.tell(call, at, bucket, "ObjectRemoved:Delete", found)
    return {"VersionId": version, "DeleteMarker": True} if found.is_marker else {"VersionId": version}


def delete_current(call: Call, at: At, bucket: Bucket, key: str, event: str = "ObjectRemoved") -> dict[str, Any]:
    """Delete what is there; with versioning, put a delete marker on top of it. `event`: the family it is told as."""
    newest = object_state.latest(at, bucket, key)
    if not bucket.versioning:
        if newest is not None:
            object_state.remove(at, bucket, newest)
            minimums.charge(call, at, newest)
            if bucket.has_notifications:
                deliveries.tell(call, at, bucket, f"{event}:Delete", newest)
        return {}
    names.check_key(key)
    fields = {"key": key, "modified_s": int(call.now), "is_marker": True}
    made = object_state.add(call, at, bucket, newest, fields)
    if bucket.has_notifications:
        deliveries.tell(call, at, bucket, f"{event}:DeleteMarkerCreated", made)
    if bucket.has_replication and event == "ObjectRemoved":
        replicas.follow(call, at, bucket, made)
    return {"DeleteMarker": True, "VersionId": made.version}


@operation
def delete_objects(
    call: Call,
    *,
    bucket: str,
    delete: dict[str, Any],
    mfa: str = "",
    bypass_governance_retention: bool = False,
    checksum_algorithm: str = "",
    request_payer: str = "",
    expected_bucket_owner: str = "",
) -> dict[str, Any]:
    """Each key is judged and deleted as DeleteObject would; what fails is told beside what did not."""
    at, where = state.bucket_of(call, bucket)
    wanted = delete.get("Objects") or []
    if not 1 <= len(wanted) <= limits.DELETE_KEYS:
        raise MalformedXML
    if any(each.get("VersionId") for each in wanted):
        versioning.check_removal(call, at, where, mfa)  # one code for all of them
    s3 = call.ask("s3", account=call.account, region=call.region)
    bypass = {"bypass_governance_retention": True} if bypass_governance_retention else {}
    deleted: list[dict[str, Any]] = []
    errors: list[dict[str, Any]] = []
    for each in wanted:
        key, version = each["Key"], each.get("VersionId", "")
        conditions = {
            name: each[member]
            for name, member in (
                ("if_match", "ETag"),
                ("if_match_last_modified_time", "LastModifiedTime"),
                ("if_match_size", "Size"),
            )
            if member in each
        }
        named = {"VersionId": version} if version else {}
        try:
            if version and where.has_mfa_delete:  # whose code is used up by now
                call.judge("s3", "delete_object", call.caller, bucket=bucket, key=key, version_id=version, **bypass)
                done = delete_version(call, at, where, key, version, bypass_governance_retention)
            else:
                done = s3.delete_object(bucket=bucket, key=key, version_id=version, **bypass, **conditions)
        except InvalidVersion:
            unknown = NoSuchVersion()
            errors.append({"Key": key, **named, "Code": unknown.code, "Message": unknown.message})
            continue
        except AWSError as error:
            errors.append({"Key": key, **named, "Code": error.code, "Message": error.message})
            continue
        if done.get("DeleteMarker"):
            named |= {"DeleteMarker": True, "DeleteMarkerVersionId": done["VersionId"]}
        deleted.append({"Key": key, **named})
    answer: dict[str, Any] = {} if delete.get("Quiet") else {"Deleted": deleted}
    return {**answer, "Errors": errors} if errors else answer
