"""`kill -9` in the middle of a deployment, and what a killed server leaves running."""

from __future__ import annotations

import io
import random
import time
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import boto3
import orjson
import pytest
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from skyjar.kernel.rocks import RocksDriver
from skyjar.kernel.store import Store
from skyjar.services.sqs import state

from .servers import Server, Wire, descendants, eventually, still_alive

QUEUES = 150
PLAIN = Config(retries={"total_max_attempts": 1}, connect_timeout=5, read_timeout=30)


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Server]:
    made = Server(tmp_path / "data")
    made.start()
    yield made
    made.stop()


def client(server: Server, service: str) -> Any:
    return boto3.client(
        service, endpoint_url=server.endpoint, config=PLAIN, region_name="us-east-1", aws_access_key_id="test",
        aws_secret_access_key="test",
    )  # fmt: skip


def template(queues: int, breaks: bool) -> str:
    """A chain of queues, a table and a bucket; with `breaks`, something at its end that cannot be made."""
    resources: dict[str, Any] = {
        "Table": {
            "Type": "AWS::DynamoDB::Table",
            "Properties": {
                "TableName": "deployed",
                "BillingMode": "PAY_PER_REQUEST",
                "KeySchema": [{"AttributeName": "id", "KeyType": "HASH"}],
                "AttributeDefinitions": [{"AttributeName": "id", "AttributeType": "S"}],
            },
        },
        "Bucket": {"Type": "AWS::S3::Bucket", "Properties": {"BucketName": "deployed"}},
    }
    for n in range(queues):
        resources[f"Queue{n}"] = {"Type": "AWS::SQS::Queue", "Properties": {"QueueName": f"deployed-{n}"}}
        if n:
            resources[f"Queue{n}"]["DependsOn"] = f"Queue{n - 1}"
    if breaks:
        redrive = {"deadLetterTargetArn": "arn:aws:sqs:us-east-1:000000000000:nowhere", "maxReceiveCount": 3}
        resources["Broken"] = {
            "Type": "AWS::SQS::Queue", "DependsOn": f"Queue{queues - 1}", "Properties": {"RedrivePolicy": redrive},
        }  # fmt: skip
    return orjson.dumps({"Resources": resources}).decode()


def status(server: Server) -> str:
    try:
        return str(client(server, "cloudformation").describe_stacks(StackName="app")["Stacks"][0]["StackStatus"])
    except (ClientError, BotoCoreError) as error:
        return f"{type(error).__name__}: {error}"


def settled(server: Server) -> str:
    found = ""
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline:
        found = status(server)
        if not found.endswith("_IN_PROGRESS"):
            return found
        time.sleep(0.05)
    return found


def queues(server: Server) -> int:
    return len(client(server, "sqs").list_queues().get("QueueUrls", []))


def create(server: Server, breaks: bool) -> None:
    client(server, "cloudformation").create_stack(StackName="app", TemplateBody=template(QUEUES, breaks))


def made(server: Server) -> int:
    """How many queues a killed server's store holds."""
    driver = RocksDriver(server.data / "store")
    tx = Store(driver).begin()
    found = sum(1 for _ in state.queues.anywhere(tx))
    driver.close()
    return found


def kill_in_the_middle(server: Server, kills: int) -> list[int]:
    """Kill and start again while it is at work, a random moment after its first sign; returns how many queues there were."""
    found: list[int] = []
    for _ in range(kills):
        wire = Wire(server.port)
        deadline = time.monotonic() + 20
        while time.monotonic() < deadline:
            if 0 < len(wire.done("sqs", "AmazonSQS.ListQueues", {}).get("QueueUrls", ())) < QUEUES:
                break
        time.sleep(random.random() * 0.02)
        server.kill()
        wire.close()
        found.append(made(server))
        server.start()
    return found


@pytest.mark.parametrize(
    ("breaks", "end", "left"), [(False, "CREATE_COMPLETE", QUEUES), (True, "ROLLBACK_COMPLETE", 0)]
)
def test_a_deployment_goes_on_by_itself_after_a_kill(server: Server, breaks: bool, end: str, left: int) -> None:
    client(server, "sqs").list_queues()
    create(server, breaks)
    seen = kill_in_the_middle(server, 1)
    assert 0 < seen[0] < QUEUES
    assert settled(server) == end, server.errors()[-3000:]
    assert queues(server) == left
    tables = client(server, "dynamodb").list_tables()["TableNames"]
    buckets = client(server, "s3").list_buckets()["Buckets"]
    assert (len(tables), len(buckets)) == ((0, 0) if breaks else (1, 1))
    events = client(server, "cloudformation").describe_stack_events(StackName="app")["StackEvents"]
    assert events[0]["ResourceStatus"] == end
    assert "Traceback" not in server.errors()


def test_a_deletion_goes_on_by_itself_after_a_kill(server: Server) -> None:
    create(server, False)
    assert settled(server) == "CREATE_COMPLETE"
    client(server, "cloudformation").delete_stack(StackName="app")
    seen = kill_in_the_middle(server, 1)
    assert 0 < seen[0] < QUEUES
    assert "does not exist" in settled(server)
    assert queues(server) == 0


CODE = "import os\ndef handler(event, context):\n    return os.getpid()\n"


def test_a_killed_server_leaves_no_child_process_behind(server: Server) -> None:
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w") as file:
        file.writestr("code.py", CODE)
    trust = {
        "Statement": [{"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}, "Action": "sts:AssumeRole"}]
    }
    role = client(server, "iam").create_role(RoleName="r", AssumeRolePolicyDocument=orjson.dumps(trust).decode())
    functions = client(server, "lambda")
    functions.create_function(
        FunctionName="f", Runtime="python3.11", Handler="code.handler", Role=role["Role"]["Arn"],
        Code={"ZipFile": archive.getvalue()},
    )  # fmt: skip
    answer = functions.invoke(FunctionName="f")
    assert answer["StatusCode"] == 200
    assert int(answer["Payload"].read()) > 0
    children = descendants(server.process.pid)
    assert children
    server.kill()
    assert eventually(lambda: not still_alive(children), 5), still_alive(children)
    server.start()
    assert int(client(server, "lambda").invoke(FunctionName="f")["Payload"].read()) > 0
