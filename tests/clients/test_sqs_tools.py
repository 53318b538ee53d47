"""SQS with other clients: the AWS CLI, the extended client library, Lambda's event source mapping, the SDK for JavaScript."""

from __future__ import annotations

import importlib.util
import io
import json
import os
import shutil
import subprocess
import sys
import time
import zipfile
from pathlib import Path
from typing import Any

import pytest

from skyjar.testing.running import Account

pytestmark = pytest.mark.client
JS = Path(__file__).parents[2] / ".tools" / "js"


def aws(account: Account, *arguments: str) -> Any:
    command = [str(Path(sys.executable).parent / "aws"), "--endpoint-url", account.running.endpoint, "sqs", *arguments]
    environment = {**os.environ, **account.environment, "AWS_PAGER": ""}
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False, timeout=60)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout) if done.stdout else None


def test_the_cli_sends_receives_and_deletes(skyjar: Account) -> None:
    url = aws(skyjar, "create-queue", "--queue-name", "q", "--attributes", "VisibilityTimeout=60")["QueueUrl"]
    sent = aws(skyjar, "send-message", "--queue-url", url, "--message-body", "hello é")
    (got,) = aws(skyjar, "receive-message", "--queue-url", url, "--attribute-names", "All")["Messages"]
    assert (got["Body"], got["MessageId"]) == ("hello é", sent["MessageId"])
    aws(skyjar, "delete-message", "--queue-url", url, "--receipt-handle", got["ReceiptHandle"])
    assert aws(skyjar, "list-queues")["QueueUrls"] == [url]
    aws(skyjar, "delete-queue", "--queue-url", url)


EXTENDED = """
import json, boto3
plain, s3 = boto3.client("sqs"), boto3.client("s3")
s3.create_bucket(Bucket="BUCKET")
url = plain.create_queue(QueueName="q")["QueueUrl"]
import sqs_extended_client
extended = boto3.session.Session().client("sqs")
extended.large_payload_support, extended.delete_payload_from_s3 = "BUCKET", True
body = "x" * 2_000_000
extended.send_message(QueueUrl=url, MessageBody=body, MessageAttributes={})
raw = plain.receive_message(QueueUrl=url, MessageAttributeNames=["All"], VisibilityTimeout=0)["Messages"][0]
pointer = json.loads(raw["Body"])[1]
kept = s3.head_object(Bucket=pointer["s3BucketName"], Key=pointer["s3Key"])["ContentLength"]
got = extended.receive_message(QueueUrl=url, MessageAttributeNames=["All"])["Messages"][0]
extended.delete_message(QueueUrl=url, ReceiptHandle=got["ReceiptHandle"])
left = len(s3.list_objects_v2(Bucket="BUCKET").get("Contents", []))
size = raw["MessageAttributes"]["ExtendedPayloadSize"]["StringValue"]
print(json.dumps({"size": size, "kept": kept, "restored": got["Body"] == body, "left": left}))
"""


@pytest.mark.spec("sqs-019")
def test_the_extended_client_keeps_long_bodies_in_s3(skyjar: Account) -> None:
    """In a process of its own: the library takes the place of boto3's Session."""
    if importlib.util.find_spec("sqs_extended_client") is None:
        pytest.skip("amazon-sqs-extended-client is not installed")
    program = EXTENDED.replace("BUCKET", f"payloads-{skyjar.number}")
    environment = {**os.environ, **skyjar.environment}
    command = [sys.executable, "-c", program]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False, timeout=60)
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout) == {"size": "2000000", "kept": 2_000_000, "restored": True, "left": 0}


def archive(source: str) -> bytes:
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w") as into:
        into.writestr("index.py", source)
    return made.getvalue()


