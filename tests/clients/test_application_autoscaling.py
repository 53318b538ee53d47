"""Application Auto Scaling through boto3: a loaded table scales out and in again."""

from __future__ import annotations

from typing import Any

import pytest

from skyjar.testing.running import Account, Running

pytestmark = pytest.mark.client

WRITE = {
    "ServiceNamespace": "dynamodb",
    "ResourceId": "table/orders",
    "ScalableDimension": "dynamodb:table:WriteCapacityUnits",
}
PREDEFINED = {"PredefinedMetricSpecification": {"PredefinedMetricType": "DynamoDBWriteCapacityUtilization"}}


@pytest.fixture
def dynamodb(still: Account) -> Any:
    client = still.client("dynamodb")
    client.create_table(
        TableName="orders",
        KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
        AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
        ProvisionedThroughput={"ReadCapacityUnits": 5, "WriteCapacityUnits": 5},
    )
    still.running.settle()
    still.client("application-autoscaling").register_scalable_target(**WRITE, MinCapacity=2, MaxCapacity=40)
    return client


def units(dynamodb: Any) -> int:
    return int(dynamodb.describe_table(TableName="orders")["Table"]["ProvisionedThroughput"]["WriteCapacityUnits"])


def load(dynamodb: Any, cloud: Running, units_a_minute: int, minutes: int) -> None:
    """An item of a little less than n KiB takes n units to write."""
    for _ in range(minutes):
        left = units_a_minute
        while left:
            size = min(left, 300)
            text = {"S": "x" * (size * 1024 - 100)}
            dynamodb.put_item(TableName="orders", Item={"id": {"S": "a"}, "t": text})
            left -= size
        cloud.advance(60)


@pytest.mark.spec("application-autoscaling-002")
def test_a_table_scales_out_and_in_again(still: Account, still_cloud: Running, dynamodb: Any) -> None:
    scaling, cloudwatch = still.client("application-autoscaling"), still.client("cloudwatch")
    settings = {"TargetValue": 70.0, **PREDEFINED}
    made = scaling.put_scaling_policy(
        PolicyName="follow",
        PolicyType="TargetTrackingScaling",
        **WRITE,
        TargetTrackingScalingPolicyConfiguration=settings,
    )
    names = [each["AlarmName"] for each in made["Alarms"]]
    assert [name.split("-")[2] for name in names] == [
        "AlarmHigh", "AlarmLow", "ProvisionedCapacityHigh", "ProvisionedCapacityLow",
    ]  # fmt: skip
    load(dynamodb, still_cloud, 290, 3)
    assert units(dynamodb) == 7
    load(dynamodb, still_cloud, 8, 20)
    assert units(dynamodb) == 2
    load(dynamodb, still_cloud, 260, 2)
    still_cloud.advance(60)
    assert units(dynamodb) == 7
    pages = scaling.get_paginator("describe_scaling_activities").paginate(ServiceNamespace="dynamodb")
    activities = [each for page in pages for each in page["ScalingActivities"]]
    assert {each["StatusCode"] for each in activities} == {"Successful"}
    assert activities[0]["Description"] == "Setting write capacity units to 7."
    assert activities[0]["Cause"] == f"monitor alarm {names[0]} in state ALARM triggered policy follow"
    alarm = cloudwatch.describe_alarms(AlarmNames=names[:1])["MetricAlarms"][0]
    assert (alarm["Threshold"], alarm["AlarmActions"]) == (294.0, [made["PolicyARN"]])
    scaling.deregister_scalable_target(**WRITE)
    assert cloudwatch.describe_alarms(AlarmNamePrefix="TargetTracking-")["MetricAlarms"] == []


@pytest.mark.spec("application-autoscaling-002")
def test_capacity_by_the_clock(still: Account, still_cloud: Running, dynamodb: Any) -> None:
    scaling = still.client("application-autoscaling")
    scaling.put_scheduled_action(
        **WRITE,
        ScheduledActionName="morning",
        Schedule="cron(0 8 * * ? *)",
        Timezone="Europe/Berlin",
        ScalableTargetAction={"MinCapacity": 20},
    )
    still_cloud.advance(86_400)
    assert units(dynamodb) == 20
    (action,) = scaling.describe_scheduled_actions(ServiceNamespace="dynamodb")["ScheduledActions"]
    assert (action["Timezone"], action["ScalableTargetAction"]) == ("Europe/Berlin", {"MinCapacity": 20})
