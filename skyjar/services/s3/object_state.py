"""Versions of objects and the rows of listings as they are stored, and the only reads and writes of them.

Each version of an object is an `Object` row, small bodies inside it, larger ones as blobs; a multipart object keeps its
parts' blobs as they came, so that completing an upload moves no bytes. `order` puts the versions of a key newest first: 0 is
what was written without versioning, each later version is one less, and the id of a version carries it, so that no index is
needed. `Entry` is the compact row of a key's current object, absent when that is a delete marker: a listing reads one range
of these and nothing else.
"""

from __future__ import annotations

from base64 import urlsafe_b64decode, urlsafe_b64encode
from typing import Any

import msgspec

from skyjar.kernel.call import Call
from skyjar.kernel.tables import At, Record, Table

from . import minimums
from .errors import InvalidVersion
from .state import Bucket, replace

NULL = "null"
NONE = 1  # an order that no version has

Lock = tuple[str, int, bool]
UNLOCKED: Lock = ("", 0, False)


class Sealing(msgspec.Struct, frozen=True, array_like=True):
    """How the secrets of bodies are kept (see rings.py): `keys` has them wrapped, one for each blob, or for the body.

    They are wrapped under S3's own key number `master`, or a data key that KMS encrypted (`data_key`, with the client's own
    `context` as JSON), or the client's key, of which `customer` is a salt and a hash.
    `about`: what the secrets were wrapped for, where that is not the object itself but the one that it is a replica of.
    """

    keys: tuple[bytes, ...] = ()
    master: int = 0
    data_key: bytes = b""
    context: str = ""
    customer: bytes = b""
    about: str = ""


class Object(Record, frozen=True):
    """One version of an object, or a delete marker.

    `body` holds it whole, and sealed, when `blobs` is empty. `sizes` are those of the blobs, in order; `is_multipart` says that they
    are parts. `null_order` is where the key's null version lay when this one was written on top of it.
    `owner` is the account it belongs to where that is not the bucket's; `grants` its access control list (`grants.py`). `restore`: from when until when an archived object can be read, in
    epoch seconds; `lock` see `locks.py`; `tier`: when it was last read, and in which archive it is, of Intelligent-Tiering (`tiers.py`);
    `upload`: the id of the multipart upload that made it.
    """

    space: str
    key: str
    order: int
    version: str
    modified_s: int
    etag: str = ""
    size: int = 0
    body: bytes = b""
    blobs: tuple[str, ...] = ()
    sizes: tuple[int, ...] = ()
    is_multipart: bool = False
    is_marker: bool = False
    null_order: int = NONE
    storage_class: str = "STANDARD"
    algorithm: str = ""
    checksum: str = ""
    checksum_type: str = "FULL_OBJECT"
    part_checksums: tuple[str, ...] = ()
    headers: dict[str, str | float] = {}
    metadata: dict[str, str] = {}
    tags: dict[str, str] = {}
    encryption: str = "AES256"
    kms_key: str = ""
    has_bucket_key: bool = False
    owner: str = ""
    grants: tuple[tuple[str, str], ...] = ()
    restore: tuple[int, int] = (0, 0)
    lock: Lock = UNLOCKED
    replication: str = ""
    sealing: Sealing | None = None
    tier: tuple[int, str] = (0, "")
    upload: str = ""


class Entry(Record, frozen=True):
    space: str
    key: str
    order: int
    etag: str
    size: int
    modified_s: int
    storage_class: str
    algorithm: str
    checksum_type: str
    owner: str = ""


objects = Table("s3.objects", Object, key=("space", "key", "order"), blobs=("blobs",))
entries = Table("s3.entries", Entry, key=("space", "key"))


def version_id(call: Call, order: int) -> str:
    """A new version id, opaque to all but `order_of`."""
    noise = call.chance.bytes(16)
    hidden = (order % (1 << 64)) ^ int.from_bytes(noise[:8], "big")
    return urlsafe_b64encode(hidden.to_bytes(8, "big") + noise).decode()


def order_of(version: str) -> int | None:
    """The order that a version id carries; None when no version has such an id."""
    try:
        raw = urlsafe_b64decode(version)
    except ValueError:
        return None
    if len(raw) != 24:
        return None
    order = int.from_bytes(raw[:8], "big") ^ int.from_bytes(raw[8:16], "big")
    return order - (1 << 64) if order >> 63 else order


def check_id(version: str) -> None:
    """Raises what a request is told that names a version by what can be no id."""
    if version != NULL and order_of(version) is None:
        raise InvalidVersion(version)


def latest(at: At, bucket: Bucket, key: str) -> Object | None:
    """The newest version of a key, which may be a delete marker."""
    if not bucket.versioning:
        return objects.get(at, bucket.space, key, 0)
    entry = entries.get(at, bucket.space, key)
    if entry is not None:
        return objects.get(at, bucket.space, key, entry.order)
    return objects.first(at, bucket.space, key)


