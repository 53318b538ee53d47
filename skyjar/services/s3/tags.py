"""Tags of objects and buckets: their rules, and the operations on an object's."""

from __future__ import annotations

import re
from typing import Any
from urllib.parse import parse_qsl

from skyjar.kernel.call import Call
from skyjar.kernel.service import operation

from . import limits, object_state, replicas, state
from .errors import BadRequest, InvalidArgument, InvalidTag
from .reading import existing

_TEXT = re.compile(r"[\w\s+\-=.:/@]*")


def of_set(tag_set: list[dict[str, str]], most: int = limits.OBJECT_TAGS) -> dict[str, str]:
    found: dict[str, str] = {}
    for tag in tag_set:
        if tag["Key"] in found:
            raise InvalidTag("Cannot provide multiple Tags with the same key", TagKey=tag["Key"])
        found[tag["Key"]] = tag["Value"]
    check(found, most)
    return found


def of_header(text: str) -> dict[str, str]:
    """The `x-amz-tagging` header: URL-encoded pairs."""
    if not text:
        return {}
    pairs = parse_qsl(text, keep_blank_values=True)
    if len({key for key, _ in pairs}) != len(pairs) or not pairs:
        raise InvalidArgument(
            "The header 'x-amz-tagging' shall be encoded as UTF-8 then URLEncoded URL query parameters without tag "
            "name duplicates.",
            ArgumentName="x-amz-tagging",
            ArgumentValue=text,
        )
    found = dict(pairs)
    check(found, limits.OBJECT_TAGS)
    return found


def check(tags: dict[str, str], most: int) -> None:
    if len(tags) > most:
        if most == limits.OBJECT_TAGS:
            raise BadRequest(f"Object tags cannot be greater than {most}")
        raise BadRequest(f"Bucket tag count cannot be greater than {most}")
    for key, value in tags.items():
        if not 1 <= len(key) <= limits.TAG_KEY_LENGTH or not _TEXT.fullmatch(key):
            raise InvalidTag("The TagKey you have provided is invalid", TagKey=key)
        if len(value) > limits.TAG_VALUE_LENGTH or not _TEXT.fullmatch(value):
            raise InvalidTag("The TagValue you have provided is invalid", TagKey=key, TagValue=value)
        if key.lower().startswith("aws:"):
            raise InvalidTag("System tags cannot be added/updated by requester", TagKey=key)


def as_set(tags: dict[str, str]) -> list[dict[str, str]]:
    return [{"Key": key, "Value": value} for key, value in tags.items()]


def _version(bucket: state.Bucket, found: object_state.Object) -> dict[str, str]:
    return {"VersionId": found.version} if bucket.versioning else {}


@operation
def get_object_tagging(
    call: Call, *, bucket: str, key: str, version_id: str = "", expected_bucket_owner: str = "", request_payer: str = ""
) -> dict[str, Any]:
    _, where, found = existing(call, bucket, key, version_id)
    return {**_version(where, found), "TagSet": as_set(found.tags)}


@operation
def put_object_tagging(
    call: Call,
    *,
    bucket: str,
    key: str,
    tagging: dict[str, Any],
    version_id: str = "",
    content_md5: str = "",
    checksum_algorithm: str = "",
    expected_bucket_owner: str = "",
    request_payer: str = "",
) -> dict[str, Any]:
    at, where, found = existing(call, bucket, key, version_id)
    changed = state.replace(found, tags=of_set(tagging["TagSet"]))
    replicas.change(call, at, where, found, changed, "ObjectTagging:Put")
    return _version(where, found)


@operation
def delete_object_tagging(
    call: Call, *, bucket: str, key: str, version_id: str = "", expected_bucket_owner: str = ""
) -> dict[str, Any]:
    at, where, found = existing(call, bucket, key, version_id)
    changed = state.replace(found, tags={})
    replicas.change(call, at, where, found, changed, "ObjectTagging:Delete")
    return _version(where, found)
