"""Batch operations with boto3: a real function for every object of a list."""

from __future__ import annotations

import csv
import hashlib
import io
import json
import time
import zipfile
from typing import Any

import pytest

from skyjar.testing.running import Account

pytestmark = pytest.mark.client

FUNCTION = """
import boto3, os
from urllib.parse import unquote_plus

def handler(event, context):
    task = event["tasks"][0]
    key = unquote_plus(task["s3Key"])
    said = {"invocationSchemaVersion": "2.0", "treatMissingKeysAs": "PermanentFailure", "invocationId": event["invocationId"]}
    if key == "raises":
        raise ValueError("no")
    if key == "silent":
        return {**said, "results": []}
    s3 = boto3.client("s3")
    if key == "later":
        try:
            s3.head_object(Bucket=task["s3Bucket"], Key="tried")
        except Exception:
            s3.put_object(Bucket=task["s3Bucket"], Key="tried")
            return {**said, "results": [{"taskId": task["taskId"], "resultCode": "TemporaryFailure", "resultString": "wait"}]}
    text = event["job"]["userArguments"]["word"] + " " + key
    return {**said, "results": [{"taskId": task["taskId"], "resultCode": "Succeeded", "resultString": text}]}
"""


def allow(action: Any, principal: str = "", resource: str = "*") -> str:
    about: dict[str, Any] = {"Principal": {"Service": principal}} if principal else {"Resource": resource}
    return json.dumps({"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": action, **about}]})


def role(account: Account, name: str, service: str) -> str:
    iam = account.client("iam")
    made: str = iam.create_role(RoleName=name, AssumeRolePolicyDocument=allow("sts:AssumeRole", service))["Role"]["Arn"]
    iam.put_role_policy(RoleName=name, PolicyName="p", PolicyDocument=allow(["s3:*", "lambda:InvokeFunction"]))
    return made


def archive(source: str) -> bytes:
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w") as into:
        into.writestr("index.py", source)
    return made.getvalue()


def test_a_function_for_every_object(account: Account, found_names: None) -> None:
    s3, functions = account.client("s3"), account.client("lambda")
    control = account.session().client(
        "s3control", endpoint_url=account.running.endpoint.replace("127.0.0.1", "localhost")
    )
    bucket = f"batch-{account.number}"
    s3.create_bucket(Bucket=bucket)
    function = functions.create_function(
        FunctionName="each",
        Runtime="python3.11",
        Handler="index.handler",
        Role=role(account, "function", "lambda.amazonaws.com"),
        Code={"ZipFile": archive(FUNCTION)},
    )["FunctionArn"]
    functions.get_waiter("function_active_v2").wait(FunctionName="each")
    lines = "".join(f"{bucket},{key}\n" for key in ("a+b", "raises", "silent", "later"))
    etag = s3.put_object(Bucket=bucket, Key="list.csv", Body=lines.encode())["ETag"]
    job = control.create_job(
        AccountId=account.number,
        Operation={
            "LambdaInvoke": {
                "FunctionArn": function, "InvocationSchemaVersion": "2.0", "UserArguments": {"word": "done"},
            }
        },
        Report={
            "Bucket": f"arn:aws:s3:::{bucket}",
            "Format": "Report_CSV_20180820",
            "Enabled": True,
            "ReportScope": "AllTasks",
        },
        ClientRequestToken="t",
        Priority=1,
        RoleArn=role(account, "batch", "batchoperations.s3.amazonaws.com"),
        Manifest={
            "Spec": {"Format": "S3BatchOperations_CSV_20180820", "Fields": ["Bucket", "Key"]},
            "Location": {"ObjectArn": f"arn:aws:s3:::{bucket}/list.csv", "ETag": etag},
        },
    )["JobId"]  # fmt: skip
    for _ in range(400):
        shown = control.describe_job(AccountId=account.number, JobId=job)["Job"]
        if shown["Status"] in ("Complete", "Failed"):
            break
        time.sleep(0.05)
    assert shown["Status"] == "Complete", shown
    manifest = json.loads(s3.get_object(Bucket=bucket, Key=f"job-{job}/manifest.json")["Body"].read())
    report = "".join(
        s3.get_object(Bucket=bucket, Key=each["Key"])["Body"].read().decode() for each in manifest["Results"]
    )
    lines_of = dict(line.split(",", 2)[1:] for line in report.splitlines())
    assert lines_of["a+b"] == ",succeeded,200,,done a b"
    assert lines_of["later"] == ",succeeded,200,,done later"
    assert lines_of["raises"].startswith(',failed,200,PermanentFailure,"Lambda returned function error:')
    assert lines_of["silent"].startswith(",failed,200,PermanentFailure,")


