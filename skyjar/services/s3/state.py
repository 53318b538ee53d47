"""Buckets and what is set for them as they are stored, and the only reads and writes of them.

A bucket is known by its name to the whole cloud. What is in it lies in its owner's account and region under its `space`, an id
that no other bucket ever has: see object_state.py and upload_state.py.
"""

from __future__ import annotations

from typing import Any

import msgspec

from skyjar.kernel import keys, principals
from skyjar.kernel.call import Call
from skyjar.kernel.tables import At, Place, Record, Table

from . import point_state
from .errors import NoSuchBucket, PermanentRedirect
from .watches import Watch


class Bucket(Record, frozen=True):
    """`blocks` are BlockPublicAcls, IgnorePublicAcls, BlockPublicPolicy, RestrictPublicBuckets; None when deleted.

    `master_keys` are S3's own for what is in the bucket: a new one comes with every period of the clock, by the period's
    number, and old ones stay for what is under them. They are here because a bucket is looked up with every call.
    """

    name: str
    account: str
    region: str
    space: str
    created_s: int
    versioning: str = ""
    policy: str = ""
    is_policy_public: bool = False
    blocks: tuple[bool, bool, bool, bool] | None = (True, True, True, True)
    ownership: str = "BucketOwnerEnforced"
    encryption: str = "AES256"
    kms_key: str = ""
    has_bucket_key: bool = False
    has_lifecycle: bool = False
    has_cors: bool = False
    has_notifications: bool = False
    grants: tuple[tuple[str, str], ...] = ()
    has_lock: bool = False
    has_mfa_delete: bool = False
    has_replication: bool = False
    has_replicas: bool = False
    requester_pays: bool = False
    acceleration: str = ""
    blocks_customer_keys: bool = True
    watches: tuple[Watch, ...] = ()
    master_keys: dict[int, bytes] = {}
    has_abac: bool = False


class BucketKey(Record, frozen=True):
    """A data key that serves one caller in a bucket for a while; `name` says whom, and under which key."""

    space: str
    name: str
    key: str
    blob: bytes
    made_at: float


class Configuration(Record, frozen=True):
    """A bucket's configuration as it was given, by AWS's member names, in msgpack."""

    space: str
    kind: str
    document: bytes


class Account(Record, frozen=True):
    """What a whole account has set: its Block Public Access."""

    number: str
    blocks: tuple[bool, bool, bool, bool]


buckets = Table("s3.buckets", Bucket, key=("name",), scope="cloud", indexes={"owner": ("account",)})
accounts = Table("s3.accounts", Account, key=("number",), scope="cloud")
configurations = Table("s3.configurations", Configuration, key=("space", "kind"))
bucket_keys = Table("s3.bucket_keys", BucketKey, key=("space", "name"))


# Buckets

_BUCKETS = keys.text(buckets.name)  # no account and Region come between: the table is the cloud's
DECODED_MAX = 1024
_decoded: dict[bytes, Bucket] = {}  # by content: every request looks its bucket up, some several times


def bucket_of(call: Call, name: str) -> tuple[At, Bucket]:
    """Where a bucket's things lie, and the bucket; NoSuchBucket, or a redirect when it lives in another Region."""
    seen = call.looked_up
    bucket = seen if type(seen) is Bucket and seen.name == name else named(call, name)
    if bucket.region != call.region and call.caller.kind not in ("anonymous", "service"):
        endpoint = f"{name}.s3.{bucket.region}.amazonaws.com"
        raise PermanentRedirect(**{"Endpoint": endpoint, "Bucket": name, "x-amz-bucket-region": bucket.region})
    return place(call, bucket), bucket


def named(call: Call, name: str) -> Bucket:
    """The bucket of that name, wherever it is, or the one behind the access point that `name` means."""
    found = known(call, name)
    if found is None:
        point = point_state.meant(call, name)
        found = known(call, point.bucket) if point is not None else None
        if found is None:
            raise NoSuchBucket(BucketName=name)
    return found


def known(call: Call, name: str) -> Bucket | None:
    """The bucket of that name."""
    value = call.tx.get(_BUCKETS + keys.text(name))
    if value is None:
        return None
    bucket = _decoded.get(value)
    if bucket is None:
        if len(_decoded) >= DECODED_MAX:
            _decoded.clear()
        bucket = _decoded[value] = buckets.load(value)
    return bucket


def master_key(call: Call, bucket: Bucket, number: int) -> bytes:
    """S3's own key of a bucket for a period; made when it is first needed."""
    found = bucket.master_keys.get(number)
    if found is None:
        held = named(call, bucket.name)
        found = held.master_keys.get(number)
        if found is None:
            found = call.chance.bytes(32)
            buckets.replace(call, held, replace(held, master_keys={**held.master_keys, number: found}))
    return found


def place(call: Call, bucket: Bucket) -> At:
    if bucket.account == call.account and bucket.region == call.region:
        return call
    return Place(call.tx, bucket.account, bucket.region)


def acting(call: Call, bucket: Bucket, service: str) -> Call:
    """The same call as a service makes it on the bucket owner's behalf, where the bucket is."""
    other = call.acting(principals.service(service, bucket.account), {})
    other.region = bucket.region
    return other


def bucket_arn(name: str) -> str:
    return f"arn:aws:s3:::{name}"


def configuration(at: At, bucket: Bucket, kind: str) -> Any:
    """The document of that kind, or None."""
    found = configurations.get(at, bucket.space, kind)
    return msgspec.msgpack.decode(found.document) if found is not None else None


def configure(at: At, bucket: Bucket, kind: str, document: Any) -> None:
    """Keep a document, or drop the one there is (None)."""
    if document is None:
        configurations.delete(at, bucket.space, kind)
    else:
        record = Configuration(space=bucket.space, kind=kind, document=msgspec.msgpack.encode(document))
        configurations.put(at, record)


def replace(record: Any, **changes: Any) -> Any:
    return msgspec.structs.replace(record, **changes)
