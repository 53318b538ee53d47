"""Subscriptions: endpoints, confirmation, attributes, owners."""

from __future__ import annotations

import json
from urllib.parse import parse_qsl, urlsplit

import pytest

from skyjar.kernel.principals import root

from .conftest import ACCOUNT, Topics, arn_of, letting_in, refused

OTHER = "444455556666"


@pytest.mark.parametrize(
    ("protocol", "endpoint", "sentence"),
    [
        ("fax", "1", "Amazon SNS does not support this protocol string: fax"),
        ("http", "https://example.com", "Endpoint must match the specified protocol"),
        ("https", "example.com", "Endpoint must match the specified protocol"),
        ("email", "nobody", "Email address"),
        ("sms", "abc", "Invalid SMS endpoint: abc"),
        ("sqs", "http://127.0.0.1/q", "SQS endpoint ARN"),
        ("lambda", "arn:aws:lambda:us-east-1:1:f", "Lambda endpoint ARN"),
        (
            "sqs",
            arn_of("q.fifo"),
            "Invalid parameter: Endpoint Reason: FIFO SQS Queues can not be subscribed to standard SNS topics",
        ),
    ],
)
def test_endpoints_are_checked(topics: Topics, protocol: str, endpoint: str, sentence: str) -> None:
    arn = topics.topic()
    said = refused(topics.sns.subscribe, topic_arn=arn, protocol=protocol, endpoint=endpoint)
    assert said == f"InvalidParameter: Invalid parameter: {sentence}"


@pytest.mark.spec("sns-007")
def test_an_http_endpoint_is_pending_until_it_confirms(topics: Topics) -> None:
    topics.listen()
    arn = topics.topic()
    answer = topics.sns.subscribe(topic_arn=arn, protocol="http", endpoint="http://example.test/hook?x=1")
    assert answer == {"SubscriptionArn": "pending confirmation"}
    assert topics.sns.list_subscriptions()["Subscriptions"][0]["SubscriptionArn"] == "PendingConfirmation"
    topics.publish(arn, "too early")
    [post] = topics.posts
    asked = json.loads(post.body)
    assert (post.url, post.headers["x-amz-sns-message-type"]) == (
        "http://example.test/hook?x=1",
        "SubscriptionConfirmation",
    )
    assert dict(parse_qsl(urlsplit(asked["SubscribeURL"]).query))["Token"] == asked["Token"]
    wrong = refused(topics.sns.confirm_subscription, topic_arn=arn, token="x")
    assert wrong == "InvalidParameter: Invalid parameter: Token"
    made = topics.sns.confirm_subscription(topic_arn=arn, token=asked["Token"])["SubscriptionArn"]
    assert topics.sns.confirm_subscription(topic_arn=arn, token=asked["Token"])["SubscriptionArn"] == made
    topics.publish(arn, "now")
    told = topics.posts[-1]
    assert json.loads(told.body)["Message"] == "now"
    assert told.headers["x-amz-sns-subscription-arn"] == made
    assert len(topics.posts) == 2


def test_what_nobody_confirms_is_gone_after_two_days(topics: Topics) -> None:
    arn = topics.topic()
    topics.sns.subscribe(topic_arn=arn, protocol="email", endpoint="a@example.com")
    topics.desk.advance(172_700)
    assert len(topics.sns.list_subscriptions()["Subscriptions"]) == 1
    topics.desk.advance(200)
    assert topics.sns.list_subscriptions()["Subscriptions"] == []


def test_the_same_endpoint_is_subscribed_once(topics: Topics) -> None:
    arn = topics.topic()
    given = {"topic_arn": arn, "protocol": "sqs", "endpoint": arn_of("q")}
    made = topics.sns.subscribe(**given, attributes={"RawMessageDelivery": "true"})
    assert topics.sns.subscribe(**given) == made
    assert topics.sns.subscribe(**given, attributes={"RawMessageDelivery": "true"}) == made
    assert refused(topics.sns.subscribe, **given, attributes={"RawMessageDelivery": "false"}).endswith(
        "Attributes Reason: Subscription already exists with different attributes"
    )


def test_a_queue_of_another_account_confirms_through_the_queue(topics: Topics) -> None:
    arn = topics.topic()
    theirs = topics.desk.ask("sqs", root(OTHER))
    queue = arn_of("q", OTHER)
    url = theirs.create_queue(queue_name="q", attributes={"Policy": letting_in(queue)})["QueueUrl"]
    topics.sns.subscribe(topic_arn=arn, protocol="sqs", endpoint=queue)
    topics.desk.settle()
    [message] = theirs.receive_message(queue_url=url)["Messages"]
    token = json.loads(message["Body"])["Token"]
    topics.sns.confirm_subscription(topic_arn=arn, token=token)
    topics.publish(arn, "over there")
    [message] = theirs.receive_message(queue_url=url)["Messages"]
    assert json.loads(message["Body"])["Message"] == "over there"


