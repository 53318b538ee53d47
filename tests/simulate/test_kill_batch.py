"""`kill -9` in the middle of a batch operations job: no task is lost, none is counted twice."""

from __future__ import annotations

import json
import socket
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import boto3
import pytest
from botocore.config import Config

from .servers import Server, eventually

TASKS = 9000
PLAIN = Config(retries={"total_max_attempts": 1}, connect_timeout=5, read_timeout=30)


@pytest.fixture
def server(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Server]:
    """boto3 puts the account before the endpoint's host; not every machine finds such a name."""
    find = socket.getaddrinfo
    monkeypatch.setattr(
        socket,
        "getaddrinfo",
        lambda host, *more: find("127.0.0.1" if str(host).endswith("localhost") else host, *more),
    )
    made = Server(tmp_path / "data")
    made.start()
    yield made
    made.stop()


def client(server: Server, service: str) -> Any:
    return boto3.client(
        service, endpoint_url=server.endpoint.replace("127.0.0.1", "localhost"), config=PLAIN, region_name="us-east-1", aws_access_key_id="test",
        aws_secret_access_key="test",
    )  # fmt: skip


def document(**statement: Any) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": [{"Effect": "Allow", **statement}]})


def progress(control: Any, account: str, job: str) -> dict[str, Any]:
    found: dict[str, Any] = control.describe_job(AccountId=account, JobId=job)["Job"]
    return found


def test_a_job_goes_on_where_it_was(server: Server) -> None:
    account = client(server, "sts").get_caller_identity()["Account"]
    s3, iam = client(server, "s3"), client(server, "iam")
    s3.create_bucket(Bucket="first")
    for number in range(10):
        s3.put_object(Bucket="first", Key=f"k{number}", Body=b"x")
    trust = document(Action="sts:AssumeRole", Principal={"Service": "batchoperations.s3.amazonaws.com"})
    role = iam.create_role(RoleName="batch", AssumeRolePolicyDocument=trust)["Role"]["Arn"]
    iam.put_role_policy(RoleName="batch", PolicyName="p", PolicyDocument=document(Action="s3:*", Resource="*"))
    lines = "".join(f"first,k{number % 10}\n" for number in range(TASKS)).encode()
    etag = s3.put_object(Bucket="first", Key="list.csv", Body=lines)["ETag"]
    control = client(server, "s3control")
    job = control.create_job(
        AccountId=account,
        Operation={"S3PutObjectTagging": {"TagSet": [{"Key": "a", "Value": "b"}]}},
        Report={
            "Bucket": "arn:aws:s3:::first",
            "Format": "Report_CSV_20180820",
            "Enabled": True,
            "ReportScope": "AllTasks",
        },
        ClientRequestToken="t",
        Priority=1,
        RoleArn=role,
        ConfirmationRequired=False,
        Manifest={
            "Spec": {"Format": "S3BatchOperations_CSV_20180820", "Fields": ["Bucket", "Key"]},
            "Location": {"ObjectArn": "arn:aws:s3:::first/list.csv", "ETag": etag},
        },
    )["JobId"]
    kills = 0
    for part in (0.1, 0.5):
        seen = eventually(
            lambda part=part, control=control: (
                (now := progress(control, account, job))["ProgressSummary"]["NumberOfTasksSucceeded"] > TASKS * part
                and now
            ),
        )
        kills += seen["Status"] == "Active"
        server.kill()
        server.start()
        control = client(server, "s3control")
    assert kills, "the job was over before the first kill"
    eventually(lambda: progress(control, account, job)["Status"] == "Complete", within_s=60)
    done = progress(control, account, job)["ProgressSummary"]
    assert (done["TotalNumberOfTasks"], done["NumberOfTasksSucceeded"]) == (TASKS, TASKS)
    manifest = json.loads(
        client(server, "s3").get_object(Bucket="first", Key=f"job-{job}/manifest.json")["Body"].read()
    )
    (result,) = manifest["Results"]
    report = client(server, "s3").get_object(Bucket="first", Key=result["Key"])["Body"].read()
    assert report.count(b"\n") == TASKS
