"""One version brought to one destination, in the role of a replication: its record under the destination's bucket, with the
same version id, times, metadata and blobs, and its body's secrets under the destination's keys.

What can be in the way has AWS's names: S3 User Guide, "Amazon S3 replication failure reasons". KMS is asked as the role, which
decrypts under the source's key and encrypts under that of the rule ("Replicating encrypted objects"). A body under the
client's own key stays under it, so that nobody but the client can tell a wrong key from a right one.
"""

from __future__ import annotations

from typing import Any

from skyjar.kernel.call import Call
from skyjar.kernel.errors import AWSError
from skyjar.kernel.principals import Principal

from . import deliveries, encryption, object_state, reading, request_counts, rings, state
from .errors import NoSuchBucket
from .grants import ENFORCED
from .object_state import Object
from .replication import Rule
from .state import Bucket

REPLICA = "REPLICA"


class Refused(Exception):
    """`args[0]` is the reason."""


def brought(call: Call, bucket: Bucket, source: Object, name: str, rule: Rule, who: Principal) -> str:
    """Copy the version into the bucket of that name; why that cannot be, or nothing."""
    try:
        there = _destination(call, bucket, source, name)
        _judge(call, bucket, source, there, rule, who)
        fields = _sealed(call, bucket, source, there, rule, who)
        fields["tags"] = source.tags if _shows_tags(call, bucket, source, who) else {}
    except Refused as refused:
        return str(refused)
    _place(call, bucket, source, there, rule, who, fields)
    if bucket.watches and not source.is_marker:
        request_counts.read_by_itself(call, bucket, source)
    return ""


def followed(call: Call, bucket: Bucket, source: Object, name: str, rule: Rule, who: Principal) -> str:
    """Give the tags, the lock and, where they are the same owner's, the ACL to the copy that there is; as `brought`."""
    try:
        there = _destination(call, bucket, source, name)
        at = state.place(call, there)
        copy = object_state.version_of(at, there, source.key, source.version)
        if copy is None:
            return "DstVersionNotFound"
        _judge(call, bucket, source, there, rule, who)
    except Refused as refused:
        return str(refused)
    tags = source.tags if _shows_tags(call, bucket, source, who) else copy.tags
    lock = source.lock if there.has_lock else copy.lock
    grants = source.grants if there.account == bucket.account else copy.grants
    object_state.change(at, copy, state.replace(copy, tags=tags, lock=lock, grants=grants))
    return ""


def _destination(call: Call, bucket: Bucket, source: Object, name: str) -> Bucket:
    if source.owner and bucket.ownership != ENFORCED:
        raise Refused("SrcGetObjNotPermitted")  # not the bucket owner's to give away
    try:
        there = state.named(call, name)
    except NoSuchBucket:
        raise Refused("DstBucketNotFound") from None
    if there.versioning != "Enabled":
        raise Refused("DstBucketUnversioned")
    if bucket.has_lock and not there.has_lock:
        raise Refused("DstBucketObjectLockConfigMissing")
    return there


def _judge(call: Call, bucket: Bucket, source: Object, there: Bucket, rule: Rule, who: Principal) -> None:
    """Source: S3 User Guide, "Setting up permissions for live replication", "Changing the replica owner"."""
    reading = call.acting(who, {})
    try:
        reading.judge("s3", "get_bucket_replication", who, bucket=bucket.name)
        if not source.is_marker:
            reading.judge("s3", "read_for_replication", who, **_named(bucket, source))
    except AWSError:
        raise Refused("SrcGetObjNotPermitted") from None
    writing = _writing(call, there, who)
    try:
        what = "replicate_delete" if source.is_marker else "replicate_object"
        writing.judge("s3", what, who, bucket=there.name, key=source.key)
        if rule["Destination"].get("AccessControlTranslation") and not source.is_marker:
            writing.judge("s3", "take_over", who, bucket=there.name, key=source.key)
    except AWSError:
        raise Refused("DstDelObjNotPermitted" if source.is_marker else "DstPutObjNotPermitted") from None


def _named(bucket: Bucket, source: Object) -> dict[str, str]:
    return {"bucket": bucket.name, "key": source.key, "version_id": source.version}


def _shows_tags(call: Call, bucket: Bucket, source: Object, who: Principal) -> bool:
    """Whether the role may read them; who may not copies the object without."""
    if not source.tags:
        return True
    try:
        call.acting(who, {}).judge("s3", "read_tags_for_replication", who, **_named(bucket, source))
    except AWSError:
        return False
    return True


def _writing(call: Call, there: Bucket, who: Principal) -> Call:
    writing = call.acting(who, {})
    writing.region = there.region
    return writing


def _sealed(call: Call, bucket: Bucket, source: Object, there: Bucket, rule: Rule, who: Principal) -> dict[str, Any]:
    """The fields of the body under the destination's key; a long one stays where it is, its secrets wrapped anew."""
    if source.is_marker or source.sealing is None:
        return {}
    if source.encryption == encryption.CUSTOMER:
        if there.blocks_customer_keys:
            raise Refused("DstPutObjNotPermitted")
        return {"sealing": encryption.kept_as_it_is(bucket, source)}
    try:
        opened = encryption.opened(call.acting(who, {}), bucket, source, None)
    except AWSError as error:
        raise Refused(_of_key("Src", error)) from None
    try:
        ring = _ring(call, source, there, rule, who)
    except AWSError as error:
        raise Refused(_of_key("Dst", error)) from None
    if source.blobs:
        keys = [ring.wrapped(call, blob.secrets) for blob, _, _ in reading.pieces(call, source, opened)]
        return ring.sealed(*keys)
    body = reading.body(call, source, opened)
    assert isinstance(body, bytes)
    return rings.stored(call, ring, body)


def _ring(call: Call, source: Object, there: Bucket, rule: Rule, who: Principal) -> rings.Ring:
    if source.encryption == encryption.AES:
        at = state.place(call, there)
        return encryption.begun(call, at, there, source.key, encryption.Wish(encryption.AES))
    key = rule["Destination"]["EncryptionConfiguration"]["ReplicaKmsKeyID"]
    return encryption.of_replica(_writing(call, there, who), there, source, key)


def _of_key(side: str, error: AWSError) -> str:
    """AWS's list has no name for a key that the role may not use: it is a copy that it may not read, or write."""
    if error.code == "AccessDenied":
        return "SrcGetObjNotPermitted" if side == "Src" else "DstPutObjNotPermitted"
    return f"{side}KmsKey{'NotFound' if 'NotFound' in error.code else 'InvalidState'}"


def _place(
    call: Call, bucket: Bucket, source: Object, there: Bucket, rule: Rule, who: Principal, fields: dict[str, Any]
) -> None:
    at, destination = state.place(call, there), rule["Destination"]
    is_strange = there.account != bucket.account and not destination.get("AccessControlTranslation")
    changes = {
        "storage_class": destination.get("StorageClass") or source.storage_class,
        "owner": bucket.account if is_strange else "",
        "grants": (),
        "restore": (0, 0),
        "tier": (0, ""),
        "replication": REPLICA,
    }
    if not there.has_replicas:
        there = state.replace(state.named(call, there.name), has_replicas=True)
        state.buckets.put(call, there)
    made = object_state.add_replica(at, there, state.replace(source, **changes, **fields))
    if there.has_notifications:
        event = "ObjectRemoved:DeleteMarkerCreated" if made.is_marker else "ObjectCreated:Put"
        deliveries.tell(call.acting(who, {}), at, there, event, made)
