"""CPU per call inside the process, without sockets: where the time of a request goes.

python bench/pipeline.py [--profile] [--operation send_message]
"""

from __future__ import annotations

import argparse
import asyncio
import cProfile
import pstats
import tempfile
import time
from pathlib import Path

from botocore.auth import SigV4Auth
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
}


def signed(
    service: str, content_type: str, target: str, body: bytes, key: str = "test", secret: str = "test"
) -> Request:
    headers = {"Content-Type": content_type, "User-Agent": "bench"}
    if target:
        headers["X-Amz-Target"] = target
    made = AWSRequest("POST", "http://127.0.0.1:4566/", headers, body)
    SigV4Auth(Credentials(key, secret), service, "us-east-1").add_auth(made)
    return Request("POST", "/", "", {"host": "127.0.0.1:4566"} | {k.lower(): v for k, v in made.headers.items()}, body)


class Answer:
    on_close = None

    def __call__(self, response: Response) -> None:
        self.response = response


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--profile", action="store_true")
    parser.add_argument("--operation", choices=sorted(CALLS))
    parser.add_argument("--calls", type=int, default=10_000)
    arguments = parser.parse_args()
    loop = asyncio.new_event_loop()
    cloud = Cloud(Settings(data=Path(tempfile.mkdtemp())))
    cloud.pipeline.start(loop)
    answer = Answer()
    create = ("sqs", "application/x-amz-json-1.0", "AmazonSQS.CreateQueue", b'{"QueueName":"q"}')
    cloud.pipeline.handle(signed(*create), answer)
    for name in [arguments.operation] if arguments.operation else CALLS:
        request = signed(*CALLS[name])
        cloud.pipeline.handle(request, answer)
        profile = cProfile.Profile() if arguments.profile else None
        began = time.process_time()
        if profile:
            profile.enable()
        for _ in range(arguments.calls):
            cloud.pipeline.handle(request, answer)
        if profile:
            profile.disable()
        took = time.process_time() - began
        print(f"{name:24s} {took / arguments.calls * 1e6:8.1f} us CPU/call   {answer.response.status}")
        if profile:
            pstats.Stats(profile).sort_stats("tottime").print_stats(28)


if __name__ == "__main__":
    main()
