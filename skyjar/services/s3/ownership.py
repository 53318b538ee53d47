"""Object Ownership: whether a bucket has ACLs at all, and to whom its objects belong."""

from __future__ import annotations

from typing import Any

from skyjar.kernel.call import Call
from skyjar.kernel.service import operation

from . import grants, state
from .errors import InvalidBucketAclWithObjectOwnership, MalformedXML, OwnershipControlsNotFound

KINDS = ("BucketOwnerEnforced", "BucketOwnerPreferred", "ObjectWriter")


@operation
def get_bucket_ownership_controls(call: Call, *, bucket: str, expected_bucket_owner: str = "") -> dict[str, Any]:
    _, where = state.bucket_of(call, bucket)
    if not where.ownership:
        raise OwnershipControlsNotFound(BucketName=bucket)
    return {"OwnershipControls": {"Rules": [{"ObjectOwnership": where.ownership}]}}


@operation
def put_bucket_ownership_controls(
    call: Call,
    *,
    bucket: str,
    ownership_controls: dict[str, Any],
    content_md5: str = "",
    checksum_algorithm: str = "",
    expected_bucket_owner: str = "",
) -> None:
    _, where = state.bucket_of(call, bucket)
    rules = ownership_controls.get("Rules") or []
    if len(rules) != 1 or rules[0].get("ObjectOwnership") not in KINDS:
        raise MalformedXML
    ownership = rules[0]["ObjectOwnership"]
    own = ((grants.canonical_id(where.account), grants.FULL),)
    if ownership == grants.ENFORCED and where.grants not in ((), own):
        raise InvalidBucketAclWithObjectOwnership
    state.buckets.replace(call, where, state.replace(where, ownership=ownership))


@operation
def delete_bucket_ownership_controls(call: Call, *, bucket: str, expected_bucket_owner: str = "") -> None:
    """ACLs count again, and objects belong to who writes them."""
    _, where = state.bucket_of(call, bucket)
    state.buckets.replace(call, where, state.replace(where, ownership=""))
