"""Rules, targets, buses: what may be put, and what is told of what may not."""

from __future__ import annotations

import json
from typing import Any

import msgspec
import pytest

from skyjar.kernel.errors import NotImplementedHere
from skyjar.kernel.principals import Principal, root

from .conftest import ACCOUNT, Events, queue_arn, refused

OTHER = "444455556666"


@pytest.mark.spec("events-009")
@pytest.mark.parametrize(
    "expression",
    ["rate(1 minute)", "rate(15 minutes)", "rate(1 hour)", "cron(0 12 * * ? *)", "cron(0/5 8-17 ? * MON-FRI *)"],
)
def test_schedules_that_are_some(bridge: Events, expression: str) -> None:
    arn = bridge.events.put_rule(name="r", schedule_expression=expression)["RuleArn"]
    assert arn == f"arn:aws:events:us-east-1:{ACCOUNT}:rule/r"
    assert bridge.events.describe_rule(name="r")["ScheduleExpression"] == expression


@pytest.mark.spec("events-009")
@pytest.mark.parametrize(
    "expression",
    ["rate(1 minutes)", "rate(2 minute)", "rate(0 minutes)", "cron(0 12 * * ?)", "cron(0 12 * * * *)", "12:00"],
)
def test_schedules_that_are_none(bridge: Events, expression: str) -> None:
    said = refused(bridge.events.put_rule, name="r", schedule_expression=expression)
    assert said == "ValidationException: Parameter ScheduleExpression is not valid."


def test_what_a_rule_needs(bridge: Events) -> None:
    put = bridge.events.put_rule
    assert refused(put, name="r").endswith("Parameter(s) EventPattern or ScheduleExpression must be specified.")
    assert refused(put, name="r", event_pattern="[]") == (
        "InvalidEventPatternException: Event pattern is not valid. Reason: Filter is not an object"
    )
    bridge.events.create_event_bus(name="b")
    assert "supported only on the default event bus" in refused(
        put, name="r", event_bus_name="b", schedule_expression="rate(1 minute)"
    )
    assert refused(put, name="r", event_bus_name="x", event_pattern='{"a": ["x"]}') == (
        "ResourceNotFoundException: Event bus x does not exist."
    )
    assert refused(bridge.events.describe_rule, name="r", event_bus_name="b") == (
        "ResourceNotFoundException: Rule r does not exist on EventBus b."
    )


def test_rules_are_listed_changed_and_deleted(bridge: Events) -> None:
    events = bridge.events
    for number in range(120):
        events.put_rule(name=f"r{number:03}", event_pattern='{"a": ["x"]}')
    first = events.list_rules(limit=100)
    second = events.list_rules(next_token=first["NextToken"])
    assert (len(first["Rules"]), len(second["Rules"]), "NextToken" in second) == (100, 20, False)
    assert [each["Name"] for each in events.list_rules(name_prefix="r11")["Rules"]] == [
        f"r{n}" for n in range(110, 120)
    ]
    events.put_rule(name="r000", event_pattern='{"a": ["y"]}', state="DISABLED", description="d")
    shown = events.describe_rule(name="r000")
    assert (shown["State"], shown["Description"], shown["EventPattern"]) == ("DISABLED", "d", '{"a": ["y"]}')
    events.enable_rule(name="r000")
    assert events.describe_rule(name="r000")["State"] == "ENABLED"
    events.put_targets(rule="r000", targets=[{"Id": "1", "Arn": queue_arn("q")}])
    assert events.list_rule_names_by_target(target_arn=queue_arn("q"))["RuleNames"] == ["r000"]
    assert refused(events.delete_rule, name="r000").endswith("Rule can't be deleted since it has targets.")
    assert events.remove_targets(rule="r000", ids=["1", "2"])["FailedEntryCount"] == 1
    events.delete_rule(name="r000")
    events.delete_rule(name="r000")  # is no error


@pytest.mark.spec("events-001")
def test_a_rule_has_five_targets(bridge: Events) -> None:
    bridge.events.put_rule(name="r", event_pattern='{"source": ["app"]}')
    urls = [bridge.queue(f"q{number}") for number in range(5)]
    targets = [{"Id": str(number), "Arn": queue_arn(f"q{number}")} for number in range(5)]
    bridge.events.put_targets(rule="r", targets=targets)
    one_more = [{"Id": "6", "Arn": queue_arn("q6")}]
    assert refused(bridge.events.put_targets, rule="r", targets=one_more).startswith("LimitExceededException: ")
    bridge.put({"n": 1})
    assert [[each["detail"] for each in bridge.told(url)] for url in urls] == [[{"n": 1}]] * 5


