"""CopyObject and UploadPartCopy. The source is read as its own call, so that its bucket's policy has its say.

A copy shares the source's blobs. Only what has no MD5 of its own yet, a multipart object made whole or a range of one,
is read, in a thread.
"""

from __future__ import annotations

from typing import Any
from urllib.parse import unquote

from skyjar.kernel.blobs import Blob
from skyjar.kernel.call import Call
from skyjar.kernel.outside import Compute, Failed, Outside
from skyjar.kernel.service import operation

from . import checksums, encryption, grants, limits, locks, names, preconditions, ranges, reading, state, tags
from .errors import AccessDenied, InvalidArgument, InvalidRequest, ObjectNotInActiveTier
from .objects import check_class, check_metadata, headers_of, written
from .state import Bucket, Object, Part
from .uploads import check_number, found_of


def _source(call: Call, text: str, expected_owner: str) -> tuple[Bucket, Object]:
    """The object that x-amz-copy-source names, as the caller may read it."""
    path, _, query = text.partition("?")
    version = query.removeprefix("versionId=") if query.startswith("versionId=") else ""
    path = unquote(path).removeprefix("/")
    if path.startswith("arn:"):
        raise InvalidArgument("Invalid copy source object key", ArgumentName="x-amz-copy-source", ArgumentValue=text)
    bucket, slash, key = path.partition("/")
    if not bucket or not slash or not key:
        raise InvalidArgument(
            "Copy Source must mention the source bucket and key: sourcebucket/sourcekey",
            ArgumentName="x-amz-copy-source",
            ArgumentValue=text,
        )
    where = state.named(call, bucket)
    if expected_owner and expected_owner != where.account:
        raise AccessDenied
    named = {"version_id": version} if version else {}
    call.ask("s3", account=call.account, region=where.region).head_object(bucket=bucket, key=key, **named)
    at = state.place(call, where)
    found = state.version_of(at, where, key, version) if version else state.latest(at, where, key)
    assert found is not None
    if reading.is_archived(found, call.now):
        raise ObjectNotInActiveTier
    return where, found


@operation
def copy_object(
    call: Call,
    *,
    bucket: str,
    key: str,
    copy_source: str,
    acl: str = "",
    cache_control: str = "",
    content_disposition: str = "",
    content_encoding: str = "",
    content_language: str = "",
    content_type: str = "",
    expires: float | None = None,
    checksum_algorithm: str = "",
    copy_source_if_match: str = "",
    copy_source_if_modified_since: float | None = None,
    copy_source_if_none_match: str = "",
    copy_source_if_unmodified_since: float | None = None,
    if_match: str = "",
    if_none_match: str = "",
    metadata: dict[str, str] | None = None,
    metadata_directive: str = "COPY",
    tagging_directive: str = "COPY",
    tagging: str = "",
    server_side_encryption: str = "",
    ssekms_key_id: str = "",
    bucket_key_enabled: bool | None = None,
    storage_class: str = "",
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
    expected_source_bucket_owner: str = "",
) -> dict[str, Any] | Outside:
    at, where = state.bucket_of(call, bucket)
    names.check_key(key)
    from_bucket, source = _source(call, copy_source, expected_source_bucket_owner)
    preconditions.check_read(
        source,
        copy_source_if_match,
        copy_source_if_none_match,
        copy_source_if_modified_since,
        copy_source_if_unmodified_since,
        is_copy=True,
    )
    if source.size > limits.PUT_BYTES:
        raise InvalidRequest(
            "The specified copy source is larger than the maximum allowable size for a copy source: 5368709120"
        )
    for name, value in (("metadata", metadata_directive), ("tagging", tagging_directive)):
        if value not in ("COPY", "REPLACE"):
            raise InvalidArgument(
                f"Unknown {name} directive.", ArgumentName=f"x-amz-{name}-directive", ArgumentValue=value
            )
    is_itself = (from_bucket.space, source.key) == (where.space, key)
    changes = metadata_directive == "REPLACE" or storage_class or server_side_encryption or website_redirect_location
    if is_itself and not changes and "?versionId=" not in copy_source and where.encryption == source.encryption:
        raise InvalidRequest(
            "This copy request is illegal because it is trying to copy an object to itself without changing the "
            "object's metadata, storage class, website redirect location or encryption attributes."
        )
    fields: dict[str, Any] = {
        "key": key,
        "size": source.size,
        "body": source.body,
        "blobs": source.blobs,
        "sizes": source.sizes,
        "headers": source.headers,
        "metadata": source.metadata,
        "tags": source.tags if tagging_directive == "COPY" else tags.of_header(tagging),
        "storage_class": check_class(storage_class or "STANDARD"),
        **encryption.chosen(call, where, server_side_encryption, ssekms_key_id, bucket_key_enabled),
    }
    if (
        acl
        or grant_full_control
        or grant_read
        or grant_read_acp
        or grant_write_acp
        or where.ownership != grants.ENFORCED
    ):
        given_grants = grants.given(grant_full_control, grant_read, grant_read_acp, grant_write_acp)
        fields |= grants.written(call, where, acl, given_grants)
    if where.has_lock or object_lock_mode or object_lock_retain_until_date is not None or object_lock_legal_hold_status:
        fields["lock"] = locks.chosen(
            call, at, where, object_lock_mode, object_lock_retain_until_date, object_lock_legal_hold_status
        )
    if metadata_directive == "REPLACE":
        fields["metadata"] = check_metadata(metadata)
        fields["headers"] = headers_of(
            CacheControl=cache_control,
            ContentDisposition=content_disposition,
            ContentEncoding=content_encoding,
            ContentLanguage=content_language,
            ContentType=content_type,
            Expires=expires,
        )
    else:
        fields["headers"] = {n: v for n, v in source.headers.items() if n != "WebsiteRedirectLocation"}
    if website_redirect_location:
        fields["headers"] = {**fields["headers"], "WebsiteRedirectLocation": website_redirect_location}
    conditions = (if_match, if_none_match)
    algorithm = checksum_algorithm or source.algorithm or checksums.DEFAULT
    has_sums = not source.is_multipart and algorithm == source.algorithm
    if has_sums:
        sums = {"etag": source.etag, "algorithm": source.algorithm, "checksum": source.checksum}
        return _place(call, bucket, fields | sums, conditions, from_bucket, source)
    if not source.blobs:
        data = checksums.check(source.body, "", None, algorithm)
        sums = {"etag": data.md5.hex(), "algorithm": algorithm, "checksum": data.checksum}
        return _place(call, bucket, fields | sums, conditions, from_bucket, source)

    def then(after: Call, result: Any) -> dict[str, Any]:
        _check_done(result)
        md5, checksum = result
        sums = {"etag": md5, "algorithm": algorithm, "checksum": checksum}
        return _place(after, bucket, fields | sums, conditions, from_bucket, source)

    return Outside(Compute(checksums.of_pieces, reading.pieces(call, source), algorithm), then)


