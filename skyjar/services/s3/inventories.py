"""Inventories: configurations of reports on a bucket's objects, and the reports, written by a job at midnight UTC.

Source: S3 User Guide, "Cataloging and analyzing your data with S3 Inventory", "Locating your inventory list".
"""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime
from typing import Any

import orjson

from skyjar.kernel.call import Call
from skyjar.kernel.errors import NotImplementedHere
from skyjar.kernel.jobs import job
from skyjar.kernel.outside import Compute, Failed, Outside
from skyjar.kernel.service import operation
from skyjar.runtime import orc

from . import deliveries, inventory_lists, lifecycle, limits, named_configurations, state
from .errors import MalformedXML
from .state import Bucket

_KIND = "inventory"
_ENDINGS = {"CSV": "csv.gz", "ORC": "orc", "Parquet": "parquet"}
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
    if target["Format"] not in _ENDINGS:
        raise NotImplementedHere(f"Skyjar does not implement the format {target['Format']} of s3 inventories.")
    if target["Format"] == "ORC" and not orc.is_there():
        raise NotImplementedHere("Skyjar needs a library for ORC: pip install 'skyjar[orc]'.")
    named_configurations.named_in(target["Bucket"])
    if wanted["Schedule"]["Frequency"] not in ("Daily", "Weekly") or wanted["IncludedObjectVersions"] not in (
        "All",
        "Current",
    ):
        raise MalformedXML
    for field in wanted.get("OptionalFields") or ():
        if field not in inventory_lists.FIELDS:
            raise NotImplementedHere(f"Skyjar does not implement the field {field} of s3 inventories.")


def _again(call: Call, bucket: Bucket, wanted: dict[str, Any]) -> None:
    due = lifecycle.midnight(call.now + 1)
    if wanted["Schedule"]["Frequency"] == "Weekly":
        due += (_SUNDAY - due // limits.DAY_S) % 7 * limits.DAY_S
    identity = wanted["Id"]
    call.later(report, key=f"{bucket.space}/{identity}", due=due, bucket=bucket.name, identity=identity)


@job()
def report(call: Call, *, bucket: str, identity: str) -> Outside | None:
    where = state.buckets.get(call, bucket)
    wanted = state.configuration(call, where, f"{_KIND}/{identity}") if where is not None else None
    if where is None or wanted is None:
        return None
    _again(call, where, wanted)
    return _list(call, where, wanted) if wanted["IsEnabled"] else None


def _list(call: Call, bucket: Bucket, wanted: dict[str, Any]) -> Outside | None:
    """Write the list, then the manifest that names it; Parquet and ORC are made in a thread."""
    names, found = inventory_lists.schema(wanted), inventory_lists.rows(call, bucket, wanted)
    form = _form(wanted)
    if form == "CSV":
        _send(call, bucket, wanted, inventory_lists.as_csv(names, found))
        return None

    def send(after: Call, data: bytes | Exception | Failed) -> None:
        if not isinstance(data, bytes):
            raise data
        _send(after, bucket, wanted, data)

    return Outside(Compute(inventory_lists.WRITERS[form], names, found), send)


def _encryption(target: dict[str, Any]) -> dict[str, Any]:
    """What the report is to be sealed with, where that is not the destination's default."""
    wanted = target.get("Encryption") or {}
    if "SSEKMS" in wanted:
        return {"server_side_encryption": "aws:kms", "ssekms_key_id": wanted["SSEKMS"]["KeyId"]}
    return {"server_side_encryption": "AES256"} if "SSES3" in wanted else {}


def _form(wanted: dict[str, Any]) -> str:
    return str(wanted["Destination"]["S3BucketDestination"]["Format"])


def _send(call: Call, bucket: Bucket, wanted: dict[str, Any], data: bytes) -> None:
    """What the destination does not take is lost; its record says why."""
    target = wanted["Destination"]["S3BucketDestination"]
    form, given = _form(wanted), target.get("Prefix", "")
    folder = f"{given}/{bucket.name}/{wanted['Id']}".lstrip("/")
    list_key = f"{folder}/data/{call.new_id()}.{_ENDINGS[form]}"
    file = {"key": list_key, "size": len(data), "MD5checksum": hashlib.md5(data, usedforsecurity=False).hexdigest()}
    manifest = orjson.dumps({
        "sourceBucket": bucket.name,
        "destinationBucket": target["Bucket"],
        "version": "2016-11-30",
        "creationTimestamp": str(call.now_ms),
        "fileFormat": form,
        "fileSchema": inventory_lists.shown(inventory_lists.schema(wanted), form),
        "files": [file],
    })  # fmt: skip
    checksum = hashlib.md5(manifest, usedforsecurity=False).hexdigest().encode()
    began = datetime.fromtimestamp(call.now, UTC)
    day = began.strftime("%Y-%m-%dT%H-%MZ")
    there = named_configurations.named_in(target["Bucket"])
    deliveries.put(call, bucket, there, target.get("AccountId", ""), **_encryption(target), files={
        list_key: data,
        f"{folder}/{day}/manifest.json": manifest,
        f"{folder}/{day}/manifest.checksum": checksum,
        f"{folder}/hive/dt={began:%Y-%m-%d-%H-%M}/symlink.txt": f"s3://{there}/{list_key}\n".encode(),
    })  # fmt: skip
