"""Manifests that S3 made for a job and keeps in a bucket, as the lists of an inventory, so that other jobs can have them.

Written as the job's role when all is listed. Source: S3 User Guide, "Generating an object list automatically and saving it as a
manifest file".
"""

from __future__ import annotations

import csv
import gzip
import hashlib
import io
from typing import Any
from urllib.parse import quote_plus

import orjson

from skyjar.kernel.call import Call
from skyjar.kernel.principals import Principal

from . import batch_state
from .batch_state import Batch, Task
from .errors import InvalidRequest

FORMAT = "S3InventoryReport_CSV_20211130"
_ARN = "arn:aws:s3:::"
_SCHEMA = "Bucket, Key, VersionId"


def check(generator: dict[str, Any]) -> None:
    place = generator.get("ManifestOutputLocation")
    if bool(generator["EnableManifestOutput"]) != bool(place):
        raise InvalidRequest("ManifestOutputLocation is given when, and only when, EnableManifestOutput is on.")
    if place and not place["Bucket"].startswith(_ARN):
        raise InvalidRequest("The bucket of a generated manifest is named by its ARN.")


def write(call: Call, who: Principal, batch: Batch) -> tuple[str, str]:
    """The ARN and ETag of the manifest; empty when the job keeps none."""
    generator = (batch.given["ManifestGenerator"] or {}).get("S3JobManifestGenerator") or {}
    place = generator.get("ManifestOutputLocation")
    if not place:
        return "", ""
    bucket = place["Bucket"].removeprefix(_ARN)
    folder = "/".join(part for part in (place.get("ManifestPrefix", "").rstrip("/"), f"job-{batch.id}") if part)
    given = {"bucket": bucket, **_encrypted(place.get("ManifestEncryption") or {})}
    if place.get("ExpectedManifestBucketOwner"):
        given["expected_bucket_owner"] = place["ExpectedManifestBucketOwner"]
    s3 = call.ask("s3", who, account=call.account)
    rows = gzip.compress(_rows(batch_state.tasks.range(call, batch.id)), mtime=0)
    checksum = hashlib.md5(rows, usedforsecurity=False).hexdigest()
    key = f"{folder}/data/{checksum}.csv.gz"
    s3.put_object(key=key, body=rows, content_type="application/gzip", **given)
    document = {
        "sourceBucket": generator["SourceBucket"].removeprefix(_ARN),
        "destinationBucket": place["Bucket"],
        "version": "2021-11-30",
        "creationTimestamp": str(call.now_ms),
        "fileFormat": "CSV",
        "fileSchema": _SCHEMA,
        "files": [{"key": key, "size": len(rows), "MD5checksum": checksum}],
    }
    made = s3.put_object(
        key=f"{folder}/manifest.json", body=orjson.dumps(document), content_type="application/json", **given
    )
    return f"{place['Bucket']}/{folder}/manifest.json", made["ETag"].strip('"')


def _encrypted(given: dict[str, Any]) -> dict[str, str]:
    key = given.get("SSEKMS")
    if key is not None:
        return {"server_side_encryption": "aws:kms", "ssekms_key_id": key["KeyId"]}
    return {"server_side_encryption": "AES256"} if given else {}


def _rows(tasks: list[Task]) -> bytes:
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n", quoting=csv.QUOTE_ALL)
    for task in tasks:
        writer.writerow((task.bucket, quote_plus(task.key, safe="/"), task.version))
    return text.getvalue().encode()
