"""Finding the object that a request means, and what to say when there is none."""

from __future__ import annotations

from email.utils import formatdate
from typing import Any

from skyjar.kernel.blobs import Blob, Slices
from skyjar.kernel.call import Call
from skyjar.kernel.errors import AWSError
from skyjar.kernel.tables import At

from . import encryption, lifecycle, locks, names, object_state, payments, rings, state
from .customer_keys import CustomerKey
from .errors import (
    AccessDenied,
    InvalidObjectState,
    InvalidRequest,
    MethodNotAllowed,
    NoSuchKey,
    NoSuchVersion,
)
from .object_state import Object
from .ranges import Span
from .rings import Ring
from .state import Bucket

ARCHIVED = ("GLACIER", "DEEP_ARCHIVE")


def existing(call: Call, name: str, key: str, version: str = "") -> tuple[At, Bucket, Object]:
    """The current version, or the one named."""
    at, bucket = state.bucket_of(call, name)
    if version:
        found = object_state.version_of(at, bucket, key, version)
        if found is None:
            object_state.check_id(version)
            raise missing(call, bucket, NoSuchVersion(Key=key, VersionId=version), name)
        if found.is_marker:
            modified = formatdate(found.modified_s, usegmt=True)
            raise MethodNotAllowed(
                **{"Method": "GET", "ResourceType": "DeleteMarker", "Allow": "DELETE", "Last-Modified": modified},
                **_marked(found),
            )
        return at, bucket, found
    found = object_state.latest(at, bucket, key)
    if found is None:
        names.check_way(key)
        raise missing(call, bucket, NoSuchKey(Key=key), name)
    if found.is_marker:
        raise missing(call, bucket, NoSuchKey(Key=key, **_marked(found)), name)
    return at, bucket, found


def _marked(marker: Object) -> dict[str, str]:
    return {"x-amz-delete-marker": "true", "x-amz-version-id": marker.version}


def missing(call: Call, bucket: Bucket, error: AWSError, name: str) -> AWSError:
    """Who may not list a bucket, by the name that it was called, is not told that something is not in it."""
    if call.caller.kind == "root" and call.account == bucket.account:
        return error
    try:
        call.ask("s3", account=call.account, region=bucket.region).head_bucket(bucket=name)
    except AccessDenied as denied:
        lacks = denied.message.partition(" because ")[2] if "s3:ListBucket" in denied.message else ""
        if not lacks:
            return AccessDenied()
        return AccessDenied(denied.message)
    return error


def is_archived(found: Object, now: float) -> bool:
    """Whether it cannot be read, which a restored copy can while it lasts."""
    if found.tier[1]:
        return not 0 < found.restore[0] <= now
    return found.storage_class in ARCHIVED and not found.restore[0] <= now < found.restore[1]


def check_readable(found: Object, now: float) -> None:
    if found.storage_class != "STANDARD" and is_archived(found, now):
        tier = {"AccessTier": found.tier[1]} if found.tier[1] else {}
        raise InvalidObjectState(StorageClass=found.storage_class, **tier)


def restore_shown(found: Object, now: float) -> dict[str, str]:
    ready, until = found.restore
    if now < ready:
        return {"Restore": 'ongoing-request="true"'}
    if now >= until:
        return {}
    return {"Restore": f'ongoing-request="false", expiry-date="{formatdate(until, usegmt=True)}"'}


def pieces(call: Call, found: Object, ring: Ring | None, span: Span | None = None) -> tuple[tuple[Blob, int, int], ...]:
    """Which parts of which blobs hold those bytes."""
    offset, left = span if span is not None else (0, found.size)
    taken: list[tuple[Blob, int, int]] = []
    for index, (name, size) in enumerate(zip(found.blobs, found.sizes, strict=True)):
        if offset >= size and size:
            offset -= size
            continue
        length = min(size - offset, left)
        if length > 0:
            taken.append((Blob(name, call.blobs.path(name), size, _secrets(found, ring, index)), offset, length))
        left -= length
        offset = 0
        if not left:
            break
    return tuple(taken)


def _secrets(found: Object, ring: Ring | None, index: int) -> tuple[bytes, ...]:
    return ring.unwrapped(found.sealing.keys[index]) if ring is not None and found.sealing is not None else ()


def body(call: Call, found: Object, ring: Ring | None, span: Span | None = None) -> bytes | Slices:
    if found.blobs and (span is None or span[1]):
        return Slices(pieces(call, found, ring, span))
    if found.blobs:
        return b""
    whole = rings.inline(ring, found.body, found.size, found.sealing)
    return whole if span is None else whole[span[0] : span[0] + span[1]]


_OVERRIDES = (
    "CacheControl", "ContentDisposition", "ContentEncoding", "ContentLanguage", "ContentType", "Expires",
)  # fmt: skip
_AS_IT_IS = ("", "", "", "", "", None)


def override(call: Call, answer: dict[str, Any], *given: str | float | None) -> None:
    """What the request wants headers of the answer to say instead, in the order of `_OVERRIDES`."""
    if given == _AS_IT_IS:
        return
    if call.caller.kind == "anonymous":
        raise InvalidRequest("Request specific response headers cannot be used for anonymous GET requests.")
    answer |= {name: value for name, value in zip(_OVERRIDES, given, strict=True) if value not in ("", None)}


def described(call: Call, at: At, bucket: Bucket, found: Object, customer: CustomerKey | None) -> dict[str, Any]:
    """What GetObject and HeadObject say about it, without its length."""
    answer: dict[str, Any] = {
        "AcceptRanges": "bytes",
        "LastModified": found.modified_s,
        "ETag": f'"{found.etag}"',
        **found.headers,
    }
    if "ContentType" not in answer:
        answer["ContentType"] = "binary/octet-stream"
    if found.encryption == encryption.AES:
        answer["ServerSideEncryption"] = encryption.AES
    else:
        answer.update(encryption.shown(found, customer))
    if bucket.versioning:
        answer["VersionId"] = found.version
    if found.metadata:
        answer["Metadata"] = found.metadata
    if found.storage_class != "STANDARD":
        answer["StorageClass"] = found.storage_class
        if found.tier[1] and is_archived(found, call.now):
            answer["ArchiveStatus"] = found.tier[1]
        if found.restore[1]:
            answer |= restore_shown(found, call.now)
    if bucket.requester_pays:
        answer |= payments.shown(call, bucket)
    if found.replication:
        answer["ReplicationStatus"] = found.replication
    if found.lock != object_state.UNLOCKED:
        answer |= locks.shown(call, bucket, found)
    if found.tags:
        answer["TagCount"] = len(found.tags)
    if bucket.has_lifecycle:
        answer.update(lifecycle.expiration_shown(at, bucket, found))
    return answer
