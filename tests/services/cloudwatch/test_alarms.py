"""Metric alarms: when they change, what they do then, what they remember."""

from __future__ import annotations

from typing import Any

import orjson
import pytest

from skyjar.services.cloudwatch import state as stored
from skyjar.services.cloudwatch.errors import ResourceNotFound, ValidationException
from tests.conftest import NOON

MINUTE = 60


def tell(desk: Any, value: float, **more: Any) -> None:
    desk.ask("cloudwatch").put_metric_data(namespace="App", metric_data=[{"MetricName": "m", "Value": value, **more}])


def alarm(desk: Any, name: str = "a", **more: Any) -> None:
    given = {
        "alarm_name": name,
        "namespace": "App",
        "metric_name": "m",
        "statistic": "Sum",
        "period": 60,
        "evaluation_periods": 1,
        "threshold": 10.0,
        "comparison_operator": "GreaterThanThreshold",
        **more,
    }
    desk.ask("cloudwatch").put_metric_alarm(**{key: value for key, value in given.items() if value is not None})


def shown(desk: Any, name: str = "a") -> dict[str, Any]:
    found: dict[str, Any] = desk.ask("cloudwatch").describe_alarms(alarm_names=[name])["MetricAlarms"][0]
    return found


def state(desk: Any, name: str = "a") -> str:
    return str(shown(desk, name)["StateValue"])


def history(desk: Any, kind: str, name: str = "a") -> list[dict[str, Any]]:
    items: list[dict[str, Any]] = desk.ask("cloudwatch").describe_alarm_history(
        alarm_name=name, history_item_type=kind, scan_by="TimestampAscending"
    )["AlarmHistoryItems"]
    return items


@pytest.mark.spec("cloudwatch-006")
def test_an_alarm_changes_when_its_metric_crosses_the_threshold(desk: Any) -> None:
    alarm(desk)
    assert state(desk) == "INSUFFICIENT_DATA"
    tell(desk, 5.0)
    desk.advance(MINUTE)
    assert state(desk) == "OK"
    tell(desk, 50.0)
    desk.advance(MINUTE)
    found = shown(desk)
    assert found["StateValue"] == "ALARM"
    assert found["StateReason"] == (
        "Threshold Crossed: 1 out of the last 1 datapoints [50.0 (15/01/27 08:01:00)] was greater than the threshold "
        "(10.0) (minimum 1 datapoint for OK -> ALARM transition)."
    )
    data = orjson.loads(found["StateReasonData"])
    assert data["recentDatapoints"] == [50.0]
    assert [each["HistorySummary"] for each in history(desk, "StateUpdate")] == [
        "Alarm updated from INSUFFICIENT_DATA to OK",
        "Alarm updated from OK to ALARM",
    ]
    desk.advance(10 * MINUTE)
    assert state(desk) == "INSUFFICIENT_DATA"
    assert shown(desk)["StateReason"] == "Insufficient Data: 1 datapoint was unknown."


@pytest.mark.spec("cloudwatch-007")
def test_two_of_three_points_alarm(desk: Any) -> None:
    alarm(desk, evaluation_periods=3, datapoints_to_alarm=2)
    seen = []
    for value in (50.0, 1.0, 50.0, 1.0, 1.0):
        tell(desk, value)
        desk.advance(MINUTE)
        seen.append(state(desk))
    assert seen == ["INSUFFICIENT_DATA", "OK", "ALARM", "OK", "OK"]


@pytest.mark.spec("cloudwatch-008")
def test_two_of_two_points_alarm(desk: Any) -> None:
    alarm(desk, evaluation_periods=2, datapoints_to_alarm=2)
    seen = []
    for value in (1.0, 50.0, 50.0):
        tell(desk, value)
        desk.advance(MINUTE)
        seen.append(state(desk))
    assert seen == ["OK", "OK", "ALARM"]


@pytest.mark.spec("cloudwatch-009")
def test_a_high_resolution_alarm_changes_within_ten_seconds(desk: Any) -> None:
    alarm(desk, period=10)
    tell(desk, 50.0, StorageResolution=1)
    desk.advance(9)
    assert state(desk) == "INSUFFICIENT_DATA"
    desk.advance(1)
    assert state(desk) == "ALARM"


