"""Batch operations: manifests, what is done to each object and as whom, statuses, priorities, reports."""

from __future__ import annotations

import csv
import gzip
import hashlib
import io
import json
from base64 import b64encode
from collections.abc import Callable
from typing import Any

import pytest

from skyjar.kernel.digests import digest
from skyjar.kernel.errors import AWSError, NotImplementedHere
from skyjar.services.s3control import limits

TAGGING = {"S3PutObjectTagging": {"TagSet": [{"Key": "a", "Value": "b"}]}}
TRUST = {
    "Version": "2012-10-17",
    "Statement": [
        {
            "Effect": "Allow",
            "Principal": {"Service": ["batchoperations.s3.amazonaws.com", "s3.amazonaws.com"]},
            "Action": "sts:AssumeRole",
        }
    ],
}


def role(desk: Any, name: str = "batch", *statements: dict[str, Any]) -> str:
    iam = desk.ask("iam")
    made: str = iam.create_role(role_name=name, assume_role_policy_document=json.dumps(TRUST))["Role"]["Arn"]
    document = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", **each} for each in statements]}
    iam.put_role_policy(role_name=name, policy_name="p", policy_document=json.dumps(document))
    return made


@pytest.fixture
def batch(desk: Any) -> Batch:
    return Batch(desk)


class Batch:
    """A bucket `first` with three objects, and jobs on it whose reports come to `reports`."""

    def __init__(self, desk: Any) -> None:
        self.desk, self.s3, self.control = desk, desk.ask("s3"), desk.ask("s3control")
        for name in ("first", "reports"):
            self.s3.create_bucket(bucket=name)
        for key in ("a b", "ü", "c"):
            self.s3.put_object(bucket="first", key=key, body=key.encode())
        self.role = role(desk, "batch", {"Action": "s3:*", "Resource": "*"})

    def manifest(self, text: str, *fields: str) -> dict[str, Any]:
        etag = self.s3.put_object(bucket="reports", key="list.csv", body=text.encode())["ETag"]
        return {
            "Spec": {"Format": "S3BatchOperations_CSV_20180820", "Fields": list(fields or ("Bucket", "Key"))},
            "Location": {"ObjectArn": "arn:aws:s3:::reports/list.csv", "ETag": etag},
        }

    def create(self, operation: dict[str, Any], text: str = "first,a+b\nfirst,%C3%BC\nfirst,c\n", **more: Any) -> str:
        if "manifest_generator" not in more and "manifest" not in more:
            more["manifest"] = self.manifest(text)
        given = {
            "account_id": self.desk.account,
            "operation": operation,
            "report": {
                "Bucket": "arn:aws:s3:::reports",
                "Format": "Report_CSV_20180820",
                "Enabled": True,
                "Prefix": "r",
                "ReportScope": "AllTasks",
            },
            "client_request_token": "t" + self.desk.pipeline.chance.hex(8),
            "priority": 10,
            "role_arn": self.role,
            **more,
        }
        made: str = self.control.create_job(**given)["JobId"]
        return made

    def shown(self, identity: str) -> dict[str, Any]:
        found: dict[str, Any] = self.control.describe_job(account_id=self.desk.account, job_id=identity)["Job"]
        return found

    def run(self, operation: dict[str, Any], *args: Any, **more: Any) -> dict[str, Any]:
        identity = self.create(operation, *args, **more)
        self.desk.settle()
        return self.shown(identity)

    def report(self, identity: str) -> list[list[str]]:
        folder = f"r/job-{identity}"
        manifest = self.body(f"{folder}/manifest.json")
        assert self.body(f"{folder}/manifest.json.md5").decode() == hashlib.md5(manifest).hexdigest()
        rows: list[list[str]] = []
        for each in json.loads(manifest)["Results"]:
            body = self.body(each["Key"])
            assert hashlib.md5(body).hexdigest() == each["MD5Checksum"]
            rows += csv.reader(io.StringIO(body.decode()))
        return rows

    def body(self, key: str) -> bytes:
        found: bytes = self.s3.get_object(bucket="reports", key=key)["Body"]
        return found

    def tags(self, key: str) -> list[dict[str, str]]:
        found: list[dict[str, str]] = self.s3.get_object_tagging(bucket="first", key=key)["TagSet"]
        return found


