"""What S3 does by itself: lifecycle, once a day at midnight UTC; clearing what a deleted bucket leaves."""

from __future__ import annotations

from skyjar.kernel import credentials
from skyjar.kernel.call import Call
from skyjar.kernel.jobs import job
from skyjar.kernel.tables import At

from . import (
    deletions,
    deliveries,
    happenings,
    lifecycle,
    limits,
    locks,
    minimums,
    object_lambda_state,
    object_state,
    replicas,
    state,
    upload_state,
    usage,
)
from .object_state import Object
from .state import Bucket

PAGE = 500


@job()
def tidy(call: Call, *, bucket: str, after: str = "") -> None:
    """Apply a bucket's lifecycle rules to a page of its keys; then the next page, or the next midnight."""
    where = state.buckets.get(call, bucket)
    if where is None or not where.has_lifecycle:
        return
    at = state.place(call, where)
    rules = lifecycle.rules_of(at, where)
    if not after:
        for upload in upload_state.uploads.range(at, where.space):
            due = lifecycle.aborts(rules, upload.key, upload.started_s)
            if due is not None and call.now >= due[0]:
                drop_upload(at, upload)
    start = (after + "\0",) if after else ()
    rows = object_state.objects.range(at, where.space, start=start, limit=PAGE)
    last = rows[-1].key if len(rows) == PAGE else ""
    if last and rows[0].key != last:
        rows = [row for row in rows if row.key != last]  # the rest of its versions may be on the next page
        last = rows[-1].key
    elif last:
        rows = object_state.objects.range(at, where.space, last)
    for versions in _by_key(rows):
        _tidy_key(call, at, where, rules, versions)
    if last:
        call.later(tidy, key=bucket, bucket=bucket, after=last)
    else:
        call.later(tidy, key=bucket, due=lifecycle.midnight(call.now + 1), bucket=bucket)


def _by_key(rows: list[Object]) -> list[list[Object]]:
    groups: list[list[Object]] = []
    for row in rows:
        if groups and groups[-1][0].key == row.key:
            groups[-1].append(row)
        else:
            groups.append([row])
    return groups


def _tidy_key(call: Call, at: At, bucket: Bucket, rules: lifecycle.Rules, versions: list[Object]) -> None:
    """`versions` are all those of a key, newest first. What goes for good is not moved before; what gets a delete marker is."""
    gone = [index for index in range(len(versions)) if _goes(call, bucket, rules, versions, index)]
    _move(call, at, bucket, rules, versions, gone)
    for index in gone:
        object_state.remove(at, bucket, versions[index])
        minimums.charge(call, at, versions[index])
        _told(call, at, bucket, versions[index])
    current = versions[0]
    if 0 in gone or _is_held(bucket, current):
        return
    due = lifecycle.expires(rules, current)
    is_due = due is not None and call.now >= due[0]
    if not current.is_marker:
        if is_due:
            deletions.delete_current(call, at, bucket, current.key, "LifecycleExpiration")
    elif len(versions) == len(gone) + 1 and (is_due or lifecycle.clears_markers(rules, current)):
        object_state.remove(at, bucket, current)
        _told(call, at, bucket, current)


def _goes(call: Call, bucket: Bucket, rules: lifecycle.Rules, versions: list[Object], index: int) -> bool:
    """Whether a version is to go for good."""
    version = versions[index]
    if _is_held(bucket, version):
        return False
    if index:
        since = versions[index - 1].modified_s
        is_due = lifecycle.is_noncurrent_due(rules, version, since, index - 1, call.now)
        return is_due and not locks.is_locked(version, call.now)
    due = lifecycle.expires(rules, version)
    return not bucket.versioning and due is not None and call.now >= due[0]


def _is_held(bucket: Bucket, version: Object) -> bool:
    """Lifecycle leaves alone what has not been replicated yet."""
    return bucket.has_replication and version.replication in (replicas.PENDING, replicas.FAILED)


def _move(call: Call, at: At, bucket: Bucket, rules: lifecycle.Rules, versions: list[Object], gone: list[int]) -> None:
    """Transitions to other storage classes; `versions` is changed in place."""
    for index, version in enumerate(versions):
        if index in gone or _is_held(bucket, version):
            continue
        since = versions[index - 1].modified_s if index else None
        to = lifecycle.moves(rules, version, since, index - 1, call.now)
        if not to:
            continue
        versions[index] = moved = state.replace(version, storage_class=to, restore=(0, 0), tier=(int(call.now), ""))
        object_state.reclass(at, version, moved)
        minimums.charge(call, at, version)
        usage.moved(call, bucket, to)
        if bucket.has_notifications:
            told = {"transitionEventData": {"destinationStorageClass": to}}
            deliveries.tell(call, at, bucket, "LifecycleTransition", moved, lifecycleEventData=told)


def _told(call: Call, at: At, bucket: Bucket, gone: Object) -> None:
    if bucket.has_notifications:
        deliveries.tell(call, at, bucket, "LifecycleExpiration:Delete", gone)


@job()
def complete_restore(call: Call, *, bucket: str, name: str, order: int) -> None:
    """Tell that a restored copy can be read."""
    where = state.buckets.get(call, bucket)
    found = object_state.objects.get(call, where.space, name, order) if where is not None else None
    if where is not None and found is not None and where.has_notifications and found.restore[0] <= call.now:
        told = {
            "lifecycleRestorationExpiryTime": happenings.iso(found.restore[1]),
            "lifecycleRestoreStorageClass": found.storage_class,
        }
        deliveries.tell(
            call, call, where, "ObjectRestore:Completed", found, glacierEventData={"restoreEventData": told}
        )


@job()
def end_restore(call: Call, *, bucket: str, name: str, order: int) -> None:
    """The restored copy is over: only the archived object is left."""
    where = state.buckets.get(call, bucket)
    found = object_state.objects.get(call, where.space, name, order) if where is not None else None
    if where is None or found is None or call.now < found.restore[1]:
        return
    object_state.change(call, found, state.replace(found, restore=(0, 0)))
    if where.has_notifications:
        deliveries.tell(call, call, where, "ObjectRestore:Delete", found)


def drop_upload(at: At, upload: upload_state.Upload) -> None:
    for part in upload_state.parts.range(at, upload.id):
        upload_state.parts.remove(at, part)
    upload_state.uploads.remove(at, upload)


@job()
def clear(call: Call, *, space: str) -> None:
    """The uploads that a deleted bucket left, in the bucket's account and Region."""
    for upload in upload_state.uploads.range(call, space, limit=limits.LIST_KEYS):
        drop_upload(call, upload)


@job()
def forget_reply(call: Call, *, token: str, access_key: str) -> None:
    """What is left of an Object Lambda request that was never answered, such as when the process died."""
    object_lambda_state.replies.delete(call, token)
    credentials.revoke(call, access_key)