def _check_done(result: Any) -> None:
    if isinstance(result, Failed | Exception):
        raise result


def _place(
    call: Call, name: str, fields: dict[str, Any], conditions: tuple[str, str], from_bucket: Bucket, source: Object
) -> dict[str, Any]:
    at, where = state.bucket_of(call, name)
    newest = state.latest(at, where, fields["key"])
    preconditions.check_write(newest, fields["key"], *conditions)
    made = state.add(call, at, where, newest, {**fields, "modified_s": int(call.now)})
    result = {
        "ETag": f'"{made.etag}"',
        "LastModified": made.modified_s,
        **checksums.shown(made.algorithm, made.checksum, made.checksum_type),
    }
    answer = {"CopyObjectResult": result, **written(call, at, where, made, "Copy")}
    if from_bucket.versioning:
        answer["CopySourceVersionId"] = source.version
    return answer


@operation
def upload_part_copy(
    call: Call,
    *,
    bucket: str,
    key: str,
    part_number: int,
    upload_id: str,
    copy_source: str,
    copy_source_range: str = "",
    copy_source_if_match: str = "",
    copy_source_if_modified_since: float | None = None,
    copy_source_if_none_match: str = "",
    copy_source_if_unmodified_since: float | None = None,
    request_payer: str = "",
    expected_bucket_owner: str = "",
    expected_source_bucket_owner: str = "",
) -> Outside:
    at, where = state.bucket_of(call, bucket)
    check_number(part_number)
    upload = found_of(at, where, key, upload_id)
    from_bucket, source = _source(call, copy_source, expected_source_bucket_owner)
    preconditions.check_read(
        source,
        copy_source_if_match,
        copy_source_if_none_match,
        copy_source_if_modified_since,
        copy_source_if_unmodified_since,
        is_copy=True,
    )
    span = ranges.of_copy(copy_source_range, source.size) if copy_source_range else (0, source.size)
    if span[1] > limits.PART_BYTES:
        raise InvalidRequest(
            "The specified copy source is larger than the maximum allowable size for a copy source: 5368709120"
        )
    algorithm = upload.algorithm or checksums.DEFAULT

    def then(after: Call, result: Any) -> dict[str, Any]:
        _check_done(result)
        blob, md5, checksum = result
        there, within = state.bucket_of(after, bucket)
        found_of(there, within, key, upload_id)
        part = Part(
            upload=upload_id,
            number=part_number,
            etag=md5,
            size=blob.size,
            blob=blob.name,
            modified_s=int(after.now),
            algorithm=algorithm,
            checksum=checksum,
        )
        state.parts.put(there, part)
        member = {checksums.MEMBERS[algorithm]: checksum}
        shown = {"ETag": f'"{md5}"', "LastModified": part.modified_s, **member}
        answer = {"CopyPartResult": shown, **encryption.shown(upload)}
        return {**answer, "CopySourceVersionId": source.version} if from_bucket.versioning else answer

    inline = source.body[span[0] : span[0] + span[1]] if not source.blobs else b""
    return Outside(Compute(_join, call.blobs, inline, reading.pieces(call, source, span), algorithm), then)


def _join(blobs: Any, inline: bytes, pieces: Any, algorithm: str) -> tuple[Blob, str, str]:
    """Write the pieces into one blob, reading a little at a time: for a thread."""
    writer = blobs.writer()
    if inline:
        writer.write(inline)
    for blob, offset, length in pieces:
        at = offset
        while at < offset + length:
            data = blob.read(at, min(1 << 20, offset + length - at))
            if not data:
                break
            writer.write(data)
            at += len(data)
    made = writer.close()
    return made, *checksums.of_pieces([(made, 0, made.size)], algorithm)
