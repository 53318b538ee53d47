"""CopyObject and UploadPartCopy. The source is read as its own call, so that its bucket's policy has its say.

A copy shares the source's blobs, whose secrets are wrapped for it anew. Only what has no MD5 of its own yet, a multipart
object made whole or a range of one, or is to be sealed twice from now on, is read, in a thread.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple
from urllib.parse import unquote_plus

from skyjar.kernel.blobs import Blob, Blobs
from skyjar.kernel.call import Call
from skyjar.kernel.outside import Compute, Outside
from skyjar.kernel.service import operation

from . import (
    checksums,
    customer_keys,
    encryption,
    guards,
    limits,
    multi_region_state,
    names,
    object_state,
    preconditions,
    ranges,
    reading,
    request_counts,
    rings,
    state,
    tags,
    tierings,
    tiers,
)
from .customer_keys import CustomerKey
from .errors import AccessDenied, InvalidArgument, InvalidRequest, MethodNotAllowed, ObjectNotInActiveTier
from .object_state import Object
from .objects import check_class, check_metadata, headers_of, written
from .rings import Ring
from .state import Bucket
from .uploads import check_number, found_of, kept_part

_SOURCE_HEADER = "x-amz-copy-source-server-side-encryption-customer-"
_CUSTOMER = ("sse_customer_algorithm", "sse_customer_key", "sse_customer_key_md5")


class Source(NamedTuple):
    """The object that is copied, its bucket, and the ring that opens it (see rings.py)."""

    bucket: Bucket
    found: Object
    ring: Ring | None

    def pieces(self, call: Call, span: ranges.Span | None = None) -> Any:
        """Its bytes, of a blob or of none, for a thread."""
        if self.found.blobs:
            return reading.pieces(call, self.found, self.ring, span)
        whole = reading.body(call, self.found, self.ring, span)
        assert isinstance(whole, bytes)
        return ((Whole(whole), 0, len(whole)),)


class Whole:
    """Bytes in memory, read like a blob."""

    def __init__(self, data: bytes) -> None:
        self.path = "memory"
        self._data = data

    def read(self, offset: int, length: int) -> bytes:
        return self._data[offset : offset + length]


def _source(call: Call, text: str, expected_owner: str, given: tuple[str, str, str]) -> Source:
    """The object that x-amz-copy-source names, as the caller may read it; `given` is the client's own key, if any."""
    path, _, query = text.partition("?")
    version = query.removeprefix("versionId=") if query.startswith("versionId=") else ""
    path = unquote_plus(path).removeprefix(
        "/"
    )  # AWS reads a plus sign as a space here: aws-cli's issue 614, aws-sdk-php's 236
    divider = "/object/" if path.startswith("arn:") else "/"  # ARN/object/KEY of what an access point leads to
    bucket, slash, key = path.partition(divider)
    if not bucket or not slash or not key:
        raise InvalidArgument(
            "Copy Source must mention the source bucket and key: sourcebucket/sourcekey",
            ArgumentName="x-amz-copy-source",
            ArgumentValue=text,
        )
    if bucket.startswith(multi_region_state.PREFIX):
        raise InvalidRequest("A Multi-Region access point is supported as the destination of a copy only.")
    where = state.named(call, bucket)
    if expected_owner and expected_owner != where.account:
        raise AccessDenied
    named = {"version_id": version} if version else {}
    customer = customer_keys.read(call, *given, _SOURCE_HEADER)
    if customer is not None:
        named |= dict(zip(_CUSTOMER, given, strict=True))
    try:
        call.ask("s3", account=call.account, region=where.region).head_object(bucket=bucket, key=key, **named)
    except MethodNotAllowed:
        raise InvalidRequest(
            "The source of a copy request may not specifically refer to a delete marker by version id."
        ) from None
    at = state.place(call, where)
    found = object_state.version_of(at, where, key, version) if version else object_state.latest(at, where, key)
    assert found is not None
    if reading.is_archived(found, call.now):
        raise ObjectNotInActiveTier
    if found.storage_class == tiers.CLASS:
        found = tierings.see(call, at, found)
    if where.watches:
        request_counts.read_by_itself(call, where, found)
    return Source(where, found, encryption.opened(call, where, found, customer))


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
    ssekms_encryption_context: str = "",
    bucket_key_enabled: bool | None = None,
    sse_customer_algorithm: str = "",
    sse_customer_key: str = "",
    sse_customer_key_md5: str = "",
    copy_source_sse_customer_algorithm: str = "",
    copy_source_sse_customer_key: str = "",
    copy_source_sse_customer_key_md5: str = "",
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
    asked = (server_side_encryption, ssekms_key_id, bucket_key_enabled, ssekms_encryption_context)
    own = (sse_customer_algorithm, sse_customer_key, sse_customer_key_md5)
    wish = encryption.wish(call, where, *asked, own)
    given = (copy_source_sse_customer_algorithm, copy_source_sse_customer_key, copy_source_sse_customer_key_md5)
    from_source = _source(call, copy_source, expected_source_bucket_owner, given)
    from_bucket, source, _ = from_source
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
    _check_directives(metadata=metadata_directive, tagging=tagging_directive)
    changes = metadata_directive == "REPLACE" or storage_class or server_side_encryption or website_redirect_location
    keeps_encryption = encryption.method_of(where, wish) == source.encryption and not wish.customer
    if tagging_directive == "COPY" and source.tags:
        _check_tags(call, from_bucket, where, source, key)
    is_itself = (from_bucket.space, source.key) == (where.space, key) and "?versionId=" not in copy_source
    if is_itself and keeps_encryption and not changes:
        raise InvalidRequest(
            "This copy request is illegal because it is trying to copy an object to itself without changing the "
            "object's metadata, storage class, website redirect location or encryption attributes."
        )
    fields: dict[str, Any] = {
        "key": key,
        "headers": source.headers,
        "metadata": source.metadata,
        "tags": source.tags if tagging_directive == "COPY" else tags.of_header(tagging),
        "storage_class": check_class(storage_class or "STANDARD"),
    }
    fields |= guards.of(
        call, at, where, acl, (grant_full_control, grant_read, grant_read_acp, grant_write_acp),
        (object_lock_mode, object_lock_retain_until_date, object_lock_legal_hold_status),
    )  # fmt: skip
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
    ring = encryption.begun(call, at, where, key, wish)
    copy = Copy(bucket, fields, (if_match, if_none_match), ring, wish.customer, from_source)
    algorithm = checksums.check_algorithm(checksum_algorithm) or source.algorithm or checksums.DEFAULT
    return copy.made(call, algorithm)


