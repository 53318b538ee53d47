"""Operations on access control lists. Where Object Ownership is BucketOwnerEnforced, as it is unless it was changed, no
list but the owner's own is accepted."""

from __future__ import annotations

from typing import Any

from skyjar.kernel.call import Call
from skyjar.kernel.service import operation

from . import grants, replicas, state
from .errors import AccessControlListNotSupported, MissingSecurityHeader
from .grants import ENFORCED, FULL, Grants, canonical_id
from .reading import existing


def owner(account: str) -> dict[str, str]:
    return {"ID": canonical_id(account)}


def _shown(account: str, granted: Grants) -> dict[str, Any]:
    every = granted or ((canonical_id(account), FULL),)
    listed = [
        {
            "Grantee": {"URI": grantee, "Type": "Group"}
            if grantee.startswith("http")
            else {"ID": grantee, "Type": "CanonicalUser"},
            "Permission": permission,
        }
        for grantee, permission in every
    ]
    return {"Owner": owner(account), "Grants": listed}


def _check_something(acl: str, policy: dict[str, Any] | None, given: dict[str, str]) -> None:
    if not acl and policy is None and not given:
        raise MissingSecurityHeader(MissingHeaderName="x-amz-acl")


def _check_off(account: str, acl: str, policy: dict[str, Any] | None, given: dict[str, str]) -> None:
    """Where ACLs are off: only what says what is the case anyway."""
    if given or (acl and acl != "bucket-owner-full-control"):
        raise AccessControlListNotSupported
    if policy is not None:
        told = [(g.get("Grantee", {}).get("ID"), g.get("Permission")) for g in policy.get("Grants", [])]
        if told != [(canonical_id(account), FULL)]:
            raise AccessControlListNotSupported


@operation
def get_bucket_acl(call: Call, *, bucket: str, expected_bucket_owner: str = "") -> dict[str, Any]:
    _, where = state.bucket_of(call, bucket)
    return _shown(where.account, () if where.ownership == ENFORCED else where.grants)


@operation
def get_object_acl(
    call: Call, *, bucket: str, key: str, version_id: str = "", expected_bucket_owner: str = "", request_payer: str = ""
) -> dict[str, Any]:
    _, where, found = existing(call, bucket, key, version_id)
    return _shown(grants.owns(where, found.owner), () if where.ownership == ENFORCED else found.grants)


@operation
def put_bucket_acl(
    call: Call,
    *,
    bucket: str,
    acl: str = "",
    access_control_policy: dict[str, Any] | None = None,
    content_md5: str = "",
    checksum_algorithm: str = "",
    grant_full_control: str = "",
    grant_read: str = "",
    grant_read_acp: str = "",
    grant_write: str = "",
    grant_write_acp: str = "",
    expected_bucket_owner: str = "",
) -> None:
    _, where = state.bucket_of(call, bucket)
    given = grants.given(grant_full_control, grant_read, grant_read_acp, grant_write_acp, grant_write)
    _check_something(acl, access_control_policy, given)
    if where.ownership == ENFORCED:
        _check_off(where.account, acl, access_control_policy, given)
        return
    chosen = grants.of_bucket(where, acl, access_control_policy, given)
    grants.check_blocks(call, where, chosen)
    state.buckets.replace(call, where, state.replace(where, grants=chosen))


@operation
def put_object_acl(
    call: Call,
    *,
    bucket: str,
    key: str,
    acl: str = "",
    access_control_policy: dict[str, Any] | None = None,
    content_md5: str = "",
    checksum_algorithm: str = "",
    grant_full_control: str = "",
    grant_read: str = "",
    grant_read_acp: str = "",
    grant_write: str = "",
    grant_write_acp: str = "",
    version_id: str = "",
    expected_bucket_owner: str = "",
    request_payer: str = "",
) -> dict[str, Any]:
    at, where, found = existing(call, bucket, key, version_id)
    given = grants.given(grant_full_control, grant_read, grant_read_acp, grant_write_acp, grant_write)
    _check_something(acl, access_control_policy, given)
    if where.ownership == ENFORCED:
        _check_off(where.account, acl, access_control_policy, given)
        return {}
    whose = grants.owns(where, found.owner)
    chosen = grants.of_object(where, whose, acl, access_control_policy, given)
    grants.check_blocks(call, where, chosen)
    changed = state.replace(found, grants=chosen)
    replicas.change(call, at, where, found, changed, "ObjectAcl:Put" if chosen != found.grants else "")
    return {}
