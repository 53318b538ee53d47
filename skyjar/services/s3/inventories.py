"""Inventories: configurations of reports on a bucket's objects, and the reports, written as CSV by a job at midnight UTC.

Source: S3 User Guide, "Cataloging and analyzing your data with S3 Inventory", "Locating your inventory list".
"""

from __future__ import annotations

import gzip
import hashlib
from datetime import UTC, datetime
from typing import Any
from urllib.parse import quote_plus

import orjson

from skyjar.kernel import principals
from skyjar.kernel.call import Call
from skyjar.kernel.errors import AWSError, NotImplementedHere
from skyjar.kernel.jobs import job
from skyjar.kernel.service import operation

from . import deliveries, grants, lifecycle, limits, named_configurations, state
from .errors import InvalidArgument, MalformedXML
from .happenings import iso
from .state import Bucket, Object

_KIND = "inventory"
_ARN = "arn:aws:s3:::"
_SUNDAY = 3  # days after the epoch's Thursday


@operation
def get_bucket_inventory_configuration(
    call: Call, *, bucket: str, id: str, expected_bucket_owner: str = ""
) -> dict[str, Any]:
    return {"InventoryConfiguration": named_configurations.get(call, bucket, _KIND, id)}


@operation
def list_bucket_inventory_configurations(
    call: Call, *, bucket: str, continuation_token: str = "", expected_bucket_owner: str = ""
) -> dict[str, Any]:
    return named_configurations.listed(call, bucket, _KIND, "InventoryConfigurationList", continuation_token)


@operation
def put_bucket_inventory_configuration(
    call: Call, *, bucket: str, id: str, inventory_configuration: dict[str, Any], expected_bucket_owner: str = ""
) -> None:
    _check(inventory_configuration)
    where = named_configurations.put(call, bucket, _KIND, id, inventory_configuration)
    _again(state.acting(call, where, deliveries.PRINCIPAL), where, inventory_configuration)


@operation
def delete_bucket_inventory_configuration(call: Call, *, bucket: str, id: str, expected_bucket_owner: str = "") -> None:
    named_configurations.delete(call, bucket, _KIND, id)


def _check(wanted: dict[str, Any]) -> None:
    target = wanted["Destination"]["S3BucketDestination"]
    if target["Format"] != "CSV":
        raise NotImplementedHere(f"Skyjar does not implement the format {target['Format']} of s3 inventories.")
    if (target.get("Encryption") or {}).get("SSEKMS"):
        raise NotImplementedHere("Skyjar does not implement SSEKMS of s3:PutBucketInventoryConfiguration.")
    if not target["Bucket"].startswith(_ARN):
        raise InvalidArgument("Invalid bucket ARN.", ArgumentName="Bucket", ArgumentValue=target["Bucket"])
    if wanted["Schedule"]["Frequency"] not in ("Daily", "Weekly") or wanted["IncludedObjectVersions"] not in (
        "All",
        "Current",
    ):
        raise MalformedXML
    for field in wanted.get("OptionalFields") or ():
        if field not in _FIELDS:
            raise NotImplementedHere(f"Skyjar does not implement the field {field} of s3 inventories.")


