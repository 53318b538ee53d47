"""CloudWatch through boto3 (CBOR), and as older SDKs speak to it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

pytestmark = pytest.mark.client


def span(now: datetime) -> dict[str, Any]:
    return {"StartTime": now - timedelta(minutes=10), "EndTime": now + timedelta(minutes=1)}


@pytest.mark.spec("cloudwatch-001")
def test_metrics_are_told_and_read(account: Any) -> None:
    cloudwatch = account.client("cloudwatch")
    now = datetime.now(UTC)
    dimensions = [{"Name": "Host", "Value": "a"}]
    data = [
        {"MetricName": "Load", "Dimensions": dimensions, "Value": 1.5, "Timestamp": now, "Unit": "Percent"},
        {"MetricName": "Load", "Dimensions": dimensions, "Values": [2.5, 3.5], "Counts": [2, 1], "Unit": "Percent"},
    ]
    cloudwatch.put_metric_data(Namespace="App", MetricData=data)
    metric = {"Namespace": "App", "MetricName": "Load", "Dimensions": dimensions}
    assert cloudwatch.list_metrics(Namespace="App")["Metrics"] == [metric]
    found = cloudwatch.get_metric_statistics(**metric, **span(now), Period=3600, Statistics=["SampleCount", "Sum"])
    assert (found["Datapoints"][0]["SampleCount"], found["Datapoints"][0]["Sum"]) == (4.0, 10.0)
    queries = [
        {"Id": "load", "MetricStat": {"Metric": metric, "Period": 3600, "Stat": "Sum"}, "ReturnData": False},
        {"Id": "twice", "Expression": "load * 2"},
    ]
    result = cloudwatch.get_metric_data(MetricDataQueries=queries, **span(now))["MetricDataResults"]
    assert [(each["Id"], each["Values"]) for each in result] == [("twice", [20.0])]


def test_long_requests_come_compressed(account: Any) -> None:
    cloudwatch = account.client("cloudwatch")
    data = [{"MetricName": f"m{number}", "Value": number} for number in range(600)]
    seen = []
    cloudwatch.meta.events.register(
        "before-send", lambda request, **_: seen.append(request.headers.get("Content-Encoding"))
    )
    cloudwatch.put_metric_data(Namespace="Long", MetricData=data)
    assert seen == [b"gzip"] or seen == ["gzip"]
    pages = cloudwatch.get_paginator("list_metrics").paginate(Namespace="Long")
    assert sum(len(page["Metrics"]) for page in pages) == 600
