"""Listing objects and versions. A page is one range of compact rows; a common prefix is stepped over, not read."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from skyjar.kernel.call import Call
from skyjar.kernel.service import operation
from skyjar.kernel.tables import At, Table

from . import acls, grants, limits, object_lambdas, object_state, paging, state
from .errors import InvalidArgument
from .names import encode as _encode
from .object_lambda_state import ObjectLambda
from .object_state import Entry, Object, successor
from .state import Bucket

_READ_AHEAD = 64


class Page:
    """What a listing found: rows and common prefixes up to `limit` together, and where it stopped, if it did."""

    __slots__ = ("last", "more", "prefixes", "rows")

    def __init__(self) -> None:
        self.rows: list[Any] = []
        self.prefixes: list[str] = []
        self.more = False
        self.last = ""


def _keys(at: At, table: Table[Any], space: str, start: str, end: str | None, limit: int) -> tuple[list[Any], int]:
    """Rows with start <= key < end, not yet decoded, and how long their keys' common beginning is."""
    low, high = table.bounds(at, (space,), None, (start,) if start else (), (end,) if end is not None else ())
    root = table.bounds(at, (space,), None, (), ())[0]
    return at.tx.scan(low, high, limit), len(root)


def _text(key: bytes, root: int) -> str:
    raw = key[root : key.index(b"\0\x01", root)]
    return (raw.replace(b"\0\xff", b"\0") if b"\0" in raw else raw).decode("utf-8", "surrogatepass")


def page(at: At, bucket: Bucket, prefix: str, delimiter: str, after: str, limit: int) -> Page:
    """Current objects whose key begins with `prefix` and comes behind `after`, those beyond `delimiter` rolled up."""
    found = Page()
    end = successor(prefix) if prefix else None
    start = max(_behind(after, prefix, delimiter), prefix)
    if limit == 0:
        return found
    if not delimiter:
        pairs, _ = _keys(at, object_state.entries, bucket.space, start, end, limit + 1)
        found.more = len(pairs) > limit
        load = object_state.entries.load
        found.rows = [load(value) for _, value in pairs[:limit]]
        found.last = found.rows[-1].key if found.rows else ""
        return found
    for key, value in _rolled(at, object_state.entries, bucket.space, start, end, prefix, delimiter):
        if len(found.rows) + len(found.prefixes) == limit:
            found.more = True
            break
        found.last = key
        if value is None:
            found.prefixes.append(key)
        else:
            found.rows.append(object_state.entries.load(value))
    return found


def _behind(after: str, prefix: str, delimiter: str) -> str:
    """The first key that may follow `after`; if that is a common prefix, all that it stands for is behind us."""
    if not after:
        return ""
    is_in_reach = delimiter and after.startswith(prefix) and after.endswith(delimiter)
    if is_in_reach and after.find(delimiter, len(prefix)) == len(after) - len(delimiter):
        return successor(after) or after + "\0"
    return after + "\0"


def _rolled(
    at: At, table: Table[Any], space: str, start: str, end: str | None, prefix: str, delimiter: str
) -> Iterator[tuple[str, bytes | None]]:
    """(key, row) of each object, (common prefix, None) of each group."""
    size = _READ_AHEAD
    while True:
        pairs, root = _keys(at, table, space, start, end, size)
        group = ""
        for key, value in pairs:
            name = _text(key, root)
            if group and name.startswith(group):
                continue
            cut = name.find(delimiter, len(prefix))
            if cut < 0:
                group = ""
                yield name, value
            else:
                group = name[: cut + len(delimiter)]
                yield group, None
        if len(pairs) < size:
            return
        following = successor(group) if group else _text(pairs[-1][0], root) + "\0"
        if following is None or (end is not None and following >= end):
            return
        size = _READ_AHEAD if group else min(size * 4, limits.LIST_KEYS)
        start = following


def _check(max_keys: int, encoding: str, optional: list[str] | None) -> int:
    most = paging.check(max_keys, "maxKeys", "max-keys")
    paging.check_encoding(encoding)
    for name in optional or ():
        if name != "RestoreStatus":
            raise InvalidArgument(
                "Invalid attribute name specified.",
                ArgumentName="x-amz-optional-object-attributes",
                ArgumentValue=name,
            )
    return most


def _restored(found: Object | None, now: float) -> dict[str, Any]:
    """What RestoreStatus tells; nothing of what was not asked to be restored."""
    if found is None or not found.restore[1]:
        return {}
    ready, until = found.restore
    if now < ready:
        return {"RestoreStatus": {"IsRestoreInProgress": True}}
    return {"RestoreStatus": {"IsRestoreInProgress": False, "RestoreExpiryDate": until}} if now < until else {}


