"""Composite alarms: rules, suppression of actions, cycles."""

from __future__ import annotations

from typing import Any

import pytest

from skyjar.services.cloudwatch import rules
from skyjar.services.cloudwatch.errors import ValidationException

ACTION = "arn:aws:automate:us-east-1:ec2:stop"


def child(desk: Any, name: str) -> None:
    desk.ask("cloudwatch").put_metric_alarm(
        alarm_name=name, namespace="App", metric_name=name, statistic="Sum", period=60, evaluation_periods=1,
        threshold=1.0, comparison_operator="GreaterThanThreshold",
        treat_missing_data="ignore",
    )  # fmt: skip


def set_state(desk: Any, name: str, value: str) -> None:
    desk.ask("cloudwatch").set_alarm_state(alarm_name=name, state_value=value, state_reason="by hand")
    desk.settle()


def shown(desk: Any, name: str = "whole") -> dict[str, Any]:
    found = desk.ask("cloudwatch").describe_alarms(alarm_names=[name], alarm_types=["CompositeAlarm"])
    alarm: dict[str, Any] = found["CompositeAlarms"][0]
    return alarm


def actions(desk: Any) -> int:
    found = desk.ask("cloudwatch").describe_alarm_history(alarm_name="whole", history_item_type="Action")
    return len(found["AlarmHistoryItems"])


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ('ALARM("a") AND OK(b)', True),
        ("ALARM(a) AND NOT OK(b)", False),
        ("ALARM(b) OR (INSUFFICIENT_DATA(c) AND TRUE)", True),
        ("NOT (ALARM(a) OR FALSE)", False),
        ("AT_LEAST(2, ALARM, (a, b, c))", False),
        ("AT_LEAST(1, ALARM, (a, b, c))", True),
        ("AT_LEAST(50%, NOT OK, (a, b, c))", True),
        ('ALARM("arn:aws:cloudwatch:us-east-1:111122223333:alarm:a")', True),
    ],
)
def test_rules(text: str, expected: bool) -> None:
    states = {"a": "ALARM", "b": "OK", "c": "INSUFFICIENT_DATA"}
    assert rules.holds(rules.parse(text), lambda name: states[name.rpartition(":")[2]]) is expected


@pytest.mark.parametrize(
    "text", ["", "ALARM(", "ALARM(a) OK(b)", "BAD(a)", "ALARM()", "AT_LEAST(4, OK, (a))", "(" * 80]
)
def test_what_is_no_rule(text: str) -> None:
    with pytest.raises(ValidationException):
        rules.parse(text)


def test_a_composite_alarm_follows_its_children(desk: Any) -> None:
    child(desk, "a")
    child(desk, "b")
    cloudwatch = desk.ask("cloudwatch")
    cloudwatch.put_composite_alarm(alarm_name="whole", alarm_rule="ALARM(a) AND ALARM(b)", alarm_actions=[ACTION])
    desk.settle()
    assert shown(desk)["StateValue"] == "OK"
    set_state(desk, "a", "ALARM")
    assert shown(desk)["StateValue"] == "OK"
    set_state(desk, "b", "ALARM")
    assert shown(desk)["StateValue"] == "ALARM"
    assert "alarm:b transitioned to ALARM at Friday 15 January, 2027 08:00:00 UTC" in shown(desk)["StateReason"]
    assert actions(desk) == 1
    parents = cloudwatch.describe_alarms(parents_of_alarm_name="a")
    assert [each["AlarmName"] for each in parents["CompositeAlarms"]] == ["whole"]
    children = cloudwatch.describe_alarms(children_of_alarm_name="whole")["MetricAlarms"]
    assert [each["AlarmName"] for each in children] == ["a", "b"]
    with pytest.raises(ValidationException, match="composite alarms depending on it"):
        cloudwatch.delete_alarms(alarm_names=["a"])
    cloudwatch.delete_alarms(alarm_names=["a", "whole"])


def test_a_cycle_ends(desk: Any) -> None:
    cloudwatch = desk.ask("cloudwatch")
    cloudwatch.put_composite_alarm(alarm_name="one", alarm_rule="FALSE")
    cloudwatch.put_composite_alarm(alarm_name="two", alarm_rule="ALARM(one)")
    cloudwatch.put_composite_alarm(alarm_name="one", alarm_rule="NOT ALARM(two)")
    desk.settle()  # returns
    assert shown(desk, "one")["StateValue"] in ("OK", "ALARM")


@pytest.fixture
def suppressed(desk: Any) -> Any:
    child(desk, "a")
    child(desk, "quiet")
    desk.ask("cloudwatch").put_composite_alarm(
        alarm_name="whole", alarm_rule="ALARM(a)", alarm_actions=[ACTION], actions_suppressor="quiet",
        actions_suppressor_wait_period=30, actions_suppressor_extension_period=60,
    )  # fmt: skip
    desk.advance(200)
    return desk


def test_actions_wait_for_the_suppressor_and_then_happen(suppressed: Any) -> None:
    set_state(suppressed, "a", "ALARM")
    assert (shown(suppressed)["ActionsSuppressedBy"], actions(suppressed)) == ("WaitPeriod", 0)
    suppressed.advance(31)
    assert (shown(suppressed).get("ActionsSuppressedBy"), actions(suppressed)) == (None, 1)


def test_actions_are_suppressed_and_happen_after_the_extension(suppressed: Any) -> None:
    set_state(suppressed, "a", "ALARM")
    set_state(suppressed, "quiet", "ALARM")
    suppressed.advance(10)
    assert (shown(suppressed)["ActionsSuppressedBy"], actions(suppressed)) == ("Alarm", 0)
    set_state(suppressed, "quiet", "OK")
    assert shown(suppressed)["ActionsSuppressedBy"] == "ExtensionPeriod"
    suppressed.advance(61)
    assert (shown(suppressed)["StateValue"], actions(suppressed)) == ("ALARM", 1)
