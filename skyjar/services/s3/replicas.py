"""Replication at work: what is to be copied is written with what caused it, and copied in that order by one job for
each bucket, in the role of the configuration.

A replica is the source's record under the destination's bucket: the same version id, times, metadata and blobs.
"""

from __future__ import annotations

from typing import Any

from skyjar.kernel import credentials
from skyjar.kernel.call import Call
from skyjar.kernel.errors import AWSError
from skyjar.kernel.jobs import job
from skyjar.kernel.principals import Principal
from skyjar.kernel.tables import At

from . import deliveries, encryption, reading, replication, rings, state, waiting_state
from .errors import InvalidRequest, NoSuchBucket, ReplicationConfigurationNotFound
from .grants import ENFORCED
from .state import Bucket, Object
from .waiting_state import Copy

PAGE = 100
PENDING, COMPLETED, FAILED, REPLICA = "PENDING", "COMPLETED", "FAILED", "REPLICA"


def follow(call: Call, at: At, bucket: Bucket, made: Object) -> Object:
    """Have a new version, or delete marker, copied where the rules say so; asked where replication is on."""
    wanted = replication.rules_for(at, bucket, made)
    if not wanted or made.storage_class in reading.ARCHIVED or made.encryption != "AES256":
        return made
    number = waiting_state.next_number(at, bucket)
    copy = Copy(space=bucket.space, number=number, key=made.key, order=made.order, rules=tuple(
        (name, rule["ID"]) for name, rule in wanted.items()))  # fmt: skip
    waiting_state.copies.add(at, copy)
    waiting: Object = state.replace(made, replication=PENDING)
    state.change(at, made, waiting)
    own = state.acting(call, bucket, deliveries.PRINCIPAL)
    own.later(replicate, key=bucket.space, bucket=bucket.name, space=bucket.space)
    return waiting


@job()
def replicate(call: Call, *, bucket: str, space: str) -> None:
    waiting = waiting_state.copies.range(call, space, limit=PAGE)
    where = state.buckets.get(call, bucket)
    document = state.configuration(call, where, replication.KIND) if where is not None else None
    who = _role(call, document["Role"]) if document is not None and waiting else None
    for copy in waiting:
        waiting_state.copies.remove(call, copy)
        source = state.objects.get(call, space, copy.key, copy.order)
        if where is None or document is None or source is None:
            continue
        rules = {rule["ID"]: rule for rule in document["Rules"]}
        done = [
            who is not None and identity in rules and _copied(call, where, source, name, rules[identity], who)
            for name, identity in copy.rules
        ]
        status = COMPLETED if all(done) else FAILED
        state.change(call, source, state.replace(source, replication=status))
    if len(waiting) == PAGE:
        call.later(replicate, key=space, bucket=bucket, space=space)


def repeat(call: Call, name: str, key: str, version: str) -> None:
    """Replicate a version at once, whenever it was written; raises why it cannot be."""
    at, bucket, source = reading.existing(call, name, key, version)
    document = state.configuration(at, bucket, replication.KIND)
    if document is None or bucket.account != call.account:
        raise ReplicationConfigurationNotFound(BucketName=name)
    wanted = replication.rules_for(at, bucket, source)
    if not wanted or source.replication == REPLICA:
        raise InvalidRequest("No replication rule concerns the object.")
    if source.storage_class in reading.ARCHIVED or source.encryption != "AES256":
        raise InvalidRequest("The object is archived, or under a key of its own, and cannot be replicated.")
    own = state.acting(call, bucket, deliveries.PRINCIPAL)
    who = _role(own, document["Role"])
    done = [
        _is_there(own, source, there) or (who is not None and _copied(own, bucket, source, there, rule, who))
        for there, rule in wanted.items()
    ]
    status = COMPLETED if all(done) else FAILED
    state.change(at, source, state.replace(source, replication=status))
    if status == FAILED:
        raise InvalidRequest("The object could not be replicated: the records of the replication's role say why.")


def _is_there(call: Call, source: Object, name: str) -> bool:
    """Whether an earlier replication has brought this version to the bucket of that name."""
    there = state.buckets.get(call, name)
    if there is None or not there.has_replicas:
        return False
    return state.version_of(state.place(call, there), there, source.key, source.version) is not None


def _role(call: Call, role: str) -> Principal | None:
    """A session of the role that S3 may act in."""
    account = role.split(":")[4]
    sts = call.ask("sts", call.caller, account=account)
    try:
        made = sts.assume_role(role_arn=role, role_session_name="s3-replication")["Credentials"]
    except AWSError:
        return None
    held = credentials.find(call.tx, made["AccessKeyId"])
    return held.principal if held is not None else None


def _copied(call: Call, bucket: Bucket, source: Object, name: str, rule: dict[str, Any], who: Principal) -> bool:
    """Whether the version could be copied into the bucket of that name."""
    if source.owner and bucket.ownership != ENFORCED:
        return False  # not the bucket owner's to give away
    try:
        there = state.named(call, name)
        if there.versioning != "Enabled":
            return False
        reading = call.acting(who, {})
        reading.judge("s3", "get_bucket_replication", who, bucket=bucket.name)
        if not source.is_marker:
            reading.judge(
                "s3", "read_for_replication", who, bucket=bucket.name, key=source.key, version_id=source.version
            )
        writing = call.acting(who, {})
        writing.region = there.region
        what = "replicate_delete" if source.is_marker else "replicate_object"
        tagged = {"tagging": "tags"} if source.tags else {}
        writing.judge("s3", what, who, bucket=name, key=source.key, **tagged)
    except (AWSError, NoSuchBucket):
        return False
    _place(call, bucket, source, there, rule["Destination"], who)
    return True


def _place(
    call: Call, bucket: Bucket, source: Object, there: Bucket, destination: dict[str, Any], who: Principal
) -> None:
    at = state.place(call, there)
    is_strange = there.account != bucket.account and not destination.get("AccessControlTranslation")
    changes = {
        "storage_class": destination.get("StorageClass") or source.storage_class,
        "owner": bucket.account if is_strange else "",
        "grants": (),
        "restore": (0, 0),
        "replication": REPLICA,
    }
    if not there.has_replicas:
        there = state.replace(there, has_replicas=True)
        state.buckets.put(call, there)
    made = state.add_replica(at, there, state.replace(source, **changes, **_sealed(call, at, bucket, source, there)))
    if there.has_notifications:
        event = "ObjectRemoved:DeleteMarkerCreated" if made.is_marker else "ObjectCreated:Put"
        deliveries.tell(call.acting(who, {}), at, there, event, made)


def _sealed(call: Call, at: At, bucket: Bucket, source: Object, there: Bucket) -> dict[str, Any]:
    """The fields of the body under the destination's key; a long one stays where it is, its secrets wrapped anew."""
    opened = encryption.opened(call, bucket, source, None) if not source.is_marker else None
    if opened is None:
        return {}
    ring = encryption.begun(call, at, there, source.key, encryption.Wish("AES256", "", None, "", None))
    if source.blobs:
        keys = [ring.wrapped(call, blob.secrets) for blob, _, _ in reading.pieces(call, source, opened)]
        return ring.sealed(*keys)
    body = reading.body(call, source, opened)
    assert isinstance(body, bytes)
    return rings.stored(call, ring, body)
