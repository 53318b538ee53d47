"""The lists of inventories: which versions are in one, what is said of each, and how that is written.

Source: S3 User Guide, "Amazon S3 Inventory list", "Inventory manifest".
"""

from __future__ import annotations

import gzip
from base64 import b64encode
from collections.abc import Callable
from datetime import datetime
from typing import Any
from urllib.parse import quote_plus

import orjson

from skyjar.kernel.call import Call
from skyjar.runtime import orc, parquet

from . import grants, lifecycle, object_state, tiers
from .happenings import iso
from .object_state import Object
from .state import Bucket

_OF_VERSIONS = ("VersionId", "IsLatest", "IsDeleteMarker")
_COLUMNS = {"ETag": "e_tag", "IntelligentTieringAccessTier": "intelligent_tiering_access_tier"}
_TYPES = {
    "IsLatest": "BOOLEAN",
    "IsDeleteMarker": "BOOLEAN",
    "IsMultipartUploaded": "BOOLEAN",
    "Size": "BIGINT",
    "LastModifiedDate": "TIMESTAMP_MS",
    "ObjectLockRetainUntilDate": "TIMESTAMP_MS",
    "LifecycleExpirationDate": "TIMESTAMP_MS",
}
_IN_PARQUET = {"VARCHAR": "binary {} (UTF8)", "BOOLEAN": "boolean {}", "BIGINT": "int64 {}",
               "TIMESTAMP_MS": "int64 {} (TIMESTAMP_MILLIS)"}  # fmt: skip
_IN_ORC = {"VARCHAR": "string", "BOOLEAN": "boolean", "BIGINT": "bigint", "TIMESTAMP_MS": "timestamp"}
_READ: dict[str, Callable[[str], Any]] = {
    "VARCHAR": str,
    "BOOLEAN": "true".__eq__,
    "BIGINT": int,
    "TIMESTAMP_MS": datetime.fromisoformat,
}
_ALWAYS = ("Bucket", "Key")


def rows(call: Call, bucket: Bucket, wanted: dict[str, Any]) -> list[list[str]]:
    """What is said of each version that is in the list, in the order of `schema`."""
    is_whole = wanted["IncludedObjectVersions"] == "All"
    fields = wanted.get("OptionalFields") or []
    prefix = (wanted.get("Filter") or {}).get("Prefix", "")
    rules = lifecycle.rules_of(call, bucket)
    found: list[list[str]] = []
    previous = ""
    for version in object_state.objects.each(call, bucket.space, start=(prefix,) if prefix else ()):
        if not version.key.startswith(prefix):
            break
        is_latest = version.key != previous
        previous = version.key
        if not is_whole and (not is_latest or version.is_marker):
            continue
        row = [bucket.name, version.key]
        if is_whole:
            name = "" if version.version == object_state.NULL else version.version
            row += [name, _truth(is_latest), _truth(version.is_marker)]
        found.append([*row, *(FIELDS[field](bucket, rules, version, call.now) for field in fields)])
    return found


def schema(wanted: dict[str, Any]) -> list[str]:
    whole = _OF_VERSIONS if wanted["IncludedObjectVersions"] == "All" else ()
    return ["Bucket", "Key", *whole, *(wanted.get("OptionalFields") or [])]


def as_csv(names: list[str], found: list[list[str]]) -> bytes:
    """Packed; keys are encoded as in a URL."""
    lines = (",".join(f'"{value}"' for value in (row[0], quote_plus(row[1], safe="/"), *row[2:])) for row in found)
    return gzip.compress("".join(f"{line}\n" for line in lines).encode(), mtime=0)


def as_parquet(names: list[str], found: list[list[str]]) -> bytes:
    """What is not known is null. Slow: for a thread."""
    types = {_column(name): _type(name) for name in names}
    columns = list(types)
    return parquet.written(
        types, ({name: value for name, value in zip(columns, row, strict=True) if value != ""} for row in found)
    )


