"""Putting, getting and deleting objects."""

from __future__ import annotations

from typing import Any

from skyjar.kernel.blobs import Blob
from skyjar.kernel.call import Call
from skyjar.kernel.outside import Outside
from skyjar.kernel.service import operation
from skyjar.kernel.tables import At

from . import (
    checksums,
    customer_keys,
    deliveries,
    encryption,
    guards,
    lifecycle,
    limits,
    locks,
    names,
    object_lambdas,
    object_state,
    paging,
    payments,
    preconditions,
    ranges,
    reading,
    replicas,
    rings,
    state,
    tags,
    tierings,
    tiers,
)
from .customer_keys import CustomerKey
from .errors import EntityTooLarge, InvalidArgument, InvalidRedirectLocation, InvalidStorageClass, MetadataTooLarge
from .object_lambda_state import ObjectLambda
from .object_state import Object
from .state import Bucket


def headers_of(**given: Any) -> dict[str, str | float]:
    """The headers that S3 keeps with an object, by their members' names; Expires in epoch seconds. Of the Content-Encoding it
    keeps all but `aws-chunked`, also where nothing was sent in chunks. Source: API reference, "Signature calculations …
    transferring payload in multiple chunks"."""
    if "aws-chunked" in (given.get("ContentEncoding") or ""):
        codings = (each.strip() for each in given["ContentEncoding"].split(","))
        given["ContentEncoding"] = ",".join(each for each in codings if each != "aws-chunked")
    leads_to = given.get("WebsiteRedirectLocation")
    if leads_to and not leads_to.startswith(("/", "http://", "https://")):
        raise InvalidRedirectLocation
    return {name: value for name, value in given.items() if value is not None and value != ""}


def check_metadata(metadata: dict[str, str] | None) -> dict[str, str]:
    if not metadata:
        return {}
    size = sum(len(name.encode()) + len(value.encode()) for name, value in metadata.items())
    if size > limits.METADATA_BYTES:
        raise MetadataTooLarge(Size=size, MaxSizeAllowed=limits.METADATA_BYTES)
    return {name.lower(): value for name, value in metadata.items()}


def check_class(storage_class: str) -> str:
    if storage_class not in limits.STORAGE_CLASSES:
        raise InvalidStorageClass(StorageClassRequested=storage_class)
    return storage_class


@operation
def put_object(
    call: Call,
    *,
    bucket: str,
    key: str,
    body: bytes | Blob = b"",
    acl: str = "",
    cache_control: str = "",
    content_disposition: str = "",
    content_encoding: str = "",
    content_language: str = "",
    content_length: int | None = None,
    content_md5: str = "",
    content_type: str = "",
    expires: float | None = None,
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
    if_match: str = "",
    if_none_match: str = "",
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
) -> dict[str, Any] | Outside:
    passed = locals() if isinstance(body, Blob) else {}
    at, where = state.bucket_of(call, bucket)
    names.check_key(key)
    asked = (server_side_encryption, ssekms_key_id, bucket_key_enabled, ssekms_encryption_context)
    own = (sse_customer_algorithm, sse_customer_key, sse_customer_key_md5)
    wish = encryption.wish(call, where, *asked, own)
    if isinstance(body, Blob):
        layers = encryption.layers_of(encryption.method_of(where, wish))
        if layers > len(body.secrets) and body.size > limits.INLINE_BYTES:
            del passed["call"]
            return rings.sealed_again(
                call, body, layers, lambda after, again: put_object(after, **{**passed, "body": again})
            )
    given = checksums.given(
        checksum_crc32, checksum_crc32_c, checksum_crc64_nvme, checksum_sha1, checksum_sha256, checksum_sha512,
        checksum_md5, checksum_xxhash64, checksum_xxhash3, checksum_xxhash128,
    )  # fmt: skip
    fields: dict[str, Any] = {
        "key": key,
        "modified_s": int(call.now),
        "headers": headers_of(
            CacheControl=cache_control,
            ContentDisposition=content_disposition,
            ContentEncoding=content_encoding,
            ContentLanguage=content_language,
            ContentType=content_type,
            Expires=expires,
            WebsiteRedirectLocation=website_redirect_location,
        ),
        "storage_class": check_class(storage_class),
    }
    fields |= guards.of(
        call, at, where, acl, (grant_full_control, grant_read, grant_read_acp, grant_write_acp),
        (object_lock_mode, object_lock_retain_until_date, object_lock_legal_hold_status),
    )  # fmt: skip
    if "lock" in fields and not content_md5 and given is None:
        locks.check_sum(call, fields["lock"], "Put Object")
    if metadata:
        fields["metadata"] = check_metadata(metadata)
    if tagging:
        fields["tags"] = tags.of_header(tagging)
    newest = object_state.latest(at, where, key)
    if if_match or if_none_match:
        preconditions.check_write(newest, key, if_match, if_none_match)
    sums = checksums.check(body, content_md5, given, checksum_algorithm)
    size = body.size if isinstance(body, Blob) else len(body)
    if size > limits.PUT_BYTES:
        raise EntityTooLarge(ProposedSize=size, MaxSizeAllowed=limits.PUT_BYTES)
    ring = encryption.begun(call, at, where, key, wish)
    fields |= rings.stored(call, ring, body)
    fields |= {"etag": ring.etag(call, sums.md5.hex()), "algorithm": sums.algorithm, "checksum": sums.checksum}
    made = object_state.add(call, at, where, newest, fields)
    told = {"ETag": f'"{made.etag}"', **sums.shown, **encryption.context_shown(made)}
    how = "Post" if call.context.get("s3:authType") == "POST" else "Put"
    return {**told, **written(call, at, where, made, wish.customer, how)}