def code(function: Callable[..., Any], *args: Any, **parameters: Any) -> str:
    with pytest.raises(AWSError) as caught:
        function(*args, **parameters)
    return caught.value.code


def test_every_object_of_a_list_is_tagged_and_reported(batch: Batch) -> None:
    job = batch.run(TAGGING, description="all of them")
    assert job["Status"] == "Complete", job
    assert job["ProgressSummary"] | {"Timers": None} == {
        "TotalNumberOfTasks": 3,
        "NumberOfTasksSucceeded": 3,
        "NumberOfTasksFailed": 0,
        "Timers": None,
    }
    assert job["JobArn"] == f"arn:aws:s3:us-east-1:{batch.desk.account}:job/{job['JobId']}"
    assert [batch.tags(key) for key in ("a b", "ü", "c")] == [[{"Key": "a", "Value": "b"}]] * 3
    assert batch.report(job["JobId"]) == [
        ["first", key, "", "succeeded", "200", "", "Successful"] for key in ("a+b", "%C3%BC", "c")
    ]


def test_a_task_that_fails_is_told_and_the_others_go_on(batch: Batch) -> None:
    job = batch.run(TAGGING, "first,a+b\nfirst,absent\nfirst,c\n")
    assert job["Status"] == "Complete"
    assert (job["ProgressSummary"]["NumberOfTasksSucceeded"], job["ProgressSummary"]["NumberOfTasksFailed"]) == (2, 1)
    assert batch.report(job["JobId"])[-1][:6] == ["first", "absent", "", "failed", "404", "NoSuchKey"]


def test_each_task_is_judged_as_the_role(batch: Batch) -> None:
    less = role(
        batch.desk, "less",
        {"Action": "s3:*", "Resource": "arn:aws:s3:::reports/*"},
        {"Action": "s3:PutObjectTagging", "Resource": "arn:aws:s3:::first/c"},
    )  # fmt: skip
    job = batch.run(TAGGING, role_arn=less)
    assert job["ProgressSummary"]["NumberOfTasksFailed"] == 2
    assert (batch.tags("a b"), batch.tags("c")) == ([], [{"Key": "a", "Value": "b"}])
    assert [row[5] for row in batch.report(job["JobId"]) if row[3] == "failed"] == ["AccessDenied", "AccessDenied"]


def test_the_role_must_be_handed_over_and_must_trust(batch: Batch, user: Callable[..., Any]) -> None:
    everything_but_passing = user("ann", {"Action": "s3:*", "Resource": "*"})
    batch.control = batch.desk.ask("s3control", everything_but_passing)
    assert code(batch.create, TAGGING) == "AccessDenied"
    batch.control = batch.desk.ask("s3control")
    iam = batch.desk.ask("iam")
    other = {**TRUST, "Statement": [{**TRUST["Statement"][0], "Principal": {"Service": "lambda.amazonaws.com"}}]}
    made = iam.create_role(role_name="strange", assume_role_policy_document=json.dumps(other))["Role"]["Arn"]
    job = batch.run(TAGGING, role_arn=made)
    assert job["Status"] == "Failed"
    assert job["FailureReasons"][0]["FailureCode"] == "AccessDenied"
    assert batch.tags("c") == []


def test_manifests_that_cannot_be_used(batch: Batch) -> None:
    wrong = batch.manifest("first,c\n")
    wrong["Location"]["ETag"] = '"0"'
    for text, more, reason in (
        ("first,c,more\n", {}, "Line 1 of the manifest has 3 fields instead of 2."),
        ("", {}, "The manifest lists no objects."),
        ("", {"manifest": wrong}, "The ETag of the manifest is not that of the object."),
    ):
        job = batch.run(TAGGING, text, **more)
        assert job["Status"] == "Failed"
        assert job["FailureReasons"][0]["FailureReason"].endswith(reason)


def test_columns_of_a_list_that_are_ignored(batch: Batch) -> None:
    manifest = batch.manifest("x,c,y,first\n", "Ignore", "Key", "Ignore", "Bucket")
    assert batch.run(TAGGING, manifest=manifest)["ProgressSummary"]["NumberOfTasksSucceeded"] == 1
    for fields in (("Bucket", "Ignore"), ("Bucket", "Key", "Key"), ("Bucket", "Key", "VersionId", "VersionId")):
        with pytest.raises(AWSError, match="The fields of a CSV manifest"):
            batch.run(TAGGING, manifest=batch.manifest("first,c,,\n", *fields))


