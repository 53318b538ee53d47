"""Capacity changes by steps when an alarm says so."""

from __future__ import annotations

from typing import Any

import pytest

from skyjar.services.application_autoscaling import steps
from skyjar.services.application_autoscaling.errors import ValidationException

from .conftest import WRITE

STEPS = [
    {"MetricIntervalLowerBound": 0.0, "MetricIntervalUpperBound": 10.0, "ScalingAdjustment": 2},
    {"MetricIntervalLowerBound": 10.0, "ScalingAdjustment": 5},
]


@pytest.mark.parametrize(
    ("kind", "adjustment", "least", "found"),
    [
        ("ChangeInCapacity", 3, 0, 13),
        ("ExactCapacity", 3, 0, 3),
        ("PercentChangeInCapacity", 25, 0, 12),
        ("PercentChangeInCapacity", 5, 0, 11),
        ("PercentChangeInCapacity", -5, 0, 9),
        ("PercentChangeInCapacity", -25, 0, 8),
        ("PercentChangeInCapacity", 10, 4, 14),
    ],
)
def test_adjustments(kind: str, adjustment: int, least: int, found: int) -> None:
    step = {"MetricIntervalLowerBound": 0.0, "ScalingAdjustment": adjustment}
    settings = {"AdjustmentType": kind, "StepAdjustments": [step], "MinAdjustmentMagnitude": least}
    assert steps.adjusted(settings, 10, 1.0) == found


def test_which_step() -> None:
    settings = {"AdjustmentType": "ChangeInCapacity", "StepAdjustments": STEPS}
    assert [steps.adjusted(settings, 0, beyond) for beyond in (-1.0, 0.0, 9.9, 10.0)] == [None, 2, 2, 5]


def test_which_step_below() -> None:
    below = [
        {"MetricIntervalLowerBound": -10.0, "MetricIntervalUpperBound": 0.0, "ScalingAdjustment": -1},
        {"MetricIntervalUpperBound": -10.0, "ScalingAdjustment": -2},
    ]
    settings = {"AdjustmentType": "ChangeInCapacity", "StepAdjustments": below}
    found = [steps.adjusted(settings, 9, beyond, is_below=True) for beyond in (1.0, 0.0, -9.9, -10.0)]
    assert found == [None, 8, 8, 7]


@pytest.mark.parametrize(
    "given",
    [
        [],
        [{"MetricIntervalLowerBound": 0.0, "MetricIntervalUpperBound": 5.0, "ScalingAdjustment": 1}],
        [STEPS[0], {"MetricIntervalLowerBound": 11.0, "ScalingAdjustment": 5}],
        [STEPS[0], {"MetricIntervalLowerBound": 9.0, "ScalingAdjustment": 5}],
        [{"MetricIntervalLowerBound": -5.0, "ScalingAdjustment": 1}],
    ],
)
def test_steps_that_leave_something_open_are_refused(given: list[dict[str, Any]]) -> None:
    with pytest.raises(ValidationException):
        steps.check({"AdjustmentType": "ChangeInCapacity", "StepAdjustments": given}, 20)


def put(scaled: Any, **more: Any) -> str:
    settings = {"AdjustmentType": "ChangeInCapacity", "StepAdjustments": STEPS, **more}
    made = scaled.scaling.put_scaling_policy(
        policy_name="steps", policy_type="StepScaling", **WRITE, step_scaling_policy_configuration=settings
    )
    scaled.cloudwatch.put_metric_alarm(
        alarm_name="deep",
        namespace="App",
        metric_name="Depth",
        statistic="Maximum",
        period=60,
        evaluation_periods=1,
        threshold=100.0,
        comparison_operator="GreaterThanThreshold",
        alarm_actions=[made["PolicyARN"]],
    )
    return str(made["PolicyARN"])


def tell(scaled: Any, value: float, minutes: int = 1) -> None:
    for _ in range(minutes):
        scaled.cloudwatch.put_metric_data(namespace="App", metric_data=[{"MetricName": "Depth", "Value": value}])
        scaled.desk.advance(60)


def test_an_alarm_drives_the_steps(scaled: Any) -> None:
    scaled.register()
    arn = put(scaled)
    (shown,) = scaled.scaling.describe_scaling_policies(service_namespace="dynamodb")["ScalingPolicies"]
    assert [each["AlarmName"] for each in shown["Alarms"]] == ["deep"]
    assert shown["PolicyARN"] == arn
    tell(scaled, 105.0, 2)
    assert scaled.units() == 7
    tell(scaled, 150.0, 2)
    assert scaled.units() == 10  # what was added counts: 5 + 5
    tell(scaled, 150.0, 5)
    assert scaled.units() == 15
    history = scaled.cloudwatch.describe_alarm_history(alarm_name="deep", history_item_type="Action")
    assert history["AlarmHistoryItems"][0]["HistorySummary"] == f"Successfully executed action {arn}"


def test_an_alarm_set_by_hand_takes_the_first_step(scaled: Any) -> None:
    scaled.register()
    put(scaled)
    scaled.cloudwatch.set_alarm_state(alarm_name="deep", state_value="ALARM", state_reason="try")
    scaled.desk.settle()
    assert scaled.units() == 7
    scaled.desk.advance(3600)
    assert scaled.units() == 7


def test_an_action_of_a_policy_that_is_gone_fails(scaled: Any) -> None:
    scaled.register()
    put(scaled)
    scaled.scaling.delete_scaling_policy(policy_name="steps", **WRITE)
    scaled.cloudwatch.set_alarm_state(alarm_name="deep", state_value="ALARM", state_reason="try")
    scaled.desk.settle()
    (item,) = scaled.cloudwatch.describe_alarm_history(alarm_name="deep", history_item_type="Action")[
        "AlarmHistoryItems"
    ]
    assert item["HistorySummary"].startswith("Failed to execute action")


def test_steps_of_an_alarm_below(scaled: Any) -> None:
    scaled.register()
    step = {"MetricIntervalUpperBound": 0.0, "ScalingAdjustment": -2}
    made = scaled.scaling.put_scaling_policy(
        policy_name="in",
        policy_type="StepScaling",
        **WRITE,
        step_scaling_policy_configuration={"AdjustmentType": "ChangeInCapacity", "StepAdjustments": [step]},
    )
    scaled.cloudwatch.put_metric_alarm(
        alarm_name="shallow",
        namespace="App",
        metric_name="Depth",
        statistic="Average",
        period=60,
        evaluation_periods=1,
        threshold=10.0,
        comparison_operator="LessThanOrEqualToThreshold",
        alarm_actions=[made["PolicyARN"]],
    )
    scaled.cloudwatch.set_alarm_state(alarm_name="shallow", state_value="ALARM", state_reason="try")
    scaled.desk.settle()
    assert scaled.units() == 3
    tell(scaled, 10.0, 4)
    assert scaled.units() == 3  # its cooldown holds
    tell(scaled, 10.0, 3)
    assert scaled.units() == 2
