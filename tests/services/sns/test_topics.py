"""Topics: names, attributes, tags, policies, pages."""

from __future__ import annotations

import json
from typing import Any

import pytest

from skyjar.kernel.errors import AWSError, NotImplementedHere
from skyjar.kernel.principals import Principal, root, service
from skyjar.services.sns import limits

from .conftest import ACCOUNT, Topics, refused

ARN = f"arn:aws:sns:us-east-1:{ACCOUNT}:t"


def test_made_again_only_as_it_is(topics: Topics) -> None:
    sns = topics.sns
    assert topics.topic(DisplayName="a") == ARN
    assert topics.topic(DisplayName="a") == topics.topic() == ARN
    assert refused(sns.create_topic, name="t", attributes={"DisplayName": "b"}) == (
        "InvalidParameter: Invalid parameter: Attributes Reason: Topic already exists with different attributes"
    )
    assert refused(sns.create_topic, name="t", tags=[{"Key": "a", "Value": "1"}]) == (
        "InvalidParameter: Invalid parameter: Tags Reason: Topic already exists with different tags"
    )


@pytest.mark.parametrize("name", ["", "a b", "a" * 257, "a.fifo", "ä"])
def test_names_are_checked(topics: Topics, name: str) -> None:
    assert refused(topics.sns.create_topic, name=name) == "InvalidParameter: Invalid parameter: Topic Name"


def test_a_fifo_topic_ends_with_fifo(topics: Topics) -> None:
    assert "must end with .fifo" in refused(topics.sns.create_topic, name="t", attributes={"FifoTopic": "true"})
    arn = topics.topic("t.fifo", FifoTopic="true", ContentBasedDeduplication="true")
    shown = topics.sns.get_topic_attributes(topic_arn=arn)["Attributes"]
    assert (shown["FifoTopic"], shown["ContentBasedDeduplication"]) == ("true", "true")
    assert "can only be set for FIFO topics" in refused(
        topics.sns.create_topic, name="s", attributes={"ContentBasedDeduplication": "true"}
    )


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("SignatureVersion", "3"),
        ("MaximumMessageSize", "1023"),
        ("MaximumMessageSize", "1048577"),
        ("TracingConfig", "On"),
        ("Policy", "{"),
        ("Policy", '{"Statement": [{"Effect": "Allow", "Principal": "*", "Action": "sqs:*", "Resource": "*"}]}'),
        ("DeliveryPolicy", '{"http": {"defaultHealthyRetryPolicy": {"numRetries": 101}}}'),
        ("DeliveryPolicy", '{"http": {"defaultHealthyRetryPolicy": {"numRetries": 3, "minDelayTarget": 30}}}'),
        ("DeliveryPolicy", '{"http": {"defaultHealthyRetryPolicy": {"numRetries": 99, "maxDelayTarget": 3600}}}'),
        ("SQSSuccessFeedbackSampleRate", "101"),
        ("Colour", "red"),
    ],
)
def test_attributes_are_checked(topics: Topics, name: str, value: str) -> None:
    topics.topic()
    said = refused(topics.sns.set_topic_attributes, topic_arn=ARN, attribute_name=name, attribute_value=value)
    assert said.startswith("InvalidParameter: Invalid parameter: ")


def test_what_is_not_there_is_refused_by_name(topics: Topics) -> None:
    topics.topic()
    with pytest.raises(NotImplementedHere, match="DataProtectionPolicy"):
        topics.sns.set_topic_attributes(topic_arn=ARN, attribute_name="DataProtectionPolicy", attribute_value="{}")


def test_topics_that_are_gone_or_elsewhere(topics: Topics) -> None:
    assert refused(topics.sns.get_topic_attributes, topic_arn=ARN) == "NotFound: Topic does not exist"
    elsewhere = ARN.replace("us-east-1", "eu-west-1")
    assert refused(topics.sns.publish, topic_arn=elsewhere, message="x").endswith("Invalid parameter: TopicArn")
    topics.sns.delete_topic(topic_arn=ARN)  # is no error


def test_a_deleted_topic_takes_its_subscriptions_along(topics: Topics) -> None:
    arn = topics.topic()
    topics.subscribed(arn)
    topics.sns.publish(topic_arn=arn, message="on its way")
    topics.sns.delete_topic(topic_arn=arn)
    topics.topic()
    topics.desk.settle()
    assert topics.sns.list_subscriptions()["Subscriptions"] == []
    assert topics.sns.get_topic_attributes(topic_arn=arn)["Attributes"]["SubscriptionsConfirmed"] == "0"


def test_lists_come_in_pages(topics: Topics) -> None:
    for number in range(150):
        topics.topic(f"t{number:03}")
    first = topics.sns.list_topics()
    second = topics.sns.list_topics(next_token=first["NextToken"])
    names = [each["TopicArn"].rpartition(":")[2] for each in first["Topics"] + second["Topics"]]
    assert names == [f"t{number:03}" for number in range(150)]
    assert "NextToken" not in second
    arn = first["Topics"][0]["TopicArn"]
    for number in range(120):
        topics.sns.subscribe(topic_arn=arn, protocol="sms", endpoint=f"+4912345{number:03}")
    for ask, more in (
        (topics.sns.list_subscriptions_by_topic, {"topic_arn": arn}),
        (topics.sns.list_subscriptions, {}),
    ):
        first = ask(**more)
        second = ask(**more, next_token=first["NextToken"])
        found = {each["Endpoint"] for each in first["Subscriptions"] + second["Subscriptions"]}
        assert (len(first["Subscriptions"]), len(found)) == (100, 120)