def written(call: Call, at: At, bucket: Bucket, made: Object, customer: CustomerKey | None, how: str) -> dict[str, Any]:
    """What every write of an object answers, and what follows from it; `how` is AWS's name for the kind of write."""
    answer = encryption.shown(made, customer)
    if bucket.has_notifications:
        deliveries.tell(call, at, bucket, f"ObjectCreated:{how}", made)
    if bucket.has_replication:
        replicas.follow(call, at, bucket, made)
    if bucket.requester_pays:
        answer.update(payments.shown(call, bucket))
    if bucket.versioning:
        answer["VersionId"] = made.version
    if bucket.has_lifecycle:
        answer.update(lifecycle.expiration_shown(at, bucket, made))
    return answer


@operation
def get_object(
    call: Call,
    *,
    bucket: str,
    key: str,
    version_id: str = "",
    range: str = "",
    part_number: int | None = None,
    if_match: str = "",
    if_none_match: str = "",
    if_modified_since: float | None = None,
    if_unmodified_since: float | None = None,
    checksum_mode: str = "",
    response_cache_control: str = "",
    response_content_disposition: str = "",
    response_content_encoding: str = "",
    response_content_language: str = "",
    response_content_type: str = "",
    response_expires: float | None = None,
    sse_customer_algorithm: str = "",
    sse_customer_key: str = "",
    sse_customer_key_md5: str = "",
    request_payer: str = "",
    expected_bucket_owner: str = "",
) -> dict[str, Any] | Outside:
    transforming = call.looked_up
    if type(transforming) is ObjectLambda:
        return object_lambdas.transformed(transforming, locals())
    at, where, found = reading.existing(call, bucket, key, version_id)
    customer = customer_keys.read(call, sse_customer_algorithm, sse_customer_key, sse_customer_key_md5)
    if if_match or if_none_match or if_modified_since is not None or if_unmodified_since is not None:
        preconditions.check_read(found, if_match, if_none_match, if_modified_since, if_unmodified_since)
    reading.check_readable(found, call.now)
    if found.storage_class == tiers.CLASS:
        found = tierings.see(call, at, found)
    ring = encryption.opened(call, where, found, customer)
    answer = reading.described(call, at, where, found, customer)
    reading.override(
        call, answer, response_cache_control, response_content_disposition, response_content_encoding,
        response_content_language, response_content_type, response_expires,
    )  # fmt: skip
    span = _span(answer, found, range, part_number)
    if checksum_mode.upper() == "ENABLED":
        answer |= _checksum(found, span, part_number)
    answer["Body"] = reading.body(call, found, ring, span)
    answer["ContentLength"] = span[1] if span is not None else found.size
    return answer


