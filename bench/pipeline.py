"""CPU per call inside the process, without sockets: where the time of a request goes.

The queue has a policy, so that every call on it is judged; `--issued` signs with a user's keys, whose own policy is judged
as well.

python bench/pipeline.py [--issued] [--profile] [--operation send_message]
"""

from __future__ import annotations

import argparse
import asyncio
import cProfile
import pstats
import tempfile
import time
from base64 import b64encode
from collections.abc import Callable
from pathlib import Path
from statistics import median
from typing import Any
from urllib.parse import quote
from zlib import crc32

import orjson
from botocore.auth import S3SigV4Auth, SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

from skyjar.app import Cloud, Settings
from skyjar.wire.http import Request, Response

CALLS = {
    "get_caller_identity": (
        "sts",
        "application/x-www-form-urlencoded; charset=utf-8",
        "",
        b"Action=GetCallerIdentity&Version=2011-06-15",
    ),
    "send_message": (
        "sqs",
        "application/x-amz-json-1.0",
        "AmazonSQS.SendMessage",
        b'{"QueueUrl":"http://127.0.0.1:4566/000000000000/q","MessageBody":"hello hello hello"}',
    ),
    "receive_message": (
        "sqs",
        "application/x-amz-json-1.0",
        "AmazonSQS.ReceiveMessage",
        b'{"QueueUrl":"http://127.0.0.1:4566/000000000000/q","MaxNumberOfMessages":1}',
    ),
    "send_message_batch": (
        "sqs",
        "application/x-amz-json-1.0",
        "AmazonSQS.SendMessageBatch",
        b'{"QueueUrl":"http://127.0.0.1:4566/000000000000/q","Entries":['
        + b",".join(b'{"Id":"%d","MessageBody":"hello hello"}' % n for n in range(10))
        + b"]}",
    ),
    "put_item": (
        "dynamodb",
        "application/x-amz-json-1.0",
        "DynamoDB_20120810.PutItem",
        b'{"TableName":"bench","Item":{"pk":{"S":"a"},"name":{"S":"benchmark item"},"n":{"N":"12345"},"tags":{"L":[{"S":"a"},'
        b'{"S":"b"}]},"m":{"M":{"x":{"N":"1"},"y":{"BOOL":true}}},"blob":{"S":"' + b"z" * 80 + b'"}}}',
    ),
    "get_item": (
        "dynamodb",
        "application/x-amz-json-1.0",
        "DynamoDB_20120810.GetItem",
        b'{"TableName":"bench","Key":{"pk":{"S":"a"}}}',
    ),
}
KEYED = ("put_item", "get_item")
OBJECTS = {
    "put_object": ("PUT", "/bench-bucket/folder/key", b"x" * 1024),
    "get_object": ("GET", "/bench-bucket/folder/key", b""),
    "head_object": ("HEAD", "/bench-bucket/folder/key", b""),
}
TABLE = (
    b'{"TableName":"bench","KeySchema":[{"AttributeName":"pk","KeyType":"HASH"}],"BillingMode":"PAY_PER_REQUEST",'
    b'"AttributeDefinitions":[{"AttributeName":"pk","AttributeType":"S"}]}'
)
POLICY = {"Statement": [{"Effect": "Allow", "Principal": "*", "Action": "sqs:*", "Resource": "*"}]}
OWN = {
    "Version": "2012-10-17",
    "Statement": [{"Effect": "Allow", "Action": ["sqs:*", "iam:*", "dynamodb:*", "s3:*"], "Resource": "*"}],
}
CHUNK = 500  # calls timed at once; the median of many chunks holds on a busy machine
QUEUE = b'{"QueueUrl":"http://127.0.0.1:4566/000000000000/q",'


def signed(
    service: str, content_type: str, target: str, body: bytes, key: str = "test", secret: str = "test"
) -> Request:
    headers = {"Content-Type": content_type, "User-Agent": "bench"}
    if target:
        headers["X-Amz-Target"] = target
    made = AWSRequest("POST", "http://127.0.0.1:4566/", headers, body)
    SigV4Auth(Credentials(key, secret), service, "us-east-1").add_auth(made)
    return Request("POST", "/", "", {"host": "127.0.0.1:4566"} | {k.lower(): v for k, v in made.headers.items()}, body)


def signed_s3(method: str, path: str, body: bytes, key: str = "test", secret: str = "test") -> Request:
    sent = {"User-Agent": "bench"}
    if body:  # as botocore sends it
        sent |= {
            "x-amz-sdk-checksum-algorithm": "CRC32",
            "x-amz-checksum-crc32": b64encode(crc32(body).to_bytes(4)).decode(),
        }
    made = AWSRequest(method, f"http://127.0.0.1:4566{path}", sent, body)
    S3SigV4Auth(Credentials(key, secret), "s3", "us-east-1").add_auth(made)
    headers = {name.lower(): value for name, value in made.headers.items()}
    return Request(method, path, "", {"host": "127.0.0.1:4566", "content-length": str(len(body))} | headers, body)


