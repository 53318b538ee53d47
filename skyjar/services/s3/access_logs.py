"""Server access logging: the setting, and the log objects that follow some minutes after the requests.

The pipeline notes the requests (`kernel/access_logs.py`); a job that waits for them writes them into the target bucket as
`logging.s3.amazonaws.com`. Source: S3 User Guide, "Amazon S3 server access log format".
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any
from urllib.parse import parse_qsl

from skyjar.kernel import access_logs, principals
from skyjar.kernel.access_logs import Line
from skyjar.kernel.call import Call
from skyjar.kernel.errors import AWSError, Wait
from skyjar.kernel.jobs import everywhere, job
from skyjar.kernel.service import operation

from . import LoggingChanged, grants, limits, object_state, point_state, state
from .errors import CrossLocationLoggingProhibited, InvalidTargetBucketForLogging, MalformedXML, NoSuchBucket
from .grants import Grants, canonical_id
from .state import Bucket

KIND = "logging"
PRINCIPAL = "logging.s3.amazonaws.com"
_RESOURCES = {
    "acl": "ACL", "tagging": "TAGGING", "policy": "BUCKETPOLICY", "versioning": "VERSIONING", "cors": "CORS",
    "location": "LOCATION", "logging": "LOGGING_STATUS", "lifecycle": "LIFECYCLE", "website": "WEBSITE",
    "notification": "NOTIFICATION", "replication": "REPLICATION", "requestPayment": "REQUEST_PAYMENT",
    "encryption": "ENCRYPTION", "accelerate": "ACCELERATE", "versions": "BUCKETVERSIONS", "uploads": "UPLOADS",
    "delete": "MULTI_OBJECT_DELETE", "publicAccessBlock": "PUBLIC_ACCESS_BLOCK", "restore": "RESTORE",
    "object-lock": "OBJECT_LOCK_CONFIGURATION", "retention": "OBJECT_LOCK_RETENTION",
    "legal-hold": "OBJECT_LOCK_LEGALHOLD", "ownershipControls": "OWNERSHIP_CONTROLS",
}  # fmt: skip


@operation
def get_bucket_logging(call: Call, *, bucket: str, expected_bucket_owner: str = "") -> dict[str, Any]:
    at, where = state.bucket_of(call, bucket)
    found = state.configuration(at, where, KIND)
    return {"LoggingEnabled": found} if found is not None else {}


@operation
def put_bucket_logging(
    call: Call,
    *,
    bucket: str,
    bucket_logging_status: dict[str, Any],
    content_md5: str = "",
    checksum_algorithm: str = "",
    expected_bucket_owner: str = "",
) -> None:
    at, where = state.bucket_of(call, bucket)
    wanted = bucket_logging_status.get("LoggingEnabled")
    if wanted is not None:
        _check(call, where, wanted)
    state.configure(at, where, KIND, wanted)
    switch(call, where, wanted is not None)


def _check(call: Call, bucket: Bucket, wanted: dict[str, Any]) -> None:
    try:
        target = state.named(call, wanted["TargetBucket"])
    except NoSuchBucket:
        raise InvalidTargetBucketForLogging("The target bucket for logging does not exist",
                                            TargetBucket=wanted["TargetBucket"]) from None  # fmt: skip
    if target.account != bucket.account:
        raise InvalidTargetBucketForLogging(
            "The owner for the bucket to be logged and the target bucket must be the same.", TargetBucket=target.name
        )
    if target.region != bucket.region:
        raise CrossLocationLoggingProhibited(SourceBucketLocation=bucket.region, TargetBucketLocation=target.region)
    if len(wanted.get("TargetObjectKeyFormat") or ()) > 1 or _partition(wanted) not in (
        None,
        "DeliveryTime",
        "EventTime",
    ):
        raise MalformedXML
    if wanted.get("TargetGrants"):
        if target.ownership == grants.ENFORCED:
            raise InvalidTargetBucketForLogging(
                "The target bucket for logging has ACLs disabled, so that target grants cannot be used.",
                TargetBucket=target.name,
            )
        if any(each.get("Permission") not in ("FULL_CONTROL", "READ", "WRITE") for each in wanted["TargetGrants"]):
            raise MalformedXML
        _granted(target, wanted)


def _granted(target: Bucket, wanted: dict[str, Any]) -> Grants:
    """The ACL of a log object: its owner's, and the grants asked for."""
    given = grants.of_object(target, target.account, "", {"Grants": wanted["TargetGrants"]}, {})
    return ((grants.canonical_id(target.account), grants.FULL), *given)


