"""AWS::Events::* in a stack."""

from __future__ import annotations

import json
from typing import Any

import pytest

from .conftest import ACCOUNT, Events, queue_arn


def deployed(bridge: Events, resources: dict[str, Any]) -> str:
    cfn = bridge.desk.ask("cloudformation")
    exists = cfn.describe_stacks()["Stacks"]
    operation = cfn.update_stack if exists else cfn.create_stack
    operation(stack_name="s", template_body=json.dumps({"Resources": resources}))
    bridge.desk.settle()
    status: str = cfn.describe_stacks(stack_name="s")["Stacks"][0]["StackStatus"]
    return status


def physical(bridge: Events) -> dict[str, str]:
    rows = bridge.desk.ask("cloudformation").describe_stack_resources(stack_name="s")["StackResources"]
    return {row["LogicalResourceId"]: row["PhysicalResourceId"] for row in rows}


def stack() -> dict[str, Any]:
    return {
        "B": {"Type": "AWS::Events::EventBus", "Properties": {"Name": "b", "Tags": [{"Key": "a", "Value": "1"}]}},
        "P": {
            "Type": "AWS::Events::EventBusPolicy",
            "Properties": {
                "EventBusName": {"Ref": "B"},
                "StatementId": "them",
                "Action": "events:PutEvents",
                "Principal": "444455556666",
            },
        },
        "R": {
            "Type": "AWS::Events::Rule",
            "Properties": {
                "EventBusName": {"Ref": "B"},
                "EventPattern": {"source": ["app"]},
                "Targets": [
                    {"Id": "1", "Arn": queue_arn("q"), "RetryPolicy": {"MaximumRetryAttempts": "3"}},
                    {"Id": "2", "Arn": queue_arn("p")},
                ],
            },
        },
        "S": {"Type": "AWS::Events::Rule", "Properties": {"Name": "tick", "ScheduleExpression": "rate(5 minutes)"}},
        "A": {
            "Type": "AWS::Events::Archive",
            "Properties": {"SourceArn": {"Fn::GetAtt": ["B", "Arn"]}, "RetentionDays": 3},
        },
        "C": {
            "Type": "AWS::Events::Connection",
            "Properties": {
                "AuthorizationType": "API_KEY",
                "AuthParameters": {"ApiKeyAuthParameters": {"ApiKeyName": "X", "ApiKeyValue": "y"}},
            },
        },
        "D": {
            "Type": "AWS::Events::ApiDestination",
            "Properties": {
                "ConnectionArn": {"Fn::GetAtt": ["C", "Arn"]},
                "InvocationEndpoint": "https://example.test/",
                "HttpMethod": "POST",
            },
        },
    }


def test_a_stack_makes_changes_and_removes_them(bridge: Events) -> None:
    events = bridge.events
    assert deployed(bridge, stack()) == "CREATE_COMPLETE"
    names = physical(bridge)
    bus, _, rule = names["R"].partition("|")
    assert (bus, names["S"], names["B"]) == ("b", "tick", "b")
    targets = events.list_targets_by_rule(rule=rule, event_bus_name="b")["Targets"]
    assert [each["Id"] for each in targets] == ["1", "2"]
    assert targets[0]["RetryPolicy"] == {"MaximumRetryAttempts": 3}
    assert json.loads(events.describe_event_bus(name="b")["Policy"])["Statement"][0]["Sid"] == "them"
    assert events.describe_archive(archive_name=names["A"])["RetentionDays"] == 3
    assert events.describe_api_destination(name=names["D"])["ApiDestinationState"] == "ACTIVE"

    changed = stack()
    changed["R"]["Properties"]["Targets"].pop()
    changed["R"]["Properties"]["EventPattern"] = {"source": ["other"]}
    changed["S"]["Properties"]["State"] = "DISABLED"
    changed["A"]["Properties"]["RetentionDays"] = 5
    changed["D"]["Properties"]["HttpMethod"] = "PUT"
    changed["B"]["Properties"]["Tags"] = []
    del changed["P"]
    assert deployed(bridge, changed) == "UPDATE_COMPLETE"
    assert physical(bridge)["R"] == names["R"]
    assert len(events.list_targets_by_rule(rule=rule, event_bus_name="b")["Targets"]) == 1
    assert events.describe_rule(name=rule, event_bus_name="b")["EventPattern"] == '{"source":["other"]}'
    assert events.describe_rule(name="tick")["State"] == "DISABLED"
    assert events.describe_archive(archive_name=names["A"])["RetentionDays"] == 5
    assert events.describe_api_destination(name=names["D"])["HttpMethod"] == "PUT"
    assert "Policy" not in events.describe_event_bus(name="b")
    arn = f"arn:aws:events:us-east-1:{ACCOUNT}:event-bus/b"
    assert "a" not in {tag["Key"] for tag in events.list_tags_for_resource(resource_arn=arn)["Tags"]}

    bridge.desk.ask("cloudformation").delete_stack(stack_name="s")
    bridge.desk.settle()
    assert [each["Name"] for each in events.list_event_buses()["EventBuses"]] == ["default"]
    assert events.list_rules()["Rules"] == events.list_connections()["Connections"] == []
    assert events.list_archives()["Archives"] == events.list_api_destinations()["ApiDestinations"] == []


@pytest.mark.parametrize(
    ("kind", "properties"),
    [
        ("AWS::Events::EventBus", {"Name": "b", "KmsKeyIdentifier": "k"}),
        ("AWS::Events::Rule", {"ScheduleExpression": "rate(5 minute)"}),
    ],
)
def test_what_cannot_be_made_fails_the_resource(bridge: Events, kind: str, properties: dict[str, Any]) -> None:
    assert deployed(bridge, {"X": {"Type": kind, "Properties": properties}}).startswith("ROLLBACK")