@pytest.mark.spec("events-007")
def test_targets_are_of_the_rules_region_but_for_buses(bridge: Events) -> None:
    bridge.events.put_rule(name="r", event_pattern='{"source": ["app"]}')

    def put(arn: str, **more: Any) -> Any:
        return bridge.events.put_targets(rule="r", targets=[{"Id": "1", "Arn": arn, **more}])

    for arn in (f"arn:aws:sqs:eu-west-1:{ACCOUNT}:q", f"arn:aws:lambda:eu-west-1:{ACCOUNT}:function:f"):
        assert "not in the same region as the rule" in refused(lambda arn=arn: put(arn))
    put(f"arn:aws:events:eu-west-1:{ACCOUNT}:event-bus/default")


@pytest.mark.parametrize(
    ("target", "sentence"),
    [
        ({"Arn": "q"}, "Provided Arn is not in correct format"),
        ({"Arn": queue_arn("q.fifo")}, "SqsParameters must be specified"),
        ({"Arn": f"arn:aws:sns:us-east-1:{ACCOUNT}:t.fifo"}, "Unsupported target"),
        ({"SqsParameters": {"MessageGroupId": "g"}}, "SqsParameters are not supported"),
        ({"Input": "{"}, "JSON syntax error in input"),
        ({"Input": "1", "InputPath": "$.a"}, "Only one of Input, InputPath, or InputTransformer"),
        ({"InputPath": "a"}, "InputPath is not valid"),
        ({"InputTransformer": {"InputTemplate": "<x>"}}, "placeholder which is not in InputPathsMap: x"),
        ({"InputTransformer": {"InputTemplate": "x", "InputPathsMap": {"AWS.x": "$.a"}}}, "must not start with AWS"),
        ({"DeadLetterConfig": {"Arn": "x"}}, "DeadLetterConfig.Arn"),
        ({"Arn": f"arn:aws:events:us-east-1:{ACCOUNT}:api-destination/a/b"}, "RoleArn is required"),
    ],
)
def test_targets_are_checked(bridge: Events, target: dict[str, Any], sentence: str) -> None:
    bridge.events.put_rule(name="r", event_pattern='{"source": ["app"]}')
    given = {"Id": "1", "Arn": queue_arn("q"), **target}
    said = refused(bridge.events.put_targets, rule="r", targets=[given])
    assert said.startswith("ValidationException: ")
    assert sentence in said


@pytest.mark.parametrize("service", ["kinesis", "states", "ecs", "batch", "firehose", "ssm"])
def test_targets_that_are_not_there_are_refused_by_name(bridge: Events, service: str) -> None:
    bridge.events.put_rule(name="r", event_pattern='{"source": ["app"]}')
    target = {"Id": "1", "Arn": f"arn:aws:{service}:us-east-1:{ACCOUNT}:x/y"}
    with pytest.raises(NotImplementedHere, match=service):
        bridge.events.put_targets(rule="r", targets=[target])


def test_buses(bridge: Events) -> None:
    events = bridge.events
    assert [each["Name"] for each in events.list_event_buses()["EventBuses"]] == ["default"]
    arn = events.create_event_bus(name="b", description="d", tags=[{"Key": "a", "Value": "1"}])["EventBusArn"]
    assert refused(events.create_event_bus, name="b") == ("ResourceAlreadyExistsException: Event bus b already exists.")
    assert events.describe_event_bus(name=arn)["Description"] == "d"
    events.update_event_bus(name="b", description="e")
    assert events.describe_event_bus(name="b")["Description"] == "e"
    events.tag_resource(resource_arn=arn, tags=[{"Key": "b", "Value": "2"}])
    events.untag_resource(resource_arn=arn, tag_keys=["a"])
    assert events.list_tags_for_resource(resource_arn=arn)["Tags"] == [{"Key": "b", "Value": "2"}]
    events.put_rule(name="r", event_bus_name="b", event_pattern='{"source": ["app"]}')
    assert "has rules" in refused(events.delete_event_bus, name="b")
    events.delete_rule(name="r", event_bus_name="b")
    events.delete_event_bus(name="b")
    assert "Cannot delete event bus default" in refused(events.delete_event_bus, name="default")
    assert refused(events.describe_event_bus, name="b").startswith("ResourceNotFoundException")


def test_another_account_puts_events_once_the_bus_lets_it(bridge: Events) -> None:
    url = bridge.rule()
    bus = f"arn:aws:events:us-east-1:{ACCOUNT}:event-bus/default"
    theirs = bridge.desk.ask("events", root(OTHER))
    entry = {"Source": "app", "DetailType": "T", "Detail": "{}", "EventBusName": bus}
    assert refused(theirs.put_events, entries=[entry]).startswith("AccessDeniedException")
    bridge.events.put_permission(action="events:PutEvents", principal=OTHER, statement_id="them")
    assert theirs.put_events(entries=[entry])["FailedEntryCount"] == 0
    bridge.desk.settle()
    [event] = bridge.told(url)
    assert event["account"] == OTHER
    policy = json.loads(bridge.events.describe_event_bus()["Policy"])
    assert policy["Statement"][0]["Principal"] == {"AWS": f"arn:aws:iam::{OTHER}:root"}
    bridge.events.remove_permission(statement_id="them")
    assert refused(theirs.put_events, entries=[entry]).startswith("AccessDeniedException")
    assert refused(bridge.events.remove_permission, statement_id="them").startswith("ResourceNotFoundException")


