"""Replication at work: what is to be copied is written with what caused it, and copied in that order by one job for
each bucket, in the role of the configuration.
"""

from __future__ import annotations

from typing import Any

from skyjar.kernel import credentials
from skyjar.kernel.call import Call
from skyjar.kernel.errors import AWSError
from skyjar.kernel.jobs import job
from skyjar.kernel.principals import Principal
from skyjar.kernel.tables import At

from . import (
    deliveries,
    happenings,
    object_state,
    reading,
    replica_copies,
    replication,
    replication_metrics,
    state,
    waiting_state,
)
from .errors import InvalidRequest, ReplicationConfigurationNotFound
from .object_state import Object
from .replica_copies import REPLICA
from .replication import Rule
from .replication_metrics import Progress
from .state import Bucket
from .waiting_state import Copy

PAGE = 100
PENDING, COMPLETED, FAILED = "PENDING", "COMPLETED", "FAILED"
THRESHOLD_S = 15 * 60  # of S3 Replication Time Control, which knows no other


def follow(call: Call, at: At, bucket: Bucket, made: Object) -> Object:
    """Have a new version, or delete marker, copied where the rules say so; asked where replication is on."""
    return _noted(call, at, bucket, made, is_change=False)


def change(call: Call, at: At, bucket: Bucket, old: Object, new: Object, event: str = "", **more: Any) -> None:
    """Give a version other tags, another ACL or lock, and tell of it (`more`: what events of that kind say). Its copies follow; those of a replica go back where a
    rule replicates such modifications."""
    object_state.change(at, old, new)
    if event and bucket.has_notifications:
        deliveries.tell(call, at, bucket, event, new, **more)
    if bucket.has_replication and new.replication:
        _noted(call, at, bucket, new, is_change=True)


def _noted(call: Call, at: At, bucket: Bucket, made: Object, *, is_change: bool) -> Object:
    wanted = replication.rules_for(at, bucket, made)
    if not wanted or (made.storage_class in reading.ARCHIVED and not is_change):
        return made
    number = waiting_state.next_number(at, bucket)
    rules = tuple((name, rule["ID"]) for name, rule in wanted.items())
    copy = Copy(
        space=bucket.space, number=number, key=made.key, order=made.order, rules=rules, is_change=is_change, at=call.now
    )
    waiting_state.copies.add(at, copy)
    own = state.acting(call, bucket, deliveries.PRINCIPAL)
    own.later(replicate, key=bucket.space, bucket=bucket.name, space=bucket.space)
    if made.replication == REPLICA:
        return made
    waiting: Object = state.replace(made, replication=PENDING)
    object_state.change(at, made, waiting)
    return waiting


@job()
def replicate(call: Call, *, bucket: str, space: str) -> None:
    waiting = waiting_state.copies.range(call, space, limit=PAGE)
    where = state.buckets.get(call, bucket)
    document = state.configuration(call, where, replication.KIND) if where is not None else None
    who = _role(call, document["Role"]) if document is not None and waiting else None
    progress = Progress(call, where, document["Rules"]) if where is not None and document is not None else None
    for copy in waiting:
        waiting_state.copies.remove(call, copy)
        source = object_state.objects.get(call, space, copy.key, copy.order)
        if where is None or document is None or progress is None or source is None:
            continue
        rules = {rule["ID"]: rule for rule in document["Rules"]}
        reasons = [
            _copied(call, where, source, copy, name, rules[identity], who, progress) if identity in rules else "gone"
            for name, identity in copy.rules
        ]
        if source.replication != REPLICA:
            status = FAILED if any(reasons) else COMPLETED
            object_state.change(call, source, state.replace(source, replication=status))
    if len(waiting) == PAGE:
        if progress is not None:
            progress.tell()
        call.later(replicate, key=space, bucket=bucket, space=space)