def test_turning_the_clock_evaluates_in_order(desk: Any) -> None:
    alarm(desk)
    for minute, value in enumerate((50.0, 1.0, 50.0)):
        tell(desk, value, Timestamp=NOON + minute * MINUTE)
    desk.advance(30 * MINUTE)
    times = [(each["Timestamp"] - NOON, each["HistorySummary"].split()[-1]) for each in history(desk, "StateUpdate")]
    assert times == [(60, "ALARM"), (120, "OK"), (180, "ALARM"), (360, "INSUFFICIENT_DATA")]


def test_an_alarm_rests_when_nothing_can_change(desk: Any) -> None:
    alarm(desk)
    tell(desk, 50.0)
    moments = desk.loop.run_until_complete(desk.pipeline.runner.advance(NOON + 5 * 3600))
    assert moments < 20


@pytest.mark.parametrize(
    ("treatment", "expected"),
    [("breaching", "ALARM"), ("notBreaching", "OK"), ("ignore", "INSUFFICIENT_DATA"), ("missing", "INSUFFICIENT_DATA")],
)
def test_missing_data_from_the_beginning(desk: Any, treatment: str, expected: str) -> None:
    alarm(desk, treat_missing_data=treatment)
    desk.advance(MINUTE)
    assert state(desk) == expected


def test_an_alarm_on_metric_math(desk: Any) -> None:
    stat = {"Metric": {"Namespace": "App", "MetricName": "m"}, "Period": 60, "Stat": "Sum"}
    queries = [{"Id": "m", "MetricStat": stat, "ReturnData": False}, {"Id": "e", "Expression": "m * 100"}]
    alarm(desk, metrics=queries, namespace=None, metric_name=None, statistic=None, period=None, threshold=400.0)
    tell(desk, 5.0)
    desk.advance(MINUTE)
    assert state(desk) == "ALARM"


def test_few_samples_of_a_percentile_may_be_ignored(desk: Any) -> None:
    percentile = {"statistic": None, "extended_statistic": "p90"}
    alarm(desk, **percentile, evaluate_low_sample_count_percentile="ignore")
    alarm(desk, "b", **percentile)
    tell(desk, 50.0)
    desk.advance(MINUTE)
    assert (state(desk), state(desk, "b")) == ("INSUFFICIENT_DATA", "ALARM")
    desk.ask("cloudwatch").put_metric_data(
        namespace="App", metric_data=[{"MetricName": "m", "Values": [50.0], "Counts": [100.0]}]
    )
    desk.advance(MINUTE)
    assert state(desk) == "ALARM"


def test_an_action_that_nobody_takes_fails_in_the_history(desk: Any) -> None:
    action = "arn:aws:automate:us-east-1:ec2:stop"
    alarm(desk, alarm_actions=[action])
    desk.ask("cloudwatch").set_alarm_state(alarm_name="a", state_value="ALARM", state_reason="because")
    desk.settle()
    found = history(desk, "Action")[0]
    assert found["HistorySummary"].startswith(f"Failed to execute action {action}.")
    assert orjson.loads(found["HistoryData"])["actionState"] == "Failed"


def test_no_action_while_they_are_disabled(desk: Any) -> None:
    alarm(desk, alarm_actions=["arn:aws:automate:us-east-1:ec2:stop"])
    cloudwatch = desk.ask("cloudwatch")
    cloudwatch.disable_alarm_actions(alarm_names=["a"])
    cloudwatch.set_alarm_state(alarm_name="a", state_value="ALARM", state_reason="because")
    desk.settle()
    assert history(desk, "Action") == []
    assert shown(desk)["ActionsEnabled"] is False


def test_a_state_set_by_hand_lasts_until_the_next_evaluation(desk: Any) -> None:
    alarm(desk)
    tell(desk, 1.0)
    desk.ask("cloudwatch").set_alarm_state(alarm_name="a", state_value="ALARM", state_reason="because")
    assert (state(desk), shown(desk)["StateReason"]) == ("ALARM", "because")
    desk.advance(MINUTE)
    assert state(desk) == "OK"


