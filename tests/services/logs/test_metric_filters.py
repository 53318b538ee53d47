"""Metrics out of log events: filters and the embedded metric format."""

from __future__ import annotations

import json
from typing import Any

import pytest

from skyjar.services.logs.errors import InvalidParameterException, ResourceNotFoundException
from tests.conftest import NOON

AT_MS = int(NOON * 1000)


@pytest.fixture
def logs(desk: Any) -> Any:
    found = desk.ask("logs")
    found.create_log_group(log_group_name="g")
    found.create_log_stream(log_group_name="g", log_stream_name="s")
    return found


def put(logs: Any, *messages: str, at_ms: int = AT_MS) -> None:
    events = [{"timestamp": at_ms, "message": message} for message in messages]
    logs.put_log_events(log_group_name="g", log_stream_name="s", log_events=events)


def make(logs: Any, pattern: str, value: str = "1", **more: Any) -> None:
    wanted = {"metricName": "m", "metricNamespace": "App", "metricValue": value, **more}
    logs.put_metric_filter(log_group_name="g", filter_name="f", filter_pattern=pattern, metric_transformations=[wanted])


def read(desk: Any, name: str = "m", statistic: str = "Sum", **dimensions: str) -> list[float]:
    found = desk.ask("cloudwatch").get_metric_statistics(
        namespace="App", metric_name=name, start_time=NOON, end_time=NOON + 600, period=60, statistics=[statistic],
        dimensions=[{"Name": key, "Value": value} for key, value in dimensions.items()],
    )  # fmt: skip
    return [point[statistic] for point in found["Datapoints"]]


def test_events_that_match_are_counted(desk: Any, logs: Any) -> None:
    make(logs, "ERROR", defaultValue=0.0)
    put(logs, "an ERROR", "fine", "another ERROR")
    put(logs, "fine", at_ms=AT_MS + 60_000)
    assert read(desk) == [2.0, 0.0]
    assert logs.describe_log_groups()["logGroups"][0]["metricFilterCount"] == 1


def test_values_and_dimensions_come_out_of_json(desk: Any, logs: Any) -> None:
    make(logs, "{ $.took > 0 }", "$.took", dimensions={"Path": "$.path"}, unit="Milliseconds")
    put(logs, json.dumps({"took": 5, "path": "/a"}), json.dumps({"took": 7, "path": "/b"}), json.dumps({"took": 9}))
    assert read(desk, Path="/a") == [5.0]
    assert read(desk, Path="/b") == [7.0]
    assert read(desk) == []


def test_an_alarm_on_a_filter(desk: Any, logs: Any) -> None:
    make(logs, "ERROR")
    desk.ask("cloudwatch").put_metric_alarm(
        alarm_name="a", namespace="App", metric_name="m", statistic="Sum", period=60, evaluation_periods=1,
        threshold=0.0, comparison_operator="GreaterThanThreshold",
    )  # fmt: skip
    put(logs, "ERROR")
    desk.advance(60)
    assert desk.ask("cloudwatch").describe_alarms()["MetricAlarms"][0]["StateValue"] == "ALARM"


def test_filters_are_described_and_deleted(logs: Any) -> None:
    make(logs, "ERROR")
    found = logs.describe_metric_filters(log_group_name="g")["metricFilters"]
    assert (found[0]["filterName"], found[0]["metricTransformations"][0]["metricValue"]) == ("f", "1")
    assert logs.describe_metric_filters(metric_name="x", metric_namespace="App")["metricFilters"] == []
    logs.delete_metric_filter(log_group_name="g", filter_name="f")
    with pytest.raises(ResourceNotFoundException):
        logs.delete_metric_filter(log_group_name="g", filter_name="f")
    make(logs, "ERROR")
    logs.delete_log_group(log_group_name="g")
    assert logs.describe_metric_filters()["metricFilters"] == []


def test_a_pattern_is_tried(logs: Any) -> None:
    found = logs.test_metric_filter(filter_pattern="{ $.a = 1 }", log_event_messages=['{"a": 2}', '{"a": 1}'])
    assert found["matches"] == [{"eventNumber": 2, "eventMessage": '{"a": 1}', "extractedValues": {"$.a": "1"}}]


@pytest.mark.parametrize(
    "more",
    [
        {"metricValue": "many"},
        {"metricValue": "$.a"},
        {"metricNamespace": "AWS/Own"},
        {"unit": "Bananas"},
        {"dimensions": {"a": "$.a"}, "defaultValue": 0.0},
    ],
)
def test_bad_transformations_are_refused(logs: Any, more: dict[str, Any]) -> None:
    with pytest.raises(InvalidParameterException):
        make(logs, "ERROR", **{"value": more.pop("metricValue", "1"), **more})


def test_the_embedded_metric_format(desk: Any, logs: Any) -> None:
    metrics = [{"Name": "took", "Unit": "Milliseconds"}, {"Name": "many"}, {"Name": "nothing"}]
    header = {"Namespace": "App", "Dimensions": [["Service"], []], "Metrics": metrics}
    event = {
        "_aws": {"Timestamp": AT_MS, "CloudWatchMetrics": [header]},
        "Service": "shop",
        "took": 12,
        "many": [1, 2, 3],
        "other": "x",
    }
    put(logs, json.dumps(event), '{"_aws": {"Timestamp": "no"}}', '"_aws"', '{"_aws": []}')
    assert read(desk, "took", Service="shop") == [12.0]
    assert read(desk, "took") == [12.0]
    assert read(desk, "many", "Average", Service="shop") == [2.0]
    assert read(desk, "nothing") == []


def test_a_filter_in_a_template(desk: Any, logs: Any) -> None:
    transformation = {
        "MetricName": "m", "MetricNamespace": "App", "MetricValue": "$.n", "Unit": "Count",
        "Dimensions": [{"Key": "k", "Value": "$.k"}],
    }  # fmt: skip
    properties = {"LogGroupName": "g", "FilterPattern": "{ $.n > 0 }", "MetricTransformations": [transformation]}
    template = json.dumps({"Resources": {"F": {"Type": "AWS::Logs::MetricFilter", "Properties": properties}}})
    cfn = desk.ask("cloudformation")
    cfn.create_stack(stack_name="s", template_body=template)
    desk.settle()
    put(logs, '{"n": 3, "k": "x"}')
    assert read(desk, k="x") == [3.0]
    cfn.delete_stack(stack_name="s")
    desk.settle()
    assert logs.describe_metric_filters()["metricFilters"] == []
