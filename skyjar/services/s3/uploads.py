"""Multipart uploads. Parts are blobs; completing one writes a single row that names them, and moves no bytes."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

from skyjar.kernel.blobs import Blob
from skyjar.kernel.call import Call
from skyjar.kernel.outside import Outside
from skyjar.kernel.service import operation
from skyjar.kernel.tables import At

from . import (
    checksums,
    completions,
    customer_keys,
    encryption,
    guards,
    jobs,
    lifecycle,
    limits,
    locks,
    names,
    object_state,
    preconditions,
    rings,
    state,
    tags,
    upload_state,
)
from .errors import (
    BadDigest,
    EntityTooLarge,
    EntityTooSmall,
    InvalidArgument,
    InvalidPart,
    InvalidPartOrder,
    InvalidRequest,
    MalformedXML,
    NoSuchUpload,
)
from .objects import check_class, check_metadata, headers_of, written
from .rings import Ring
from .state import Bucket
from .upload_state import Part, Upload

_CARRIED = (
    "storage_class", "headers", "metadata", "tags", "encryption", "kms_key", "has_bucket_key", "owner", "grants", "lock",
)  # fmt: skip


@operation
def create_multipart_upload(
    call: Call,
    *,
    bucket: str,
    key: str,
    acl: str = "",
    cache_control: str = "",
    content_disposition: str = "",
    content_encoding: str = "",
    content_language: str = "",
    content_type: str = "",
    expires: float | None = None,
    checksum_algorithm: str = "",
    checksum_type: str = "",
    metadata: dict[str, str] | None = None,
    server_side_encryption: str = "",
    ssekms_key_id: str = "",
    ssekms_encryption_context: str = "",
    bucket_key_enabled: bool | None = None,
    sse_customer_algorithm: str = "",
    sse_customer_key: str = "",
    sse_customer_key_md5: str = "",
    storage_class: str = "STANDARD",
    tagging: str = "",
    website_redirect_location: str = "",
    grant_full_control: str = "",
    grant_read: str = "",
    grant_read_acp: str = "",
    grant_write_acp: str = "",
    object_lock_mode: str = "",
    object_lock_retain_until_date: float | None = None,
    object_lock_legal_hold_status: str = "",
    request_payer: str = "",
    expected_bucket_owner: str = "",
) -> dict[str, Any]:
    at, where = state.bucket_of(call, bucket)
    asked = (server_side_encryption, ssekms_key_id, bucket_key_enabled, ssekms_encryption_context)
    own = (sse_customer_algorithm, sse_customer_key, sse_customer_key_md5)
    wish = encryption.wish(call, where, *asked, own)
    names.check_key(key)
    made = Upload(
        space=where.space,
        key=key,
        id=f"{call.now_ms:012x}{call.chance.hex(52)}",
        started_s=int(call.now),
        initiator=call.caller.arn,
        storage_class=check_class(storage_class),
        algorithm=checksum_algorithm,
        checksum_type=_type(checksum_algorithm, checksum_type),
        headers=headers_of(
            CacheControl=cache_control,
            ContentDisposition=content_disposition,
            ContentEncoding=content_encoding,
            ContentLanguage=content_language,
            ContentType=content_type,
            Expires=expires,
            WebsiteRedirectLocation=website_redirect_location,
        ),
        metadata=check_metadata(metadata),
        tags=tags.of_header(tagging),
        **encryption.begun(call, at, where, key, wish).fields,
        **guards.of(
            call,
            at,
            where,
            acl,
            (grant_full_control, grant_read, grant_read_acp, grant_write_acp),
            (object_lock_mode, object_lock_retain_until_date, object_lock_legal_hold_status),
        ),
    )
    upload_state.uploads.add(at, made)
    answer = {
        "Bucket": bucket,
        "Key": key,
        "UploadId": made.id,
        **encryption.shown(made, wish.customer),
        **encryption.context_shown(made),
    }
    if checksum_algorithm:
        answer |= {"ChecksumAlgorithm": checksum_algorithm, "ChecksumType": made.checksum_type}
    return {**answer, **abort_shown(at, where, made)}


def _type(algorithm: str, kind: str) -> str:
    """How the checksum of the whole comes about; the default depends on the algorithm."""
    if not algorithm:
        if kind:
            raise InvalidRequest(
                "The x-amz-checksum-type header can only be used with the x-amz-checksum-algorithm header."
            )
        return checksums.FULL
    checksums.check_algorithm(algorithm)
    default = checksums.FULL if algorithm == checksums.DEFAULT else checksums.COMPOSITE
    chosen = kind or default
    if (chosen == checksums.FULL and algorithm not in checksums.COMBINED) or (
        chosen == checksums.COMPOSITE and algorithm == checksums.DEFAULT
    ):
        raise InvalidRequest(
            f"The {chosen} checksum type cannot be used with the {algorithm.lower()} checksum algorithm."
        )
    return chosen


def abort_shown(at: At, bucket: Bucket, upload: Upload) -> dict[str, Any]:
    due = lifecycle.aborts(lifecycle.rules_of(at, bucket), upload.key, upload.started_s)
    return {"AbortDate": due[0], "AbortRuleId": due[1]} if due is not None else {}


def found_of(at: At, bucket: Bucket, key: str, upload_id: str) -> Upload:
    found = upload_state.uploads.get(at, bucket.space, key, upload_id)
    if found is None:
        raise NoSuchUpload(UploadId=upload_id)
    return found


def check_number(number: int) -> None:
    if not 1 <= number <= limits.PARTS:
        raise InvalidArgument(
            f"Part number must be an integer between 1 and {limits.PARTS}, inclusive",
            ArgumentName="partNumber",
            ArgumentValue=number,
        )


@operation
def upload_part(
    call: Call,
    *,
    bucket: str,
    key: str,
    part_number: int,
    upload_id: str,
    body: bytes | Blob = b"",
    content_length: int | None = None,
    content_md5: str = "",
    checksum_algorithm: str = "",
    checksum_crc32: str = "",
    checksum_crc32_c: str = "",
    checksum_crc64_nvme: str = "",
    checksum_sha1: str = "",
    checksum_sha256: str = "",
    checksum_sha512: str = "",
    checksum_md5: str = "",
    checksum_xxhash64: str = "",
    checksum_xxhash3: str = "",
    checksum_xxhash128: str = "",
    sse_customer_algorithm: str = "",
    sse_customer_key: str = "",
    sse_customer_key_md5: str = "",
    request_payer: str = "",
    expected_bucket_owner: str = "",
) -> dict[str, Any] | Outside:
    passed = locals()
    at, where = state.bucket_of(call, bucket)
    check_number(part_number)
    upload = found_of(at, where, key, upload_id)
    customer = customer_keys.read(call, sse_customer_algorithm, sse_customer_key, sse_customer_key_md5)
    layers = encryption.layers_of(upload.encryption)
    if isinstance(body, Blob) and layers > len(body.secrets):
        del passed["call"]
        return rings.sealed_again(
            call, body, layers, lambda after, again: upload_part(after, **{**passed, "body": again})
        )
    given = checksums.given(
        checksum_crc32, checksum_crc32_c, checksum_crc64_nvme, checksum_sha1, checksum_sha256, checksum_sha512,
        checksum_md5, checksum_xxhash64, checksum_xxhash3, checksum_xxhash128,
    )  # fmt: skip
    checksums.check_part(upload.algorithm, upload.checksum_type, given)
    if given is None and not content_md5:
        locks.check_sum(call, upload.lock, "Put Part")
    sums = checksums.check(body, content_md5, given, upload.algorithm)
    size = body.size if isinstance(body, Blob) else len(body)
    if size > limits.PART_BYTES:
        raise EntityTooLarge(ProposedSize=size, MaxSizeAllowed=limits.PART_BYTES)
    ring = encryption.of_upload(call, where, upload, customer)
    blob = body if isinstance(body, Blob) else call.blobs.put_sealed(body, layers)
    part = kept_part(call, at, upload, ring, part_number, blob, (sums.md5.hex(), sums.algorithm, sums.checksum))
    member = {checksums.MEMBERS[sums.algorithm]: sums.checksum}
    return {"ETag": f'"{part.etag}"', **member, **encryption.shown(upload, customer)}


def kept_part(
    call: Call, at: At, upload: Upload, ring: Ring, number: int, blob: Blob, sums: tuple[str, str, str]
) -> Part:
    """`sums` are the MD5, the checksum's algorithm, and the checksum."""
    made = Part(
        upload=upload.id,
        number=number,
        etag=ring.etag(call, sums[0]),
        size=blob.size,
        blob=blob.name,
        modified_s=int(call.now),
        algorithm=sums[1],
        checksum=sums[2],
        key=ring.wrapped(call, blob.secrets),
    )
    upload_state.parts.put(at, made)
    return made


