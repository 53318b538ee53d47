"""Saving the whole state, bringing it back, and starting from nothing, with functions and waiting callers about."""

from __future__ import annotations

import io
import json
import urllib.error
import urllib.request
import zipfile
from base64 import b64decode
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import skyjar
from skyjar.testing.running import Running

pytestmark = pytest.mark.client
TRUST = {
    "Version": "2012-10-17",
    "Statement": [{"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}, "Action": "sts:AssumeRole"}],
}


@pytest.fixture
def own(tmp_path: Path) -> Iterator[Running]:
    with skyjar.running(data=tmp_path / "state") as cloud:
        yield cloud


def control(cloud: Running, path: str, body: dict[str, Any] | None = None) -> Any:
    data = json.dumps(body).encode() if body is not None else None
    request = urllib.request.Request(cloud.endpoint + path, data, {"content-type": "application/json"})
    with urllib.request.urlopen(request, timeout=30) as answer:
        return json.load(answer)


def make_function(cloud: Running, answer: str) -> None:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("app.py", f"def handler(event, context): return {answer!r}\n")
    role = cloud.client("iam").create_role(RoleName="r", AssumeRolePolicyDocument=json.dumps(TRUST))["Role"]["Arn"]
    cloud.client("lambda").create_function(
        FunctionName="f", Runtime="python3.11", Handler="app.handler", Role=role, Code={"ZipFile": packed.getvalue()}
    )


def invoke(cloud: Running) -> str:
    answer = cloud.client("lambda").invoke(FunctionName="f", LogType="Tail")
    payload = json.load(answer["Payload"])
    return str((payload, b64decode(answer["LogResult"])) if "FunctionError" in answer else payload)


def test_a_snapshot_brings_everything_back(own: Running) -> None:
    sqs, s3 = own.client("sqs"), own.client("s3")
    url = sqs.create_queue(QueueName="q")["QueueUrl"]
    sqs.send_message(QueueUrl=url, MessageBody="kept")
    s3.create_bucket(Bucket="kept")
    s3.put_object(Bucket="kept", Key="large", Body=b"x" * 300_000)
    make_function(own, "first")
    assert invoke(own) == "first"
    control(own, "/_skyjar/snapshots", {"name": "one"})
    sqs.purge_queue(QueueUrl=url)
    s3.delete_object(Bucket="kept", Key="large")
    control(own, "/_skyjar/reset", {})
    assert "QueueUrls" not in sqs.list_queues()
    make_function(own, "second")
    assert invoke(own) == "second"
    control(own, "/_skyjar/snapshots/load", {"name": "one"})
    assert sqs.receive_message(QueueUrl=url)["Messages"][0]["Body"] == "kept"
    assert s3.get_object(Bucket="kept", Key="large")["Body"].read() == b"x" * 300_000
    assert invoke(own) == "first"
    assert [item["name"] for item in control(own, "/_skyjar/snapshots")["snapshots"]] == ["one"]


@pytest.mark.parametrize("name", ["", "../x", "a/b", "." * 3, "x" * 65])
def test_a_name_that_is_a_path_is_refused(own: Running, name: str) -> None:
    with pytest.raises(urllib.error.HTTPError) as error:
        control(own, "/_skyjar/snapshots", {"name": name})
    assert error.value.code == 400


def test_state_survives_a_restart(tmp_path: Path) -> None:
    with skyjar.running(data=tmp_path / "state") as cloud:
        url = cloud.client("sqs").create_queue(QueueName="q")["QueueUrl"]
        cloud.client("sqs").send_message(QueueUrl=url, MessageBody="kept")
    with skyjar.running(data=tmp_path / "state") as cloud:
        found = cloud.client("sqs").receive_message(QueueUrl=url.replace(url.split("/")[2], cloud.endpoint[7:]))
        assert found["Messages"][0]["Body"] == "kept"