def _contents(
    rows: list[Entry], encoding: str, bucket: Bucket | None, restored: tuple[At, float] | None
) -> list[dict[str, Any]]:
    """The owner is told where `bucket` is given; what is restored where it is given where that lies and the time."""
    shown: list[dict[str, Any]] = []
    for row in rows:
        one: dict[str, Any] = {
            "Key": _encode(row.key, encoding) if encoding else row.key,
            "LastModified": row.modified_s,
            "ETag": f'"{row.etag}"',
        }
        if row.algorithm:
            one["ChecksumAlgorithm"] = (row.algorithm,)
            one["ChecksumType"] = row.checksum_type
        one["Size"] = row.size
        if bucket is not None:
            one["Owner"] = acls.owner(grants.owns(bucket, row.owner))
        one["StorageClass"] = row.storage_class
        if restored is not None and row.storage_class != "STANDARD":
            at, now = restored
            one |= _restored(object_state.objects.get(at, row.space, row.key, row.order), now)
        shown.append(one)
    return shown


@operation
def list_objects_v2(
    call: Call,
    *,
    bucket: str,
    prefix: str = "",
    delimiter: str = "",
    encoding_type: str = "",
    max_keys: int = limits.LIST_KEYS,
    continuation_token: str | None = None,
    start_after: str = "",
    fetch_owner: bool = False,
    optional_object_attributes: list[str] | None = None,
    request_payer: str = "",
    expected_bucket_owner: str = "",
) -> dict[str, Any]:
    transforming = call.looked_up
    if type(transforming) is ObjectLambda:
        return object_lambdas.passed_on(transforming, "list_objects_v2", locals())
    at, where = state.bucket_of(call, bucket)
    limit = _check(max_keys, encoding_type, optional_object_attributes)
    after = start_after if continuation_token is None else paging.behind(continuation_token)
    found = page(at, where, prefix, delimiter, after, limit)
    answer: dict[str, Any] = {"Name": bucket, "Prefix": _encode(prefix, encoding_type)}
    if continuation_token is not None:
        answer["ContinuationToken"] = continuation_token
    if found.more:
        answer["NextContinuationToken"] = paging.token(found.last)
    if start_after:
        answer["StartAfter"] = _encode(start_after, encoding_type)
    answer["KeyCount"] = len(found.rows) + len(found.prefixes)
    answer["MaxKeys"] = max_keys if max_keys < limit else limit
    if delimiter:
        answer["Delimiter"] = _encode(delimiter, encoding_type)
    if encoding_type:
        answer["EncodingType"] = encoding_type
    answer["IsTruncated"] = found.more
    restored = (at, call.now) if optional_object_attributes else None
    answer["Contents"] = _contents(found.rows, encoding_type, where if fetch_owner else None, restored)
    answer["CommonPrefixes"] = [{"Prefix": _encode(each, encoding_type)} for each in found.prefixes]
    return answer


@operation
def list_objects(
    call: Call,
    *,
    bucket: str,
    prefix: str = "",
    delimiter: str = "",
    encoding_type: str = "",
    max_keys: int = limits.LIST_KEYS,
    marker: str = "",
    optional_object_attributes: list[str] | None = None,
    request_payer: str = "",
    expected_bucket_owner: str = "",
) -> dict[str, Any]:
    transforming = call.looked_up
    if type(transforming) is ObjectLambda:
        return object_lambdas.passed_on(transforming, "list_objects", locals())
    at, where = state.bucket_of(call, bucket)
    limit = _check(max_keys, encoding_type, optional_object_attributes)
    found = page(at, where, prefix, delimiter, marker, limit)
    answer: dict[str, Any] = {
        "Name": bucket,
        "Prefix": _encode(prefix, encoding_type),
        "Marker": _encode(marker, encoding_type),
    }
    if found.more and delimiter:
        answer["NextMarker"] = _encode(found.last, encoding_type)
    answer["MaxKeys"] = max_keys if max_keys < limit else limit
    if delimiter:
        answer["Delimiter"] = _encode(delimiter, encoding_type)
    if encoding_type:
        answer["EncodingType"] = encoding_type
    answer["IsTruncated"] = found.more
    restored = (at, call.now) if optional_object_attributes else None
    answer["Contents"] = _contents(found.rows, encoding_type, where, restored)
    answer["CommonPrefixes"] = [{"Prefix": _encode(each, encoding_type)} for each in found.prefixes]
    return answer