@operation
def complete_multipart_upload(
    call: Call,
    *,
    bucket: str,
    key: str,
    upload_id: str,
    multipart_upload: dict[str, Any] | None = None,
    checksum_crc32: str = "",
    checksum_crc32_c: str = "",
    checksum_crc64_nvme: str = "",
    checksum_sha1: str = "",
    checksum_sha256: str = "",
    checksum_sha512: str = "",
    checksum_md5: str = "",
    checksum_xxhash64: str = "",
    checksum_xxhash3: str = "",
    checksum_xxhash128: str = "",
    checksum_type: str = "",
    mpu_object_size: int | None = None,
    if_match: str = "",
    if_none_match: str = "",
    sse_customer_algorithm: str = "",
    sse_customer_key: str = "",
    sse_customer_key_md5: str = "",
    request_payer: str = "",
    expected_bucket_owner: str = "",
) -> dict[str, Any]:
    at, where = state.bucket_of(call, bucket)
    listed = (multipart_upload or {}).get("Parts") or []
    upload = upload_state.uploads.get(at, where.space, key, upload_id)
    if upload is None:
        return completions.again(call, at, where, bucket, key, upload_id, listed)
    customer = customer_keys.read(call, sse_customer_algorithm, sse_customer_key, sse_customer_key_md5)
    parts = _chosen(at, upload, listed)
    encryption.check_parts(call, where, upload, customer, parts)
    newest = object_state.latest(at, where, key)
    preconditions.check_write(newest, key, if_match, if_none_match)
    size = sum(part.size for part in parts)
    if size > limits.OBJECT_BYTES:
        raise EntityTooLarge(ProposedSize=size, MaxSizeAllowed=limits.OBJECT_BYTES)
    if mpu_object_size is not None and mpu_object_size != size:
        raise InvalidRequest(
            f"The provided 'x-amz-mp-object-size' header value {mpu_object_size} does not match what was computed: {size}"
        )
    given = checksums.given(
        checksum_crc32, checksum_crc32_c, checksum_crc64_nvme, checksum_sha1, checksum_sha256, checksum_sha512,
        checksum_md5, checksum_xxhash64, checksum_xxhash3, checksum_xxhash128,
    )  # fmt: skip
    fields = {
        "key": key,
        "modified_s": int(call.now),
        "etag": completions.etag(part.etag for part in parts),
        "size": size,
        "blobs": tuple(part.blob for part in parts),
        "sizes": tuple(part.size for part in parts),
        "is_multipart": True,
        "upload": upload.id,
        **{name: getattr(upload, name) for name in _CARRIED},
        "sealing": encryption.of_parts(upload, parts),
        **_whole(upload, parts, given, checksum_type),
    }
    made = object_state.add(call, at, where, newest, fields)
    jobs.drop_upload(at, upload)
    told = written(call, at, where, made, None, "CompleteMultipartUpload")
    return {**completions.answer(call, bucket, made), **told}