def test_an_inventory_is_a_manifest(batch: Batch) -> None:
    lines = gzip.compress(b'"first","a+b","1"\n"first","c","1"\n')
    batch.s3.put_object(bucket="reports", key="i/data.csv.gz", body=lines)
    described = {
        "destinationBucket": "arn:aws:s3:::reports",
        "fileFormat": "CSV",
        "fileSchema": "Bucket, Key, Size",
        "files": [{"key": "i/data.csv.gz", "MD5checksum": hashlib.md5(lines).hexdigest()}],
    }
    etag = batch.s3.put_object(bucket="reports", key="i/manifest.json", body=json.dumps(described).encode())["ETag"]
    manifest = {
        "Spec": {"Format": "S3InventoryReport_CSV_20161130"},
        "Location": {"ObjectArn": "arn:aws:s3:::reports/i/manifest.json", "ETag": etag},
    }
    assert batch.run(TAGGING, manifest=manifest)["ProgressSummary"]["NumberOfTasksSucceeded"] == 2
    assert (batch.tags("c"), batch.tags("ü")) == ([{"Key": "a", "Value": "b"}], [])


def test_a_generated_manifest(batch: Batch) -> None:
    generator = {
        "S3JobManifestGenerator": {
            "SourceBucket": "arn:aws:s3:::first",
            "EnableManifestOutput": False,
            "Filter": {"KeyNameConstraint": {"MatchAnyPrefix": ["a", "x"]}},
        }
    }
    assert batch.run(TAGGING, manifest_generator=generator)["ProgressSummary"]["TotalNumberOfTasks"] == 1
    assert (batch.tags("a b"), batch.tags("c")) == ([{"Key": "a", "Value": "b"}], [])
    generator["S3JobManifestGenerator"]["EnableManifestOutput"] = True
    assert code(batch.create, TAGGING, manifest_generator=generator) == "InvalidRequest"


def test_a_manifest_is_read_and_worked_off_in_pages(batch: Batch, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "TASKS_PAGE", 2)
    monkeypatch.setattr(limits, "TASKS_STEP", 1)
    assert batch.run(TAGGING)["ProgressSummary"]["NumberOfTasksSucceeded"] == 3
    assert [row[1] for row in batch.run(TAGGING) and batch.report(batch.run(TAGGING)["JobId"])] == [
        "a+b",
        "%C3%BC",
        "c",
    ]


def test_a_job_that_fails_more_often_than_not_is_ended(batch: Batch, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "FAILING_TASKS", 4)
    job = batch.run(TAGGING, "first,c\n" + "first,absent\n" * 5)
    assert (job["Status"], job["ProgressSummary"]["NumberOfTasksFailed"]) == ("Failed", 5)
    job = batch.run(TAGGING, "first,c\n" * 3 + "first,absent\n" * 3)
    assert job["Status"] == "Complete"


def test_confirming_and_cancelling(batch: Batch) -> None:
    batch.desk.settle()
    identity = batch.create(TAGGING, confirmation_required=True)
    batch.desk.settle()
    assert (batch.shown(identity)["Status"], batch.shown(identity)["ProgressSummary"]["TotalNumberOfTasks"]) == (
        "Suspended", 3,
    )  # fmt: skip
    assert batch.shown(identity)["SuspendedCause"] == "Awaiting job confirmation."
    assert batch.tags("c") == []
    update = batch.control.update_job_status
    update(account_id=batch.desk.account, job_id=identity, requested_job_status="Ready", status_update_reason="yes")
    batch.desk.settle()
    assert (batch.shown(identity)["Status"], batch.shown(identity)["StatusUpdateReason"]) == ("Complete", "yes")
    again = {"account_id": batch.desk.account, "job_id": identity, "requested_job_status": "Cancelled"}
    assert code(update, **again) == "JobStatusException"
    other = batch.create({"S3DeleteObjectTagging": {}}, confirmation_required=True)
    batch.desk.settle()
    update(account_id=batch.desk.account, job_id=other, requested_job_status="Cancelled")
    batch.desk.settle()
    assert batch.shown(other)["Status"] == "Cancelled"
    assert batch.tags("c") == [{"Key": "a", "Value": "b"}]


