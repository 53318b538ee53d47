"""WriteGetObjectResponse: what the function of an Object Lambda access point gives whoever asked for the object."""

from __future__ import annotations

from typing import Any

import msgspec

from skyjar.kernel.blobs import Blob, Flowing
from skyjar.kernel.call import Call
from skyjar.kernel.service import on_head, operation

from . import limits, object_lambda_state
from .errors import InvalidArgument, InvalidRequest
from .object_lambda_state import Reply

_STATUSES = (200, 206, 304, 400, 401, 403, 404, 405, 409, 411, 412, 416, 500, 503)


def expected(call: Call, token: str, route: str) -> Reply:
    """The request that a token stands for, while it waits."""
    found = object_lambda_state.replies.get(call, token)
    if found is None or found.route != route or call.now > found.until_s:
        raise InvalidRequest("The request token is not valid, or has expired.")
    return found


def _given(**members: Any) -> dict[str, Any]:
    return {name: value for name, value in members.items() if value is not None}


@operation
@on_head
def write_get_object_response(
    call: Call,
    *,
    request_route: str,
    request_token: str,
    body: bytes | Blob = b"",
    status_code: int = 200,
    error_code: str = "",
    error_message: str = "",
    accept_ranges: str | None = None,
    bucket_key_enabled: bool | None = None,
    cache_control: str | None = None,
    checksum_crc32: str | None = None,
    checksum_crc32_c: str | None = None,
    checksum_crc64_nvme: str | None = None,
    checksum_sha1: str | None = None,
    checksum_sha256: str | None = None,
    checksum_sha512: str | None = None,
    checksum_md5: str | None = None,
    checksum_xxhash64: str | None = None,
    checksum_xxhash3: str | None = None,
    checksum_xxhash128: str | None = None,
    content_disposition: str | None = None,
    content_encoding: str | None = None,
    content_language: str | None = None,
    content_length: int | None = None,
    content_range: str | None = None,
    content_type: str | None = None,
    delete_marker: bool | None = None,
    e_tag: str | None = None,
    expiration: str | None = None,
    expires: float | None = None,
    last_modified: float | None = None,
    metadata: dict[str, str] | None = None,
    missing_meta: int | None = None,
    object_lock_legal_hold_status: str | None = None,
    object_lock_mode: str | None = None,
    object_lock_retain_until_date: float | None = None,
    parts_count: int | None = None,
    replication_status: str | None = None,
    request_charged: str | None = None,
    restore: str | None = None,
    server_side_encryption: str | None = None,
    sse_customer_algorithm: str | None = None,
    sse_customer_key_md5: str | None = None,
    ssekms_key_id: str | None = None,
    storage_class: str | None = None,
    tag_count: int | None = None,
    version_id: str | None = None,
) -> None:
    found = expected(call, request_token, request_route)
    if found.status:
        raise InvalidRequest("The request has been answered already.")
    if status_code not in _STATUSES:
        raise InvalidArgument("Invalid status code", ArgumentName="x-amz-fwd-status", ArgumentValue=str(status_code))
    members = _given(
        AcceptRanges=accept_ranges,
        BucketKeyEnabled=bucket_key_enabled,
        CacheControl=cache_control,
        ChecksumCRC32=checksum_crc32,
        ChecksumCRC32C=checksum_crc32_c,
        ChecksumCRC64NVME=checksum_crc64_nvme,
        ChecksumSHA1=checksum_sha1,
        ChecksumSHA256=checksum_sha256,
        ChecksumSHA512=checksum_sha512,
        ChecksumMD5=checksum_md5,
        ChecksumXXHASH64=checksum_xxhash64,
        ChecksumXXHASH3=checksum_xxhash3,
        ChecksumXXHASH128=checksum_xxhash128,
        ContentDisposition=content_disposition,
        ContentEncoding=content_encoding,
        ContentLanguage=content_language,
        ContentRange=content_range,
        ContentType=content_type,
        DeleteMarker=delete_marker,
        ETag=e_tag,
        Expiration=expiration,
        Expires=expires,
        LastModified=last_modified,
        Metadata=metadata,
        MissingMeta=missing_meta,
        ObjectLockLegalHoldStatus=object_lock_legal_hold_status,
        ObjectLockMode=object_lock_mode,
        ObjectLockRetainUntilDate=object_lock_retain_until_date,
        PartsCount=parts_count,
        ReplicationStatus=replication_status,
        RequestCharged=request_charged,
        Restore=restore,
        ServerSideEncryption=server_side_encryption,
        SSECustomerAlgorithm=sse_customer_algorithm,
        SSECustomerKeyMD5=sse_customer_key_md5,
        SSEKMSKeyId=ssekms_key_id,
        StorageClass=storage_class,
        TagCount=tag_count,
        VersionId=version_id,
    )
    changes: dict[str, Any] = {
        "status": status_code,
        "code": error_code,
        "message": error_message,
        "members": members,
        "size": body.length if isinstance(body, Flowing) else body.size if isinstance(body, Blob) else len(body),
    }
    if isinstance(body, Flowing):
        changes["flow"] = body.name
    elif isinstance(body, Blob) and body.size > limits.INLINE_BYTES:
        changes |= {"blob": body.name, "secrets": body.secrets}
    else:
        changes["body"] = body.read() if isinstance(body, Blob) else body
    object_lambda_state.replies.replace(call, found, msgspec.structs.replace(found, **changes))