def _check_tags(call: Call, from_bucket: Bucket, to_bucket: Bucket, source: Object, key: str) -> None:
    """Who copies tags needs to read these, and to put them. Source: User Guide, "Required permissions for Amazon S3 API operations"."""
    version = {"version_id": source.version} if from_bucket.versioning else {}
    for needed, named in (
        ("get_object_tagging", {"bucket": from_bucket.name, "key": source.key, **version}),
        ("put_object_tagging", {"bucket": to_bucket.name, "key": key, "tagging": {"TagSet": tags.as_set(source.tags)}}),
    ):
        call.judge("s3", needed, call.caller, **named)


def _check_directives(**given: str) -> None:
    for name, value in given.items():
        if value not in ("COPY", "REPLACE"):
            raise InvalidArgument(
                f"Unknown {name} directive.", ArgumentName=f"x-amz-{name}-directive", ArgumentValue=value
            )


class Copy:
    """A copy being made. A long body stays where it is, its secrets wrapped anew, unless it is to be sealed more often."""

    def __init__(
        self,
        bucket: str,
        fields: dict[str, Any],
        conditions: tuple[str, str],
        ring: Ring,
        customer: CustomerKey | None,
        source: Source,
    ) -> None:
        self._bucket = bucket
        self._fields = fields
        self._conditions = conditions
        self._ring = ring
        self._customer = customer
        self._source = source

    def made(self, call: Call, algorithm: str) -> dict[str, Any] | Outside:
        """Read is only what has to be: for an MD5 or a checksum that is not known, or for another layer."""
        source = self._source.found
        is_known = not source.is_multipart and algorithm == source.algorithm
        has_sums = is_known and (source.encryption == encryption.AES or not self._ring.has_md5)
        if not source.blobs:
            body = reading.body(call, source, self._source.ring)
            assert isinstance(body, bytes)
            sums = (source.etag, source.checksum) if has_sums else _sums_of(body, algorithm)
            return self._placed(call, rings.stored(call, self._ring, body), algorithm, sums)
        pieces = self._source.pieces(call)
        if has_sums and not self._is_resealed(pieces):
            return self._placed(call, self._shared(call, pieces), algorithm, (source.etag, source.checksum))
        return Outside(Compute(self._read, call.blobs, pieces, algorithm, has_sums), self._done(pieces, algorithm))

    def _is_resealed(self, pieces: Any) -> bool:
        return any(len(blob.secrets) < self._ring.layers for blob, _, _ in pieces)

    def _read(self, blobs: Blobs, pieces: Any, algorithm: str, has_sums: bool) -> tuple[Blob | None, tuple[str, str]]:
        """In a thread: (the blob that was made, if any, the sums)."""
        source = self._source.found
        blob = rings.resealed(blobs, pieces, self._ring.layers) if self._is_resealed(pieces) else None
        sums = (source.etag, source.checksum) if has_sums else checksums.of_pieces(pieces, algorithm)
        return blob, sums

    def _done(self, pieces: Any, algorithm: str) -> Callable[[Call, Any], dict[str, Any]]:
        def then(after: Call, result: Any) -> dict[str, Any]:
            rings.check_done(result)
            blob, sums = result
            body = self._shared(after, pieces) if blob is None else rings.stored(after, self._ring, blob)
            return self._placed(after, body, algorithm, sums)

        return then

    def _shared(self, call: Call, pieces: Any) -> dict[str, Any]:
        """The fields of the source's own blobs, with their secrets wrapped for the copy."""
        source = self._source.found
        keys = [self._ring.wrapped(call, blob.secrets) for blob, _, _ in pieces]
        return {"size": source.size, "blobs": source.blobs, "sizes": source.sizes, **self._ring.sealed(*keys)}

    def _placed(self, call: Call, body: dict[str, Any], algorithm: str, sums: tuple[str, str]) -> dict[str, Any]:
        at, where = state.bucket_of(call, self._bucket)
        fields = {**self._fields, **body, "etag": self._ring.etag(call, sums[0])}
        newest = object_state.latest(at, where, fields["key"])
        preconditions.check_write(newest, fields["key"], *self._conditions)
        fields |= {"algorithm": algorithm, "checksum": sums[1], "modified_s": int(call.now)}
        made = object_state.add(call, at, where, newest, fields)
        result = {
            "ETag": f'"{made.etag}"',
            "LastModified": made.modified_s,
            **checksums.shown(made.algorithm, made.checksum, made.checksum_type),
        }
        told = {"CopyObjectResult": result, **encryption.context_shown(made)}
        answer = {**told, **written(call, at, where, made, self._customer, "Copy")}
        if self._source.bucket.versioning:
            answer["CopySourceVersionId"] = self._source.found.version
        return answer


