"""How long a decision takes, for documents already compiled: `python bench/policy.py`."""

import json
import timeit

from skyjar.policy.documents import Document, compile_document
from skyjar.policy.evaluation import Policies, evaluate
from skyjar.policy.requests import Principal, Request

QUEUE = "arn:aws:sqs:us-east-1:111122223333:orders"
ALICE = Principal("user", arn="arn:aws:iam::111122223333:user/alice", account="111122223333")
CONTEXT = {"aws:SourceIp": "10.1.2.3", "aws:SecureTransport": "true", "aws:RequestedRegion": "us-east-1"}


def text(*statements: dict[str, object]) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": statements})


PLAIN = text(
    {"Effect": "Allow", "Action": "s3:*", "Resource": "*"},
    {"Effect": "Allow", "Action": ["sqs:ReceiveMessage", "sqs:SendMessage"], "Resource": "arn:aws:sqs:*:*:other"},
    {"Effect": "Allow", "Action": "sqs:Send*", "Resource": "arn:aws:sqs:us-east-1:111122223333:*"},
)
GUARD = text(
    {"Effect": "Deny", "Action": "*", "Resource": "*", "Condition": {"Bool": {"aws:SecureTransport": "false"}}},
    {
        "Effect": "Deny",
        "Action": "sqs:*",
        "Resource": "*",
        "Condition": {"NotIpAddress": {"aws:SourceIp": "10.0.0.0/8"}},
    },
    {"Effect": "Allow", "Action": "sqs:*", "Resource": "arn:aws:sqs:*:*:${aws:username}-*"},
)
BOUNDARY = text(
    {"Effect": "Allow", "NotAction": "iam:*", "Resource": "*"},
    {"Effect": "Deny", "Action": "sqs:*", "Resource": "arn:aws:sqs:*:*:secret-*"},
    {"Effect": "Deny", "Action": "sts:*", "Resource": "*"},
)


def decide(policies: Policies) -> bool:
    return evaluate(Request(ALICE, "sqs:SendMessage", QUEUE, CONTEXT), policies).allowed


def measure(name: str, number: int, run: object) -> None:
    best = min(timeit.repeat(run, number=number, repeat=5)) / number  # type: ignore[arg-type]
    print(f"{name:<50}{best * 1e6:9.2f} µs")


def main() -> None:
    plain, guard, boundary = (compile_document(each) for each in (PLAIN, GUARD, BOUNDARY))
    simple = Policies(identity=[("a", plain), ("b", plain)], boundary=("c", boundary))
    hard = Policies(identity=[("a", plain), ("b", guard)], boundary=("c", boundary))
    assert decide(simple) and decide(hard)
    measure("decision, 3 policies x 3 statements", 20_000, lambda: decide(simple))
    measure("the same with conditions and variables", 20_000, lambda: decide(hard))
    request = Request(ALICE, "sqs:SendMessage", QUEUE, CONTEXT)
    measure("the same, explained", 2_000, lambda: evaluate(request, hard).explain())
    measure("compile_document, cached", 20_000, lambda: compile_document(PLAIN))
    measure("compile_document, new", 200, lambda: Document(GUARD))


if __name__ == "__main__":
    main()
