"""PutMetricData, GetMetricStatistics, ListMetrics: what is told of a metric and what is read of it."""

from __future__ import annotations

from typing import Any

import pytest

from skyjar.services.cloudwatch.errors import (
    InvalidParameterCombinationException,
    InvalidParameterValueException,
    MissingRequiredParameterException,
)
from tests.conftest import NOON

DAY_S = 86_400


def put(desk: Any, *values: float, namespace: str = "App", name: str = "m", **more: Any) -> None:
    data = [{"MetricName": name, "Value": value, **more} for value in values]
    desk.ask("cloudwatch").put_metric_data(namespace=namespace, metric_data=data)


def read(
    desk: Any, *statistics: str, since: float = NOON, until: float = NOON + 60, period: int = 60, **more: Any
) -> list[dict[str, Any]]:
    plain = [each for each in statistics if each in ("SampleCount", "Average", "Sum", "Minimum", "Maximum")]
    kind = {"statistics": plain} if plain else {"extended_statistics": list(statistics)}
    given = {"namespace": "App", "metric_name": "m", **more}
    answer = desk.ask("cloudwatch").get_metric_statistics(
        start_time=since, end_time=until, period=period, **kind, **given
    )
    points: list[dict[str, Any]] = answer["Datapoints"]
    return points


@pytest.mark.spec("cloudwatch-003")
def test_values_of_a_minute_are_put_together(desk: Any) -> None:
    put(desk, 1.0, 2.0, 6.0, Unit="Count")
    found = read(desk, "SampleCount", "Average", "Sum", "Minimum", "Maximum")
    assert found == [
        {
            "Timestamp": NOON, "Unit": "Count", "SampleCount": 3.0, "Average": 3.0, "Sum": 9.0, "Minimum": 1.0,
            "Maximum": 6.0,
        }
    ]  # fmt: skip


@pytest.mark.spec("cloudwatch-002")
def test_namespaces_and_dimensions_keep_metrics_apart(desk: Any) -> None:
    put(desk, 1.0)
    put(desk, 5.0, namespace="Other")
    put(desk, 7.0, Dimensions=[{"Name": "a", "Value": "b"}])
    assert read(desk, "Sum")[0]["Sum"] == 1.0
    assert read(desk, "Sum", namespace="Other")[0]["Sum"] == 5.0
    assert read(desk, "Sum", dimensions=[{"Name": "a", "Value": "b"}])[0]["Sum"] == 7.0
    assert read(desk, "Sum", dimensions=[{"Name": "a", "Value": "c"}]) == []


def test_units_are_apart(desk: Any) -> None:
    put(desk, 1.0, Unit="Count")
    put(desk, 2.0, Unit="Bytes")
    assert [(each["Unit"], each["Sum"]) for each in read(desk, "Sum")] == [("Bytes", 2.0), ("Count", 1.0)]
    assert [each["Sum"] for each in read(desk, "Sum", unit="Bytes")] == [2.0]


@pytest.mark.spec("cloudwatch-004")
def test_high_resolution_is_of_seconds(desk: Any) -> None:
    for second in (0, 1, 7):
        put(desk, 1.0, Timestamp=NOON + second, StorageResolution=1)
        put(desk, 1.0, Timestamp=NOON + second, name="coarse")
    assert [each["Timestamp"] - NOON for each in read(desk, "Sum", period=1)] == [0, 1, 7]
    assert [each["Sum"] for each in read(desk, "Sum", period=5)] == [2.0, 1.0]
    assert len(read(desk, "Sum", period=1, metric_name="coarse")) == 1
    assert read(desk, "Sum")[0]["Sum"] == 3.0


def test_values_with_counts_and_statistic_sets(desk: Any) -> None:
    cloudwatch = desk.ask("cloudwatch")
    values = {"MetricName": "m", "Values": [1.0, 3.0], "Counts": [3.0, 1.0]}
    whole = {"SampleCount": 2.0, "Sum": 10.0, "Minimum": 4.0, "Maximum": 6.0}
    cloudwatch.put_metric_data(namespace="App", metric_data=[values])
    assert read(desk, "p75")[0]["ExtendedStatistics"] == {"p75": 1.0}
    cloudwatch.put_metric_data(namespace="App", metric_data=[{"MetricName": "m", "StatisticValues": whole}])
    assert read(desk, "SampleCount", "Sum")[0]["Sum"] == 16.0
    assert read(desk, "p75") == []  # a statistic set does not tell its values


def test_percentiles_and_what_is_trimmed(desk: Any) -> None:
    put(desk, *map(float, range(1, 101)))
    wanted = {
        "p99": 99.0, "p50": 50.0, "p100": 100.0, "tm90": 45.5, "tc90": 90.0, "ts90": 4095.0, "PR(:50)": 50.0,
        "PR(10:20)": 10.0, "TM(10%:90%)": 50.5, "TC(20:30)": 10.0, "IQM": 50.5, "WM(10%:90%)": 50.5,
    }  # fmt: skip
    assert read(desk, *wanted)[0]["ExtendedStatistics"] == wanted
    with pytest.raises(InvalidParameterValueException):
        read(desk, "p101")