@operation
def list_object_versions(
    call: Call,
    *,
    bucket: str,
    prefix: str = "",
    delimiter: str = "",
    encoding_type: str = "",
    max_keys: int = limits.LIST_KEYS,
    key_marker: str = "",
    version_id_marker: str = "",
    optional_object_attributes: list[str] | None = None,
    request_payer: str = "",
    expected_bucket_owner: str = "",
) -> dict[str, Any]:
    at, where = state.bucket_of(call, bucket)
    limit = _check(max_keys, encoding_type, optional_object_attributes)
    if version_id_marker and not key_marker:
        raise InvalidArgument(
            "A version-id marker cannot be specified without a key marker.",
            ArgumentName="version-id-marker",
            ArgumentValue=version_id_marker,
        )
    versions: list[dict[str, Any]] = []
    markers: list[dict[str, Any]] = []
    prefixes: list[str] = []
    last, more = ("", ""), False
    for name, row, is_latest in _versions(at, where, prefix, delimiter, key_marker, version_id_marker):
        if len(versions) + len(markers) + len(prefixes) >= limit:
            more = limit > 0
            break
        if row is None:
            prefixes.append(name)
            last = (name, "")
            continue
        last = (name, row.version)
        told = _restored(row, call.now) if optional_object_attributes else {}
        (markers if row.is_marker else versions).append({**_version(where, row, is_latest, encoding_type), **told})
    answer: dict[str, Any] = {
        "Name": bucket,
        "Prefix": _encode(prefix, encoding_type),
        "KeyMarker": _encode(key_marker, encoding_type),
        "VersionIdMarker": version_id_marker,
    }
    if more:
        answer["NextKeyMarker"] = _encode(last[0], encoding_type)
        if last[1]:
            answer["NextVersionIdMarker"] = last[1]
    answer["MaxKeys"] = max_keys if max_keys < limit else limit
    if delimiter:
        answer["Delimiter"] = _encode(delimiter, encoding_type)
    if encoding_type:
        answer["EncodingType"] = encoding_type
    answer["IsTruncated"] = more
    answer["Versions"] = versions
    answer["DeleteMarkers"] = markers
    answer["CommonPrefixes"] = [{"Prefix": _encode(each, encoding_type)} for each in prefixes]
    return answer


def _version(bucket: Bucket, row: Object, is_latest: bool, encoding: str) -> dict[str, Any]:
    shown: dict[str, Any] = {}
    if not row.is_marker:
        shown |= {"ETag": f'"{row.etag}"', "Size": row.size, "StorageClass": row.storage_class}
        if row.algorithm:
            shown |= {"ChecksumAlgorithm": (row.algorithm,), "ChecksumType": row.checksum_type}
    return {
        **shown,
        "Key": _encode(row.key, encoding),
        "VersionId": row.version,
        "IsLatest": is_latest,
        "LastModified": row.modified_s,
        "Owner": acls.owner(grants.owns(bucket, row.owner)),
    }


def _versions(
    at: At, bucket: Bucket, prefix: str, delimiter: str, key_marker: str, version_marker: str
) -> Iterator[tuple[str, Object | None, bool]]:
    """(key, version, whether it is the latest) behind the markers, (common prefix, None, False) of each group."""
    if version_marker and key_marker.startswith(prefix):
        order = _marked_order(at, bucket, key_marker, version_marker)
        for row in object_state.objects.range(at, bucket.space, key_marker, start=(order + 1,)):
            yield key_marker, row, False
    start = max(_behind(key_marker, prefix, delimiter), prefix)
    end = successor(prefix) if prefix else None
    last = ""
    if delimiter:
        for name, value in _rolled(at, object_state.objects, bucket.space, start, end, prefix, delimiter):
            if value is None:
                yield name, None, False
            elif name != last:
                last = name
                for index, row in enumerate(object_state.objects.range(at, bucket.space, name)):
                    yield name, row, index == 0
        return
    low, high = object_state.objects.bounds(
        at, (bucket.space,), None, (start,) if start else (), (end,) if end is not None else ()
    )
    previous: str | None = None
    for _, value in at.tx.iterate(low, high):
        row = object_state.objects.load(value)
        yield row.key, row, row.key != previous
        previous = row.key


def _marked_order(at: At, bucket: Bucket, key: str, version: str) -> int:
    if version == object_state.NULL:
        null = object_state.version_of(at, bucket, key, version)
        return null.order if null is not None else 0
    order = object_state.order_of(version)
    if order is None:
        raise InvalidArgument("Invalid version id specified", ArgumentName="version-id-marker", ArgumentValue=version)
    return order
