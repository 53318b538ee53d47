"""The objects that a job is about: a CSV list, an inventory's list of lists, or what a generator's filter lets through.

Each is read as the job's role, a page at a time. `read` gives the rows (bucket, key, version) of a page and where the next
begins, or None. Source: S3 User Guide, "Specifying a manifest".
"""

from __future__ import annotations

import csv
import gzip
import hashlib
import io
import zlib
from collections.abc import Iterator
from typing import Any
from urllib.parse import unquote_plus

import orjson

from skyjar.kernel.call import Call
from skyjar.kernel.errors import NotImplementedHere
from skyjar.kernel.principals import Principal

from . import generated_manifests, generators, limits
from .errors import InvalidRequest, ManifestFailed

_ARN = "arn:aws:s3:::"
_CSV = "S3BatchOperations_CSV_20180820"
Row = tuple[str, str, str]
Page = tuple[list[Row], dict[str, Any] | None]


def check(manifest: dict[str, Any] | None, generator: dict[str, Any] | None) -> None:
    if bool(manifest) == bool(generator):
        raise InvalidRequest("A job has either a manifest or a manifest generator.")
    if manifest is not None:
        spec = manifest["Spec"]
        fields = spec.get("Fields") or []
        if not manifest["Location"]["ObjectArn"].startswith(_ARN) or "/" not in manifest["Location"]["ObjectArn"]:
            raise InvalidRequest("The manifest's object is named by its ARN.")
        named = sorted(field for field in fields if field != "Ignore")
        if spec["Format"] == _CSV and named not in (["Bucket", "Key"], ["Bucket", "Key", "VersionId"]):
            raise InvalidRequest("The fields of a CSV manifest are Bucket and Key, and may be VersionId and Ignore.")
        if spec["Format"] != _CSV and fields:
            raise InvalidRequest("The fields of an inventory are in its manifest.")
        return
    wanted = (generator or {}).get("S3JobManifestGenerator")
    if not wanted:
        raise InvalidRequest("The manifest generator is empty.")
    generated_manifests.check(wanted)
    if (wanted.get("Filter") or {}).get("MatchAnyObjectEncryption"):
        raise NotImplementedHere("Skyjar does not implement MatchAnyObjectEncryption of s3control:CreateJob.")


def read(call: Call, who: Principal, given: dict[str, Any], at: dict[str, Any]) -> Page:
    s3 = call.ask("s3", who, account=call.account)
    if given["ManifestGenerator"]:
        rows, after = generators.read(s3, given["ManifestGenerator"]["S3JobManifestGenerator"], given["Operation"], at)
        return rows, after
    spec = given["Manifest"]["Spec"]
    whole = _body(s3, given["Manifest"]["Location"])
    if spec["Format"] == _CSV:
        return _page(_rows(whole, spec["Fields"]), at, {})
    try:
        described = orjson.loads(whole)
        files = described["files"]
        fields = [name.strip() for name in described["fileSchema"].split(",")]
        bucket = described["destinationBucket"].removeprefix(_ARN)
    except (orjson.JSONDecodeError, KeyError, TypeError, AttributeError):
        raise ManifestFailed("The manifest is not that of an inventory.") from None
    if described.get("fileFormat") != "CSV":
        raise ManifestFailed("Only inventories in CSV can be a manifest.")
    number = at.get("file", 0)
    if number >= len(files):
        return [], None
    listed = _listed(s3, bucket, files[number])
    rows, after = _page(_rows(listed, fields), at, {"file": number})
    if after is None and number + 1 < len(files):
        after = {"file": number + 1, "row": 0}
    return rows, after


def _body(s3: Any, location: dict[str, Any]) -> bytes:
    bucket, _, key = location["ObjectArn"].removeprefix(_ARN).partition("/")
    version = {"version_id": location["ObjectVersionId"]} if location.get("ObjectVersionId") else {}
    found = s3.get_object(bucket=bucket, key=key, **version)
    if found["ETag"].strip('"') != location["ETag"].strip('"'):
        raise ManifestFailed("The ETag of the manifest is not that of the object.")
    return _bytes(found)


def _bytes(found: dict[str, Any]) -> bytes:
    if found["ContentLength"] > limits.MANIFEST_BYTES:
        raise ManifestFailed(f"Skyjar reads manifests of up to {limits.MANIFEST_BYTES} bytes.")
    body = found["Body"]
    return body if isinstance(body, bytes) else bytes(body.read())


def _listed(s3: Any, bucket: str, file: dict[str, Any]) -> bytes:
    data = _bytes(s3.get_object(bucket=bucket, key=file["key"]))
    if hashlib.md5(data, usedforsecurity=False).hexdigest() != file.get("MD5checksum"):
        raise ManifestFailed(f"The MD5 of {file['key']} is not that of the manifest.")
    try:
        with gzip.GzipFile(fileobj=io.BytesIO(data)) as opened:
            plain = opened.read(limits.MANIFEST_BYTES + 1)
    except (OSError, EOFError, zlib.error):
        raise ManifestFailed(f"{file['key']} is not GZIP.") from None
    if len(plain) > limits.MANIFEST_BYTES:
        raise ManifestFailed(f"Skyjar reads manifests of up to {limits.MANIFEST_BYTES} bytes.")
    return plain


def _rows(data: bytes, fields: list[str]) -> Iterator[Row]:
    """Keys are written as in a URL. Lines that have other fields end the job."""
    try:
        lines = csv.reader(io.StringIO(data.decode()), strict=True)
        for number, line in enumerate(lines, 1):
            if len(line) != len(fields):
                raise ManifestFailed(f"Line {number} of the manifest has {len(line)} fields instead of {len(fields)}.")
            named = dict(zip(fields, line, strict=True))
            if named.get("IsDeleteMarker") == "true":
                continue
            yield named["Bucket"], unquote_plus(named["Key"]), named.get("VersionId", "")
    except UnicodeDecodeError:
        raise ManifestFailed("The manifest is not UTF-8.") from None
    except csv.Error as error:
        raise ManifestFailed(f"The manifest is not CSV: {error}.") from None


def _page(rows: Iterator[Row], at: dict[str, Any], place: dict[str, Any]) -> Page:
    first = at.get("row", 0)
    taken: list[Row] = []
    for number, row in enumerate(rows):
        if number >= first + limits.TASKS_PAGE:
            return taken, {**place, "row": number}
        if number >= first:
            taken.append(row)
    return taken, None
