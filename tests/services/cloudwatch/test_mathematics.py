"""Metric math through GetMetricData: the grammar, the functions, SEARCH, labels."""

from __future__ import annotations

from typing import Any

import pytest

from skyjar.kernel.errors import NotImplementedHere
from skyjar.services.cloudwatch.errors import ValidationException
from tests.conftest import NOON

MINUTE = 60
A, B = [1.0, 2.0, None, 8.0], [10.0, None, 30.0, 0.0]


@pytest.fixture
def told(desk: Any) -> Any:
    """Two metrics over four minutes, of two hosts."""
    for name, values in (("a", A), ("b", B)):
        for minute, value in enumerate(values):
            if value is not None:
                datum = {"MetricName": name, "Value": value, "Timestamp": NOON + minute * MINUTE}
                host = {"MetricName": "Load", "Value": value, "Timestamp": NOON + minute * MINUTE}
                host["Dimensions"] = [{"Name": "Host", "Value": f"host-{name}"}]
                desk.ask("cloudwatch").put_metric_data(namespace="App", metric_data=[datum, host])
    desk.advance(5 * MINUTE)
    return desk


def ask(desk: Any, expression: str, **more: Any) -> list[dict[str, Any]]:
    queries: list[dict[str, Any]] = [
        {
            "Id": name,
            "MetricStat": {"Metric": {"Namespace": "App", "MetricName": name}, "Period": 60, "Stat": "Sum"},
            "ReturnData": False,
        }
        for name in ("a", "b")
    ]
    queries.append({"Id": "e", "Expression": expression, **more})
    found = desk.ask("cloudwatch").get_metric_data(
        metric_data_queries=queries, start_time=NOON, end_time=NOON + 4 * MINUTE, scan_by="TimestampAscending"
    )
    results: list[dict[str, Any]] = found["MetricDataResults"]
    return results


def values(desk: Any, expression: str) -> list[list[float | None]]:
    """By minute; None where there is no point."""
    found = []
    for result in ask(desk, expression):
        points = dict(zip(result["Timestamps"], result["Values"], strict=True))
        found.append([points.get(NOON + minute * MINUTE) for minute in range(4)])
    return found


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        ("a + b", [11.0, None, None, 8.0]),
        ("a + 2 * 3 ^ 2", [19.0, 20.0, None, 26.0]),
        ("-(a - 1) / 2", [0.0, -0.5, None, -3.5]),
        ("a / b", [0.1, None, None, None]),
        ("a > 1 && a < 5", [0.0, 1.0, None, 0.0]),
        ("a == 1 OR a == 8", [1.0, 0.0, None, 1.0]),
        ("a / SUM(a) * 11", [1.0, 2.0, None, 8.0]),
        ("a - AVG(a)", [pytest.approx(-8 / 3), pytest.approx(-5 / 3), None, pytest.approx(13 / 3)]),
        ("SUM([a, b])", [11.0, 2.0, 30.0, 8.0]),
        ("MAX(METRICS())", [10.0, 2.0, 30.0, 8.0]),
        ("MIN(METRICS('a'))", [1.0, 2.0, None, 8.0]),
        ("AVG([a, b])", [5.5, 2.0, 30.0, 4.0]),
        ("STDDEV([a, b])", [4.5, 0.0, 0.0, 4.0]),
        ("FILL(a, 0)", [1.0, 2.0, 0.0, 8.0]),
        ("FILL(a, REPEAT)", [1.0, 2.0, 2.0, 8.0]),
        ("FILL(a, LINEAR)", [1.0, 2.0, 5.0, 8.0]),
        ("FILL(a, b)", [1.0, 2.0, 30.0, 8.0]),
        ("DIFF(a)", [None, 1.0, None, 6.0]),
        ("DIFF_TIME(a)", [None, 60.0, None, 120.0]),
        ("RATE(a) * 60", [None, 1.0, None, 3.0]),
        ("RUNNING_SUM(a)", [1.0, 3.0, None, 11.0]),
        ("IF(a > 1, a, 0)", [0.0, 2.0, None, 8.0]),
        ("IF(a > 1, b)", [None, None, None, 0.0]),
        ("IF(1 > 2, b, a)", [1.0, 2.0, None, 8.0]),
        ("a / PERIOD(a) * 60", [1.0, 2.0, None, 8.0]),
        ("ABS(-a)", [1.0, 2.0, None, 8.0]),
        ("CEIL(a / 3)", [1.0, 1.0, None, 3.0]),
        ("FLOOR(a / 3)", [0.0, 0.0, None, 2.0]),
        ("LOG10(a * 10)", [1.0, pytest.approx(1.30103), None, pytest.approx(1.90309)]),
        ("TIME_SERIES(7)", [7.0, 7.0, 7.0, 7.0]),
        ("MINUTE(a)", [0.0, 1.0, None, 3.0]),
        ("HOUR(a) + DATE(a) + MONTH(a) + YEAR(a) + DAY(a)", [2056.0, 2056.0, None, 2056.0]),
        ("TIME_SERIES(METRIC_COUNT(METRICS()))", [2.0, 2.0, 2.0, 2.0]),
        ("FIRST(SORT(METRICS(), SUM, DESC))", [10.0, None, 30.0, 0.0]),
        ("LAST(SORT(METRICS(), MAX, DESC, 1))", [10.0, None, 30.0, 0.0]),
    ],
)
def test_one_series(told: Any, expression: str, expected: list[float | None]) -> None:
    assert values(told, expression) == [expected]


