"""Listing multipart uploads, and the parts of one."""

from __future__ import annotations

from typing import Any

from skyjar.kernel.call import Call
from skyjar.kernel.service import operation

from . import acls, checksums, customer_keys, encryption, grants, limits, names, paging, state, upload_state
from .state import Bucket
from .upload_state import Upload
from .uploads import abort_shown, found_of


@operation
def list_parts(
    call: Call,
    *,
    bucket: str,
    key: str,
    upload_id: str,
    max_parts: int = limits.LIST_KEYS,
    part_number_marker: int | str = 0,
    sse_customer_algorithm: str = "",
    sse_customer_key: str = "",
    sse_customer_key_md5: str = "",
    request_payer: str = "",
    expected_bucket_owner: str = "",
) -> dict[str, Any]:
    at, where = state.bucket_of(call, bucket)
    upload = found_of(at, where, key, upload_id)
    customer = customer_keys.read(call, sse_customer_algorithm, sse_customer_key, sse_customer_key_md5)
    if customer is not None:  # asked for on AWS with checksums alone
        encryption.check_customer(upload, customer)
    marker, most = int(part_number_marker), paging.check(max_parts, "max-parts")
    rows = upload_state.parts.range(at, upload_id, start=(marker + 1,), limit=most + 1)
    shown = rows[:most]
    owner = acls.owner(where.account)
    answer: dict[str, Any] = {
        "Bucket": bucket,
        "Key": key,
        "UploadId": upload_id,
        "PartNumberMarker": marker,
        "NextPartNumberMarker": shown[-1].number if shown else 0,
        "MaxParts": most,
        "IsTruncated": len(rows) > most,
        "Parts": [
            {
                "PartNumber": part.number,
                "LastModified": part.modified_s,
                "ETag": f'"{part.etag}"',
                "Size": part.size,
                checksums.MEMBERS[part.algorithm]: part.checksum,
            }
            for part in shown
        ],
        "Initiator": _initiator(upload),
        "Owner": owner,
        "StorageClass": upload.storage_class,
    }
    if upload.algorithm:
        answer |= {"ChecksumAlgorithm": upload.algorithm, "ChecksumType": upload.checksum_type}
    return {**answer, **abort_shown(at, where, upload)}


@operation
def list_multipart_uploads(
    call: Call,
    *,
    bucket: str,
    prefix: str = "",
    delimiter: str = "",
    encoding_type: str = "",
    key_marker: str = "",
    upload_id_marker: str = "",
    max_uploads: int = limits.LIST_KEYS,
    request_payer: str = "",
    expected_bucket_owner: str = "",
) -> dict[str, Any]:
    at, where = state.bucket_of(call, bucket)
    most = paging.check(max_uploads, "max-uploads")
    paging.check_encoding(encoding_type)
    shown: list[dict[str, Any]] = []
    prefixes: list[str] = []
    last, more = ("", ""), False
    for upload in upload_state.uploads.each(at, where.space, start=(max(prefix, key_marker),)):
        if not upload.key.startswith(prefix):
            break
        behind = upload.key == key_marker and (not upload_id_marker or upload.id <= upload_id_marker)
        cut = upload.key.find(delimiter, len(prefix)) if delimiter else -1
        group = upload.key[: cut + len(delimiter)] if cut >= 0 else ""
        if behind or (group and (group == key_marker or (prefixes and prefixes[-1] == group))):
            continue
        if len(shown) + len(prefixes) == most:
            more = True
            break
        if group:
            prefixes.append(group)
            last = (group, "")
            continue
        last = (upload.key, upload.id)
        shown.append(_upload_shown(where, upload, encoding_type))
    answer: dict[str, Any] = {
        "Bucket": bucket,
        "KeyMarker": names.encode(key_marker, encoding_type),
        "UploadIdMarker": upload_id_marker,
        "Prefix": names.encode(prefix, encoding_type),
    }
    if more:
        answer |= {"NextKeyMarker": names.encode(last[0], encoding_type), "NextUploadIdMarker": last[1]}
    if delimiter:
        answer["Delimiter"] = names.encode(delimiter, encoding_type)
    if encoding_type:
        answer["EncodingType"] = encoding_type
    answer |= {"MaxUploads": most, "IsTruncated": more, "Uploads": shown}
    answer["CommonPrefixes"] = [{"Prefix": names.encode(each, encoding_type)} for each in prefixes]
    return answer


def _initiator(upload: Upload) -> dict[str, str]:
    """A user or role by its ARN, an account by its canonical id."""
    if not upload.initiator.startswith("arn:"):
        return {"ID": grants.ANONYMOUS}
    account, _, name = upload.initiator.split(":", 4)[-1].partition(":")
    return {"ID": grants.canonical_id(account) if name == "root" else upload.initiator}


def _upload_shown(bucket: Bucket, upload: Upload, encoding: str) -> dict[str, Any]:
    one: dict[str, Any] = {
        "Key": names.encode(upload.key, encoding),
        "UploadId": upload.id,
        "Initiated": upload.started_s,
        "StorageClass": upload.storage_class,
        "Owner": acls.owner(bucket.account),
        "Initiator": _initiator(upload),
    }
    if upload.algorithm:
        one |= {"ChecksumAlgorithm": upload.algorithm, "ChecksumType": upload.checksum_type}
    return one
