"""DynamoDB beyond one Region and one moment, with boto3: global tables by CloudFormation, stale reads, AWS's timing."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest
from botocore.config import Config
from botocore.exceptions import ClientError

import skyjar
from skyjar.testing.running import Account, Running

pytestmark = pytest.mark.client

FAR = "ap-northeast-1"
KEYS: dict[str, Any] = {
    "AttributeDefinitions": [{"AttributeName": "pk", "AttributeType": "S"}],
    "KeySchema": [{"AttributeName": "pk", "KeyType": "HASH"}],
    "BillingMode": "PAY_PER_REQUEST",
}


@pytest.mark.spec("dynamodb-059", "dynamodb-060")
def test_a_stack_has_a_global_table(account: Account) -> None:
    replicas = [{"Region": "us-east-1"}, {"Region": FAR, "Tags": [{"Key": "a", "Value": "b"}]}]
    table = {"Type": "AWS::DynamoDB::GlobalTable", "Properties": {**KEYS, "Replicas": replicas}}
    outputs = {"Name": {"Value": {"Ref": "T"}}, "Stream": {"Value": {"Fn::GetAtt": ["T", "StreamArn"]}}}
    template = json.dumps({"Resources": {"T": table}, "Outputs": outputs})
    cloudformation = account.client("cloudformation")
    cloudformation.create_stack(StackName="world", TemplateBody=template)
    cloudformation.get_waiter("stack_create_complete").wait(StackName="world", WaiterConfig={"Delay": 1})
    shown = cloudformation.describe_stacks(StackName="world")["Stacks"][0]["Outputs"]
    found = {each["OutputKey"]: each["OutputValue"] for each in shown}
    near, far = account.client("dynamodb"), account.client("dynamodb", region_name=FAR)
    name = found["Name"]
    assert near.describe_table(TableName=name)["Table"]["Replicas"][0]["ReplicaStatus"] == "ACTIVE"
    assert found["Stream"] == near.describe_table(TableName=name)["Table"]["LatestStreamArn"]
    near.put_item(TableName=name, Item={"pk": {"S": "a"}, "v": {"N": "1"}})
    account.running.advance(1)
    account.running.settle()
    assert far.get_item(TableName=name, Key={"pk": {"S": "a"}})["Item"]["v"] == {"N": "1"}
    cloudformation.delete_stack(StackName="world")
    cloudformation.get_waiter("stack_delete_complete").wait(StackName="world", WaiterConfig={"Delay": 1})
    for db in (near, far):
        with pytest.raises(db.exceptions.ResourceNotFoundException):
            db.describe_table(TableName=name)


@pytest.fixture(scope="module")
def slow_cloud() -> Iterator[Running]:
    with skyjar.running(stale_reads_s=30, has_aws_timing=True, seed=7) as running:
        running.freeze()
        yield running


def test_the_switches_of_a_slow_cloud(slow_cloud: Running) -> None:
    db = slow_cloud.account().client("dynamodb")
    db.create_table(TableName="tab", **KEYS)
    assert db.describe_table(TableName="tab")["Table"]["TableStatus"] == "CREATING"
    with pytest.raises(ClientError, match="ResourceNotFoundException"):
        db.put_item(TableName="tab", Item={"pk": {"S": "a"}})
    slow_cloud.advance(10)
    for n in range(20):
        db.put_item(TableName="tab", Item={"pk": {"S": f"{n}"}})
    assert db.scan(TableName="tab", ConsistentRead=True)["Count"] == 20
    assert db.scan(TableName="tab")["Count"] < 20
    slow_cloud.advance(31)
    assert db.scan(TableName="tab")["Count"] == 20


def test_throttled_clients_are_told_why(account: Account) -> None:
    db = account.client("dynamodb", Config(retries={"max_attempts": 0}))
    db.create_table(TableName="tab", OnDemandThroughput={"MaxWriteRequestUnits": 1}, **KEYS)
    with pytest.raises(db.exceptions.ThrottlingException) as caught:
        for _ in range(40):
            db.put_item(TableName="tab", Item={"pk": {"S": "a"}, "b": {"B": b"x" * 300_000}})
    reasons = caught.value.response["throttlingReasons"]
    assert reasons[0]["reason"] == "TableWriteMaxOnDemandThroughputExceeded"
    assert reasons[0]["resource"].endswith("table/tab")


def test_a_stack_has_a_provisioned_global_table(account: Account) -> None:
    """As the CDK's TableV2 with provisioned capacity."""
    tracking = {"TargetTrackingScalingPolicyConfiguration": {"TargetValue": 70}}
    bounds = {"MinCapacity": 3, "MaxCapacity": 30, **tracking}
    writing = {"WriteProvisionedThroughputSettings": {"WriteCapacityAutoScalingSettings": bounds}}
    reading = {"ReadProvisionedThroughputSettings": {"ReadCapacityAutoScalingSettings": bounds}}
    index = {
        "IndexName": "own",
        "KeySchema": [{"AttributeName": "g", "KeyType": "HASH"}],
        "Projection": {"ProjectionType": "ALL"},
        **writing,
    }
    of_replica = {**reading, "GlobalSecondaryIndexes": [{"IndexName": "own", **reading}]}
    properties = {
        "TableName": "paid",
        "AttributeDefinitions": [{"AttributeName": name, "AttributeType": "S"} for name in ("pk", "g")],
        "KeySchema": KEYS["KeySchema"],
        "BillingMode": "PROVISIONED",
        "StreamSpecification": {"StreamViewType": "NEW_AND_OLD_IMAGES"},
        "GlobalSecondaryIndexes": [index],
        "Replicas": [{"Region": region, **of_replica} for region in ("us-east-1", FAR)],
        **writing,
    }
    template = json.dumps({"Resources": {"T": {"Type": "AWS::DynamoDB::GlobalTable", "Properties": properties}}})
    cloudformation = account.client("cloudformation")
    cloudformation.create_stack(StackName="paid", TemplateBody=template)
    cloudformation.get_waiter("stack_create_complete").wait(StackName="paid", WaiterConfig={"Delay": 1})
    for region in ("us-east-1", FAR):
        scaling = account.client("application-autoscaling", region_name=region)
        policies = scaling.describe_scaling_policies(ServiceNamespace="dynamodb")["ScalingPolicies"]
        assert {(each["ResourceId"], each["ScalableDimension"]) for each in policies} == {
            (resource, f"dynamodb:{kind}:{unit}")
            for resource, kind in (("table/paid", "table"), ("table/paid/index/own", "index"))
            for unit in ("ReadCapacityUnits", "WriteCapacityUnits")
        }
    shown = account.client("dynamodb").describe_table_replica_auto_scaling(TableName="paid")
    replicas = shown["TableAutoScalingDescription"]["Replicas"]
    assert {each["RegionName"] for each in replicas} == {"us-east-1", FAR}
    assert all(
        each["GlobalSecondaryIndexes"][0]["ProvisionedWriteCapacityAutoScalingSettings"]["MaximumUnits"] == 30
        for each in replicas
    )
    cloudformation.delete_stack(StackName="paid")
    cloudformation.get_waiter("stack_delete_complete").wait(StackName="paid", WaiterConfig={"Delay": 1})
    assert account.client("cloudwatch", region_name=FAR).describe_alarms()["MetricAlarms"] == []
