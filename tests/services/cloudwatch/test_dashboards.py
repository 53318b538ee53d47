"""Dashboards: bodies are checked, kept as they are, listed."""

from __future__ import annotations

from typing import Any

import orjson
import pytest

from skyjar.services.cloudwatch.errors import (
    DashboardInvalidInputError,
    DashboardNotFoundError,
    InvalidParameterValueException,
)

WIDGET = {
    "type": "metric",
    "properties": {"metrics": [["AWS/SQS", "NumberOfMessagesSent", "QueueName", "q"]], "region": "us-east-1"},
}
TEXT = {"type": "text", "x": 0, "y": 0, "width": 3, "height": 3, "properties": {"markdown": "hello"}}


def body(*widgets: Any) -> str:
    return orjson.dumps({"widgets": widgets}).decode()


def test_a_dashboard_is_kept_as_it_is(desk: Any) -> None:
    cloudwatch = desk.ask("cloudwatch")
    assert cloudwatch.put_dashboard(dashboard_name="d", dashboard_body=body(WIDGET, TEXT)) == {
        "DashboardValidationMessages": []
    }
    elsewhere = desk.ask("cloudwatch", region="eu-west-1")
    found = elsewhere.get_dashboard(dashboard_name="d")
    assert found["DashboardBody"] == body(WIDGET, TEXT)
    assert found["DashboardArn"] == "arn:aws:cloudwatch::111122223333:dashboard/d"
    entry = cloudwatch.list_dashboards(dashboard_name_prefix="d")["DashboardEntries"][0]
    assert (entry["DashboardName"], entry["Size"]) == ("d", len(body(WIDGET, TEXT)))
    cloudwatch.tag_resource(resource_arn=found["DashboardArn"], tags=[{"Key": "k", "Value": "v"}])
    assert cloudwatch.list_tags_for_resource(resource_arn=found["DashboardArn"])["Tags"] == [{"Key": "k", "Value": "v"}]


def test_deleting_is_all_or_nothing(desk: Any) -> None:
    cloudwatch = desk.ask("cloudwatch")
    cloudwatch.put_dashboard(dashboard_name="d", dashboard_body=body(TEXT))
    with pytest.raises(DashboardNotFoundError):
        cloudwatch.delete_dashboards(dashboard_names=["d", "never"])
    cloudwatch.delete_dashboards(dashboard_names=["d"])
    with pytest.raises(DashboardNotFoundError):
        cloudwatch.get_dashboard(dashboard_name="d")


@pytest.mark.parametrize(
    ("text", "path"),
    [
        ("no", ""),
        ("[]", ""),
        ("{}", ""),
        (body({"properties": {}}), "/widgets/0"),
        (body({"type": "other", "properties": {}}), "/widgets/0/type"),
        (body({"type": "text", "properties": {}}), "/widgets/0/properties"),
        (body({**TEXT, "width": 25}), "/widgets/0/width"),
        (body({**TEXT, "height": "1"}), "/widgets/0/height"),
        (
            body(TEXT, {"type": "metric", "properties": {"region": "r", "metrics": [["A"]]}}),
            "/widgets/1/properties/metrics/0",
        ),
    ],
)
def test_bad_bodies_are_refused_with_messages(desk: Any, text: str, path: str) -> None:
    with pytest.raises(DashboardInvalidInputError) as caught:
        desk.ask("cloudwatch").put_dashboard(dashboard_name="d", dashboard_body=text)
    assert [each["DataPath"] for each in caught.value.fields["dashboardValidationMessages"]] == [path]


def test_warnings_are_told_and_the_body_is_kept(desk: Any) -> None:
    told = desk.ask("cloudwatch").put_dashboard(dashboard_name="d", dashboard_body=body({**TEXT, "colour": "red"}))
    assert told["DashboardValidationMessages"][0]["DataPath"] == "/widgets/0"


def test_names(desk: Any) -> None:
    with pytest.raises(InvalidParameterValueException):
        desk.ask("cloudwatch").put_dashboard(dashboard_name="a b", dashboard_body=body(TEXT))