def version_of(at: At, bucket: Bucket, key: str, version: str) -> Object | None:
    if version == NULL:
        return _null(at, bucket, key, latest(at, bucket, key))
    order = order_of(version)
    found = objects.get(at, bucket.space, key, order) if order is not None else None
    if found is not None and found.version == version:
        return found
    if not bucket.has_replicas:
        return None
    return next((each for each in objects.range(at, bucket.space, key) if each.version == version), None)


def _null(at: At, bucket: Bucket, key: str, newest: Object | None) -> Object | None:
    if newest is None or newest.version == NULL:
        return newest
    found = objects.get(at, bucket.space, key, newest.null_order) if newest.null_order != NONE else None
    return found if found is not None and found.version == NULL else None


def add(call: Call, at: At, bucket: Bucket, newest: Object | None, fields: dict[str, Any]) -> Object:
    """Write a new current version over `newest`, the key's latest: replacing it, or on top of it."""
    if not bucket.versioning:
        made = Object(space=bucket.space, order=0, version=NULL, **fields)
        if newest is None:
            objects.add(at, made)
        else:
            objects.replace(at, newest, made)
            if newest.storage_class != "STANDARD":
                minimums.charge(call, at, newest)
        _show(at, made)
        return made
    order = newest.order - 1 if newest is not None else -1
    null = NONE
    version = NULL
    if bucket.versioning == "Enabled":
        version = version_id(call, order)
        if newest is not None:
            null = newest.order if newest.version == NULL else newest.null_order
    else:
        replaced = _null(at, bucket, fields["key"], newest)
        if replaced is not None:
            objects.remove(at, replaced)
            minimums.charge(call, at, replaced)
    made = Object(space=bucket.space, order=order, version=version, null_order=null, **fields)
    objects.add(at, made)
    _show(at, made)
    return made


def add_replica(at: At, bucket: Bucket, copy: Object) -> Object:
    """Put a copy of another bucket's version above what is not newer; it keeps its id, which carries another order. What is
    newer moves up by one."""
    versions = objects.range(at, bucket.space, copy.key)
    newer = [each for each in versions if each.modified_s > copy.modified_s]
    orders = [(versions[0].order if versions else 0) - 1, *(each.order for each in newer)]
    moved = {each.order: order for each, order in zip(newer, orders, strict=False)}
    for each, order in zip(newer, orders, strict=False):
        up = replace(each, order=order, null_order=moved.get(each.null_order, each.null_order))
        objects.remove(at, each)
        objects.add(at, up)
    below = versions[len(newer)] if len(versions) > len(newer) else None
    null = NONE
    if below is not None:
        null = below.order if below.version == NULL else below.null_order
    made: Object = replace(copy, space=bucket.space, order=orders[-1], null_order=null)
    objects.add(at, made)
    _show(at, objects.range(at, bucket.space, copy.key, limit=1)[0])
    return made


def _show(at: At, made: Object) -> None:
    """Bring the key's listing row in line with its current version."""
    if made.is_marker:
        entries.delete(at, made.space, made.key)
        return
    entries.add(
        at,
        Entry(
            space=made.space,
            key=made.key,
            order=made.order,
            etag=made.etag,
            size=made.size,
            modified_s=made.modified_s,
            storage_class=made.storage_class,
            algorithm=made.algorithm,
            checksum_type=made.checksum_type,
            owner=made.owner,
        ),
    )


def change(at: At, old: Object, new: Object) -> None:
    """Replace a version in place: its tags, say. The listing row does not change."""
    objects.replace(at, old, new)


def reclass(at: At, old: Object, new: Object) -> None:
    """Replace a version in place, and bring the listing row in line if it is the current one."""
    objects.replace(at, old, new)
    entry = entries.get(at, old.space, old.key)
    if entry is not None and entry.order == old.order:
        _show(at, new)


def remove(at: At, bucket: Bucket, gone: Object) -> None:
    """Delete a version for good; the one below it, if any, is current if this one was."""
    objects.remove(at, gone)
    if not bucket.versioning:
        entries.delete(at, gone.space, gone.key)
        return
    now_latest = objects.first(at, gone.space, gone.key)
    if now_latest is None:
        entries.delete(at, gone.space, gone.key)
    elif now_latest.order > gone.order:
        _show(at, now_latest)


def is_empty(at: At, bucket: Bucket) -> bool:
    return objects.first(at, bucket.space) is None


def successor(prefix: str) -> str | None:
    """The first string after all that begin with `prefix`, in S3's (UTF-8, that is code point) order; None: no such."""
    stripped = prefix.rstrip("\U0010ffff")
    if not stripped:
        return None
    following = ord(stripped[-1]) + 1
    return stripped[:-1] + chr(0xE000 if 0xD800 <= following <= 0xDFFF else following)