def as_orc(names: list[str], found: list[list[str]]) -> bytes:
    """As `as_parquet`."""
    readers = [_READ[_type(name)] for name in names]
    lines = (
        tuple(read(value) if value != "" else None for read, value in zip(readers, row, strict=True)) for row in found
    )
    return orc.written(_struct(names), lines)


WRITERS = {"CSV": as_csv, "Parquet": as_parquet, "ORC": as_orc}


def shown(names: list[str], form: str) -> str:
    """The schema as a manifest has it."""
    if form == "CSV":
        return ", ".join(names)
    if form == "ORC":
        return _struct(names)
    fields = (
        f"{'required' if name in _ALWAYS else 'optional'} {_IN_PARQUET[_type(name)].format(_column(name))};"
        for name in names
    )
    return f"message s3.inventory {{ {' '.join(fields)}}}"


def _struct(names: list[str]) -> str:
    return f"struct<{','.join(f'{_column(name)}:{_IN_ORC[_type(name)]}' for name in names)}>"


def _type(name: str) -> str:
    return _TYPES.get(name, "VARCHAR")


def _column(name: str) -> str:
    """`LastModifiedDate` is `last_modified_date`."""
    return _COLUMNS.get(name) or "".join(f"_{c.lower()}" if c.isupper() else c for c in name).lstrip("_")


def _truth(value: bool) -> str:
    return "true" if value else "false"


def _expires(bucket: Bucket, rules: lifecycle.Rules, found: Object, now: float) -> str:
    due = lifecycle.expires(rules, found) if not found.is_marker else None
    return iso(due[0]) if due is not None else ""


def _acl(bucket: Bucket, found: Object) -> str:
    """Base64 of JSON. Source: S3 User Guide, "Working with the Object ACL field"."""
    owner = grants.canonical_id(grants.owns(bucket, found.owner))
    given = [
        {"uri" if "://" in grantee else "canonicalId": grantee,
         "type": "Group" if "://" in grantee else "CanonicalUser", "permission": permission}
        for grantee, permission in found.grants or ((owner, grants.FULL),)
    ]  # fmt: skip
    return b64encode(orjson.dumps({"version": "2022-11-10", "status": "AVAILABLE", "grants": given})).decode()


_ENCRYPTIONS = {"AES256": "SSE-S3", "aws:kms": "SSE-KMS", "aws:kms:dsse": "DSSE-KMS"}
FIELDS: dict[str, Any] = {
    "Size": lambda bucket, rules, found, now: "" if found.is_marker else str(found.size),
    "LastModifiedDate": lambda bucket, rules, found, now: iso(found.modified_s),
    "StorageClass": lambda bucket, rules, found, now: "" if found.is_marker else found.storage_class,
    "ETag": lambda bucket, rules, found, now: found.etag,
    "IsMultipartUploaded": lambda bucket, rules, found, now: _truth(found.is_multipart),
    "ReplicationStatus": lambda bucket, rules, found, now: found.replication,
    "EncryptionStatus": lambda bucket, rules, found, now: _ENCRYPTIONS.get(found.encryption, found.encryption),
    "ObjectLockRetainUntilDate": lambda bucket, rules, found, now: iso(found.lock[1]) if found.lock[0] else "",
    "ObjectLockMode": lambda bucket, rules, found, now: found.lock[0],
    "ObjectLockLegalHoldStatus": lambda bucket, rules, found, now: "ON" if found.lock[2] else "OFF",
    "BucketKeyStatus": lambda bucket, rules, found, now: "ENABLED" if found.has_bucket_key else "DISABLED",
    "ChecksumAlgorithm": lambda bucket, rules, found, now: found.algorithm,
    "ObjectOwner": lambda bucket, rules, found, now: grants.canonical_id(grants.owns(bucket, found.owner)),
    "ObjectAccessControlList": lambda bucket, rules, found, now: "" if found.is_marker else _acl(bucket, found),
    "LifecycleExpirationDate": _expires,
    "IntelligentTieringAccessTier": lambda bucket, rules, found, now: (
        tiers.of(found, now) if found.storage_class == tiers.CLASS and not found.is_marker else ""
    ),
}