def switch(call: Call, bucket: Bucket, is_on: bool) -> None:
    """Have the requests noted from now on, or no more."""
    place = everywhere(call.tx)
    if is_on:
        access_logs.logged.put(place, access_logs.Logged(bucket=bucket.name))
    elif access_logs.logged.delete(place, bucket.name) is None:
        return
    call.emit(LoggingChanged(bucket.name))
    state.acting(call, bucket, PRINCIPAL).later(deliver_log, key=bucket.space, bucket=bucket.name, space=bucket.space)


@job()
def deliver_log(call: Call, *, bucket: str, space: str) -> None:
    """Wait for requests; some minutes after the first write all that have come."""
    place = everywhere(call.tx)
    where = state.buckets.get(call, bucket)
    wanted = state.configuration(call, where, KIND) if where is not None and where.space == space else None
    found = access_logs.lines.range(place, bucket, limit=limits.LOG_LINES)
    if where is None or wanted is None:
        for line in found:
            access_logs.lines.remove(place, line)
        return
    if not found:
        raise Wait(on=access_logs.lines.watched(place, bucket), until=call.now + 3650 * limits.DAY_S)
    due = found[0].at + limits.LOG_DELAY_S
    if call.now >= due:
        for line in found:
            access_logs.lines.remove(place, line)
        for moment, lines in _files(call, wanted, found):
            _write(call, where, wanted, moment, lines)
        due = call.now
    call.later(deliver_log, key=space, due=due, bucket=bucket, space=space)


def _partition(wanted: dict[str, Any]) -> str | None:
    """The date that a log's key has folders of: DeliveryTime, EventTime, or none."""
    chosen = (wanted.get("TargetObjectKeyFormat") or {}).get("PartitionedPrefix")
    return None if chosen is None else chosen.get("PartitionDateSource") or "DeliveryTime"