def _again(call: Call, bucket: Bucket, wanted: dict[str, Any]) -> None:
    due = lifecycle.midnight(call.now + 1)
    if wanted["Schedule"]["Frequency"] == "Weekly":
        due += (_SUNDAY - due // limits.DAY_S) % 7 * limits.DAY_S
    identity = wanted["Id"]
    call.later(report, key=f"{bucket.space}/{identity}", due=due, bucket=bucket.name, identity=identity)


@job()
def report(call: Call, *, bucket: str, identity: str) -> None:
    where = state.buckets.get(call, bucket)
    wanted = state.configuration(call, where, f"{_KIND}/{identity}") if where is not None else None
    if where is None or wanted is None:
        return
    if wanted["IsEnabled"]:
        _write(call, where, wanted)
    _again(call, where, wanted)


def _write(call: Call, bucket: Bucket, wanted: dict[str, Any]) -> None:
    """The list, then the manifest that names it. What the destination does not take is lost; its record says why."""
    is_whole = wanted["IncludedObjectVersions"] == "All"
    fields = wanted.get("OptionalFields") or []
    prefix = (wanted.get("Filter") or {}).get("Prefix", "")
    rules = lifecycle.rules_of(call, bucket)
    lines: list[str] = []
    previous = ""
    for found in state.objects.each(call, bucket.space, start=(prefix,) if prefix else ()):
        if not found.key.startswith(prefix):
            break
        is_latest = found.key != previous
        previous = found.key
        if not is_whole and (not is_latest or found.is_marker):
            continue
        row = [bucket.name, quote_plus(found.key, safe="/")]
        if is_whole:
            row += ["" if found.version == state.NULL else found.version, _truth(is_latest), _truth(found.is_marker)]
        lines.append(",".join(f'"{value}"' for value in (*row, *(_FIELDS[f](bucket, rules, found) for f in fields))))
    data = gzip.compress("".join(f"{line}\n" for line in lines).encode(), mtime=0)
    schema = ["Bucket", "Key", *(["VersionId", "IsLatest", "IsDeleteMarker"] if is_whole else []), *fields]
    _send(call, bucket, wanted, data, ", ".join(schema))


def _send(call: Call, bucket: Bucket, wanted: dict[str, Any], data: bytes, schema: str) -> None:
    target = wanted["Destination"]["S3BucketDestination"]
    given = target.get("Prefix", "")
    folder = f"{given}/{bucket.name}/{wanted['Id']}".lstrip("/")
    list_key = f"{folder}/data/{call.new_id()}.csv.gz"
    file = {"key": list_key, "size": len(data), "MD5checksum": hashlib.md5(data, usedforsecurity=False).hexdigest()}
    manifest = orjson.dumps({
        "sourceBucket": bucket.name,
        "destinationBucket": target["Bucket"],
        "version": "2016-11-30",
        "creationTimestamp": str(call.now_ms),
        "fileFormat": "CSV",
        "fileSchema": schema,
        "files": [file],
    })  # fmt: skip
    checksum = hashlib.md5(manifest, usedforsecurity=False).hexdigest().encode()
    day = datetime.fromtimestamp(call.now, UTC).strftime("%Y-%m-%dT%H-%MZ")
    who = principals.service(deliveries.PRINCIPAL, bucket.account)
    there = target["Bucket"].removeprefix(_ARN)
    try:
        region = state.named(call, there).region
        context = deliveries.stated(call, bucket.name)
        s3 = call.ask("s3", who, account=bucket.account, region=region, context=context)
        for key, body in (
            (list_key, data),
            (f"{folder}/{day}/manifest.json", manifest),
            (f"{folder}/{day}/manifest.checksum", checksum),
        ):
            s3.put_object(bucket=there, key=key, body=body, acl="bucket-owner-full-control")
    except AWSError:
        return


def _truth(value: bool) -> str:
    return "true" if value else "false"


def _expires(bucket: Bucket, rules: lifecycle.Rules, found: Object) -> str:
    due = lifecycle.expires(rules, found) if not found.is_marker else None
    return iso(due[0]) if due is not None else ""


_ENCRYPTIONS = {"AES256": "SSE-S3", "aws:kms": "SSE-KMS", "aws:kms:dsse": "DSSE-KMS"}
_FIELDS: dict[str, Any] = {
    "Size": lambda bucket, rules, found: "" if found.is_marker else str(found.size),
    "LastModifiedDate": lambda bucket, rules, found: iso(found.modified_s),
    "StorageClass": lambda bucket, rules, found: "" if found.is_marker else found.storage_class,
    "ETag": lambda bucket, rules, found: found.etag,
    "IsMultipartUploaded": lambda bucket, rules, found: _truth(found.is_multipart),
    "ReplicationStatus": lambda bucket, rules, found: found.replication,
    "EncryptionStatus": lambda bucket, rules, found: _ENCRYPTIONS.get(found.encryption, found.encryption),
    "ObjectLockRetainUntilDate": lambda bucket, rules, found: iso(found.lock[1]) if found.lock[0] else "",
    "ObjectLockMode": lambda bucket, rules, found: found.lock[0],
    "ObjectLockLegalHoldStatus": lambda bucket, rules, found: "ON" if found.lock[2] else "OFF",
    "BucketKeyStatus": lambda bucket, rules, found: "ENABLED" if found.has_bucket_key else "DISABLED",
    "ChecksumAlgorithm": lambda bucket, rules, found: found.algorithm,
    "ObjectOwner": lambda bucket, rules, found: grants.canonical_id(grants.owns(bucket, found.owner)),
    "LifecycleExpirationDate": _expires,
}
