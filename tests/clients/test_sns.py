"""SNS with boto3: an HTTP endpoint that confirms itself and checks signatures, a function, S3, a server that is killed."""

from __future__ import annotations

import json
import ssl
import threading
import time
import urllib.request
from base64 import b64decode
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey

from skyjar.testing.running import Account
from tests.simulate.servers import Server

pytestmark = pytest.mark.client


def allow(action: str, principal: Any, resource: str, **more: Any) -> str:
    statement = {"Effect": "Allow", "Action": action, "Principal": principal, "Resource": resource, **more}
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]})


class Hook:
    """An HTTP server that keeps what it is posted and confirms subscriptions, as an application does."""

    def __init__(self) -> None:
        posts: list[tuple[dict[str, str], dict[str, Any]]] = []
        came = threading.Condition()

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
                self.send_response(200)
                self.send_header("Content-Length", "0")
                self.end_headers()
                with came:
                    posts.append(({name.lower(): value for name, value in self.headers.items()}, body))
                    came.notify_all()

            def log_message(self, format: str, *words: Any) -> None:
                pass

        self.posts, self._came = posts, came
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._thread = threading.Thread(target=self._server.serve_forever, daemon=True)
        self._thread.start()
        self.url = f"http://127.0.0.1:{self._server.server_port}/hook"

    def wait(self, count: int) -> None:
        with self._came:
            assert self._came.wait_for(lambda: len(self.posts) >= count, 20), self.posts

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()


@pytest.fixture
def hook() -> Iterator[Hook]:
    made = Hook()
    yield made
    made.close()


@pytest.mark.spec("sns-007", "sns-008")
def test_an_http_endpoint_confirms_itself_and_can_trust_what_it_gets(skyjar: Account, hook: Hook) -> None:
    sns = skyjar.client("sns")
    arn = sns.create_topic(Name="t", Attributes={"SignatureVersion": "2"})["TopicArn"]
    answer = sns.subscribe(TopicArn=arn, Protocol="http", Endpoint=hook.url)
    assert answer["SubscriptionArn"] == "pending confirmation"
    hook.wait(1)
    headers, asked = hook.posts[0]
    assert headers["x-amz-sns-message-type"] == "SubscriptionConfirmation"
    check(skyjar, asked, ("Message", "MessageId", "SubscribeURL", "Timestamp", "Token", "TopicArn", "Type"))
    with urllib.request.urlopen(asked["SubscribeURL"], timeout=10) as found:
        assert b"<SubscriptionArn>" + arn.encode() in found.read()
    sns.publish(TopicArn=arn, Message="hello", Subject="s")
    hook.wait(2)
    headers, told = hook.posts[1]
    assert (headers["x-amz-sns-message-type"], headers["x-amz-sns-topic-arn"]) == ("Notification", arn)
    check(skyjar, told, ("Message", "MessageId", "Subject", "Timestamp", "TopicArn", "Type"))
    with urllib.request.urlopen(told["UnsubscribeURL"], timeout=10) as found:
        assert found.status == 200
    assert sns.list_subscriptions_by_topic(TopicArn=arn)["Subscriptions"] == []


def check(account: Account, message: dict[str, Any], names: tuple[str, ...]) -> None:
    """As the Developer Guide says: fetch the certificate over TLS, verify the signature with its key."""
    running = account.running
    authority = running.call(lambda: running.cloud.edge.authority().certificate_path)
    context = ssl.create_default_context(cafile=str(authority))
    assert message["SigningCertURL"].startswith("https://")
    with urllib.request.urlopen(message["SigningCertURL"], timeout=10, context=context) as found:
        key = x509.load_pem_x509_certificate(found.read()).public_key()
    assert isinstance(key, RSAPublicKey)
    text = "".join(f"{name}\n{message[name]}\n" for name in names)
    key.verify(b64decode(message["Signature"]), text.encode(), padding.PKCS1v15(), hashes.SHA256())


@pytest.mark.spec("sns-009")
def test_a_function_is_invoked_once_it_lets_sns_in(
    skyjar: Account, sending_function: Callable[[Account, str], tuple[str, str]]
) -> None:
    sns, sqs, functions = skyjar.client("sns"), skyjar.client("sqs"), skyjar.client("lambda")
    told = 'event["Records"][0]["Sns"]["Message"] + " " + event["Records"][0]["EventSource"]'
    function, url = sending_function(skyjar, told)
    arn = sns.create_topic(Name="t")["TopicArn"]
    sns.subscribe(TopicArn=arn, Protocol="lambda", Endpoint=function)
    sns.publish(TopicArn=arn, Message="refused")
    skyjar.running.settle()
    functions.add_permission(
        FunctionName="f",
        StatementId="sns",
        Action="lambda:InvokeFunction",
        Principal="sns.amazonaws.com",
        SourceArn=arn,
    )
    sns.publish(TopicArn=arn, Message="hello")
    [message] = sqs.receive_message(QueueUrl=url, WaitTimeSeconds=20)["Messages"]
    assert message["Body"] == "hello aws:sns"


def test_errors_are_those_that_boto3_knows(skyjar: Account) -> None:
    sns = skyjar.client("sns")
    arn = f"arn:aws:sns:us-east-1:{skyjar.number}:gone"
    with pytest.raises(sns.exceptions.NotFoundException, match="Topic does not exist"):
        sns.get_topic_attributes(TopicArn=arn)
    with pytest.raises(sns.exceptions.InvalidParameterException, match="Invalid parameter: Topic Name"):
        sns.create_topic(Name="a b")
    with pytest.raises(ClientError) as caught:
        sns.subscribe(TopicArn=sns.create_topic(Name="t")["TopicArn"], Protocol="firehose", Endpoint="x")
    assert caught.value.response["ResponseMetadata"]["HTTPStatusCode"] == 501


def test_what_was_published_is_delivered_after_kill_9(tmp_path: Path) -> None:
    server = Server(tmp_path / "data")
    server.start()
    try:
        import boto3

        def client(service: str) -> Any:
            keys = {"aws_access_key_id": "111122223333", "aws_secret_access_key": "x", "region_name": "us-east-1"}
            return boto3.client(service, endpoint_url=server.endpoint, **keys)

        sns, sqs = client("sns"), client("sqs")
        queue = "arn:aws:sqs:us-east-1:111122223333:q"
        url = sqs.create_queue(QueueName="q", Attributes={"Policy": allow("sqs:SendMessage", "*", queue)})["QueueUrl"]
        arn = sns.create_topic(Name="t")["TopicArn"]
        sns.subscribe(TopicArn=arn, Protocol="sqs", Endpoint=queue, Attributes={"RawMessageDelivery": "true"})
        for round in range(3):
            for number in range(5):
                entries = [{"Id": str(n), "Message": f"{round}/{number}/{n}"} for n in range(10)]
                assert len(sns.publish_batch(TopicArn=arn, PublishBatchRequestEntries=entries)["Successful"]) == 10
            server.kill()
            server.start()
        bodies: list[str] = []
        deadline = time.monotonic() + 20
        while len(bodies) < 150 and time.monotonic() < deadline:
            found = sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10, WaitTimeSeconds=1)
            bodies += [each["Body"] for each in found.get("Messages", [])]
        assert sorted(bodies) == sorted(f"{r}/{i}/{n}" for r in range(3) for i in range(5) for n in range(10))
    finally:
        server.stop()
