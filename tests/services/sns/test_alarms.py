"""An alarm publishes to a topic under its default policy, and tells the event bus."""

from __future__ import annotations

import json
from typing import Any

import pytest

from .conftest import Topics


@pytest.mark.spec("sns-018")
def test_an_alarm_reaches_the_subscribers_of_a_topic(desk: Any, topics: Topics) -> None:
    arn = topics.topic()
    url = topics.subscribed(arn)
    cloudwatch = desk.ask("cloudwatch")
    cloudwatch.put_metric_alarm(
        alarm_name="a",
        namespace="app",
        metric_name="m",
        statistic="Sum",
        period=60,
        evaluation_periods=1,
        threshold=1.0,
        comparison_operator="GreaterThanThreshold",
        alarm_actions=[arn],
    )
    cloudwatch.set_alarm_state(alarm_name="a", state_value="ALARM", state_reason="tried")
    desk.settle()
    [body] = topics.bodies(url)
    told = json.loads(body)
    assert told["Subject"].startswith('ALARM: "a"')
    assert json.loads(told["Message"])["NewStateValue"] == "ALARM"