def test_an_unconfirmed_job_fails_after_thirty_days_and_is_forgotten_after_ninety(batch: Batch) -> None:
    identity = batch.create(TAGGING, confirmation_required=True)
    batch.desk.advance(30 * 86_400 + 1)
    assert batch.shown(identity)["Status"] == "Failed"
    batch.desk.advance(90 * 86_400 + 1)
    assert code(batch.shown, identity) == "NoSuchJob"


def test_a_job_of_higher_priority_goes_first(batch: Batch, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "TASKS_STEP", 1)
    slow = batch.create(TAGGING, confirmation_required=True, priority=1)
    urgent = batch.create({"S3DeleteObjectTagging": {}}, confirmation_required=True, priority=2)
    batch.desk.settle()
    for identity in (slow, urgent):
        batch.control.update_job_status(account_id=batch.desk.account, job_id=identity, requested_job_status="Ready")
    batch.desk.settle()
    assert [batch.shown(each)["Status"] for each in (slow, urgent)] == ["Complete", "Complete"]
    assert batch.tags("c") == [{"Key": "a", "Value": "b"}]  # which the urgent one would have taken away


def test_listed_by_status_and_in_pages(batch: Batch) -> None:
    done = batch.run(TAGGING)["JobId"]
    batch.desk.advance(1)
    waits = batch.create(TAGGING, confirmation_required=True)
    batch.desk.settle()
    listed = batch.control.list_jobs
    page = listed(account_id=batch.desk.account, max_results=1)
    assert [each["JobId"] for each in page["Jobs"]] == [waits]
    rest = listed(account_id=batch.desk.account, next_token=page["NextToken"])
    assert [(each["JobId"], each["Operation"]) for each in rest["Jobs"]] == [(done, "S3PutObjectTagging")]
    found = listed(account_id=batch.desk.account, job_statuses=["Suspended"])["Jobs"]
    assert [each["JobId"] for each in found] == [waits]
    batch.control.update_job_priority(account_id=batch.desk.account, job_id=waits, priority=77)
    assert batch.shown(waits)["Priority"] == 77


def test_a_token_makes_one_job(batch: Batch) -> None:
    manifest = batch.manifest("first,c\n")
    first = batch.create(TAGGING, manifest=manifest, client_request_token="same")
    assert batch.create(TAGGING, manifest=manifest, client_request_token="same") == first
    other = {"manifest": manifest, "client_request_token": "same", "priority": 11}
    assert code(batch.create, TAGGING, **other) == "IdempotencyException"


@pytest.mark.parametrize("algorithm", ["SHA256", "XXHASH3"])
def test_copies_with_what_they_are_given_anew(batch: Batch, algorithm: str) -> None:
    batch.s3.create_bucket(bucket="second")
    batch.s3.put_object(bucket="first", key="long", body=b"x" * 100_000, metadata={"old": "1"})
    copy = {
        "TargetResource": "arn:aws:s3:::second",
        "TargetKeyPrefix": "to",
        "StorageClass": "STANDARD_IA",
        "NewObjectTagging": [{"Key": "k", "Value": "v w"}],
        "NewObjectMetadata": {"UserMetadata": {"new": "2"}, "ContentType": "text/plain"},
        "ChecksumAlgorithm": algorithm,
    }
    job = batch.run({"S3PutObjectCopy": copy}, "first,a+b\nfirst,long\n")
    assert job["ProgressSummary"]["NumberOfTasksSucceeded"] == 2, batch.report(job["JobId"])
    found = batch.s3.head_object(bucket="second", key="to/long", checksum_mode="ENABLED")
    assert found[f"Checksum{algorithm}"] == b64encode(digest(algorithm.lower(), b"x" * 100_000)).decode()
    assert (found["Metadata"], found["ContentType"], found["StorageClass"]) == (
        {"new": "2"},
        "text/plain",
        "STANDARD_IA",
    )
    assert batch.s3.get_object_tagging(bucket="second", key="to/a b")["TagSet"] == [{"Key": "k", "Value": "v w"}]


