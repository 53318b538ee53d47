"""Access control lists: what they may say, and what they amount to. Pure but for the account's blocks.

A grant is (grantee, permission), the grantee a canonical user id or a group's URI; no grants at all is the private list.
To be judged, a list is turned into the statements of a resource policy. Source: S3 User Guide, "Access control list
(ACL) overview".
"""

from __future__ import annotations

import hashlib
import re
from functools import lru_cache
from typing import Any

import orjson

from . import blocks
from .errors import (
    AccessControlListNotSupported,
    InvalidArgument,
    InvalidRequest,
    MalformedACL,
    MethodNotAllowed,
    PublicAclsBlocked,
)
from .state import Bucket

Grants = tuple[tuple[str, str], ...]
ENFORCED = "BucketOwnerEnforced"
ANONYMOUS = "65a011a29cdf8ec533ec3d1ccaae921c"  # the canonical id of whoever does not sign
_GROUPS = "http://acs.amazonaws.com/groups/"
ALL = _GROUPS + "global/AllUsers"
AUTHENTICATED = _GROUPS + "global/AuthenticatedUsers"
LOG_DELIVERY = _GROUPS + "s3/LogDelivery"
PUBLIC = (ALL, AUTHENTICATED)
FULL = "FULL_CONTROL"
PERMISSIONS = (FULL, "READ", "WRITE", "READ_ACP", "WRITE_ACP")
_BOTH = {
    "private": (),
    "public-read": ((ALL, "READ"),),
    "public-read-write": ((ALL, "READ"), (ALL, "WRITE")),
    "authenticated-read": ((AUTHENTICATED, "READ"),),
}
_OF_BUCKETS: dict[str, Grants] = {
    **_BOTH,
    "log-delivery-write": ((LOG_DELIVERY, "WRITE"), (LOG_DELIVERY, "READ_ACP")),
}
_PAIR = re.compile(r'\s*(id|uri|emailAddress)\s*=\s*"?([^",]*)"?\s*')
_ON_BUCKETS = {
    "READ": ("s3:ListBucket", "s3:ListBucketVersions", "s3:ListBucketMultipartUploads"),
    "WRITE": ("s3:PutObject", "s3:DeleteObject", "s3:AbortMultipartUpload", "s3:ListMultipartUploadParts"),
    "READ_ACP": ("s3:GetBucketAcl",),
    "WRITE_ACP": ("s3:PutBucketAcl",),
}
_ON_OBJECTS = {
    "READ": ("s3:GetObject", "s3:GetObjectVersion"),
    "READ_ACP": ("s3:GetObjectAcl", "s3:GetObjectVersionAcl"),
    "WRITE_ACP": ("s3:PutObjectAcl", "s3:PutObjectVersionAcl"),
    "WRITE": (),
}


@lru_cache(4096)
def canonical_id(account: str) -> str:
    """The account's canonical user id; of nobody's, that of anonymous callers."""
    return hashlib.sha256(f"canonical user {account}".encode()).hexdigest() if account else ANONYMOUS


def of_bucket(bucket: Bucket, acl: str, policy: dict[str, Any] | None, given: dict[str, str]) -> Grants:
    return _chosen(_OF_BUCKETS, canonical_id(bucket.account), acl, policy, given)


def of_object(bucket: Bucket, owner: str, acl: str, policy: dict[str, Any] | None, given: dict[str, str]) -> Grants:
    """`owner`: the account that owns the object."""
    theirs = canonical_id(bucket.account)
    known: dict[str, Grants] = dict(_BOTH)
    known["aws-exec-read"] = ()
    known["bucket-owner-read"] = ((theirs, "READ"),) if owner != bucket.account else ()
    known["bucket-owner-full-control"] = ((theirs, FULL),) if owner != bucket.account else ()
    return _chosen(known, canonical_id(owner), acl, policy, given)


def _chosen(
    canned: dict[str, Grants], owner: str, acl: str, policy: dict[str, Any] | None, given: dict[str, str]
) -> Grants:
    """`given` are the grant headers that were sent, by their permission."""
    if sum((bool(acl), policy is not None, bool(given))) > 1:
        raise InvalidRequest("Specifying both Canned ACLs and Header Grants is not allowed")
    if policy is not None:
        told = (policy.get("Owner") or {}).get("ID")
        if told and told != owner:
            raise MalformedACL
        return tuple((_grantee(each.get("Grantee") or {}), _permission(each)) for each in policy.get("Grants") or ())
    if given:
        return tuple((_of_header(*pair), name) for name, text in given.items() for pair in _pairs(text))
    if acl not in canned and acl:
        raise InvalidArgument(None, ArgumentName="x-amz-acl", ArgumentValue=acl)
    granted = canned[acl or "private"]
    return ((owner, FULL), *granted) if granted else ()


def _permission(grant: dict[str, Any]) -> str:
    found = str(grant.get("Permission"))
    if found not in PERMISSIONS:
        raise MalformedACL
    return found


def _grantee(grantee: dict[str, Any]) -> str:
    for kind, member in (("id", "ID"), ("uri", "URI"), ("emailAddress", "EmailAddress")):
        if grantee.get(member):
            return _of_header(kind, grantee[member])
    raise MalformedACL