class Answer:
    on_close = None

    def __call__(self, response: Response) -> None:
        self.response = response

    def json(self) -> Any:
        assert isinstance(self.response.body, bytes)
        return orjson.loads(self.response.body)


class Bench:
    """A turn of the loop has one call here, so each is written by itself; with more connections, some share a write."""

    def __init__(self, is_issued: bool) -> None:
        self.cloud = Cloud(Settings(data=Path(tempfile.mkdtemp())))
        loop = asyncio.new_event_loop()
        self.soon: list[Callable[[], object]] = []
        loop.call_soon = lambda work, *_, **__: self.soon.append(work)  # type: ignore[assignment,return-value]
        self.cloud.pipeline.start(loop)
        self.answer = Answer()
        self.keys = ("test", "test")
        queue = orjson.dumps({"QueueName": "q", "Attributes": {"Policy": orjson.dumps(POLICY).decode()}})
        self.handle(self.json("CreateQueue", queue))
        self.handle(
            signed("dynamodb", "application/x-amz-json-1.0", "DynamoDB_20120810.CreateTable", TABLE, *self.keys)
        )
        self.handle(signed_s3("PUT", "/bench-bucket", b""))
        self.handle(signed_s3(*OBJECTS["put_object"]))
        if is_issued:
            self.keys = self._user()

    def _user(self) -> tuple[str, str]:
        form = "application/x-www-form-urlencoded; charset=utf-8"

        def iam(text: str) -> bytes:
            self.handle(signed("iam", form, "", f"Version=2010-05-08&UserName=bench&{text}".encode(), *self.keys))
            assert isinstance(self.answer.response.body, bytes)
            return self.answer.response.body

        iam("Action=CreateUser")
        iam("Action=PutUserPolicy&PolicyName=own&PolicyDocument=" + quote(orjson.dumps(OWN).decode()))
        made = iam("Action=CreateAccessKey").decode()
        return made.split("<AccessKeyId>")[1].split("<")[0], made.split("<SecretAccessKey>")[1].split("<")[0]

    def json(self, operation: str, body: bytes) -> Request:
        return signed("sqs", "application/x-amz-json-1.0", f"AmazonSQS.{operation}", body, *self.keys)

    def handle(self, request: Request) -> None:
        self.cloud.pipeline.handle(request, self.answer)
        while self.soon:
            self.soon.pop()()
        assert self.answer.response.status == 200, self.answer.response.body

    def requests(self, name: str, calls: int) -> list[Request]:
        if name in OBJECTS:
            return [signed_s3(*OBJECTS[name], *self.keys)] * calls
        if name in KEYED:
            service, kind, target, body = CALLS[name]
            several = [
                body.replace(b'{"S":"a"}', b'{"S":"a%02d"}' % n) for n in range(64)
            ]  # one alone would be throttled
            made = [signed(service, kind, target, each, *self.keys) for each in several]
            return (made * (calls // 64 + 1))[:calls]
        if name != "cycle":
            return [signed(*CALLS[name], *self.keys)] * calls
        send, receive = (signed(*CALLS[each], *self.keys) for each in ("send_message", "receive_message"))
        clock = self.cloud.pipeline.clock
        clock.set(clock.now() + 61)  # a queue may be purged once a minute
        self.handle(self.json("PurgeQueue", QUEUE[:-1] + b"}"))
        deletes = []
        for _ in range(calls):  # each handle is known only when its message is received, which is not measured
            self.handle(send)
            self.handle(receive)
            handle = self.answer.json()["Messages"][0]["ReceiptHandle"]
            deletes.append(self.json("DeleteMessage", QUEUE + b'"ReceiptHandle":"' + handle.encode() + b'"}'))
        return deletes


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--profile", action="store_true")
    parser.add_argument("--issued", action="store_true")
    parser.add_argument("--operation", choices=[*CALLS, *OBJECTS, "delete_message"])
    parser.add_argument("--calls", type=int, default=10_000)
    arguments = parser.parse_args()
    bench = Bench(arguments.issued)
    for name in [arguments.operation] if arguments.operation else [*CALLS, *OBJECTS, "delete_message"]:
        warm = bench.requests("cycle" if name == "delete_message" else name, 300)
        for request in warm:
            bench.handle(request)
        requests = bench.requests("cycle" if name == "delete_message" else name, arguments.calls)
        profile = cProfile.Profile() if arguments.profile else None
        if profile:
            profile.enable()
        took = []
        for start in range(0, len(requests), CHUNK):
            began = time.process_time()
            for request in requests[start : start + CHUNK]:
                bench.handle(request)
            took.append((time.process_time() - began) / CHUNK * 1e6)
        if profile:
            profile.disable()
        print(f"{name:24s} {median(took):8.1f} us CPU/call (least {min(took):.1f})")
        if profile:
            pstats.Stats(profile).sort_stats("tottime").print_stats(34)


if __name__ == "__main__":
    main()