def _sums_of(body: bytes, algorithm: str) -> tuple[str, str]:
    found = checksums.check(body, "", None, algorithm)
    return found.md5.hex(), found.checksum


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
    sse_customer_algorithm: str = "",
    sse_customer_key: str = "",
    sse_customer_key_md5: str = "",
    copy_source_sse_customer_algorithm: str = "",
    copy_source_sse_customer_key: str = "",
    copy_source_sse_customer_key_md5: str = "",
    request_payer: str = "",
    expected_bucket_owner: str = "",
    expected_source_bucket_owner: str = "",
) -> Outside:
    at, where = state.bucket_of(call, bucket)
    check_number(part_number)
    upload = found_of(at, where, key, upload_id)
    customer = customer_keys.read(call, sse_customer_algorithm, sse_customer_key, sse_customer_key_md5)
    given = (copy_source_sse_customer_algorithm, copy_source_sse_customer_key, copy_source_sse_customer_key_md5)
    from_source = _source(call, copy_source, expected_source_bucket_owner, given)
    from_bucket, source, _ = from_source
    ring = encryption.of_upload(call, where, upload, customer)
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
        rings.check_done(result)
        blob, md5, checksum = result
        there, within = state.bucket_of(after, bucket)
        found_of(there, within, key, upload_id)
        part = kept_part(after, there, upload, ring, part_number, blob, (md5, algorithm, checksum))
        member = {checksums.MEMBERS[algorithm]: checksum}
        shown = {"ETag": f'"{part.etag}"', "LastModified": part.modified_s, **member}
        answer = {"CopyPartResult": shown, **encryption.shown(upload, customer)}
        return {**answer, "CopySourceVersionId": source.version} if from_bucket.versioning else answer

    return Outside(Compute(_joined, call.blobs, from_source.pieces(call, span), ring.layers, algorithm), then)


def _joined(blobs: Blobs, pieces: Any, layers: int, algorithm: str) -> tuple[Blob, str, str]:
    """One blob of the pieces, and its sums: for a thread."""
    made = rings.resealed(blobs, pieces, layers)
    return made, *checksums.of_pieces(pieces, algorithm)
