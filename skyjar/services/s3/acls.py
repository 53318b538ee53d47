"""Access control lists, as they are where Object Ownership is BucketOwnerEnforced: the owner has everything, and no
other list is accepted."""

from __future__ import annotations

import hashlib
from typing import Any

from skyjar.kernel.call import Call
from skyjar.kernel.service import operation

from . import state
from .errors import AccessControlListNotSupported
from .reading import existing


def check_canned(acl: str) -> None:
    if acl != "bucket-owner-full-control":
        raise AccessControlListNotSupported


def canonical_id(account: str) -> str:
    """The account's canonical user id."""
    return hashlib.sha256(f"canonical user {account}".encode()).hexdigest()


def owner(account: str) -> dict[str, str]:
    return {"ID": canonical_id(account)}


def _list(account: str) -> dict[str, Any]:
    grantee = {"ID": canonical_id(account), "Type": "CanonicalUser"}
    return {"Owner": owner(account), "Grants": [{"Grantee": grantee, "Permission": "FULL_CONTROL"}]}


def _check(account: str, acl: str, policy: dict[str, Any] | None, grants: tuple[str, ...]) -> None:
    if any(grants) or (acl and acl != "bucket-owner-full-control"):
        raise AccessControlListNotSupported
    if policy is not None:
        given = [(g.get("Grantee", {}).get("ID"), g.get("Permission")) for g in policy.get("Grants", [])]
        if given != [(canonical_id(account), "FULL_CONTROL")]:
            raise AccessControlListNotSupported


@operation
def get_bucket_acl(call: Call, *, bucket: str, expected_bucket_owner: str = "") -> dict[str, Any]:
    _, where = state.bucket_of(call, bucket)
    return _list(where.account)


@operation
def get_object_acl(
    call: Call, *, bucket: str, key: str, version_id: str = "", expected_bucket_owner: str = "", request_payer: str = ""
) -> dict[str, Any]:
    _, where, _ = existing(call, bucket, key, version_id)
    return _list(where.account)


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
    grants = (grant_full_control, grant_read, grant_read_acp, grant_write, grant_write_acp)
    _check(where.account, acl, access_control_policy, grants)


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
    _, where, _ = existing(call, bucket, key, version_id)
    grants = (grant_full_control, grant_read, grant_read_acp, grant_write, grant_write_acp)
    _check(where.account, acl, access_control_policy, grants)
    return {}