def _copied(
    call: Call,
    bucket: Bucket,
    source: Object,
    copy: Copy,
    name: str,
    rule: Rule,
    who: Principal | None,
    progress: Progress,
) -> str:
    """Why one copy could not be made, or nothing; the source's bucket is told, where the rule has metrics."""
    reason = "AssumeRoleNotPermitted"
    if who is not None:
        act = replica_copies.followed if copy.is_change else replica_copies.brought
        reason = act(call, bucket, source, name, rule, who)
    progress.done(copy, name, rule["ID"], reason)
    if bucket.has_notifications and replication.has_metrics(rule):
        for event, more in _events(call, copy, rule, reason):
            told = {
                "replicationRuleId": rule["ID"],
                "destinationBucket": rule["Destination"]["Bucket"],
                "s3Operation": _operation(source, copy),
                "requestTime": happenings.iso(copy.at),
                **more,
            }
            deliveries.tell(call, call, bucket, f"Replication:{event}", source, replicationEventData=told)
    return reason


def _events(call: Call, copy: Copy, rule: Rule, reason: str) -> list[tuple[str, dict[str, str]]]:
    found: list[tuple[str, dict[str, str]]] = []
    took = call.now - copy.at
    is_late = replication.is_timed(rule) and copy.at > 0 and took > THRESHOLD_S
    if is_late:
        found.append(("OperationMissedThreshold", {"threshold": "15"}))
    if reason:
        found.append(("OperationFailedReplication", {"failureReason": reason}))
    elif is_late:
        found.append(("OperationReplicatedAfterThreshold", {"replicationTime": str(int(took * 1000))}))
    return found


def _operation(source: Object, copy: Copy) -> str:
    if copy.is_change:
        return "OBJECT_PUT_TAGGING"
    return "OBJECT_DELETE_MARKER" if source.is_marker else "OBJECT_PUT"


def repeat(call: Call, name: str, key: str, version: str) -> None:
    """Replicate a version at once, whenever it was written; raises why it cannot be."""
    at, bucket, source = reading.existing(call, name, key, version)
    document = state.configuration(at, bucket, replication.KIND)
    if document is None or bucket.account != call.account:
        raise ReplicationConfigurationNotFound(BucketName=name)
    wanted = replication.rules_for(at, bucket, source)
    if not wanted or source.replication == REPLICA:
        raise InvalidRequest("No replication rule concerns the object.")
    if reading.is_archived(source, call.now):
        raise InvalidRequest("The object is archived and cannot be replicated.")
    own = state.acting(call, bucket, deliveries.PRINCIPAL)
    who = _role(own, document["Role"])
    reasons = [_repeated(own, bucket, source, there, rule, who) for there, rule in wanted.items()]
    status = FAILED if any(reasons) else COMPLETED
    object_state.change(at, source, state.replace(source, replication=status))
    if status == FAILED:
        raise InvalidRequest(f"The object could not be replicated: {next(filter(None, reasons))}.")


def _repeated(call: Call, bucket: Bucket, source: Object, name: str, rule: Rule, who: Principal | None) -> str:
    if _is_there(call, source, name):
        return ""
    reason = "AssumeRoleNotPermitted"
    if who is not None:
        reason = replica_copies.brought(call, bucket, source, name, rule, who)
    if replication.has_metrics(rule):
        replication_metrics.ended(call, bucket, name, rule["ID"], reason)
    return reason


def _is_there(call: Call, source: Object, name: str) -> bool:
    """Whether an earlier replication has brought this version to the bucket of that name."""
    there = state.buckets.get(call, name)
    if there is None or not there.has_replicas:
        return False
    return object_state.version_of(state.place(call, there), there, source.key, source.version) is not None


def _role(call: Call, role: str) -> Principal | None:
    """A session of the role that S3 may act in."""
    account = role.split(":")[4]
    sts = call.ask("sts", call.caller, account=account)
    try:
        made: Any = sts.assume_role(role_arn=role, role_session_name="s3-replication")["Credentials"]
    except AWSError:
        return None
    held = credentials.find(call.tx, made["AccessKeyId"])
    return held.principal if held is not None else None
