"""Resource types, as the CloudFormation engine uses them."""

import json

import pytest

from skyjar.formation.resources import Physical, Resource
from skyjar.kernel.outside import Outside
from skyjar.kernel.service import load


@pytest.fixture
def stack(lab):
    desk = lab.desk

    def do(verb, kind, *args, name="Thing"):
        resource = Resource(
            logical_id=name, type=kind, stack_name="st", stack_id="arn:aws:cloudformation:us-east-1:1:stack/st/1",
            token="ABCDEFGHIJKL", tags={"team": "st"}, tags_before={"team": "st"},
        )  # fmt: skip
        service = load("logs" if "Logs" in kind else "lambda")
        function = getattr(service.resource_types[kind], verb)
        result = desk.store.transact(lambda tx: function(desk.call(tx), resource, *args))
        while isinstance(result, Outside):
            found, then = desk.loop.run_until_complete(desk.pipeline.perform(result.request)), result.then
            result = desk.store.transact(lambda tx: then(desk.call(tx), found))  # noqa: B023
        return result

    return do


def function(lab, **more):
    return {
        "Runtime": "python3.11",
        "Handler": "index.handler",
        "Role": lab.role,
        "Code": {"ZipFile": "def handler(e, c): return 1"},
        **more,
    }


def test_a_function_lives_and_dies(lab, stack):
    kind = "AWS::Lambda::Function"
    first = function(lab, Timeout="7", Tags=[{"Key": "a", "Value": "b"}], ReservedConcurrentExecutions=2)
    made = stack("create", kind, first)
    assert made.id == "st-Thing-ABCDEFGHIJKL"
    assert made.attributes["Arn"].endswith(f":function:{made.id}")
    shown = lab.run("get_function", function_name=made.id)
    assert shown["Configuration"]["Timeout"] == 7
    assert shown["Tags"] == {"a": "b", "team": "st"}
    assert shown["Concurrency"] == {"ReservedConcurrentExecutions": 2}
    before = shown["Configuration"]["CodeSha256"]

    second = function(lab, Environment={"Variables": {"AB": True}}, Code={"ZipFile": "def handler(e, c): return 2"})
    assert stack("update", kind, made, second, first).id == made.id
    shown = lab.run("get_function", function_name=made.id)
    assert shown["Configuration"]["Timeout"] == 3
    assert shown["Configuration"]["Environment"] == {"Variables": {"AB": "true"}}
    assert shown["Configuration"]["CodeSha256"] != before
    assert shown["Tags"] == {"team": "st"}
    assert "Concurrency" not in shown

    assert stack("delete", kind, made, second) is None
    assert stack("delete", kind, made, second) is None


def test_what_belongs_to_a_function(lab, stack):
    lab.create()
    version = stack("create", "AWS::Lambda::Version", {"FunctionName": "f"})
    assert version.attributes["Version"] == "1"
    properties = {"FunctionName": "f", "FunctionVersion": "1", "Name": "live"}
    alias = stack("create", "AWS::Lambda::Alias", properties)
    assert alias.id.endswith(":function:f:live")
    allowed = {"FunctionName": alias.id, "Action": "lambda:InvokeFunction", "Principal": "apigateway.amazonaws.com"}
    permission = stack("create", "AWS::Lambda::Permission", allowed)
    policy = json.loads(lab.run("get_policy", function_name="f", qualifier="live")["Policy"])
    assert policy["Statement"][0]["Sid"] == permission.id
    stack("delete", "AWS::Lambda::Permission", permission, allowed)
    stack("delete", "AWS::Lambda::Alias", alias, properties)
    stack("delete", "AWS::Lambda::Version", version, {"FunctionName": "f"})
    stack("delete", "AWS::Lambda::Version", version, {"FunctionName": "f"})


def test_provisioned_concurrency_of_an_alias(lab, stack):
    lab.create()
    stack("create", "AWS::Lambda::Version", {"FunctionName": "f"})
    properties = {"FunctionName": "f", "FunctionVersion": "1", "Name": "live"}
    with_two = {**properties, "ProvisionedConcurrencyConfig": {"ProvisionedConcurrentExecutions": "2"}}
    alias = stack("create", "AWS::Lambda::Alias", with_two)
    lab.desk.settle()
    assert lab.kept == {"1": 2}
    with_three = {**properties, "ProvisionedConcurrencyConfig": {"ProvisionedConcurrentExecutions": 3}}
    stack("update", "AWS::Lambda::Alias", alias, with_three, with_two)
    lab.desk.settle()
    assert lab.kept == {"1": 3}
    stack("update", "AWS::Lambda::Alias", alias, properties, with_three)
    lab.desk.settle()
    assert lab.kept == {"1": 0}


def test_provisioned_concurrency_of_a_version(lab, stack):
    lab.create()
    given = {"FunctionName": "f", "ProvisionedConcurrencyConfig": {"ProvisionedConcurrentExecutions": 1}}
    stack("create", "AWS::Lambda::Version", given)
    lab.desk.settle()
    assert lab.kept == {"1": 1}


def test_a_mapping(lab, stack):
    _, arn = lab.queue("q")
    lab.grant("r", "sqs:*")
    lab.create()
    first = {
        "FunctionName": "f",
        "EventSourceArn": arn,
        "BatchSize": "5",
        "FunctionResponseTypes": ["ReportBatchItemFailures"],
    }
    made = stack("create", "AWS::Lambda::EventSourceMapping", first)
    second = {"FunctionName": "f", "EventSourceArn": arn, "Enabled": "false"}
    stack("update", "AWS::Lambda::EventSourceMapping", made, second, first)
    shown = lab.run("get_event_source_mapping", uuid=made.id)
    assert (shown["BatchSize"], shown["State"], shown["FunctionResponseTypes"]) == (10, "Disabled", [])
    stack("delete", "AWS::Lambda::EventSourceMapping", made, second)
    stack("delete", "AWS::Lambda::EventSourceMapping", Physical("none"), second)


def test_a_log_group(lab, stack):
    made = stack("create", "AWS::Logs::LogGroup", {"LogGroupName": "/aws/lambda/x", "RetentionInDays": 7})
    assert made.attributes["Arn"].endswith("log-group:/aws/lambda/x:*")
    stack("update", "AWS::Logs::LogGroup", made, {"LogGroupName": "/aws/lambda/x"}, {"RetentionInDays": 7})
    (group,) = lab.run("describe_log_groups", service="logs")["logGroups"]
    assert "retentionInDays" not in group
    stack("delete", "AWS::Logs::LogGroup", made, {})
    stack("delete", "AWS::Logs::LogGroup", made, {})
