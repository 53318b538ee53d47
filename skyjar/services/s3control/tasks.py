"""What a job does to one object, as the job's role: S3's own operations, or a function. Source: S3 User Guide,
"Operations supported by S3 Batch Operations"."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple
from urllib.parse import quote, urlencode

from skyjar.kernel.call import Call
from skyjar.kernel.errors import AWSError, NotImplementedHere
from skyjar.kernel.outside import Outside
from skyjar.kernel.principals import Principal

from . import ReplicationWanted, compute_checksums, invocations
from .batch_state import Batch, Task
from .errors import InvalidRequest

_ARN = "arn:aws:s3:::"
_GRANTED = {
    "FULL_CONTROL": "grant_full_control",
    "READ": "grant_read",
    "READ_ACP": "grant_read_acp",
    "WRITE_ACP": "grant_write_acp",
}
_TIERS = {"BULK": "Bulk", "STANDARD": "Standard"}
_ABSENT = {
    "S3PutObjectCopy": ("AnnotationDirective", "RequesterPays", "ObjectLockEventHold",
                        "ObjectLockEventHoldDuration"),
}  # fmt: skip


class Outcome(NamedTuple):
    """`status` is succeeded, failed or, where it is to be tried again, empty."""

    status: str
    http: int
    code: str
    message: str


DONE = Outcome("succeeded", 200, "", "Successful")


def failed(error: AWSError) -> Outcome:
    return Outcome("failed", error.status, error.code, error.message)


def check(operation: dict[str, Any]) -> None:
    """One operation, of which nothing is asked that is not done."""
    if len(operation) != 1:
        raise InvalidRequest("A job has exactly one operation.")
    ((name, given),) = operation.items()
    if name not in _DOING and name not in ("LambdaInvoke", compute_checksums.NAME):
        raise NotImplementedHere(f"Skyjar does not implement {name} of s3control:CreateJob.")
    for member in _ABSENT.get(name, ()):
        if given.get(member):
            raise NotImplementedHere(f"Skyjar does not implement {member} of {name} in s3control:CreateJob.")
    if name == "S3PutObjectRetention" and given["Retention"].get("EventHold"):
        raise NotImplementedHere("Skyjar does not implement EventHold of s3control:CreateJob.")
    if name == "S3PutObjectCopy":
        metadata = given.get("NewObjectMetadata") or {}
        for member in ("ContentLength", "ContentMD5", "RequesterCharged"):
            if metadata.get(member):
                raise NotImplementedHere(f"Skyjar does not implement {member} of s3control:CreateJob.")
        if not given.get("TargetResource", "").startswith(_ARN):
            raise InvalidRequest("The target of a copy is named by the ARN of its bucket.")
        if any(grant.get("Permission") not in _GRANTED for grant in given.get("AccessControlGrants") or ()):
            raise InvalidRequest("A grant on a copy is of FULL_CONTROL, READ, READ_ACP or WRITE_ACP.")
    if name == "S3UpdateObjectEncryption" and not (given.get("ObjectEncryption") or {}).get("SSEKMS"):
        raise InvalidRequest("S3UpdateObjectEncryption needs SSEKMS of its ObjectEncryption.")
    if name == "S3InitiateRestoreObject" and not given.get("ExpirationInDays"):
        raise InvalidRequest("ExpirationInDays is needed to restore objects.")
    if name == "LambdaInvoke":
        invocations.check(given)
    if name == compute_checksums.NAME:
        compute_checksums.check(given)


def begin(call: Call, who: Principal, batch: Batch, task: Task) -> Outcome | Outside:
    """Raises what the operation is refused with."""
    given = batch.given["Operation"][batch.operation]
    if batch.operation == "LambdaInvoke":
        return invocations.begin(call, who, batch.id, given, task).map(lambda after, told: Outcome(*told))
    if batch.operation == compute_checksums.NAME:
        told = compute_checksums.begin(call, who, given, task)
        return told.map(lambda after, ended: Outcome(*ended)) if isinstance(told, Outside) else Outcome(*told)
    answer = _DOING[batch.operation](call, who, given, task)
    return answer.map(lambda after, told: DONE) if isinstance(answer, Outside) else DONE


def _named(task: Task) -> dict[str, str]:
    return {"bucket": task.bucket, "key": task.key, **({"version_id": task.version} if task.version else {})}


def _s3(call: Call, who: Principal) -> Any:
    return call.ask("s3", who, account=call.account)


def _copy(call: Call, who: Principal, given: dict[str, Any], task: Task) -> Any:
    source = quote(f"{task.bucket}/{task.key}", safe="/") + (f"?versionId={task.version}" if task.version else "")
    prefix = given.get("TargetKeyPrefix")
    metadata = given.get("NewObjectMetadata") or {}
    key = given.get("SSEAwsKmsKeyId", "")
    is_new = any(name != "SSEAlgorithm" for name in metadata)
    algorithm = "aws:kms" if key or metadata.get("SSEAlgorithm") == "KMS" else metadata.get("SSEAlgorithm", "")
    wanted: dict[str, Any] = {
        "metadata_directive": given.get("MetadataDirective") or ("REPLACE" if is_new else "COPY"),
        "metadata": metadata.get("UserMetadata"),
        "cache_control": metadata.get("CacheControl"),
        "content_disposition": metadata.get("ContentDisposition"),
        "content_encoding": metadata.get("ContentEncoding"),
        "content_language": metadata.get("ContentLanguage"),
        "content_type": metadata.get("ContentType"),
        "expires": metadata.get("HttpExpiresDate"),
        "server_side_encryption": algorithm,
        "ssekms_key_id": key,
        "bucket_key_enabled": given.get("BucketKeyEnabled"),
        "acl": given.get("CannedAccessControlList"),
        "copy_source_if_modified_since": given.get("ModifiedSinceConstraint"),
        "copy_source_if_unmodified_since": given.get("UnModifiedSinceConstraint"),
        "storage_class": given.get("StorageClass"),
        "website_redirect_location": given.get("RedirectLocation"),
        "checksum_algorithm": given.get("ChecksumAlgorithm"),
        "object_lock_mode": given.get("ObjectLockMode"),
        "object_lock_retain_until_date": given.get("ObjectLockRetainUntilDate"),
        "object_lock_legal_hold_status": given.get("ObjectLockLegalHoldStatus"),
    }
    if given.get("NewObjectTagging") is not None:
        tags = {tag["Key"]: tag["Value"] for tag in given["NewObjectTagging"]}
        wanted |= {"tagging_directive": "REPLACE", "tagging": urlencode(tags)}
    for grant in given.get("AccessControlGrants") or ():
        grantee, header = grant.get("Grantee") or {}, _GRANTED[grant["Permission"]]
        one = f'{grantee.get("TypeIdentifier", "id")}="{grantee.get("Identifier", "")}"'
        wanted[header] = f"{wanted[header]}, {one}" if header in wanted else one
    return _s3(call, who).copy_object(
        bucket=given["TargetResource"].removeprefix(_ARN),
        key=f"{prefix}/{task.key}" if prefix else task.key,
        copy_source=source,
        **{name: value for name, value in wanted.items() if value not in (None, "")},
    )


def _tag(call: Call, who: Principal, given: dict[str, Any], task: Task) -> Any:
    return _s3(call, who).put_object_tagging(**_named(task), tagging={"TagSet": given.get("TagSet") or []})


def _untag(call: Call, who: Principal, given: dict[str, Any], task: Task) -> Any:
    return _s3(call, who).delete_object_tagging(**_named(task))


def _grant(call: Call, who: Principal, given: dict[str, Any], task: Task) -> Any:
    policy = given.get("AccessControlPolicy") or {}
    if policy.get("CannedAccessControlList"):
        return _s3(call, who).put_object_acl(**_named(task), acl=policy["CannedAccessControlList"])
    acl = policy.get("AccessControlList") or {}
    grants = [
        {"Grantee": _grantee(grant.get("Grantee") or {}), "Permission": grant["Permission"]}
        for grant in acl.get("Grants") or ()
    ]
    document = {"Owner": {"ID": (acl.get("Owner") or {}).get("ID", "")}, "Grants": grants}
    return _s3(call, who).put_object_acl(**_named(task), access_control_policy=document)


def _grantee(given: dict[str, str]) -> dict[str, str]:
    kind, member = {
        "uri": ("Group", "URI"),
        "emailAddress": ("AmazonCustomerByEmail", "EmailAddress"),
    }.get(given.get("TypeIdentifier", ""), ("CanonicalUser", "ID"))
    return {"Type": kind, member: given.get("Identifier", "")}


def _restore(call: Call, who: Principal, given: dict[str, Any], task: Task) -> Any:
    tier = _TIERS[given.get("GlacierJobTier") or "STANDARD"]
    wanted = {"Days": given["ExpirationInDays"], "GlacierJobParameters": {"Tier": tier}}
    return _s3(call, who).restore_object(**_named(task), restore_request=wanted)


def _hold(call: Call, who: Principal, given: dict[str, Any], task: Task) -> Any:
    return _s3(call, who).put_object_legal_hold(**_named(task), legal_hold=given["LegalHold"])


def _retain(call: Call, who: Principal, given: dict[str, Any], task: Task) -> Any:
    bypass = {"bypass_governance_retention": True} if given.get("BypassGovernanceRetention") else {}
    return _s3(call, who).put_object_retention(**_named(task), retention=given["Retention"], **bypass)


def _encrypt(call: Call, who: Principal, given: dict[str, Any], task: Task) -> Any:
    return _s3(call, who).update_object_encryption(**_named(task), object_encryption=given["ObjectEncryption"])


def _replicate(call: Call, who: Principal, given: dict[str, Any], task: Task) -> None:
    """S3 does it, in the role of the bucket's own replication, when the job's role may start it."""
    acting = call.acting(who, {})
    acting.judge("s3", "initiate_replication", who, **_named(task))
    call.emit(ReplicationWanted(task.bucket, task.key, task.version))


_DOING: dict[str, Callable[[Call, Principal, dict[str, Any], Task], Any]] = {
    "S3PutObjectCopy": _copy,
    "S3PutObjectTagging": _tag,
    "S3DeleteObjectTagging": _untag,
    "S3PutObjectAcl": _grant,
    "S3InitiateRestoreObject": _restore,
    "S3PutObjectLegalHold": _hold,
    "S3PutObjectRetention": _retain,
    "S3ReplicateObject": _replicate,
    "S3UpdateObjectEncryption": _encrypt,
}