def _pairs(text: str) -> list[tuple[str, str]]:
    found = [_PAIR.fullmatch(each) for each in text.split(",")]
    if not all(found):
        raise InvalidArgument("Argument format not recognized", ArgumentValue=text)
    return [(each[1], each[2]) for each in found if each is not None]


def _of_header(kind: str, value: str) -> str:
    if kind == "emailAddress":  # which S3 has not taken since October 2025
        raise MethodNotAllowed
    if kind == "uri" and value not in (*PUBLIC, LOG_DELIVERY):
        raise InvalidArgument("Invalid group uri", ArgumentName="uri", ArgumentValue=value)
    if kind == "id" and not re.fullmatch(r"[0-9a-f]{64}", value):
        raise InvalidArgument("Invalid id", ArgumentName="CanonicalUser/ID", ArgumentValue=value)
    return value


def is_public(grants: Grants) -> bool:
    return any(grantee in PUBLIC for grantee, _ in grants)


def owns(bucket: Bucket, owner: str) -> str:
    """The account that an object belongs to: with ACLs off, the bucket's, whoever wrote it."""
    return bucket.account if bucket.ownership == ENFORCED else owner or bucket.account


def written(call: Any, bucket: Bucket, acl: str, given: dict[str, str]) -> dict[str, Any]:
    """The fields `owner` and `grants` of an object about to be written; nothing where ACLs are off."""
    if bucket.ownership == ENFORCED:
        if (acl and acl != "bucket-owner-full-control") or any(
            name != FULL or text.replace('"', "") != f"id={canonical_id(bucket.account)}"
            for name, text in given.items()
        ):
            raise AccessControlListNotSupported
        return {}
    writer = call.caller.account or "anonymous"
    given_away = bucket.ownership == "BucketOwnerPreferred" and acl == "bucket-owner-full-control"
    owner = bucket.account if given_away or call.caller.kind == "service" else writer
    grants = of_object(bucket, owner, acl, None, given)
    check_blocks(call, bucket, grants)
    return {"owner": "" if owner == bucket.account else owner, "grants": grants}


def check_blocks(call: Any, bucket: Bucket, grants: Grants) -> None:
    if is_public(grants) and blocks.of(call, bucket)[blocks.BLOCK_ACLS]:
        raise PublicAclsBlocked


def given(full: str, read: str, read_acp: str, write_acp: str, write: str = "") -> dict[str, str]:
    """The grant headers that were sent, by permission."""
    if not (full or read or read_acp or write_acp or write):
        return {}
    every = {FULL: full, "READ": read, "WRITE": write, "READ_ACP": read_acp, "WRITE_ACP": write_acp}
    return {name: text for name, text in every.items() if text}


# As statements of a policy


@lru_cache(1024)
def with_statements(
    policy: str, bucket: str, account: str, on_bucket: Grants, on_object: Grants, ignores_public: bool, is_new: bool
) -> str | None:
    """A bucket's policy with what its ACL, and that of the object in question, give to a caller of that account
    (none: an anonymous one). Who may write to a bucket may give what he writes (`is_new`), and will own, an ACL."""
    found: list[dict[str, Any]] = []
    arn = f"arn:aws:s3:::{bucket}"
    for name, grants, actions in (("bucket", on_bucket, _ON_BUCKETS), ("object", on_object, _ON_OBJECTS)):
        for grantee, permission in grants:
            principal = _principal(grantee, account, ignores_public)
            permitted = [a for one, each in actions.items() if permission in (one, FULL) for a in each]
            if is_new and name == "bucket" and permission in ("WRITE", FULL):
                permitted.append("s3:PutObjectAcl")
            if principal and permitted:
                sid = f"ACL of the {name}: {permission}"
                found.append({"Sid": sid, "Effect": "Allow", "Principal": principal, "Action": permitted,
                              "Resource": [arn, f"{arn}/*"]})  # fmt: skip
    if not found:
        return policy or None
    document = orjson.loads(policy) if policy else {"Version": "2012-10-17", "Statement": []}
    statements = document["Statement"]
    document["Statement"] = [*(statements if isinstance(statements, list) else [statements]), *found]
    return orjson.dumps(document).decode()


def _principal(grantee: str, account: str, ignores_public: bool) -> Any:
    if grantee in PUBLIC:
        if ignores_public or (grantee == AUTHENTICATED and not account):
            return None
        return "*"
    return {"AWS": account} if account and grantee == canonical_id(account) else None


def on_absent(on_bucket: Grants) -> Grants:
    """Of a key that has no object: who may list the bucket is told so, as if he could read it."""
    return tuple((grantee, "READ") for grantee, permission in on_bucket if permission in ("READ", FULL))


@lru_cache(256)
def denials_of(policy: str) -> str:
    """Of a bucket's policy what counts for an object of somebody else: it can deny, but not allow."""
    document = orjson.loads(policy) if policy else {"Statement": []}
    statements = document["Statement"]
    every = statements if isinstance(statements, list) else [statements]
    left = [each for each in every if each["Effect"] == "Deny"]
    return orjson.dumps({**document, "Statement": left}).decode() if left else ""