@operation
def head_object(
    call: Call,
    *,
    bucket: str,
    key: str,
    version_id: str = "",
    range: str = "",
    part_number: int | None = None,
    if_match: str = "",
    if_none_match: str = "",
    if_modified_since: float | None = None,
    if_unmodified_since: float | None = None,
    checksum_mode: str = "",
    response_cache_control: str = "",
    response_content_disposition: str = "",
    response_content_encoding: str = "",
    response_content_language: str = "",
    response_content_type: str = "",
    response_expires: float | None = None,
    sse_customer_algorithm: str = "",
    sse_customer_key: str = "",
    sse_customer_key_md5: str = "",
    request_payer: str = "",
    expected_bucket_owner: str = "",
) -> dict[str, Any]:
    transforming = call.looked_up
    if type(transforming) is ObjectLambda:
        return object_lambdas.passed_on(transforming, "head_object", locals())
    at, where, found = reading.existing(call, bucket, key, version_id)
    customer = customer_keys.read(call, sse_customer_algorithm, sse_customer_key, sse_customer_key_md5)
    encryption.check_customer(found, customer)
    preconditions.check_read(found, if_match, if_none_match, if_modified_since, if_unmodified_since)
    answer = reading.described(call, at, where, found, customer)
    reading.override(
        call, answer, response_cache_control, response_content_disposition, response_content_encoding,
        response_content_language, response_content_type, response_expires,
    )  # fmt: skip
    span = _span(answer, found, range, part_number)
    if checksum_mode.upper() == "ENABLED":
        encryption.opened(call, where, found, customer)
        answer |= _checksum(found, span, part_number)
    answer["ContentLength"] = span[1] if span is not None else found.size
    return answer


def _span(answer: dict[str, Any], found: Object, text: str, number: int | None) -> ranges.Span | None:
    if not text and number is None:
        return None
    span = ranges.chosen(found, text, number)
    if span is not None and found.size:
        answer["ContentRange"] = f"bytes {span[0]}-{span[0] + span[1] - 1}/{found.size}"
    if number is not None and found.is_multipart:
        answer["PartsCount"] = len(found.sizes)
    return span


def _checksum(found: Object, span: ranges.Span | None, number: int | None) -> dict[str, str]:
    """Of the whole object, or of the part asked for; a range has none."""
    if number is not None and found.part_checksums:
        return {
            checksums.MEMBERS[found.algorithm]: found.part_checksums[number - 1],
            "ChecksumType": found.checksum_type,
        }
    if span is not None and span != (0, found.size):
        return {}
    return checksums.shown(found.algorithm, found.checksum, found.checksum_type)


_ATTRIBUTES = frozenset(("ETag", "Checksum", "ObjectParts", "StorageClass", "ObjectSize"))


@operation
def get_object_attributes(
    call: Call,
    *,
    bucket: str,
    key: str,
    object_attributes: list[str],
    version_id: str = "",
    max_parts: int = limits.LIST_KEYS,
    part_number_marker: str | int = 0,
    sse_customer_algorithm: str = "",
    sse_customer_key: str = "",
    sse_customer_key_md5: str = "",
    request_payer: str = "",
    expected_bucket_owner: str = "",
) -> dict[str, Any]:
    wanted = set(object_attributes)
    most = paging.check(max_parts, "max-parts", "x-amz-max-parts")
    if not wanted or not wanted <= _ATTRIBUTES:
        raise InvalidArgument("Invalid attribute name specified.", ArgumentName="x-amz-object-attributes")
    _, where, found = reading.existing(call, bucket, key, version_id)
    customer = customer_keys.read(call, sse_customer_algorithm, sse_customer_key, sse_customer_key_md5)
    encryption.check_customer(found, customer)
    answer: dict[str, Any] = {"LastModified": found.modified_s}
    if where.versioning:
        answer["VersionId"] = found.version
    if "ETag" in wanted:
        answer["ETag"] = found.etag
    if "Checksum" in wanted and found.checksum:
        encryption.opened(call, where, found, customer)
        answer["Checksum"] = checksums.shown(found.algorithm, found.checksum, found.checksum_type)
    if "ObjectParts" in wanted and found.is_multipart:
        answer["ObjectParts"] = _parts(found, int(part_number_marker), most)
    if "StorageClass" in wanted:
        answer["StorageClass"] = found.storage_class
    if "ObjectSize" in wanted:
        answer["ObjectSize"] = found.size
    return answer


def _parts(found: Object, marker: int, most: int) -> dict[str, Any]:
    """Part by part only where the parts have checksums of their own, as on AWS."""
    total = {"TotalPartsCount": len(found.sizes)}
    if not found.part_checksums:
        return total
    member = checksums.MEMBERS[found.algorithm]
    rows = list(enumerate(zip(found.sizes, found.part_checksums, strict=True), 1))[marker : marker + most]
    last = rows[-1][0] if rows else marker
    return {
        **total,
        "PartNumberMarker": str(marker),
        "NextPartNumberMarker": str(last),
        "MaxParts": most,
        "IsTruncated": last < len(found.sizes),
        "Parts": [{"PartNumber": number, "Size": size, member: checksum} for number, (size, checksum) in rows],
    }