def test_tags(topics: Topics) -> None:
    arn = topics.topic()
    topics.sns.tag_resource(resource_arn=arn, tags=[{"Key": "a", "Value": "1"}, {"Key": "b", "Value": "2"}])
    topics.sns.untag_resource(resource_arn=arn, tag_keys=["a"])
    assert topics.sns.list_tags_for_resource(resource_arn=arn)["Tags"] == [{"Key": "b", "Value": "2"}]
    many = [{"Key": str(number), "Value": ""} for number in range(50)]
    assert refused(topics.sns.tag_resource, resource_arn=arn, tags=many).startswith("TagLimitExceeded")
    gone = f"{arn}x"
    assert refused(topics.sns.list_tags_for_resource, resource_arn=gone) == "ResourceNotFound: Resource does not exist"


@pytest.mark.spec("sns-020")
def test_another_account_may_publish_once_the_policy_lets_it(topics: Topics) -> None:
    arn = topics.topic()
    url = topics.subscribed(arn, RawMessageDelivery="true")
    other = topics.desk.ask("sns", root("444455556666"))
    assert refused(other.publish, topic_arn=arn, message="x").startswith("AuthorizationError: ")
    topics.sns.add_permission(topic_arn=arn, label="them", aws_account_id=["444455556666"], action_name=["Publish"])
    other.publish(topic_arn=arn, message="x")
    topics.desk.settle()
    assert topics.bodies(url) == ["x"]
    again = {"topic_arn": arn, "label": "them", "aws_account_id": ["444455556666"], "action_name": ["Publish"]}
    assert refused(topics.sns.add_permission, **again).endswith("Statement already exists")
    policy = json.loads(topics.sns.get_topic_attributes(topic_arn=arn)["Attributes"]["Policy"])
    assert [each["Sid"] for each in policy["Statement"]] == ["__default_statement_ID", "them"]
    topics.sns.remove_permission(topic_arn=arn, label="them")
    assert refused(other.publish, topic_arn=arn, message="x").startswith("AuthorizationError: ")


@pytest.mark.spec("sns-019")
def test_a_user_needs_a_policy(desk: Any, topics: Topics) -> None:
    arn = topics.topic()
    iam = desk.ask("iam")
    identity = iam.create_user(user_name="u")["User"]["UserId"]
    user = Principal(kind="user", account=ACCOUNT, arn=f"arn:aws:iam::{ACCOUNT}:user/u", name="u", id=identity)
    sns = desk.ask("sns", user)
    with pytest.raises(AWSError) as caught:
        sns.publish(topic_arn=arn, message="x")
    assert (caught.value.code, caught.value.status) == ("AuthorizationError", 403)
    statement = {"Effect": "Allow", "Action": "sns:Publish", "Resource": arn}
    document = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
    iam.put_user_policy(user_name="u", policy_name="p", policy_document=document)
    assert sns.publish(topic_arn=arn, message="x")["MessageId"]
    assert sns.publish_batch(topic_arn=arn, publish_batch_request_entries=[{"Id": "1", "Message": "x"}])["Successful"]
    assert refused(sns.subscribe, topic_arn=arn, protocol="sms", endpoint="+491234567").startswith("AuthorizationError")


@pytest.mark.spec("sns-006")
def test_an_account_has_so_many_topics(topics: Topics, monkeypatch: pytest.MonkeyPatch) -> None:
    assert [limits.QUOTAS[name][0] for name in ("standard-topics", "fifo-topics")] == [100_000, 1_000]
    for number in range(1_000):
        topics.topic(f"t{number}.fifo", FifoTopic="true")
    said = refused(topics.sns.create_topic, name="x.fifo", attributes={"FifoTopic": "true"})
    assert said == "TopicLimitExceeded: Topic limit exceeded"
    topics.topic("t1.fifo", FifoTopic="true")  # is there already
    monkeypatch.setitem(limits.QUOTAS, "standard-topics", (2, ""))
    for number in range(2):
        topics.topic(f"s{number}")
    assert refused(topics.sns.create_topic, name="x").startswith("TopicLimitExceeded: ")


def test_the_default_policy_is_for_services_that_state_whom_they_act_for(topics: Topics) -> None:
    arn = topics.topic()
    url = topics.subscribed(arn, RawMessageDelivery="true")

    def publish(**stated: str) -> None:
        context = {f"aws:{name}": value for name, value in stated.items()}
        who = service("cloudwatch.amazonaws.com", ACCOUNT)
        topics.desk.store.transact(
            lambda tx: topics.desk.call(tx).ask("sns", who, context=context).publish(topic_arn=arn, message="alarm")
        )
        topics.desk.settle()

    assert refused(publish, SourceAccount=ACCOUNT).startswith("AuthorizationError")
    assert refused(publish, SourceOwner="444455556666").startswith("AuthorizationError")
    publish(SourceOwner=ACCOUNT)
    assert topics.bodies(url) == ["alarm"]
