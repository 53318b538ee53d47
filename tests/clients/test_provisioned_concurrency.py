"""Provisioned concurrency in real sandboxes, put by hand, by the clock and by load."""

from __future__ import annotations

import base64
import io
import json
import zipfile
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from botocore.exceptions import ClientError

from skyjar.testing.running import Account, Running

pytestmark = pytest.mark.client
TRUST = {
    "Version": "2012-10-17",
    "Statement": [{"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": {"Service": "lambda.amazonaws.com"}}],
}
SOURCE = """
import os, time
def handler(event, context):
    time.sleep(event)
    return os.environ["AWS_LAMBDA_INITIALIZATION_TYPE"]
"""
WHERE = {
    "ServiceNamespace": "lambda",
    "ResourceId": "function:f:live",
    "ScalableDimension": "lambda:function:ProvisionedConcurrency",
}
LIVE = {"FunctionName": "f", "Qualifier": "live"}


@pytest.fixture
def functions(still: Account) -> Any:
    """A function of one version, which the alias `live` points to."""
    role = still.client("iam").create_role(RoleName="r", AssumeRolePolicyDocument=json.dumps(TRUST))["Role"]["Arn"]
    policy = "arn:aws:iam::aws:policy/service-role/AWSLambdaBasicExecutionRole"
    still.client("iam").attach_role_policy(RoleName="r", PolicyArn=policy)
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w") as archive:
        archive.writestr("index.py", SOURCE)
    client = still.client("lambda")
    client.create_function(
        FunctionName="f",
        Runtime="python3.11",
        Handler="index.handler",
        Role=role,
        Code={"ZipFile": made.getvalue()},
        Publish=True,
    )
    client.create_alias(FunctionName="f", Name="live", FunctionVersion="1")
    return client


def call(functions: Any, seconds: float = 0.0) -> tuple[str, str]:
    """How the sandbox began, and the log."""
    answer = functions.invoke(**LIVE, Payload=json.dumps(seconds), LogType="Tail")
    return json.load(answer["Payload"]), base64.b64decode(answer["LogResult"]).decode()


def status(functions: Any) -> tuple[str, int]:
    got = functions.get_provisioned_concurrency_config(**LIVE)
    return got["Status"], got["AllocatedProvisionedConcurrentExecutions"]


@pytest.mark.spec("lambda-049", "lambda-050")
def test_what_is_provisioned_has_no_cold_start(still: Account, functions: Any) -> None:
    with pytest.raises(ClientError, match="unpublished function versions"):
        functions.put_provisioned_concurrency_config(
            FunctionName="f", Qualifier="$LATEST", ProvisionedConcurrentExecutions=1
        )
    put = functions.put_provisioned_concurrency_config(**LIVE, ProvisionedConcurrentExecutions=2)
    assert put["Status"] == "IN_PROGRESS"
    still.running.settle()
    assert status(functions) == ("READY", 2)
    with ThreadPoolExecutor(3) as pool:
        found = list(pool.map(lambda _: call(functions, 0.5), range(3)))
    assert sorted(kind for kind, _ in found) == ["on-demand", "provisioned-concurrency", "provisioned-concurrency"]
    for kind, log in found:
        assert ("Init Duration" in log) == (kind == "on-demand")
    functions.delete_provisioned_concurrency_config(**LIVE)
    still.running.settle()
    assert call(functions)[0] == "on-demand"


@pytest.mark.spec("application-autoscaling-007")
def test_a_schedule_changes_it(still: Account, still_cloud: Running, functions: Any) -> None:
    scaling = still.client("application-autoscaling")
    scaling.register_scalable_target(**WHERE, MinCapacity=0, MaxCapacity=5)
    scaling.put_scheduled_action(
        **WHERE, ScheduledActionName="a", Schedule="rate(1 hour)", ScalableTargetAction={"MinCapacity": 2}
    )
    with pytest.raises(ClientError, match="No Provisioned Concurrency Config found"):
        status(functions)
    still_cloud.advance(3601)
    still.running.settle()
    assert status(functions) == ("READY", 2)
    assert call(functions)[0] == "provisioned-concurrency"


@pytest.mark.spec("application-autoscaling-008")
def test_it_follows_its_use(still: Account, still_cloud: Running, functions: Any) -> None:
    scaling = still.client("application-autoscaling")
    scaling.register_scalable_target(**WHERE, MinCapacity=1, MaxCapacity=3)
    still.running.settle()
    assert status(functions) == ("READY", 1)
    kind = {"PredefinedMetricSpecification": {"PredefinedMetricType": "LambdaProvisionedConcurrencyUtilization"}}
    made = scaling.put_scaling_policy(
        **WHERE,
        PolicyName="follow",
        PolicyType="TargetTrackingScaling",
        TargetTrackingScalingPolicyConfiguration={"TargetValue": 0.7, **kind},
    )
    assert [each["AlarmName"].split("-")[2] for each in made["Alarms"]] == ["AlarmHigh", "AlarmLow"]
    for _ in range(4):
        call(functions)
        still_cloud.advance(60)
    still.running.settle()
    assert status(functions) == ("READY", 2)
    activity = scaling.describe_scaling_activities(ServiceNamespace="lambda")["ScalingActivities"][0]
    assert activity["Description"] == "Setting provisioned concurrency to 2."
    for _ in range(20):
        call(functions)
        still_cloud.advance(60)
    still.running.settle()
    assert status(functions) == ("READY", 2)  # one of two is less than the target, and one of one would be more


@pytest.mark.spec("lambda-048")
def test_reserved_concurrency_is_no_dimension(still: Account) -> None:
    wrong = {**WHERE, "ScalableDimension": "lambda:function:ReservedConcurrency"}
    with pytest.raises(ClientError) as caught:
        still.client("application-autoscaling").register_scalable_target(**wrong, MinCapacity=1, MaxCapacity=2)
    assert caught.value.response["Error"]["Code"] == "ValidationException"
