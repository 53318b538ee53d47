"""S3's condition keys, by what they follow from: the parameters of a request, its signature, and the object that it is about.

Sources: Service Authorization Reference, "Condition keys for Amazon S3"; API reference, "Amazon S3 Signature Version 4 authentication
specific policy keys"; User Guide, "Managing object tags", "Object Lock considerations", "Enforce conditional writes on Amazon S3 buckets".
"""

from __future__ import annotations

from datetime import UTC, datetime
from math import ceil
from typing import Any

from skyjar.kernel.call import Call
from skyjar.kernel.errors import AWSError

from . import limits, tags

_PLAIN = {
    "prefix": "s3:prefix",
    "delimiter": "s3:delimiter",
    "max_keys": "s3:max-keys",
    "version_id": "s3:VersionId",
    "acl": "s3:x-amz-acl",
    "grant_full_control": "s3:x-amz-grant-full-control",
    "grant_read": "s3:x-amz-grant-read",
    "grant_read_acp": "s3:x-amz-grant-read-acp",
    "grant_write": "s3:x-amz-grant-write",
    "grant_write_acp": "s3:x-amz-grant-write-acp",
    "storage_class": "s3:x-amz-storage-class",
    "server_side_encryption": "s3:x-amz-server-side-encryption",
    "ssekms_key_id": "s3:x-amz-server-side-encryption-aws-kms-key-id",
    "sse_customer_algorithm": "s3:x-amz-server-side-encryption-customer-algorithm",
    "copy_source": "s3:x-amz-copy-source",
    "metadata_directive": "s3:x-amz-metadata-directive",
    "website_redirect_location": "s3:x-amz-website-redirect-location",
    "object_lock_mode": "s3:object-lock-mode",
    "object_lock_legal_hold_status": "s3:object-lock-legal-hold",
    "if_match": "s3:if-match",
    "if_none_match": "s3:if-none-match",
    "bucket_namespace": "s3:x-amz-bucket-namespace",
    "object_ownership": "s3:x-amz-object-ownership",
}
_TAGGING = ("put_object", "create_multipart_upload", "copy_object", "put_object_tagging")
_LISTINGS = ("list_objects", "list_objects_v2", "list_object_versions")
_CREATING = {  # whether the operation makes an object, of all that s3:PutObject is needed for
    "put_object": "true",
    "copy_object": "true",
    "complete_multipart_upload": "true",
    "create_multipart_upload": "false",
    "upload_part": "false",
    "upload_part_copy": "false",
}
_HOW = {"header": "REST-HEADER", "query": "REST-QUERY-STRING"}
_VERSIONS = {"v4": "AWS4-HMAC-SHA256", "v4a": "AWS4-ECDSA-P256-SHA256", "v2": "AWS"}
UNSIGNED = "UNSIGNED-PAYLOAD"


def of_parameters(call: Call, operation: str, parameters: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = {
        _PLAIN[name]: str(value)
        for name, value in parameters.items()
        if name in _PLAIN and value is not None and value != ""
    }
    if operation in _LISTINGS:
        found.setdefault("s3:prefix", "")
    if operation in _CREATING:
        found["s3:ObjectCreationOperation"] = _CREATING[operation]
    if operation == "put_bucket_inventory_configuration":
        wanted = parameters["inventory_configuration"].get("OptionalFields")
        if wanted:
            found["s3:InventoryAccessibleOptionalFields"] = list(wanted)
    found |= _lock(call, parameters)
    return found | _tags(parameters) if operation in _TAGGING else found


def _lock(call: Call, parameters: dict[str, Any]) -> dict[str, str]:
    """Of a lock that an object is written with, or that is put on one. A day that has begun counts as remaining."""
    retention = parameters.get("retention") or {}
    mode = retention.get("Mode")
    until = retention.get("RetainUntilDate", parameters.get("object_lock_retain_until_date"))
    status = (parameters.get("legal_hold") or {}).get("Status")
    found: dict[str, str] = {}
    if mode:
        found["s3:object-lock-mode"] = mode
    if status:
        found["s3:object-lock-legal-hold"] = status
    if until is not None:
        found["s3:object-lock-retain-until-date"] = datetime.fromtimestamp(until, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
        found["s3:object-lock-remaining-retention-days"] = str(ceil((until - call.now) / limits.DAY_S))
    return found


def _tags(parameters: dict[str, Any]) -> dict[str, Any]:
    """Of the tags that an object is written with, or that are put on one; none where they are not well formed, which the operation
    refuses."""
    given = parameters.get("tagging")
    if not given:
        return {}
    try:
        wanted = tags.of_header(given) if isinstance(given, str) else tags.of_set(given["TagSet"])
    except AWSError:
        return {}
    return {"s3:RequestObjectTagKeys": list(wanted), **{f"s3:RequestObjectTag/{k}": v for k, v in wanted.items()}}


def of_signature(call: Call) -> dict[str, str]:
    """How the request was signed, when (in milliseconds of age), and for which body. What services send is signed in headers."""
    origin = call.origin
    found: dict[str, str] = {}
    if origin.tls_version:
        found["s3:TlsVersion"] = origin.tls_version
    version, _, how = (origin.signature or "v4-header").partition("-")
    if call.caller.kind == "anonymous" or "s3:authType" in call.context:  # a form's fields say it
        return found
    found |= {"s3:authType": _HOW[how], "s3:signatureversion": _VERSIONS[version]}
    if origin.signed_at:
        found["s3:signatureAge"] = str(max(0, int((call.now - origin.signed_at) * 1000)))
    payload = origin.signed_payload or (UNSIGNED if how == "query" and version != "v2" else "")
    if payload:
        found["s3:x-amz-content-sha256"] = payload
    return found
