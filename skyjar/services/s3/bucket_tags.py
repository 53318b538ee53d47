"""Tags of buckets. Once a bucket's tags decide who may use it (attributes.py), they are changed by their ARN alone, in s3control."""

from __future__ import annotations

from typing import Any

from skyjar.kernel.call import Call
from skyjar.kernel.service import operation
from skyjar.kernel.tables import At

from . import limits, state, tags
from .errors import InvalidRequest, NoSuchTagSet
from .state import Bucket

_KIND = "tags"


def of(at: At, bucket: Bucket) -> list[dict[str, str]]:
    found = state.configuration(at, bucket, _KIND)
    return list(found["TagSet"]) if found is not None else []


def keep(at: At, bucket: Bucket, tag_set: list[dict[str, str]]) -> None:
    document = {"TagSet": tags.as_set(tags.of_set(tag_set, limits.BUCKET_TAGS))}
    state.configure(at, bucket, _KIND, document)


def forget(at: At, bucket: Bucket) -> None:
    state.configure(at, bucket, _KIND, None)


def _check(bucket: Bucket) -> None:
    if bucket.has_abac:
        raise InvalidRequest(
            "Attribute-based access control is enabled for the bucket. Use TagResource and UntagResource to manage its tags.",
            BucketName=bucket.name,
        )


@operation
def get_bucket_tagging(call: Call, *, bucket: str, expected_bucket_owner: str = "") -> dict[str, Any]:
    at, where = state.bucket_of(call, bucket)
    found = state.configuration(at, where, _KIND)
    if found is None:
        raise NoSuchTagSet(BucketName=bucket)
    return {"TagSet": found["TagSet"]}


@operation
def put_bucket_tagging(
    call: Call,
    *,
    bucket: str,
    tagging: dict[str, Any],
    content_md5: str = "",
    checksum_algorithm: str = "",
    expected_bucket_owner: str = "",
) -> None:
    at, where = state.bucket_of(call, bucket)
    _check(where)
    keep(at, where, tagging["TagSet"])


@operation
def delete_bucket_tagging(call: Call, *, bucket: str, expected_bucket_owner: str = "") -> None:
    at, where = state.bucket_of(call, bucket)
    _check(where)
    forget(at, where)
