"""Capacity follows load."""

from __future__ import annotations

import json
from typing import Any

import pytest

from .conftest import UTILIZATION, WRITE


def alarms(scaled: Any) -> dict[str, Any]:
    found = scaled.cloudwatch.describe_alarms(alarm_name_prefix="TargetTracking-")["MetricAlarms"]
    return {each["AlarmName"].removeprefix("TargetTracking-table/tea-")[:-37]: each for each in found}


def test_a_policy_makes_its_alarms(scaled: Any) -> None:
    scaled.register()
    made = scaled.track()
    assert [each["AlarmName"].split("-")[2] for each in made["Alarms"]] == [
        "AlarmHigh", "AlarmLow", "ProvisionedCapacityHigh", "ProvisionedCapacityLow",
    ]  # fmt: skip
    found = alarms(scaled)
    high, low = found["AlarmHigh"], found["AlarmLow"]
    assert (high["MetricName"], high["Statistic"], high["Period"]) == ("ConsumedWriteCapacityUnits", "Sum", 60)
    assert (high["Threshold"], high["EvaluationPeriods"], high["ComparisonOperator"]) == (
        210,
        2,
        "GreaterThanThreshold",
    )
    assert (low["Threshold"], low["EvaluationPeriods"], low["ComparisonOperator"]) == (150, 15, "LessThanThreshold")
    assert high["AlarmActions"] == [made["PolicyARN"]]
    assert high["Dimensions"] == [{"Name": "TableName", "Value": "tea"}]
    (shown,) = scaled.scaling.describe_scaling_policies(service_namespace="dynamodb")["ScalingPolicies"]
    assert (shown["PolicyARN"], shown["Alarms"]) == (made["PolicyARN"], made["Alarms"])
    scaled.scaling.delete_scaling_policy(policy_name="follow", **WRITE)
    assert not alarms(scaled)


@pytest.mark.spec("application-autoscaling-002")
def test_a_loaded_table_scales_out_and_in_again(scaled: Any) -> None:
    scaled.register()
    scaled.track()
    scaled.write(280, 3)
    assert scaled.units() == 7  # 280 a minute are 70 % of 400: 6.67 units
    assert alarms(scaled)["AlarmHigh"]["Threshold"] == 294
    out = scaled.activities()[0]
    assert out["Description"] == "Setting write capacity units to 7."
    assert out["StatusMessage"] == (
        "Successfully set write capacity units to 7. Change successfully fulfilled by dynamodb."
    )
    name = alarms(scaled)["AlarmHigh"]["AlarmName"]
    assert out["Cause"] == f"monitor alarm {name} in state ALARM triggered policy follow"
    assert out["StatusCode"] == "Successful"
    scaled.write(10, 20)
    assert scaled.units() == 2
    assert scaled.activities()[0]["Description"].startswith("Setting write capacity units to")


def test_what_is_at_its_most_says_so(scaled: Any) -> None:
    scaled.register(most=5)
    scaled.track()
    scaled.write(290, 4)
    assert scaled.units() == 5
    assert scaled.activities() == []
    (told,) = scaled.activities(include_not_scaled_activities=True)
    assert told["NotScaledReasons"] == [{"Code": "AlreadyAtMaxCapacity", "MaxCapacity": 5}]
    assert (told["Description"], told["StatusCode"]) == ("Attempting to scale due to alarm triggered", "Failed")


def test_scaling_in_waits_for_its_cooldown(scaled: Any) -> None:
    scaled.register(least=1)
    scaled.track(ScaleInCooldown=3600)
    scaled.write(60, 17)
    assert scaled.units() == 2
    scaled.write(5, 30)
    assert scaled.units() == 2
    scaled.write(5, 31)
    assert scaled.units() == 1


def test_only_out_has_no_alarm_below(scaled: Any) -> None:
    scaled.register()
    scaled.track(DisableScaleIn=True)
    assert "AlarmLow" not in alarms(scaled)
    scaled.write(5, 17)
    assert scaled.units() == 5


def test_suspended_scaling_does_nothing(scaled: Any) -> None:
    scaled.register(suspended_state={"DynamicScalingOutSuspended": True})
    scaled.track()
    scaled.write(280, 3)
    assert scaled.units() == 5
    scaled.register(suspended_state={"DynamicScalingOutSuspended": False})
    scaled.write(280, 2)
    assert scaled.units() == 7


def test_a_change_by_hand_moves_the_thresholds(scaled: Any) -> None:
    scaled.register()
    scaled.track()
    units = {"ReadCapacityUnits": 5, "WriteCapacityUnits": 10}
    scaled.dynamodb.update_table(table_name="tea", provisioned_throughput=units)
    scaled.write(1, 17)
    assert alarms(scaled)["ProvisionedCapacityHigh"]["Threshold"] in (10, 2)