def test_points_become_coarser_and_then_go(desk: Any) -> None:
    put(desk, 1.0, Timestamp=NOON, StorageResolution=1)
    put(desk, 1.0, Timestamp=NOON + 120)
    whole = {"since": NOON, "until": NOON + 3600}
    assert len(read(desk, "Sum", period=30, since=NOON, until=NOON + 600)) == 2
    desk.advance(4 * 3600)
    assert read(desk, "Sum", period=30, since=NOON, until=NOON + 600) == []
    assert len(read(desk, "Sum", **whole)) == 2
    desk.advance(16 * DAY_S)
    assert read(desk, "Sum", **whole) == []
    assert [each["Sum"] for each in read(desk, "Sum", period=300, **whole)] == [2.0]
    desk.advance(50 * DAY_S)
    assert read(desk, "Sum", period=300, **whole) == []
    assert [each["Sum"] for each in read(desk, "Sum", period=3600, **whole)] == [2.0]
    desk.advance(400 * DAY_S)
    assert read(desk, "Sum", period=3600, **whole) == []


def test_what_is_told_may_be_two_weeks_old_or_two_hours_early(desk: Any) -> None:
    put(desk, 1.0, Timestamp=NOON - 14 * DAY_S)
    put(desk, 1.0, Timestamp=NOON + 7200)
    with pytest.raises(InvalidParameterValueException, match="two weeks in the past"):
        put(desk, 1.0, Timestamp=NOON - 14 * DAY_S - 1)
    with pytest.raises(InvalidParameterValueException, match="two hours in the future"):
        put(desk, 1.0, Timestamp=NOON + 7201)


@pytest.mark.parametrize(
    ("datum", "error"),
    [
        ({}, MissingRequiredParameterException),
        ({"Value": 1.0, "Values": [1.0]}, InvalidParameterCombinationException),
        ({"Value": 1.0, "Counts": [1.0]}, InvalidParameterCombinationException),
        ({"Value": float("nan")}, InvalidParameterValueException),
        ({"Value": 2.0**361}, InvalidParameterValueException),
        ({"Values": [1.0] * 151}, InvalidParameterValueException),
        ({"Values": [1.0], "Counts": [1.0, 2.0]}, InvalidParameterValueException),
        ({"Value": 1.0, "StorageResolution": 30}, InvalidParameterValueException),
        ({"Value": 1.0, "Dimensions": [{"Name": ":a", "Value": "b"}]}, InvalidParameterValueException),
        ({"Value": 1.0, "Dimensions": [{"Name": "a", "Value": "b"}] * 2}, InvalidParameterValueException),
    ],
)
def test_a_bad_datum_is_refused_and_nothing_is_kept(desk: Any, datum: dict[str, Any], error: type[Exception]) -> None:
    with pytest.raises(error):
        desk.ask("cloudwatch").put_metric_data(
            namespace="App", metric_data=[{"MetricName": "m", "Value": 1.0}, {"MetricName": "m", **datum}]
        )
    assert desk.ask("cloudwatch").list_metrics()["Metrics"] == []


def test_namespaces_of_services_are_theirs(desk: Any) -> None:
    with pytest.raises(InvalidParameterValueException, match="The value AWS/SQS for parameter Namespace"):
        put(desk, 1.0, namespace="AWS/SQS")


def test_too_many_points_are_refused(desk: Any) -> None:
    with pytest.raises(
        InvalidParameterCombinationException, match="1,500 datapoints, which exceeds the limit of 1,440"
    ):
        read(desk, "Sum", since=NOON - 1500 * 60, until=NOON)


@pytest.mark.spec("cloudwatch-001")
def test_metrics_are_listed_for_two_weeks(desk: Any) -> None:
    put(desk, 1.0, Dimensions=[{"Name": "Host", "Value": "a"}])
    put(desk, 1.0, name="n")
    cloudwatch = desk.ask("cloudwatch")
    assert len(cloudwatch.list_metrics(namespace="App")["Metrics"]) == 2
    assert cloudwatch.list_metrics(dimensions=[{"Name": "Host"}])["Metrics"] == [
        {"Namespace": "App", "MetricName": "m", "Dimensions": [{"Name": "Host", "Value": "a"}]}
    ]
    assert cloudwatch.list_metrics(dimensions=[{"Name": "Host", "Value": "b"}])["Metrics"] == []
    desk.advance(4 * 3600)
    put(desk, 1.0, name="n")
    assert [each["MetricName"] for each in cloudwatch.list_metrics(recently_active="PT3H")["Metrics"]] == ["n"]
    desk.advance(14 * DAY_S - 3600)
    assert [each["MetricName"] for each in cloudwatch.list_metrics()["Metrics"]] == ["n"]


def test_metrics_are_listed_in_pages(desk: Any) -> None:
    cloudwatch = desk.ask("cloudwatch")
    data = [{"MetricName": f"m{n}", "Value": 1.0} for n in range(501)]
    cloudwatch.put_metric_data(namespace="App", metric_data=data)
    first = cloudwatch.list_metrics()
    assert len(first["Metrics"]) == 500
    assert len(cloudwatch.list_metrics(next_token=first["NextToken"])["Metrics"]) == 1
