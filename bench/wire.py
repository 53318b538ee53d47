"""How long the wire layer takes for the requests that matter most: `python bench/wire.py`."""

from __future__ import annotations

import timeit
from collections.abc import Callable
from functools import partial
from typing import Any

from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

from skyjar.wire import sigv4
from skyjar.wire.codec import codec
from skyjar.wire.http import Request

KEYS = Credentials("AKIDEXAMPLE", "secret")

CASES: list[tuple[str, str, str, bytes, dict[str, Any]]] = [
    (
        "sqs",
        "json",
        "AmazonSQS.SendMessage",
        b'{"QueueUrl":"http://h:4566/000000000000/q","MessageBody":"hello"}',
        {"MessageId": "5f2c", "MD5OfMessageBody": "5d41"},
    ),
    (
        "sqs",
        "json",
        "AmazonSQS.ReceiveMessage",
        b'{"QueueUrl":"http://h:4566/000000000000/q"}',
        {"Messages": [{"MessageId": "a", "ReceiptHandle": "b", "MD5OfBody": "c", "Body": "d"}]},
    ),
    (
        "sts",
        "query",
        "",
        b"Action=GetCallerIdentity&Version=2011-06-15",
        {"UserId": "a", "Account": "000000000000", "Arn": "arn:aws:iam::000000000000:root"},
    ),
    (
        "dynamodb",
        "json",
        "DynamoDB_20120810.PutItem",
        b'{"TableName":"table","Item":{"pk":{"S":"a"},"sk":{"S":"b"},"n":{"N":"1"},"b":{"B":"aGk="}}}',
        {},
    ),
    (
        "dynamodb",
        "json",
        "DynamoDB_20120810.GetItem",
        b'{"TableName":"table","Key":{"pk":{"S":"a"},"sk":{"S":"b"}}}',
        {"Item": {"pk": {"S": "a"}, "sk": {"S": "b"}, "n": {"N": "1"}, "b": {"B": b"hi"}}},
    ),
]


def signed(service: str, target: str, body: bytes) -> Request:
    kind = (
        {"content-type": "application/x-amz-json-1.0", "x-amz-target": target}
        if target
        else {"content-type": "application/x-www-form-urlencoded"}
    )
    request = AWSRequest("POST", "http://localhost:4566/", headers=kind, data=body)
    SigV4Auth(KEYS, service, "us-east-1").add_auth(request)
    headers = {name.lower(): str(value) for name, value in request.headers.items()}
    headers["host"] = "localhost:4566"
    return Request("POST", "/", "", headers, body)


def time_us(run: Callable[[], Any], number: int = 20_000) -> float:
    return min(timeit.repeat(run, number=number, repeat=5)) / number * 1e6


def main() -> None:
    print(f"{'microseconds':32}{'credential':>11}{'verify':>8}{'route':>8}{'parse':>8}{'serialise':>11}")
    for service, protocol, target, body, result in CASES:
        request = signed(service, target, body)
        found = sigv4.credential(request)
        assert found is not None
        known = codec(service, protocol)
        operation = known.route(request)
        assert operation is not None
        now = found.timestamp
        row = (
            time_us(partial(sigv4.credential, request)),
            time_us(partial(sigv4.verify, request, found, "secret", now)),
            time_us(partial(known.route, request)),
            time_us(partial(known.parse, operation, request)),
            time_us(partial(known.serialise, operation, result, "id")),
        )
        print(f"{operation!r:32}{row[0]:11.2f}{row[1]:8.2f}{row[2]:8.2f}{row[3]:8.2f}{row[4]:11.2f}")


if __name__ == "__main__":
    main()
