"""What happens in a bucket, told on its account's default event bus.

Source: S3 User Guide, "Using EventBridge", "EventBridge event message structure".
"""

from __future__ import annotations

from typing import Any

from skyjar.kernel.call import Call
from skyjar.kernel.service_events import ServiceEvent

from . import happenings
from .object_state import Object
from .state import Bucket

VERSION = "1.2"  # as events came in October 2026
MEMBER = "EventBridgeConfiguration"
_SELF = "s3.amazonaws.com"
_REASONS = {"Put": "PutObject", "Post": "POST Object", "Copy": "CopyObject",
            "CompleteMultipartUpload": "CompleteMultipartUpload"}  # fmt: skip
_DELETIONS = {"Delete": "Permanently Deleted", "DeleteMarkerCreated": "Delete Marker Created"}
_RESTORES = {"Post": "Object Restore Initiated", "Completed": "Object Restore Completed",
             "Delete": "Object Restore Expired"}  # fmt: skip


def tell(call: Call, bucket: Bucket, event: str, found: Object, *, sequencer: str, more: dict[str, Any]) -> None:
    """`event` is like `ObjectCreated:Put`; what EventBridge is not told of is passed over."""
    said = _said(event, found, more)
    if said is None:
        return
    detail_type, extra = said
    thing: dict[str, Any] = {"key": found.key}
    if "deletion-type" not in extra:
        thing |= {"size": found.size, "etag": found.etag}
    elif event.endswith("DeleteMarkerCreated"):
        thing["etag"] = happenings.NOTHING
    if bucket.versioning:
        thing["version-id"] = found.version
    if event == "ObjectCreated:Copy":
        thing["has-object-annotation"] = False
    if happenings.is_ordered(event):
        thing["sequencer"] = sequencer
    is_own = call.caller.kind == "service" and call.caller.name == _SELF
    detail: dict[str, Any] = {
        "version": "0",
        "event-version": VERSION,
        "bucket": {"name": bucket.name},
        "object": thing,
        "request-id": call.request_id,
        "requester": call.caller.name if call.caller.kind == "service" else call.caller.account or "Anonymous",
    }
    if not is_own:
        detail["source-ip-address"] = call.source_ip
    call.emit(
        ServiceEvent(
            "aws.s3",
            detail_type,
            detail | extra,
            (f"arn:aws:s3:::{bucket.name}",),
            account=bucket.account,
            region=bucket.region,
        )
    )


def _said(event: str, found: Object, more: dict[str, Any]) -> tuple[str, dict[str, Any]] | None:
    """The detail type, and what only events of this kind say."""
    family, _, kind = event.partition(":")
    if family == "ObjectCreated":
        return "Object Created", {"reason": _REASONS[kind]}
    if family in ("ObjectRemoved", "LifecycleExpiration"):
        reason = "DeleteObject" if family == "ObjectRemoved" else "Lifecycle Expiration"
        return "Object Deleted", {"reason": reason, "deletion-type": _DELETIONS[kind]}
    if family == "ObjectRestore":
        return _RESTORES[kind], _of_restore(kind, found, more)
    if family == "LifecycleTransition":
        told = more["lifecycleEventData"]["transitionEventData"]["destinationStorageClass"]
        return "Object Storage Class Changed", {"destination-storage-class": told}
    if family == "IntelligentTiering":
        told = more["intelligentTieringEventData"]["destinationAccessTier"]
        return "Object Access Tier Changed", {"destination-access-tier": told}
    if family == "ObjectTagging":
        return ("Object Tags Added" if kind == "Put" else "Object Tags Deleted"), {}
    if family == "ObjectRetention":
        told = more.get("objectRetentionEventData")
        dated = {"mode": told["mode"], "retain-until-date": _whole(told["retainUntilDate"])} if told else {}
        return "Object Retention Updated", {"object-retention-event-data": dated} if told else {}
    return ("Object ACL Updated", {}) if family == "ObjectAcl" else None


def _whole(moment: str) -> str:
    """Without the milliseconds that notifications have."""
    return moment.partition(".")[0] + "Z"


def _of_restore(kind: str, found: Object, more: dict[str, Any]) -> dict[str, Any]:
    if kind == "Delete":
        return {}
    extra: dict[str, Any] = {"source-storage-class": found.storage_class}
    if kind == "Completed":  # what comes back from an archive of Intelligent-Tiering stays
        told = more["glacierEventData"]["restoreEventData"].get("lifecycleRestorationExpiryTime")
        extra |= {"restore-expiry-time": _whole(told)} if told else {}
    return extra