def _chosen(at: At, upload: Upload, listed: list[dict[str, Any]]) -> list[Part]:
    """The parts that the list names, checked one by one."""
    if not listed:
        raise MalformedXML
    if any("PartNumber" not in each or "ETag" not in each for each in listed):
        raise MalformedXML
    numbers = [each["PartNumber"] for each in listed]
    if numbers[0] < 1:
        raise InvalidArgument("PartNumber must be >= 1", ArgumentName="PartNumber", ArgumentValue=numbers[0])
    if any(later <= earlier for earlier, later in pairwise(numbers)):
        raise InvalidPartOrder(UploadId=upload.id)
    stored = {part.number: part for part in upload_state.parts.range(at, upload.id)}
    chosen: list[Part] = []
    for each, number in zip(listed, numbers, strict=True):
        part = stored.get(number)
        etag = each["ETag"].strip('"')
        if part is None or part.etag != etag:
            raise InvalidPart(UploadId=upload.id, PartNumber=number, ETag=etag)
        told = each.get(checksums.MEMBERS[part.algorithm])
        if told is not None and told != part.checksum:
            raise InvalidPart(UploadId=upload.id, PartNumber=number, ETag=etag)
        if told is None and upload.algorithm and upload.checksum_type == checksums.COMPOSITE:
            raise InvalidRequest(
                f"The upload was created using a {upload.algorithm.lower()} checksum. The complete request must "
                f"include the checksum for each part. It was missing for part {number} in the request."
            )
        chosen.append(part)
    for part in chosen[:-1]:
        if part.size < limits.PART_BYTES_LEAST:
            raise EntityTooSmall(
                ProposedSize=part.size, MinSizeAllowed=limits.PART_BYTES_LEAST, PartNumber=part.number, ETag=part.etag
            )
    return chosen


def _whole(upload: Upload, parts: list[Part], given: tuple[str, str] | None, kind: str) -> dict[str, Any]:
    """The checksum of the object: of its parts' checksums, or combined from them."""
    if kind and upload.algorithm and kind != upload.checksum_type:
        raise InvalidRequest(
            f"The upload was created using the {upload.checksum_type} checksum mode. The complete request must use the "
            "same checksum mode."
        )
    algorithm = upload.algorithm or parts[0].algorithm
    if any(part.algorithm != algorithm for part in parts):
        return {"algorithm": "", "checksum": "", "checksum_type": checksums.FULL}
    each = tuple(part.checksum for part in parts)
    if not upload.algorithm and algorithm not in checksums.COMBINED:
        return {"algorithm": "", "checksum": "", "checksum_type": checksums.FULL}
    if upload.checksum_type == checksums.COMPOSITE:
        found = checksums.composite(algorithm, each)
    else:
        found = checksums.combined(algorithm, [(part.checksum, part.size) for part in parts])
    if given is not None and given[0] == algorithm and given[1] not in (found, found.partition("-")[0]):
        raise BadDigest(f"The {algorithm.lower()} you specified did not match the calculated checksum.")
    shown = each if upload.checksum_type == checksums.COMPOSITE else ()
    return {"algorithm": algorithm, "checksum": found, "checksum_type": upload.checksum_type, "part_checksums": shown}


@operation
def abort_multipart_upload(
    call: Call,
    *,
    bucket: str,
    key: str,
    upload_id: str,
    request_payer: str = "",
    expected_bucket_owner: str = "",
) -> dict[str, Any]:
    at, where = state.bucket_of(call, bucket)
    jobs.drop_upload(at, found_of(at, where, key, upload_id))
    return {}
