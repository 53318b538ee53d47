"""How long a decision takes, for documents already compiled: `python bench/policy.py`.

Authorisation is the pipeline's whole step: what the operation needs, whose policies there are, the decision. It should cost
less than 15 µs when all is cached.
"""

import asyncio
import json
import tempfile
import timeit
from pathlib import Path

from skyjar.app import Cloud, Settings
from skyjar.kernel import principals
from skyjar.kernel import service as services
from skyjar.kernel.call import Call
from skyjar.pipeline.authorise import judge
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
    print(f"{name:<68}{best * 1e6:9.2f} µs")


def authorisation() -> None:
    """The step of the pipeline, in a cloud on the disk: a user with a boundary, and a role with a session policy."""
    loop = asyncio.new_event_loop()
    with tempfile.TemporaryDirectory() as folder:
        cloud = Cloud(Settings(port=0, data=Path(folder) / "data", seed=1))
        loop.run_until_complete(cloud.start())
        root = principals.root("111122223333")
        tx = cloud.store.begin()

        def call(who: principals.Principal) -> Call:
            return Call(
                cloud.pipeline.inside, tx, now=cloud.clock.now(), caller=who, account=root.account, region="us-east-1"
            )

        alice, worker = _people(call(root))
        url = {"queue_url": "http://127.0.0.1:4566/111122223333/orders", "message_body": "x"}
        item = {"table_name": "orders", "key": {"id": {"S": "1"}}}
        for name, who in (
            ("root", root),
            ("a user with a boundary", alice),
            ("a role with a session policy", worker),
        ):
            for what, service, parameters in (
                ("sqs:SendMessage", "sqs", url),
                ("dynamodb:GetItem", "dynamodb", item),
            ):
                found, aws_name = services.load(service), what.partition(":")[2]
                assert found is not None
                snake = {"SendMessage": "send_message", "GetItem": "get_item"}[aws_name]
                asked = call(who)
                measure(
                    f"authorisation of {what}, {name}",
                    5_000,
                    lambda: judge(cloud.pipeline, asked, found, snake, aws_name, parameters),  # noqa: B023
                )
        tx.abort()
        loop.run_until_complete(cloud.stop())
    loop.close()


def _people(call: Call) -> tuple[principals.Principal, principals.Principal]:
    """A user and a session of a role, each allowed what is measured."""
    iam, allow = call.ask("iam"), {"Effect": "Allow", "Action": ["sqs:*", "dynamodb:*"], "Resource": "*"}
    trust = {"Effect": "Allow", "Principal": {"AWS": call.account}, "Action": "sts:AssumeRole"}
    limit = iam.create_policy(policy_name="limit", policy_document=text(allow))["Policy"]["Arn"]
    user = iam.create_user(user_name="alice", permissions_boundary=limit)["User"]
    iam.put_user_policy(user_name="alice", policy_name="a", policy_document=PLAIN)
    iam.put_user_policy(user_name="alice", policy_name="b", policy_document=text(allow))
    role = iam.create_role(role_name="worker", assume_role_policy_document=text(trust))["Role"]
    iam.put_role_policy(role_name="worker", policy_name="p", policy_document=text(allow))
    call.ask("sqs").create_queue(queue_name="orders")
    alice = principals.Principal(
        kind="user", account=call.account, arn=user["Arn"], id=user["UserId"], name="alice", path="/"
    )
    worker = principals.Principal(
        kind="role",
        account=call.account,
        arn=f"arn:aws:sts::{call.account}:assumed-role/worker/run",
        id=f"{role['RoleId']}:run",
        name="worker",
        session="run",
        is_temporary=True,
        issued_at=1.0,
        session_policies=(text(allow),),
    )
    return alice, worker


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
    authorisation()


if __name__ == "__main__":
    main()