def test_restores_holds_retentions_and_acls(batch: Batch) -> None:
    s3 = batch.s3
    s3.create_bucket(bucket="locked", object_lock_enabled_for_bucket=True)
    s3.put_object(bucket="locked", key="k", body=b"x", storage_class="GLACIER")
    until = batch.desk.clock.now() + 10 * 86_400
    for operation in (
        {"S3InitiateRestoreObject": {"ExpirationInDays": 2, "GlacierJobTier": "BULK"}},
        {"S3PutObjectLegalHold": {"LegalHold": {"Status": "ON"}}},
        {"S3PutObjectRetention": {"Retention": {"Mode": "GOVERNANCE", "RetainUntilDate": until}}},
    ):
        job = batch.run(operation, "locked,k\n")
        assert job["ProgressSummary"]["NumberOfTasksSucceeded"] == 1, batch.report(job["JobId"])
    found = s3.head_object(bucket="locked", key="k")
    assert found["Restore"] == 'ongoing-request="true"'
    assert (found["ObjectLockLegalHoldStatus"], found["ObjectLockMode"]) == ("ON", "GOVERNANCE")
    acl = {"S3PutObjectAcl": {"AccessControlPolicy": {"CannedAccessControlList": "public-read"}}}
    assert batch.report(batch.run(acl, "first,c\n")["JobId"])[0][5] == "AccessControlListNotSupported"
    s3.delete_public_access_block(bucket="first")
    s3.put_bucket_ownership_controls(
        bucket="first", ownership_controls={"Rules": [{"ObjectOwnership": "BucketOwnerPreferred"}]}
    )
    assert batch.run(acl, "first,c\n")["ProgressSummary"]["NumberOfTasksSucceeded"] == 1
    assert len(s3.get_object_acl(bucket="first", key="c")["Grants"]) == 2


@pytest.mark.spec("s3control-005")
def test_existing_objects_are_replicated_once(batch: Batch) -> None:
    s3 = batch.s3
    s3.create_bucket(bucket="second")
    for name in ("first", "second"):
        s3.put_bucket_versioning(bucket=name, versioning_configuration={"Status": "Enabled"})
    old = s3.put_object(bucket="first", key="v", body=b"1")["VersionId"]
    new = s3.put_object(bucket="first", key="v", body=b"2")["VersionId"]
    everything = role(batch.desk, "replication", {"Action": "s3:*", "Resource": "*"})
    rule = {"Status": "Enabled", "Prefix": "", "Destination": {"Bucket": "arn:aws:s3:::second"}}
    s3.put_bucket_replication(bucket="first", replication_configuration={"Role": everything, "Rules": [rule]})
    batch.desk.settle()
    assert s3.list_objects_v2(bucket="second")["KeyCount"] == 0
    generator = {
        "S3JobManifestGenerator": {
            "SourceBucket": "arn:aws:s3:::first",
            "EnableManifestOutput": False,
            "Filter": {"EligibleForReplication": True, "ObjectReplicationStatuses": ["NONE", "FAILED"]},
        }
    }
    job = batch.run({"S3ReplicateObject": {}}, manifest_generator=generator)
    assert job["ProgressSummary"]["NumberOfTasksSucceeded"] == 5, batch.report(job["JobId"])
    found = s3.list_object_versions(bucket="second")["Versions"]
    assert sorted(each["Key"] for each in found) == ["a b", "c", "v", "v", "ü"]
    assert {each["VersionId"] for each in found if each["Key"] == "v"} == {old, new}
    assert s3.head_object(bucket="first", key="v")["ReplicationStatus"] == "COMPLETED"
    assert s3.get_object(bucket="second", key="v")["Body"] == b"2"
    assert batch.run({"S3ReplicateObject": {}}, manifest_generator=generator)["Status"] == "Failed"  # nothing is left
    batch.run(
        {"S3ReplicateObject": {}},
        f"first,v,{new}\n",
        manifest=batch.manifest(f"first,v,{new}\n", "Bucket", "Key", "VersionId"),
    )
    assert len(s3.list_object_versions(bucket="second")["Versions"]) == 5