@pytest.mark.spec("sqs-022")
def test_a_function_consumes_a_queue(skyjar: Account) -> None:
    sqs, iam, functions = skyjar.client("sqs"), skyjar.client("iam"), skyjar.client("lambda")
    source, target = (sqs.create_queue(QueueName=name)["QueueUrl"] for name in ("source", "target"))
    arn = sqs.get_queue_attributes(QueueUrl=source, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    trust = {"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": {"Service": "lambda.amazonaws.com"}}
    role = iam.create_role(
        RoleName="r", AssumeRolePolicyDocument=json.dumps({"Version": "2012-10-17", "Statement": [trust]})
    )["Role"]["Arn"]
    allow = {"Effect": "Allow", "Action": ["sqs:*", "logs:*"], "Resource": "*"}
    document = json.dumps({"Version": "2012-10-17", "Statement": [allow]})
    iam.put_role_policy(RoleName="r", PolicyName="p", PolicyDocument=document)
    code = (
        "import boto3, os\n"
        "sqs = boto3.client('sqs')\n"
        "def handler(event, context):\n"
        "    for record in event['Records']:\n"
        "        sqs.send_message(QueueUrl=os.environ['TARGET'], MessageBody=record['body'].upper())\n"
    )
    functions.create_function(
        FunctionName="f", Runtime="python3.11", Handler="index.handler", Role=role, Code={"ZipFile": archive(code)},
        Timeout=20, Environment={"Variables": {"TARGET": target}},
    )  # fmt: skip
    functions.get_waiter("function_active_v2").wait(FunctionName="f")
    functions.create_event_source_mapping(FunctionName="f", EventSourceArn=arn, BatchSize=5)
    for body in ("a", "b", "c"):
        sqs.send_message(QueueUrl=source, MessageBody=body)
    came: set[str] = set()
    deadline = time.monotonic() + 60
    while len(came) < 3:
        assert time.monotonic() < deadline, came
        answer = sqs.receive_message(QueueUrl=target, MaxNumberOfMessages=10, WaitTimeSeconds=5)
        came |= {message["Body"] for message in answer.get("Messages", [])}
    assert came == {"A", "B", "C"}
    names = ["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"]
    while set(sqs.get_queue_attributes(QueueUrl=source, AttributeNames=names)["Attributes"].values()) != {"0"}:
        assert time.monotonic() < deadline, "consumed messages were not deleted"


def node(account: Account, program: str) -> Any:
    if shutil.which("node") is None or not (JS / "node_modules" / "@aws-sdk" / "client-kinesis").is_dir():
        pytest.skip("the SDK for JavaScript is not installed: tools/install.sh")
    command = ["node", "--input-type=module", "-e", program]
    environment = {**os.environ, **account.environment}
    done = subprocess.run(command, cwd=JS, env=environment, capture_output=True, text=True, check=False, timeout=60)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def test_the_javascript_sdk_sends_receives_and_deletes(skyjar: Account) -> None:
    found = node(
        skyjar,
        """
        import * as sqs from "@aws-sdk/client-sqs";
        const client = new sqs.SQSClient({});
        const { QueueUrl } = await client.send(new sqs.CreateQueueCommand({ QueueName: "q" }));
        const attributes = { a: { DataType: "Number", StringValue: "1" } };
        await client.send(new sqs.SendMessageCommand({ QueueUrl, MessageBody: "hé", MessageAttributes: attributes }));
        const got = await client.send(new sqs.ReceiveMessageCommand({ QueueUrl, MessageAttributeNames: ["All"] }));
        const [{ Body, ReceiptHandle, MessageAttributes }] = got.Messages;
        await client.send(new sqs.DeleteMessageCommand({ QueueUrl, ReceiptHandle }));
        const failure = await client.send(new sqs.SendMessageCommand({ QueueUrl: QueueUrl + "x", MessageBody: "x" }))
            .catch(error => error);
        console.log(JSON.stringify({ Body, value: MessageAttributes.a.StringValue, name: failure.name,
            isKind: failure instanceof sqs.QueueDoesNotExist }));
        """,
    )
    assert found == {"Body": "hé", "value": "1", "name": "QueueDoesNotExist", "isKind": True}
