"""AWS::SNS::* in a stack."""

from __future__ import annotations

import json
from typing import Any

import pytest

from .conftest import ACCOUNT, Topics, arn_of, letting_in

ARN = f"arn:aws:sns:us-east-1:{ACCOUNT}:t"


def deployed(topics: Topics, resources: dict[str, Any], outputs: dict[str, Any] | None = None) -> dict[str, Any]:
    cfn = topics.desk.ask("cloudformation")
    body = json.dumps({"Resources": resources, **({"Outputs": outputs} if outputs else {})})
    exists = cfn.describe_stacks()["Stacks"]
    (cfn.update_stack if exists else cfn.create_stack)(stack_name="s", template_body=body)
    topics.desk.settle()
    found: dict[str, Any] = cfn.describe_stacks(stack_name="s")["Stacks"][0]
    return found


def stack(**changes: Any) -> dict[str, Any]:
    policy = {"Effect": "Allow", "Principal": "*", "Action": "sns:Publish", "Resource": {"Ref": "T"}}
    resources: dict[str, Any] = {
        "T": {
            "Type": "AWS::SNS::Topic",
            "Properties": {"TopicName": "t", "DisplayName": "d", "Tags": [{"Key": "a", "Value": "1"}]},
        },
        "Q": {"Type": "AWS::SQS::Queue", "Properties": {"QueueName": "q"}},
        "P": {
            "Type": "AWS::SQS::QueuePolicy",
            "Properties": {"Queues": [{"Ref": "Q"}], "PolicyDocument": json.loads(letting_in(arn_of("q")))},
        },
        "S": {
            "Type": "AWS::SNS::Subscription",
            "Properties": {
                "TopicArn": {"Ref": "T"},
                "Protocol": "sqs",
                "Endpoint": {"Fn::GetAtt": ["Q", "Arn"]},
                "RawMessageDelivery": True,
                "FilterPolicy": {"a": ["x"]},
            },
        },
        "TP": {
            "Type": "AWS::SNS::TopicPolicy",
            "Properties": {"Topics": [{"Ref": "T"}], "PolicyDocument": {"Statement": [policy]}},
        },
    }
    for name, properties in changes.items():
        resources[name]["Properties"] |= properties
    return resources


def test_a_stack_makes_changes_and_removes_them(topics: Topics) -> None:
    outputs = {"Name": {"Value": {"Fn::GetAtt": ["T", "TopicName"]}}, "S": {"Value": {"Ref": "S"}}}
    found = deployed(topics, stack(), outputs)
    assert found["StackStatus"] == "CREATE_COMPLETE"
    shown = {each["OutputKey"]: each["OutputValue"] for each in found["Outputs"]}
    assert shown["Name"] == "t"
    url = topics.sqs.get_queue_url(queue_name="q")["QueueUrl"]
    attribute = {"a": {"DataType": "String", "StringValue": "x"}}
    topics.publish(ARN, "in", message_attributes=attribute)
    topics.publish(ARN, "out")
    assert topics.bodies(url) == ["in"]
    attributes = topics.sns.get_topic_attributes(topic_arn=ARN)["Attributes"]
    assert (attributes["DisplayName"], json.loads(attributes["Policy"])["Statement"][0]["Principal"]) == ("d", "*")

    changed = stack(
        T={"DisplayName": "e", "Tags": []}, S={"FilterPolicyScope": "MessageBody", "FilterPolicy": {"a": {"b": [1]}}}
    )
    del changed["TP"]
    assert deployed(topics, changed)["StackStatus"] == "UPDATE_COMPLETE"
    topics.publish(ARN, '{"a": {"b": 1}}')
    assert topics.bodies(url) == ['{"a": {"b": 1}}']
    attributes = topics.sns.get_topic_attributes(topic_arn=ARN)["Attributes"]
    assert (attributes["DisplayName"], "__default_policy_ID" in attributes["Policy"]) == ("e", True)
    assert "a" not in {tag["Key"] for tag in topics.sns.list_tags_for_resource(resource_arn=ARN)["Tags"]}

    del changed["S"]["Properties"]["FilterPolicy"], changed["S"]["Properties"]["FilterPolicyScope"]
    assert deployed(topics, changed)["StackStatus"] == "UPDATE_COMPLETE"
    topics.publish(ARN, "all")
    assert topics.bodies(url) == ["all"]

    topics.desk.ask("cloudformation").delete_stack(stack_name="s")
    topics.desk.settle()
    assert topics.sns.list_topics()["Topics"] == []
    assert topics.sns.list_subscriptions()["Subscriptions"] == []


def test_subscriptions_within_the_topic_and_an_inline_policy(topics: Topics) -> None:
    statement = {"Effect": "Allow", "Principal": "*", "Action": "sns:Publish", "Resource": "*"}
    resources: dict[str, Any] = {
        "T": {
            "Type": "AWS::SNS::Topic",
            "Properties": {
                "FifoTopic": True,
                "Subscription": [{"Protocol": "sqs", "Endpoint": arn_of("q.fifo")}],
            },
        },
        "I": {
            "Type": "AWS::SNS::TopicInlinePolicy",
            "Properties": {"TopicArn": {"Ref": "T"}, "PolicyDocument": {"Statement": [statement]}},
        },
    }
    assert deployed(topics, resources)["StackStatus"] == "CREATE_COMPLETE"
    [topic] = topics.sns.list_topics()["Topics"]
    assert topic["TopicArn"].endswith(".fifo")
    [subscription] = topics.sns.list_subscriptions()["Subscriptions"]
    assert subscription["Endpoint"] == arn_of("q.fifo")
    policy = topics.sns.get_topic_attributes(topic_arn=topic["TopicArn"])["Attributes"]["Policy"]
    assert json.loads(policy)["Statement"] == [statement]
    resources["T"]["Properties"]["Subscription"] = [{"Protocol": "sqs", "Endpoint": arn_of("p.fifo")}]
    assert deployed(topics, resources)["StackStatus"] == "UPDATE_COMPLETE"
    [subscription] = topics.sns.list_subscriptions()["Subscriptions"]
    assert subscription["Endpoint"] == arn_of("p.fifo")


@pytest.mark.parametrize("name", ["ArchivePolicy", "DataProtectionPolicy"])
def test_what_a_topic_cannot_have_fails_the_resource(topics: Topics, name: str) -> None:
    properties = {name: {"MessageRetentionPeriod": "3"}}  # of a standard topic
    found = deployed(topics, {"T": {"Type": "AWS::SNS::Topic", "Properties": properties}})
    assert found["StackStatus"].startswith("ROLLBACK")