def test_an_older_version_that_comes_later_lies_below(batch: Batch) -> None:
    s3 = batch.s3
    s3.create_bucket(bucket="second")
    for name in ("first", "second"):
        s3.put_bucket_versioning(bucket=name, versioning_configuration={"Status": "Enabled"})
    old = s3.put_object(bucket="first", key="v", body=b"1")["VersionId"]
    everything = role(batch.desk, "replication", {"Action": "s3:*", "Resource": "*"})
    rule = {"Status": "Enabled", "Prefix": "", "Destination": {"Bucket": "arn:aws:s3:::second"}}
    s3.put_bucket_replication(bucket="first", replication_configuration={"Role": everything, "Rules": [rule]})
    batch.desk.advance(10)
    new = s3.put_object(bucket="first", key="v", body=b"2")["VersionId"]
    batch.desk.settle()
    assert s3.get_object(bucket="second", key="v")["VersionId"] == new
    manifest = batch.manifest(f"first,v,{old}\n", "Bucket", "Key", "VersionId")
    job = batch.run({"S3ReplicateObject": {}}, manifest=manifest)
    assert job["Status"] == "Complete", job
    assert job["ProgressSummary"]["NumberOfTasksSucceeded"] == 1, batch.report(job["JobId"])
    found = s3.list_object_versions(bucket="second")["Versions"]
    assert [(each["VersionId"], each["IsLatest"]) for each in found] == [(new, True), (old, False)]
    assert s3.get_object(bucket="second", key="v")["Body"] == b"2"
    assert s3.get_object(bucket="second", key="v", version_id=old)["Body"] == b"1"
    assert [each["Key"] for each in s3.list_objects_v2(bucket="second")["Contents"]] == ["v"]
    s3.delete_object(bucket="second", key="v", version_id=new)
    assert s3.get_object(bucket="second", key="v")["Body"] == b"1"


def test_a_report_that_cannot_be_written_fails_the_job(batch: Batch) -> None:
    report = {
        "Bucket": "arn:aws:s3:::absent", "Format": "Report_CSV_20180820", "Enabled": True, "ReportScope": "AllTasks",
    }  # fmt: skip
    job = batch.run(TAGGING, report=report)
    assert (job["Status"], job["FailureReasons"][0]["FailureCode"]) == ("Failed", "NoSuchBucket")
    assert batch.tags("c") == [{"Key": "a", "Value": "b"}]


def test_what_is_no_job(batch: Batch) -> None:
    assert code(batch.create, {**TAGGING, "S3DeleteObjectTagging": {}}) == "InvalidRequest"
    assert code(batch.create, TAGGING, report={"Enabled": True}) == "InvalidRequest"
    for given in ({"ChecksumAlgorithm": "XXHASH5"}, {"ChecksumAlgorithm": "SHA1", "ChecksumType": "COMPOSITE"}):
        with pytest.raises(NotImplementedHere, match="S3ComputeObjectChecksum"):
            batch.create({"S3ComputeObjectChecksum": given})
    report = {"Enabled": False}
    assert code(batch.create, {"S3ComputeObjectChecksum": {}}, report=report) == "InvalidRequest"
    grant = {"Grantee": {"TypeIdentifier": "id", "Identifier": "a" * 64}, "Permission": "WRITE"}
    copy = {"TargetResource": "arn:aws:s3:::first", "AccessControlGrants": [grant]}
    assert code(batch.create, {"S3PutObjectCopy": copy}) == "InvalidRequest"
    assert code(batch.create, {"S3UpdateObjectEncryption": {"ObjectEncryption": {}}}) == "InvalidRequest"
    with pytest.raises(NotImplementedHere, match="RequesterPays"):
        batch.create({"S3PutObjectCopy": {"TargetResource": "arn:aws:s3:::first", "RequesterPays": True}})


def test_objects_get_another_key(batch: Batch) -> None:
    arn = batch.desk.ask("kms").create_key()["KeyMetadata"]["Arn"]
    batch.role = role(batch.desk, "keeper", {"Action": ["s3:*", "kms:*"], "Resource": "*"})
    wanted = {"ObjectEncryption": {"SSEKMS": {"KMSKeyArn": arn, "BucketKeyEnabled": True}}}
    job = batch.run({"S3UpdateObjectEncryption": wanted}, "first,c\nfirst,absent\n")
    assert [line[3:6] for line in batch.report(job["JobId"])] == [
        ["succeeded", "200", ""],
        ["failed", "404", "NoSuchKey"],
    ]
    found = batch.s3.head_object(bucket="first", key="c")
    assert (found["SSEKMSKeyId"], found["BucketKeyEnabled"]) == (arn, True)
