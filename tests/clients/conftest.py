"""A running cloud for client tests: one per session, and one whose clock stands still per module that turns it."""

from __future__ import annotations

import io
import json
import socket
import zipfile
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta

import pytest

import skyjar
from skyjar.testing.running import Account, Running


@pytest.fixture(scope="session")
def cloud() -> Iterator[Running]:
    with skyjar.running() as running:
        yield running


@pytest.fixture
def account(cloud: Running) -> Account:
    """An empty account of its own."""
    return cloud.account()


@pytest.fixture(scope="module")
def still_cloud() -> Iterator[Running]:
    """A cloud whose clock stands until a test turns it: `still_cloud.advance(seconds)`."""
    with skyjar.running() as running:
        running.freeze()
        yield running


@pytest.fixture
def still(still_cloud: Running) -> Account:
    return still_cloud.account()


@pytest.fixture
def found_names(monkeypatch: pytest.MonkeyPatch) -> None:
    """Names that boto3 makes by putting something before the endpoint's host; not every machine finds these."""
    find = socket.getaddrinfo
    made_up = (".127.0.0.1", ".localhost", ".amazonaws.com")
    monkeypatch.setattr(
        socket,
        "getaddrinfo",
        lambda host, *more, **named: find("127.0.0.1" if str(host).endswith(made_up) else host, *more, **named),
    )


SENDING = """
import boto3, os
def handler(event, context):
    boto3.client("sqs").send_message(QueueUrl=os.environ["QUEUE"], MessageBody={body})
"""


@pytest.fixture
def sending_function() -> Callable[[Account, str], tuple[str, str]]:
    """`make(account, expression)`: a function `f` that sends what the expression makes of its event to a queue, in a role that lets
    it do just that. Its ARN and the queue's URL."""

    def document(**statement: object) -> str:
        return json.dumps({"Version": "2012-10-17", "Statement": [{"Effect": "Allow", **statement}]})

    def make(account: Account, expression: str) -> tuple[str, str]:
        iam, functions = account.client("iam"), account.client("lambda")
        url: str = account.client("sqs").create_queue(QueueName="q")["QueueUrl"]
        trust = document(Action="sts:AssumeRole", Principal={"Service": "lambda.amazonaws.com"})
        role = iam.create_role(RoleName="f", AssumeRolePolicyDocument=trust)["Role"]["Arn"]
        sending = document(Action="sqs:SendMessage", Resource="*")
        iam.put_role_policy(RoleName="f", PolicyName="p", PolicyDocument=sending)
        archive = io.BytesIO()
        with zipfile.ZipFile(archive, "w") as into:
            into.writestr("index.py", SENDING.format(body=expression))
        arn: str = functions.create_function(
            FunctionName="f",
            Runtime="python3.11",
            Handler="index.handler",
            Role=role,
            Code={"ZipFile": archive.getvalue()},
            Environment={"Variables": {"QUEUE": url}},
        )["FunctionArn"]
        functions.get_waiter("function_active_v2").wait(FunctionName="f")
        return arn, url

    return make


@pytest.fixture
def billed() -> Callable[[Account], dict[str, float]]:
    """What an account has used since yesterday, by usage type, as Cost Explorer has it."""

    def read(account: Account) -> dict[str, float]:
        today = datetime.fromtimestamp(account.running.call(account.running.cloud.clock.now), UTC).date()
        found = account.client("ce").get_cost_and_usage(
            TimePeriod={"Start": str(today - timedelta(days=1)), "End": str(today + timedelta(days=1))},
            Granularity="DAILY",
            Metrics=["UsageQuantity"],
            GroupBy=[{"Type": "DIMENSION", "Key": "USAGE_TYPE"}],
        )
        amounts: dict[str, float] = {}
        for day in found["ResultsByTime"]:
            for group in day["Groups"]:
                (name,) = group["Keys"]
                amounts[name] = amounts.get(name, 0.0) + float(group["Metrics"]["UsageQuantity"]["Amount"])
        return amounts

    return read