def test_a_user_needs_policies_and_passes_roles(bridge: Events) -> None:
    iam = bridge.desk.ask("iam")
    identity = iam.create_user(user_name="u")["User"]["UserId"]
    user = Principal(kind="user", account=ACCOUNT, arn=f"arn:aws:iam::{ACCOUNT}:user/u", name="u", id=identity)
    events = bridge.desk.ask("events", user)

    def allow(*statements: dict[str, Any]) -> None:
        given = [{"Effect": "Allow", "Resource": "*", **each} for each in statements]
        document = json.dumps({"Version": "2012-10-17", "Statement": given})
        iam.put_user_policy(user_name="u", policy_name="p", policy_document=document)

    entry = {"Source": "app", "DetailType": "T", "Detail": "{}"}
    assert refused(events.put_events, entries=[entry]).startswith("AccessDeniedException")
    allow({"Action": "events:*", "Condition": {"StringEquals": {"events:source": "app"}}})
    assert events.put_events(entries=[entry])["FailedEntryCount"] == 0
    assert refused(events.put_events, entries=[{**entry, "Source": "x"}]).startswith("AccessDeniedException")
    allow({"Action": "events:*"})
    events.put_rule(name="r", event_pattern='{"source": ["app"]}')
    role = f"arn:aws:iam::{ACCOUNT}:role/r"
    target = {"Id": "1", "Arn": queue_arn("q"), "RoleArn": role}
    assert "iam:PassRole" in refused(events.put_targets, rule="r", targets=[target])
    allow({"Action": ["events:*", "iam:PassRole"]})
    assert events.put_targets(rule="r", targets=[target])["FailedEntryCount"] == 0


def test_patterns_are_tried_out(bridge: Events) -> None:
    event = {
        "id": "1", "detail-type": "T", "source": "app", "account": ACCOUNT, "time": "2027-01-15T08:00:00Z",
        "region": "us-east-1", "resources": [], "detail": {"n": 5},
    }  # fmt: skip
    test = bridge.events.test_event_pattern
    text = json.dumps(event)
    assert test(event_pattern='{"detail": {"n": [{"numeric": [">", 4]}]}}', event=text) == {"Result": True}
    assert test(event_pattern='{"detail": {"n": [{"numeric": [">", 5]}]}}', event=text) == {"Result": False}
    assert refused(test, event_pattern='{"a": "b"}', event=text).startswith("InvalidEventPatternException")
    assert refused(test, event_pattern='{"a": ["b"]}', event="{}").startswith("ValidationException")


def test_a_rule_of_a_service_is_that_services(bridge: Events) -> None:
    linked = Principal(
        kind="role",
        account=ACCOUNT,
        arn=f"arn:aws:sts::{ACCOUNT}:assumed-role/AWSServiceRoleForX/s",
        id="AROAX:s",
        name="AWSServiceRoleForX",
        path="/aws-service-role/x.amazonaws.com/",
        session="s",
    )
    iam = bridge.desk.ask("iam")
    trust = {"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": {"Service": "x.amazonaws.com"}}
    document = json.dumps({"Version": "2012-10-17", "Statement": [trust]})
    made = iam.create_role(role_name="R", path="/", assume_role_policy_document=document)["Role"]
    allowed = {"Effect": "Allow", "Action": "events:*", "Resource": "*"}
    policy = json.dumps({"Version": "2012-10-17", "Statement": [allowed]})
    iam.put_role_policy(role_name="R", policy_name="p", policy_document=policy)
    role = msgspec.structs.replace(linked, name="R", id=f"{made['RoleId']}:s")
    theirs = bridge.desk.ask("events", role)
    theirs.put_rule(name="managed", event_pattern='{"source": ["app"]}')
    events = bridge.events
    assert events.describe_rule(name="managed")["ManagedBy"] == "x.amazonaws.com"
    target = [{"Id": "1", "Arn": queue_arn("q")}]
    assert refused(events.put_targets, rule="managed", targets=target).startswith("ManagedRuleException")
    assert refused(events.disable_rule, name="managed").startswith("ManagedRuleException")
    assert refused(events.delete_rule, name="managed").startswith("ManagedRuleException")
    theirs.put_targets(rule="managed", targets=target)
    events.remove_targets(rule="managed", ids=["1"], force=True)
    events.delete_rule(name="managed", force=True)