def _files(call: Call, wanted: dict[str, Any], found: list[Line]) -> list[tuple[float, list[Line]]]:
    """The lines of each file to be written, with the time that its key says: by the day of what happened, or all together."""
    if _partition(wanted) != "EventTime":
        return [(call.now, found)]
    days: dict[float, list[Line]] = {}
    for line in found:
        days.setdefault(line.at // limits.DAY_S * limits.DAY_S, []).append(line)
    return list(days.items())


def _write(call: Call, bucket: Bucket, wanted: dict[str, Any], moment: float, found: list[Line]) -> None:
    """What the target does not take is lost, as on AWS; its record says why."""
    who = principals.service(PRINCIPAL, bucket.account)
    context = {"aws:SourceArn": state.bucket_arn(bucket.name), "aws:SourceAccount": bucket.account}
    key = _key(call, bucket, wanted, moment)
    body = "".join(_text(bucket, line) for line in found).encode()
    target = wanted["TargetBucket"]
    try:
        s3 = call.ask("s3", who, account=bucket.account, region=bucket.region, context=context)
        s3.put_object(bucket=target, key=key, body=body, content_type="text/plain")
    except AWSError:
        return
    if wanted.get("TargetGrants"):
        _grant(call, key, wanted)
    if access_logs.logged.get(everywhere(call.tx), target) is not None:  # which is a request like any other
        access_logs.append(
            call.tx,
            Line(
                bucket=target, number=0, at=call.now, source_ip="", requester=PRINCIPAL, request_id=call.request_id,
                method="PUT", key=key, path=f"/{target}/{key}", query="", version="1.1", status=200, error="", sent=0,
                lasted_ms=0, referer="", user_agent="", host="", signature="SigV4", auth="AuthHeader", is_secure=True,
            ),
        )  # fmt: skip


def _grant(call: Call, key: str, wanted: dict[str, Any]) -> None:
    """The grants count unless ACLs have been disabled since."""
    target = state.named(call, wanted["TargetBucket"])
    at = state.place(call, target)
    made = object_state.latest(at, target, key)
    if made is not None and target.ownership != grants.ENFORCED:
        object_state.change(at, made, state.replace(made, grants=_granted(target, wanted)))


def _key(call: Call, bucket: Bucket, wanted: dict[str, Any], moment: float) -> str:
    then = datetime.fromtimestamp(moment, UTC)
    prefix, name = str(wanted["TargetPrefix"]), f"{then:%Y-%m-%d-%H-%M-%S}-{call.chance.hex(16).upper()}"
    if _partition(wanted) is not None:
        return f"{prefix}{bucket.account}/{bucket.region}/{bucket.name}/{then:%Y/%m/%d}/{name}"
    return prefix + name


def behind(call: Call, name: str) -> tuple[str, str] | None:
    """The bucket behind an access point, and the point's ARN; None when the name means none."""
    if state.known(call, name) is not None:
        return None
    try:
        point = point_state.meant(call, name)
    except AWSError:
        return None
    return (point.bucket, point.arn) if point is not None else None


def _text(bucket: Bucket, line: Line) -> str:
    requester = line.requester
    if requester.endswith(":root"):
        requester = canonical_id(requester.split(":")[4])
    query = f"?{line.query}" if line.query else ""
    version, cipher = line.secured
    is_one_of_many = line.kind == "BATCH"
    fields = [
        canonical_id(bucket.account),
        bucket.name,
        datetime.fromtimestamp(line.at, UTC).strftime("[%d/%b/%Y:%H:%M:%S +0000]"),
        line.source_ip,
        requester,
        line.request_id,
        _operation(line),
        line.key,
        "" if is_one_of_many else f'"{line.method} {line.path}{query} HTTP/{line.version}"',
        "204" if is_one_of_many else str(line.status),
        line.error,
        "" if is_one_of_many else str(line.sent or ""),
        str(line.size) if line.size >= 0 and not is_one_of_many else "",
        "" if is_one_of_many else str(line.lasted_ms),
        "" if is_one_of_many else str(line.lasted_ms),
        "" if is_one_of_many else f'"{line.referer or "-"}"',
        "" if is_one_of_many else f'"{line.user_agent or "-"}"',
        line.object_version or dict(parse_qsl(line.query)).get("versionId", ""),
        line.request_id,
        line.signature,
        cipher,
        line.auth,
        line.host,
        version,
        line.point,
        "",  # that an ACL was needed is not known
        "",  # no Region: the requests come from this machine
    ]
    return " ".join(field or "-" for field in fields) + "\n"


def _operation(line: Line) -> str:
    names = dict(parse_qsl(line.query, keep_blank_values=True))
    if line.kind == "BATCH":
        return "BATCH.DELETE.OBJECT"
    if line.kind == "COPY":
        return f"REST.COPY.{'PART' if 'partNumber' in names else 'OBJECT'}_GET"
    if line.is_copy:
        return f"REST.COPY.{'PART' if 'partNumber' in names else 'OBJECT'}"
    if line.kind == "FORM":
        return "REST.POST.OBJECT"
    if line.kind == "WEBSITE":
        return f"WEBSITE.{line.method}.OBJECT"
    if "uploadId" in names:
        return f"REST.{line.method}.{'PART' if 'partNumber' in names else 'UPLOAD'}"
    for name, resource in _RESOURCES.items():
        if name in names:
            return f"REST.{line.method}.{resource}"
    return f"REST.{line.method}.{'OBJECT' if line.key else 'BUCKET'}"
