"""The demonstration behind `make demo`: an ordinary serverless application, deployed and used with ordinary tools.

Starts a cloud of its own on port 4566 (or --port) that keeps nothing, and stops it at the end (unless --keep).
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import boto3
from rich.console import Console
from rich.rule import Rule
from rich.table import Table

HERE = Path(__file__).parent
BIN = Path(sys.executable).parent
STACK = "orders"
T = TypeVar("T")
console = Console(highlight=False)


class Demo:
    def __init__(self, port: int) -> None:
        self.port = port
        self.endpoint = f"http://127.0.0.1:{port}"
        self.environment = {
            **{name: value for name, value in os.environ.items() if not name.startswith("AWS_")},
            "AWS_ENDPOINT_URL": self.endpoint,
            "AWS_ACCESS_KEY_ID": "test",
            "AWS_SECRET_ACCESS_KEY": "test",
            "AWS_DEFAULT_REGION": "us-east-1",
            "SKYJAR_ENDPOINT": self.endpoint,
            "COLUMNS": "160",
        }
        self.folder = Path(tempfile.mkdtemp(prefix="orders-"))
        self.out: dict[str, str] = {}

    def client(self, service: str) -> Any:
        return boto3.client(
            service, endpoint_url=self.endpoint, region_name="us-east-1",
            aws_access_key_id="test", aws_secret_access_key="test",
        )  # fmt: skip

    def run(self, *words: str) -> str:
        """A command, shown and run; its output is returned."""
        shown = " ".join(Path(word).name if word == words[0] else word for word in words)
        console.print(f"  [dim]$ {shown}[/]", soft_wrap=True)
        done = subprocess.run(words, env=self.environment, cwd=self.folder, capture_output=True, text=True, check=False)
        if done.returncode:
            console.print(done.stdout + done.stderr, markup=False)
            raise SystemExit(f"{shown} failed")
        return done.stdout

    def skyjar(self, *words: str) -> str:
        return self.run(str(BIN / "skyjar"), *words)

    def aws(self, *words: str) -> str:
        return self.run(str(BIN / "aws"), *words)

    # The steps

    def start(self) -> None:
        console.print(
            "  " + self.skyjar("up", "--port", str(self.port), "--ephemeral", "--detach").strip(), markup=False
        )

    def package(self) -> None:
        self.aws("s3", "mb", "s3://orders-artifacts")
        template = str(HERE / "template.yaml")
        self.aws("cloudformation", "package", "--template-file", template, "--s3-bucket", "orders-artifacts",
                 "--output-template-file", "packaged.yaml")  # fmt: skip

    def deploy(self) -> None:
        self.aws("cloudformation", "deploy", "--template-file", "packaged.yaml", "--stack-name", STACK,
                 "--capabilities", "CAPABILITY_IAM")  # fmt: skip
        stack = self.client("cloudformation").describe_stacks(StackName=STACK)["Stacks"][0]
        self.out = {output["OutputKey"]: output["OutputValue"] for output in stack["Outputs"]}
        resources = self.client("cloudformation").list_stack_resources(StackName=STACK)["StackResourceSummaries"]
        table = Table("resource", "type", "physical id", box=None, padding=(0, 2))
        for resource in resources:
            table.add_row(resource["LogicalResourceId"], resource["ResourceType"], resource["PhysicalResourceId"][-52:])
        console.print(table)

    def post(self, order: dict[str, Any]) -> tuple[int, dict[str, Any]]:
        url = f"{self.endpoint}/_aws/execute-api/{self.out['ApiId']}/orders"
        console.print(f"  [dim]POST {url}  {json.dumps(order)}[/]", soft_wrap=True)
        request = urllib.request.Request(url, json.dumps(order).encode(), {"content-type": "application/json"})
        try:
            with urllib.request.urlopen(request, timeout=30) as answer:
                status, body = answer.status, json.load(answer)
        except urllib.error.HTTPError as error:
            status, body = error.code, json.load(error)
        console.print(f"  -> {status} {json.dumps(body)}", markup=False, soft_wrap=True)
        return status, body

    def order(self) -> str:
        status, body = self.post({"what": "tea", "count": 2})
        if status != 201:
            raise SystemExit("the order was not taken")
        return str(body["id"])

    def shipped(self, identity: str) -> None:
        table = self.client("dynamodb")
        deadline = time.monotonic() + 30
        while time.monotonic() < deadline:
            item = table.get_item(TableName=self.out["TableName"], Key={"id": {"S": identity}}, ConsistentRead=True)[
                "Item"
            ]
            if item["state"]["S"] == "shipped":
                return
            time.sleep(0.05)
        raise SystemExit(f"the order was not shipped: {item}")

    def landed(self) -> None:
        items = self.client("dynamodb").scan(TableName=self.out["TableName"])["Items"]
        console.print(f"  table   {json.dumps(items)}", markup=False, soft_wrap=True)
        for name in ("QueueUrl", "FailedQueueUrl"):
            names = ["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"]
            found = self.client("sqs").get_queue_attributes(QueueUrl=self.out[name], AttributeNames=names)["Attributes"]
            console.print(
                f"  queue   {self.out[name].rpartition('/')[2]}: {found[names[0]]} waiting, {found[names[1]]} in flight"
            )
        s3 = self.client("s3")
        for entry in s3.list_objects_v2(Bucket=self.out["BucketName"]).get("Contents", []):
            body = s3.get_object(Bucket=self.out["BucketName"], Key=entry["Key"])["Body"].read().decode().strip()
            console.print(f"  bucket  {entry['Key']}: {body}", markup=False, soft_wrap=True)

    def logs(self, names: tuple[str, ...] = ("PlaceOrderName", "ShipOrderName"), last: int = 12) -> None:
        for name in names:
            group = f"/aws/lambda/{self.out[name]}"
            console.print(f"  [bold]{group}[/]")
            for event in self.client("logs").filter_log_events(logGroupName=group)["events"][-last:]:
                console.print("    " + event["message"].rstrip().replace("\t", "  "), markup=False, soft_wrap=True)

    def fail(self) -> None:
        """An order that cannot be shipped is tried three times and then waits in the dead-letter queue."""
        self.post({"what": "nothing"})
        for _ in range(4):
            self.skyjar("clock", "advance", "61s")
        names = ["ApproximateNumberOfMessages"]
        url = self.out["FailedQueueUrl"]
        deadline = time.monotonic() + 20
        while time.monotonic() < deadline:
            found = self.client("sqs").get_queue_attributes(QueueUrl=url, AttributeNames=names)["Attributes"]
            if found[names[0]] == "1":
                break
            self.skyjar("clock", "advance", "61s")
        console.print(f"  dead-letter queue: {found[names[0]]} waiting")

    def deny(self) -> None:
        role = self.out["PlaceOrderRoleName"]
        self.aws("iam", "delete-role-policy", "--role-name", role, "--policy-name", "place")
        status, _ = self.post({"what": "tea"})
        if status != 500:
            raise SystemExit("the call should have failed")
        self.logs(("PlaceOrderName",), last=6)

    def why(self) -> None:
        console.print(self.skyjar("why", "--last"), markup=False, soft_wrap=True)

    def stop(self) -> None:
        self.skyjar("down")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--port", type=int, default=4566)
    parser.add_argument("--keep", action="store_true", help="leave the cloud running")
    arguments = parser.parse_args()
    demo = Demo(arguments.port)
    took: list[tuple[str, float]] = []

    def step(title: str, action: Callable[[], T]) -> T:
        console.print(Rule(f"[bold]{len(took) + 1}. {title}[/]", align="left"))
        began = time.monotonic()
        result = action()
        took.append((title, time.monotonic() - began))
        console.print(f"  [green]{took[-1][1]:.2f} s[/]")
        return result

    step("Start Skyjar", demo.start)
    try:
        step("Package the functions", demo.package)
        step("Deploy the SAM template with the AWS CLI", demo.deploy)
        identity = step("Place an order over HTTP", demo.order)
        step("The queue's function ships it", lambda: demo.shipped(identity))
        step("What landed in the table, the queues and the bucket", demo.landed)
        step("The functions' logs", demo.logs)
        step("An order that fails, with the clock turned past its retries", demo.fail)
        step("Take a permission away from the role and place another order", demo.deny)
        step("Why was it denied?", demo.why)
    finally:
        if not arguments.keep:
            step("Stop", demo.stop)
    summary = Table("step", "seconds", title="How long each step took", title_justify="left")
    for title, seconds in took:
        summary.add_row(title, f"{seconds:6.2f}")
    console.print(summary)


if __name__ == "__main__":
    main()