def test_a_metric_of_ones_own(scaled: Any) -> None:
    scaled.register()
    metric = {"MetricName": "Depth", "Namespace": "App", "Statistic": "Average"}
    scaled.scaling.put_scaling_policy(
        policy_name="own",
        policy_type="TargetTrackingScaling",
        **WRITE,
        target_tracking_scaling_policy_configuration={"TargetValue": 10.0, "CustomizedMetricSpecification": metric},
    )
    found = alarms(scaled)
    assert {kind: (each["Threshold"], each["EvaluationPeriods"]) for kind, each in found.items()} == {
        "AlarmHigh": (10, 3), "AlarmLow": (9, 15),
    }  # fmt: skip
    for _ in range(4):
        scaled.cloudwatch.put_metric_data(namespace="App", metric_data=[{"MetricName": "Depth", "Value": 20.0}])
        scaled.desk.advance(60)
    assert scaled.units() >= 10


def refused(desk: Any, **given: Any) -> str:
    with pytest.raises(Exception) as caught:
        desk(**given)
    return f"{caught.value.code}: {caught.value.message}"  # type: ignore[attr-defined]


def test_what_is_refused(scaled: Any) -> None:
    put = scaled.scaling.put_scaling_policy
    config = {"TargetValue": 70.0, **UTILIZATION}
    given = {"policy_name": "p", "policy_type": "TargetTrackingScaling", **WRITE}
    tracking = "target_tracking_scaling_policy_configuration"
    assert refused(put, **given, **{tracking: config}) == (
        "ObjectNotFoundException: No scalable target registered for service namespace: dynamodb, resource ID: table/tea, "
        "scalable dimension: dynamodb:table:WriteCapacityUnits"
    )
    scaled.register()
    scaled.track()
    assert refused(put, **given, **{tracking: config}).endswith(
        "Only one TargetTrackingScaling policy for a given metric specification is allowed."
    )
    assert "between 20 and 90" in refused(put, **given, **{tracking: config | {"TargetValue": 95.0}})
    read = {"PredefinedMetricSpecification": {"PredefinedMetricType": "DynamoDBReadCapacityUtilization"}}
    assert "not supported" in refused(put, **given, **{tracking: {"TargetValue": 50.0, **read}})
    assert refused(put, **(given | {"policy_type": "PredictiveScaling"})).startswith("NotImplemented")
    assert "No scaling policy found for service namespace: dynamodb" in refused(
        scaled.scaling.delete_scaling_policy, policy_name="none", **WRITE
    )


def test_a_target_at_its_most_is_told_on_the_event_bus(scaled: Any) -> None:
    events, sqs = scaled.desk.ask("events"), scaled.desk.ask("sqs")
    url = sqs.create_queue(queue_name="told")["QueueUrl"]
    arn = sqs.get_queue_attributes(queue_url=url, attribute_names=["QueueArn"])["Attributes"]["QueueArn"]
    allowed = {
        "Effect": "Allow", "Principal": {"Service": "events.amazonaws.com"}, "Action": "sqs:SendMessage",
        "Resource": arn,
    }  # fmt: skip
    policy = json.dumps({"Version": "2012-10-17", "Statement": [allowed]})
    sqs.set_queue_attributes(queue_url=url, attributes={"Policy": policy})
    events.put_rule(name="r", event_pattern=json.dumps({"source": ["aws.application-autoscaling"]}))
    events.put_targets(rule="r", targets=[{"Id": "1", "Arn": arn}])
    scaled.register(most=6)
    scaled.track()
    scaled.write(290, 3)
    (message,) = sqs.receive_message(queue_url=url, max_number_of_messages=10)["Messages"]
    event = json.loads(message["Body"])
    assert event["detail-type"] == "Application Auto Scaling Scaling Activity State Change"
    detail = event["detail"]
    assert (detail["oldDesiredCapacity"], detail["newDesiredCapacity"], detail["maxCapacity"]) == (5, 6, 6)
    assert (detail["scaledToMax"], detail["direction"], detail["statusCode"]) == (True, "scale-out", "Successful")


def test_several_policies_take_away_only_together(scaled: Any) -> None:
    scaled.register()
    scaled.track()
    metric = {"MetricName": "Depth", "Namespace": "App", "Statistic": "Average"}
    scaled.scaling.put_scaling_policy(
        policy_name="own",
        policy_type="TargetTrackingScaling",
        **WRITE,
        target_tracking_scaling_policy_configuration={"TargetValue": 10.0, "CustomizedMetricSpecification": metric},
    )
    for _ in range(18):
        scaled.cloudwatch.put_metric_data(namespace="App", metric_data=[{"MetricName": "Depth", "Value": 9.5}])
        scaled.write(5, 1)
    assert scaled.units() == 5  # the queue is about as deep as it should be
    scaled.scaling.delete_scaling_policy(policy_name="own", **WRITE)
    scaled.write(5, 2)
    assert scaled.units() == 2
