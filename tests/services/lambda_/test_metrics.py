"""What functions tell CloudWatch, and alarms that invoke functions."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.conftest import NOON


def read(desk: Any, name: str, **dimensions: str) -> float | None:
    found = desk.ask("cloudwatch").get_metric_statistics(
        namespace="AWS/Lambda",
        metric_name=name,
        dimensions=[{"Name": key, "Value": value} for key, value in dimensions.items()],
        start_time=NOON,
        end_time=NOON + 3600,
        period=3600,
        statistics=["Sum"],
    )["Datapoints"]
    return float(found[0]["Sum"]) if found else None


@pytest.mark.spec("cloudwatch-013")
def test_invocations_errors_and_throttles_are_counted(lab: Any) -> None:
    lab.create()
    lab.invoke()

    def fail(event: Any) -> Any:
        raise ValueError("no")

    lab.handler = fail
    lab.invoke()
    assert read(lab.desk, "Invocations", FunctionName="f") == 2.0
    assert read(lab.desk, "Invocations") == 2.0
    assert read(lab.desk, "Invocations", FunctionName="f", Resource="f") == 2.0
    assert read(lab.desk, "Errors", FunctionName="f") == 1.0
    assert read(lab.desk, "Throttles", FunctionName="f") == 0.0
    assert read(lab.desk, "Duration", FunctionName="f") is not None
    lab.handler = lambda event: event
    lab.throttles = 1
    lab.invoke(invocation_type="Event")
    lab.desk.settle()
    assert read(lab.desk, "Throttles", FunctionName="f") == 1.0
    assert read(lab.desk, "Invocations", FunctionName="f") == 2.0


def alarm(lab: Any, action: str) -> None:
    lab.desk.ask("cloudwatch").put_metric_alarm(
        alarm_name="a", namespace="App", metric_name="m", statistic="Sum", period=60, evaluation_periods=1,
        threshold=1.0, comparison_operator="GreaterThanThreshold", alarm_actions=[action], alarm_description="why",
    )  # fmt: skip
    lab.desk.ask("cloudwatch").set_alarm_state(alarm_name="a", state_value="ALARM", state_reason="by hand")
    lab.desk.settle()


def action_of(lab: Any) -> dict[str, Any]:
    found = lab.desk.ask("cloudwatch").describe_alarm_history(alarm_name="a", history_item_type="Action")
    items: list[dict[str, Any]] = found["AlarmHistoryItems"]
    assert len(items) == 1
    return items[0]


def test_an_alarm_invokes_a_function_that_lets_it(lab: Any) -> None:
    arn = lab.create()["FunctionArn"]
    lab.desk.ask("lambda").add_permission(
        function_name="f",
        statement_id="alarm",
        action="lambda:InvokeFunction",
        principal="lambda.alarms.cloudwatch.amazonaws.com",
        source_account=lab.desk.account,
        source_arn=f"arn:aws:cloudwatch:us-east-1:{lab.desk.account}:alarm:a",
    )
    alarm(lab, arn)
    event = json.loads(lab.calls[0].payload)
    assert event["source"] == "aws.cloudwatch"
    assert event["alarmArn"].endswith(":alarm:a")
    assert event["alarmData"]["state"] == {
        "value": "ALARM", "reason": "by hand", "timestamp": "2027-01-15T08:00:00.000+0000",
    }  # fmt: skip
    assert event["alarmData"]["previousState"]["value"] == "INSUFFICIENT_DATA"
    assert event["alarmData"]["configuration"]["description"] == "why"
    metric = event["alarmData"]["configuration"]["metrics"][0]["metricStat"]
    assert metric == {
        "metric": {"namespace": "App", "name": "m", "dimensions": {}}, "period": 60, "stat": "Sum",
    }  # fmt: skip
    assert action_of(lab)["HistorySummary"] == f"Successfully executed action {arn}"


def test_a_function_that_does_not_let_it_is_not_invoked(lab: Any) -> None:
    arn = lab.create()["FunctionArn"]
    alarm(lab, arn)
    assert lab.calls == []
    assert action_of(lab)["HistorySummary"].startswith(f"Failed to execute action {arn}.")