def test_checksums_of_a_generated_list_that_is_kept(account: Account, found_names: None) -> None:
    s3 = account.client("s3")
    control = account.session().client(
        "s3control", endpoint_url=account.running.endpoint.replace("127.0.0.1", "localhost")
    )
    bucket = f"batch-{account.number}"
    s3.create_bucket(Bucket=bucket)
    s3.put_object(Bucket=bucket, Key="data/a", Body=b"hello")
    place = {
        "Bucket": f"arn:aws:s3:::{bucket}", "ManifestPrefix": "lists", "ManifestFormat": "S3InventoryReport_CSV_20211130",
        "ManifestEncryption": {"SSEKMS": {"KeyId": "alias/aws/s3"}},
    }  # fmt: skip
    generator = {
        "SourceBucket": f"arn:aws:s3:::{bucket}", "EnableManifestOutput": True, "ManifestOutputLocation": place,
        "Filter": {"KeyNameConstraint": {"MatchAnyPrefix": ["data/"]}},
    }  # fmt: skip
    job = control.create_job(
        AccountId=account.number,
        Operation={"S3ComputeObjectChecksum": {"ChecksumAlgorithm": "SHA256"}},
        Report={
            "Bucket": f"arn:aws:s3:::{bucket}", "Format": "Report_CSV_20180820", "Enabled": True, "ReportScope": "AllTasks",
        },
        ClientRequestToken="t",
        ManifestGenerator={"S3JobManifestGenerator": generator},
        Priority=1,
        RoleArn=role(account, "batch", "batchoperations.s3.amazonaws.com"),
        ConfirmationRequired=False,
        Tags=[{"Key": "a", "Value": "b"}],
    )["JobId"]  # fmt: skip
    account.running.settle()
    told = control.describe_job(AccountId=account.number, JobId=job)["Job"]
    assert told["Status"] == "Complete", told
    key = told["GeneratedManifestDescriptor"]["Location"]["ObjectArn"].partition("/")[2]
    assert s3.head_object(Bucket=bucket, Key=key)["ServerSideEncryption"] == "aws:kms"
    (report,) = [each["Key"] for each in s3.list_objects_v2(Bucket=bucket, Prefix=f"job-{job}/results/")["Contents"]]
    ((*_, message),) = csv.reader(io.StringIO(s3.get_object(Bucket=bucket, Key=report)["Body"].read().decode()))
    assert json.loads(message)["checksum_hex"] == hashlib.sha256(b"hello").hexdigest().upper()
    assert control.get_job_tagging(AccountId=account.number, JobId=job)["Tags"] == [{"Key": "a", "Value": "b"}]
    point = control.create_access_point(
        AccountId=account.number, Name="front", Bucket=bucket, Tags=[{"Key": "a", "Value": "b"}]
    )["AccessPointArn"]
    control.tag_resource(AccountId=account.number, ResourceArn=point, Tags=[{"Key": "c", "Value": "d"}])
    control.untag_resource(AccountId=account.number, ResourceArn=point, TagKeys=["a"])
    held = control.list_tags_for_resource(AccountId=account.number, ResourceArn=point)["Tags"]
    assert held == [{"Key": "c", "Value": "d"}]