def test_alarms_are_found_by_metric_prefix_state_and_action(desk: Any) -> None:
    alarm(desk, "one", ok_actions=["arn:aws:sns:us-east-1:111122223333:t"])
    alarm(desk, "two", dimensions=[{"Name": "x", "Value": "y"}])
    cloudwatch = desk.ask("cloudwatch")

    def names(**more: Any) -> list[str]:
        return [each["AlarmName"] for each in cloudwatch.describe_alarms(**more)["MetricAlarms"]]

    found = cloudwatch.describe_alarms_for_metric(metric_name="m", namespace="App")["MetricAlarms"]
    assert [each["AlarmName"] for each in found] == ["one"]
    assert names(alarm_name_prefix="t") == ["two"]
    assert names(action_prefix="arn:aws:sns") == ["one"]
    assert names(state_value="OK") == []
    assert names(alarm_types=["CompositeAlarm"]) == []
    first = cloudwatch.describe_alarms(max_records=1)
    assert names(max_records=1, next_token=first["NextToken"]) == ["two"]


def test_putting_again_keeps_the_state(desk: Any) -> None:
    alarm(desk, tags=[{"Key": "k", "Value": "v"}])
    tell(desk, 50.0)
    desk.advance(MINUTE)
    alarm(desk, threshold=20.0, alarm_description="new", tags=[{"Key": "other", "Value": "v"}])
    assert (shown(desk)["StateValue"], shown(desk)["Threshold"]) == ("ALARM", 20.0)
    tags = desk.ask("cloudwatch").list_tags_for_resource(resource_arn=shown(desk)["AlarmArn"])["Tags"]
    assert tags == [{"Key": "k", "Value": "v"}]
    assert [each["HistorySummary"] for each in history(desk, "ConfigurationUpdate")] == [
        'Alarm "a" created',
        'Alarm "a" updated',
    ]


def test_deleting(desk: Any) -> None:
    alarm(desk)
    desk.ask("cloudwatch").delete_alarms(alarm_names=["a", "never"])
    assert desk.ask("cloudwatch").describe_alarms()["MetricAlarms"] == []
    with pytest.raises(ResourceNotFound):
        desk.ask("cloudwatch").delete_alarms(alarm_names=["a"])
    tell(desk, 50.0)
    desk.advance(MINUTE)  # nobody is left to be evaluated


@pytest.mark.parametrize(
    "more",
    [
        {"threshold": None},
        {"datapoints_to_alarm": 2},
        {"evaluation_periods": 1441},
        {"period": 3600, "evaluation_periods": 169},
        {"metrics": [{"Id": "e", "Expression": "1"}]},
    ],
)
def test_bad_alarms_are_refused(desk: Any, more: dict[str, Any]) -> None:
    with pytest.raises(ValidationException):
        alarm(desk, **more)


def test_changes_are_told_as_events_of_the_account(desk: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    told: list[Any] = []
    emit = desk.pipeline.inside.emit
    monkeypatch.setattr(desk.pipeline.inside, "emit", lambda call, event: (told.append(event), emit(call, event)))
    alarm(desk)
    desk.ask("cloudwatch").set_alarm_state(alarm_name="a", state_value="ALARM", state_reason="because")
    desk.ask("cloudwatch").delete_alarms(alarm_names=["a"])
    by_kind = {(each.source, each.detail_type, each.detail.get("operation")): each for each in told}  # some ran again
    assert list(by_kind) == [
        ("aws.cloudwatch", "CloudWatch Alarm Configuration Change", "create"),
        ("aws.cloudwatch", "CloudWatch Alarm State Change", None),
        ("aws.cloudwatch", "CloudWatch Alarm Configuration Change", "delete"),
    ]
    change = list(by_kind.values())[1]
    assert change.resources == (f"arn:aws:cloudwatch:us-east-1:{desk.account}:alarm:a",)
    assert change.detail["state"] == {
        "value": "ALARM", "reason": "because", "timestamp": "2027-01-15T08:00:00.000+0000",
    }  # fmt: skip
    assert change.detail["previousState"]["value"] == "INSUFFICIENT_DATA"


def test_histories_are_kept_for_thirty_days(desk: Any) -> None:
    alarm(desk)
    tell(desk, 50.0)
    desk.advance(29 * 86_400)
    assert history(desk, "StateUpdate")
    desk.advance(3 * 86_400)
    assert history(desk, "StateUpdate") == []
    assert desk.store.transact(lambda tx: stored.items.count(desk.call(tx))) == 0