def test_arrays(told: Any) -> None:
    assert values(told, "METRICS() * 2") == [[2.0, 4.0, None, 16.0], [20.0, None, 60.0, 0.0]]
    assert values(told, "SLICE([a, b], 1)") == [[10.0, None, 30.0, 0.0]]
    assert len(values(told, "REMOVE_EMPTY([a, IF(a > 100, a)])")) == 1


@pytest.mark.parametrize(
    ("term", "expected"),
    [
        ("{App,Host} Load", ["host-a", "host-b"]),
        ('{App,Host} MetricName="Load" Host="host-b"', ["host-b"]),
        ('{App,Host} MetricName="Load" NOT Host="host-b"', ["host-a"]),
        ('Namespace="App" Host=("host-a" OR "host-b")', ["host-a", "host-b"]),
        ("{App,Host} loa host", ["host-a", "host-b"]),
        ("{App,Other} Load", []),
        ("{Else,Host} Load", []),
    ],
)
def test_search(told: Any, term: str, expected: list[str]) -> None:
    found = ask(told, f"SEARCH('{term}', 'Sum', 60)", Label="${PROP('Dim.Host')}")
    assert [each["Label"] for each in found] == expected


def test_labels(told: Any) -> None:
    assert ask(told, "a + 1")[0]["Label"] == "e"
    assert ask(told, "a + 1", Label="more")[0]["Label"] == "more"
    assert ask(told, "a", Label="${LABEL} at most ${MAX}, last ${LAST}")[0]["Label"] == "a at most 8, last 8"
    assert [each["Label"] for each in ask(told, "METRICS()", Label="x")] == ["x a", "x b"]


@pytest.mark.parametrize(
    ("expression", "sentence"),
    [
        ("a +", "Unexpected end"),
        ("a + c", "Unrecognized variable 'c'"),
        ("NOPE(a)", "Unrecognized function 'NOPE'"),
        ("a b", "Unexpected 'b'"),
        ("SUM(a, b)", "got 2 arguments"),
        ("1 + 1", "must be a time series"),
        ("e + 1", "in a circle"),
        ("a + 'x'", "not a number"),
        ("(" * 100 + "a" + ")" * 100, "nested too deeply"),
    ],
)
def test_bad_expressions(told: Any, expression: str, sentence: str) -> None:
    with pytest.raises(ValidationException, match=f"Error in expression 'e': .*{sentence}"):
        ask(told, expression)


@pytest.mark.parametrize("expression", ["ANOMALY_DETECTION_BAND(a)", "SELECT MAX(a) FROM App", "SERVICE_QUOTA(a)"])
def test_what_is_not_there_is_refused_by_name(told: Any, expression: str) -> None:
    with pytest.raises(NotImplementedHere):
        ask(told, expression)


def test_the_latest_come_first_unless_asked(told: Any) -> None:
    query = {"Id": "a", "MetricStat": {"Metric": {"Namespace": "App", "MetricName": "a"}, "Period": 60, "Stat": "Sum"}}
    cloudwatch = told.ask("cloudwatch")
    found = cloudwatch.get_metric_data(metric_data_queries=[query], start_time=NOON, end_time=NOON + 240)
    assert found["MetricDataResults"][0]["Values"] == [8.0, 2.0, 1.0]
    assert found["MetricDataResults"][0]["StatusCode"] == "Complete"
