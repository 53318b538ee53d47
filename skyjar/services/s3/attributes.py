"""Attribute-based access control of buckets: where it is enabled, policies can decide by a bucket's tags.

Source: S3 User Guide, "Enabling ABAC in general purpose buckets", "Using tags with S3 general purpose buckets".
"""

from __future__ import annotations

from typing import Any

from skyjar.kernel.call import Call
from skyjar.kernel.service import operation

from . import bucket_tags, state
from .errors import MalformedXML
from .state import Bucket

_STATUSES = {"Enabled": True, "Disabled": False}


@operation
def get_bucket_abac(call: Call, *, bucket: str, expected_bucket_owner: str = "") -> dict[str, Any]:
    _, where = state.bucket_of(call, bucket)
    return {"AbacStatus": {"Status": "Enabled" if where.has_abac else "Disabled"}}


@operation
def put_bucket_abac(
    call: Call,
    *,
    bucket: str,
    abac_status: dict[str, Any],
    content_md5: str = "",
    checksum_algorithm: str = "",
    expected_bucket_owner: str = "",
) -> None:
    _, where = state.bucket_of(call, bucket)
    status = abac_status.get("Status")
    if status not in _STATUSES:
        raise MalformedXML
    state.buckets.replace(call, where, state.replace(where, has_abac=_STATUSES[status]))


def conditions(call: Call, bucket: Bucket) -> dict[str, str]:
    """The condition keys of the tags of a bucket, for requests to it and to its objects."""
    held = bucket_tags.of(state.place(call, bucket), bucket)
    return {f"{name}/{tag['Key']}": tag["Value"] for tag in held for name in ("aws:ResourceTag", "s3:BucketTag")}


def requested(wanted: dict[str, Any]) -> dict[str, Any]:
    """The condition keys of the tags that a bucket is to be made with."""
    given = {tag["Key"]: tag["Value"] for tag in wanted.get("Tags") or ()}
    return {"aws:TagKeys": list(given), **{f"aws:RequestTag/{k}": v for k, v in given.items()}} if given else {}
