"""What batch jobs leave behind: manifests that are kept, checksums in reports, grants on copies."""

from __future__ import annotations

import base64
import gzip
import hashlib
import json
import zlib
from typing import Any

import pytest

from skyjar.services.s3 import grants

from .test_batch import TAGGING, Batch, role

THIRD = "777788889999"


@pytest.fixture
def batch(desk: Any) -> Batch:
    return Batch(desk)


def generator(**more: Any) -> dict[str, Any]:
    place = {
        "Bucket": "arn:aws:s3:::reports",
        "ManifestPrefix": "lists/",
        "ManifestFormat": "S3InventoryReport_CSV_20211130",
        **more,
    }
    return {
        "S3JobManifestGenerator": {
            "SourceBucket": "arn:aws:s3:::first", "EnableManifestOutput": True, "ManifestOutputLocation": place,
        }
    }  # fmt: skip


def test_a_generated_manifest_is_kept_and_can_be_another_job_s(batch: Batch) -> None:
    job = batch.run(TAGGING, manifest_generator=generator(ManifestEncryption={"SSES3": {}}))
    assert job["Status"] == "Complete", job
    described = job["GeneratedManifestDescriptor"]
    key = f"lists/job-{job['JobId']}/manifest.json"
    assert described["Format"] == "S3InventoryReport_CSV_20211130"
    assert described["Location"]["ObjectArn"] == f"arn:aws:s3:::reports/{key}"
    manifest = json.loads(batch.body(key))
    (file,) = manifest["files"]
    data = batch.body(file["key"])
    assert hashlib.md5(data).hexdigest() == file["MD5checksum"]
    assert sorted(gzip.decompress(data).decode().splitlines()) == [
        '"first","%C3%BC",""', '"first","a+b",""', '"first","c",""',
    ]  # fmt: skip
    again = {"Spec": {"Format": "S3InventoryReport_CSV_20161130"}, "Location": described["Location"]}
    assert batch.run({"S3DeleteObjectTagging": {}}, manifest=again)["ProgressSummary"]["NumberOfTasksSucceeded"] == 3
    assert batch.tags("c") == []


def test_a_manifest_that_cannot_be_kept_fails_the_job(batch: Batch) -> None:
    job = batch.run(TAGGING, manifest_generator=generator(ExpectedManifestBucketOwner=THIRD))
    assert (job["Status"], job["FailureReasons"][0]["FailureCode"]) == ("Failed", "AccessDenied")
    assert batch.tags("c") == []
    batch.role = role(
        batch.desk, "reader", {"Action": ["s3:ListBucket*", "s3:GetObject*", "s3:PutObjectTagging"], "Resource": "*"}
    )
    job = batch.run(TAGGING, manifest_generator=generator())
    assert (job["Status"], job["FailureReasons"][0]["FailureCode"]) == ("Failed", "AccessDenied")


@pytest.mark.parametrize(
    ("algorithm", "digest"),
    [
        ("CRC32", f"{zlib.crc32(b'c'):08x}"), ("CRC32C", ""), ("CRC64NVME", ""), ("MD5", hashlib.md5(b"c").hexdigest()),
        ("SHA1", hashlib.sha1(b"c").hexdigest()), ("SHA256", hashlib.sha256(b"c").hexdigest()),
        ("SHA512", hashlib.sha512(b"c").hexdigest()), ("XXHASH64", ""), ("XXHASH3", ""),
        ("XXHASH128", ""), ("", ""),
    ],
)  # fmt: skip
def test_checksums_are_told_in_the_report(batch: Batch, algorithm: str, digest: str) -> None:
    given = {"ChecksumAlgorithm": algorithm, "ChecksumType": "FULL_OBJECT"} if algorithm else {}
    job = batch.run({"S3ComputeObjectChecksum": given}, "first,c\n")
    assert job["Status"] == "Complete", job
    ((_, key, _, status, http, code, message),) = batch.report(job["JobId"])
    assert (key, status, http, code) == ("c", "succeeded", "200", "")
    told = json.loads(message)
    assert (told["checksumAlgorithm"], told["checksumType"]) == (algorithm or "CRC64NVME", "FULL_OBJECT")
    assert told["etag"] == hashlib.md5(b"c").hexdigest()
    assert bytes.fromhex(told["checksum_hex"]) == base64.b64decode(told["checksum_base64"])
    assert "=" not in message
    if digest:
        assert told["checksum_hex"] == digest.upper()
    else:
        name = f"Checksum{algorithm or 'CRC64NVME'}"
        held = batch.s3.put_object(bucket="first", key="c", body=b"c", checksum_algorithm=algorithm or "CRC64NVME")
        assert told["checksum_base64"] == held[name]