def test_whoever_subscribes_a_queue_of_its_own_owns_the_subscription(topics: Topics) -> None:
    arn = topics.topic()
    topics.sns.add_permission(topic_arn=arn, label="x", aws_account_id=[OTHER], action_name=["Subscribe"])
    theirs = topics.desk.ask("sns", root(OTHER))
    made = theirs.subscribe(topic_arn=arn, protocol="sqs", endpoint=arn_of("q", OTHER))["SubscriptionArn"]
    assert made.startswith(f"{arn}:")
    assert theirs.list_subscriptions()["Subscriptions"][0]["Owner"] == OTHER
    assert topics.sns.list_subscriptions()["Subscriptions"] == []
    assert topics.sns.list_subscriptions_by_topic(topic_arn=arn)["Subscriptions"][0]["Owner"] == OTHER
    third = topics.desk.ask("sns", root("777788889999"))
    assert refused(third.unsubscribe, subscription_arn=made).startswith("AuthorizationError")
    assert refused(third.get_subscription_attributes, subscription_arn=made).startswith("AuthorizationError")
    topics.sns.unsubscribe(subscription_arn=made)
    assert theirs.list_subscriptions()["Subscriptions"] == []


@pytest.mark.parametrize(
    ("name", "value", "sentence"),
    [
        ("RawMessageDelivery", "yes", "RawMessageDelivery: Invalid value [yes]. Must be true or false."),
        ("FilterPolicyScope", "Body", "FilterPolicyScope: Invalid value [Body]"),
        ("FilterPolicy", "{", "FilterPolicy: failed to parse JSON."),
        ("FilterPolicy", '{"a": []}', "FilterPolicy: Empty arrays are not allowed"),
        ("FilterPolicy", '{"a": {"b": ["x"]}}', "does not support nested filter policy"),
        ("FilterPolicy", json.dumps({str(n): ["x"] for n in range(6)}), "can not have more than 5 keys"),
        ("FilterPolicy", json.dumps({k: list("abcdef") for k in "uvw"}), "Filter policy is too complex"),
        ("RedrivePolicy", '{"deadLetterTargetArn": "x"}', "RedrivePolicy: deadLetterTargetArn is an invalid arn"),
        (
            "RedrivePolicy",
            json.dumps({"deadLetterTargetArn": arn_of("d", OTHER)}),
            "must be in the same region and account",
        ),
        ("DeliveryPolicy", "{}", "Delivery protocol [sqs] does not support delivery policies"),
        ("Colour", "red", "AttributeName"),
    ],
)
def test_attributes_are_checked(topics: Topics, name: str, value: str, sentence: str) -> None:
    arn = topics.topic()
    made = topics.sns.subscribe(topic_arn=arn, protocol="sqs", endpoint=arn_of("q"))["SubscriptionArn"]
    said = refused(
        topics.sns.set_subscription_attributes, subscription_arn=made, attribute_name=name, attribute_value=value
    )
    assert said.startswith("InvalidParameter: Invalid parameter: ")
    assert sentence in said


def test_a_filter_policy_is_removed_by_an_empty_one(topics: Topics) -> None:
    arn = topics.topic()
    made = topics.sns.subscribe(
        topic_arn=arn, protocol="sqs", endpoint=arn_of("q"), attributes={"FilterPolicy": '{"a": ["x"]}'}
    )["SubscriptionArn"]
    shown = topics.sns.get_subscription_attributes(subscription_arn=made)["Attributes"]
    assert (shown["FilterPolicy"], shown["FilterPolicyScope"]) == ('{"a": ["x"]}', "MessageAttributes")
    topics.sns.set_subscription_attributes(subscription_arn=made, attribute_name="FilterPolicy", attribute_value="{}")
    assert "FilterPolicy" not in topics.sns.get_subscription_attributes(subscription_arn=made)["Attributes"]


@pytest.mark.spec("sns-005")
def test_a_fifo_topic_has_at_most_a_hundred_subscriptions(topics: Topics) -> None:
    arn = topics.topic("t.fifo", FifoTopic="true")
    for number in range(100):
        topics.sns.subscribe(topic_arn=arn, protocol="sqs", endpoint=arn_of(f"q{number}"))
    said = refused(topics.sns.subscribe, topic_arn=arn, protocol="sqs", endpoint=arn_of("one-more"))
    assert said.startswith("SubscriptionLimitExceeded")
    assert refused(topics.sns.subscribe, topic_arn=arn, protocol="sms", endpoint="+491234567").endswith(
        "Invalid protocol type: sms"
    )


def test_subscriptions_that_are_not_there(topics: Topics) -> None:
    arn = topics.topic()
    gone = f"arn:aws:sns:us-east-1:{ACCOUNT}:t:8c2e0718-822c-447c-a8c7-4107e66cb0e4"
    assert refused(topics.sns.get_subscription_attributes, subscription_arn=gone) == (
        "NotFound: Subscription does not exist"
    )
    assert topics.sns.unsubscribe(subscription_arn=gone) is None
    assert refused(topics.sns.unsubscribe, subscription_arn=arn).startswith("InvalidParameter")