def multipart(batch: Batch, parts: list[bytes], **more: Any) -> None:
    """The object `long` of `first`."""
    upload = batch.s3.create_multipart_upload(bucket="first", key="long", **more)["UploadId"]
    done = [
        {"PartNumber": number, "ETag": batch.s3.upload_part(
            bucket="first", key="long", upload_id=upload, part_number=number, body=part)["ETag"]}
        for number, part in enumerate(parts, 1)
    ]  # fmt: skip
    batch.s3.complete_multipart_upload(bucket="first", key="long", upload_id=upload, multipart_upload={"Parts": done})


def test_checksums_of_long_and_missing_objects(batch: Batch) -> None:
    parts = [bytes([number]) * 5 * 1024**2 for number in range(3)]
    multipart(batch, parts)
    job = batch.run({"S3ComputeObjectChecksum": {"ChecksumAlgorithm": "SHA256"}}, "first,long\nfirst,absent\n")
    found, missing = batch.report(job["JobId"])
    assert json.loads(found[6])["checksum_hex"] == hashlib.sha256(b"".join(parts)).hexdigest().upper()
    assert missing[3:6] == ["failed", "200", "PermanentFailure"]
    assert missing[6].startswith("error details: ") and '"errorCode": "404"' in missing[6]
    assert "Key not found" in missing[6]


def test_a_multipart_object_is_copied(batch: Batch) -> None:
    bodies = [b"1" * 5 * 1024**2, b"2" * 100_000]
    multipart(batch, bodies, metadata={"a": "b"})
    copy = {"S3PutObjectCopy": {"TargetResource": "arn:aws:s3:::reports", "TargetKeyPrefix": "to"}}
    assert batch.run(copy, "first,long\n")["ProgressSummary"]["NumberOfTasksSucceeded"] == 1
    made = batch.s3.head_object(bucket="reports", key="to/long")
    assert (made["ETag"], made["Metadata"]) == (f'"{hashlib.md5(b"".join(bodies)).hexdigest()}"', {"a": "b"})


def test_copies_are_granted_to_several(batch: Batch) -> None:
    batch.s3.create_bucket(bucket="second", object_ownership="ObjectWriter")
    two = [grants.canonical_id(THIRD), grants.canonical_id("444455556666")]
    given = [{"Grantee": {"TypeIdentifier": "id", "Identifier": each}, "Permission": "READ"} for each in two]
    given.append({"Grantee": {"TypeIdentifier": "id", "Identifier": two[0]}, "Permission": "READ_ACP"})
    copying = {"TargetResource": "arn:aws:s3:::second", "AccessControlGrants": given}
    job = batch.run({"S3PutObjectCopy": copying}, "first,c\n")
    assert job["ProgressSummary"]["NumberOfTasksSucceeded"] == 1, batch.report(job["JobId"])
    held = batch.s3.get_object_acl(bucket="second", key="c")["Grants"]
    assert {(each["Grantee"]["ID"], each["Permission"]) for each in held} == {
        (two[0], "READ"), (two[1], "READ"), (two[0], "READ_ACP"),
    }  # fmt: skip
