"""Archives of FIFO topics, and their replays."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import pytest

from .conftest import Topics, arn_of, refused

DAY_S = 86_400
RAW = {"RawMessageDelivery": "true"}


def archived(topics: Topics, days: int = 2) -> str:
    policy = json.dumps({"MessageRetentionPeriod": str(days)})
    return topics.topic("t.fifo", FifoTopic="true", ContentBasedDeduplication="true", ArchivePolicy=policy)


def since(at: float, until: float = 0.0) -> str:
    def iso(moment: float) -> str:
        return datetime.fromtimestamp(moment, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")

    end = {"EndingPoint": iso(until)} if until else {}
    return json.dumps({"PointType": "Timestamp", "StartingPoint": iso(at), **end})


def told(topics: Topics, url: str) -> list[tuple[str, bool]]:
    """(message, whether it says that it was replayed)."""
    return [(each["Body"], "Replayed" in each.get("MessageAttributes", {})) for each in topics.taken(url)]


def test_a_new_subscriber_gets_what_was_before_it_and_then_what_comes(topics: Topics) -> None:
    arn, began = archived(topics), topics.desk.clock.now()
    for number in range(3):
        topics.publish(arn, str(number), message_group_id="g")
        topics.desk.advance(600)
    shown = topics.sns.get_topic_attributes(topic_arn=arn)["Attributes"]
    assert shown["ArchivePolicy"] == '{"MessageRetentionPeriod":"2"}'
    assert shown["BeginningArchiveTime"] == "2027-01-15T08:00:00.000Z"
    url = topics.subscribed(arn, "f.fifo", **RAW, ReplayPolicy=since(began + 600))
    topics.sns.publish(topic_arn=arn, message="new", message_group_id="g")
    topics.desk.settle()
    assert told(topics, url) == [("1", True), ("2", True), ("new", False)]
    [found] = topics.sns.list_subscriptions()["Subscriptions"]
    attributes = topics.sns.get_subscription_attributes(subscription_arn=found["SubscriptionArn"])["Attributes"]
    assert attributes["ReplayStatus"] == "Completed"
    topics.publish(arn, "newer", message_group_id="g")
    assert told(topics, url) == [("newer", False)]


def test_a_replay_of_a_window_with_a_filter(topics: Topics) -> None:
    arn, began = archived(topics), topics.desk.clock.now()
    url = topics.subscribed(arn, "f.fifo", **RAW)
    [found] = topics.sns.list_subscriptions()["Subscriptions"]
    for number in range(4):
        attribute = {"n": {"DataType": "Number", "StringValue": str(number)}}
        topics.publish(arn, str(number), message_group_id="g", message_attributes=attribute)
        topics.desk.advance(600)
    assert len(told(topics, url)) == 4

    def put(name: str, value: str) -> None:
        topics.sns.set_subscription_attributes(
            subscription_arn=found["SubscriptionArn"], attribute_name=name, attribute_value=value
        )
        topics.desk.settle()

    put("FilterPolicy", '{"n": [{"numeric": [">", 0]}]}')
    put("ReplayPolicy", since(began, began + 1200))
    assert told(topics, url) == [("1", True), ("2", True)]
    put("ReplayPolicy", "{}")
    assert told(topics, url) == []
    put("ReplayPolicy", since(began + 1800))
    assert told(topics, url) == [("3", True)]


def test_many_messages_are_replayed_in_order(topics: Topics) -> None:
    arn, began = archived(topics), topics.desk.clock.now()
    for number in range(250):
        topics.sns.publish(topic_arn=arn, message=str(number), message_group_id="g")
    topics.desk.settle()
    url = topics.subscribed(arn, "f.fifo", **RAW, ReplayPolicy=since(began))
    topics.desk.settle()
    bodies: list[str] = []
    while page := topics.sqs.receive_message(queue_url=url, max_number_of_messages=10).get("Messages"):
        bodies += [each["Body"] for each in page]
        entries = [{"Id": str(n), "ReceiptHandle": each["ReceiptHandle"]} for n, each in enumerate(page)]
        topics.sqs.delete_message_batch(queue_url=url, entries=entries)
    assert bodies == [str(number) for number in range(250)]


def test_archived_messages_end_with_their_time_and_keep_a_topic_from_deletion(topics: Topics) -> None:
    arn = archived(topics, days=1)
    topics.publish(arn, "old", message_group_id="g")
    topics.desk.advance(DAY_S / 2)
    topics.publish(arn, "young", message_group_id="g")
    topics.desk.advance(DAY_S / 2 + 60)
    url = topics.subscribed(arn, "f.fifo", **RAW, ReplayPolicy=since(topics.desk.clock.now() - DAY_S + 60))
    topics.desk.settle()
    assert told(topics, url) == [("young", True)]
    assert refused(topics.sns.delete_topic, topic_arn=arn).startswith("InvalidState: ")
    topics.sns.set_topic_attributes(topic_arn=arn, attribute_name="ArchivePolicy", attribute_value="{}")
    topics.sns.delete_topic(topic_arn=arn)


@pytest.mark.parametrize(
    ("policy", "sentence"),
    [
        ("{", "failed to parse JSON"),
        ('{"PointType": "Number"}', "PointType must be Timestamp"),
        ('{"PointType": "Timestamp", "StartingPoint": "x"}', "StartingPoint is not an ISO 8601 timestamp"),
        ('{"PointType": "Timestamp", "StartingPoint": "2026-01-01T00:00:00Z"}', "is not within the archive"),
        ('{"a": 1}', "Unexpected JSON member"),
    ],
)
def test_policies_are_checked(topics: Topics, policy: str, sentence: str) -> None:
    arn = archived(topics)
    given: dict[str, Any] = {"topic_arn": arn, "protocol": "sqs", "endpoint": arn_of("f.fifo")}
    assert sentence in refused(topics.sns.subscribe, **given, attributes={"ReplayPolicy": policy})
    for wrong in ('{"MessageRetentionPeriod": "0"}', '{"MessageRetentionPeriod": "366"}', '{"a": "1"}', "["):
        said = refused(
            topics.sns.set_topic_attributes, topic_arn=arn, attribute_name="ArchivePolicy", attribute_value=wrong
        )
        assert said.startswith("InvalidParameter: Invalid parameter: ArchivePolicy")
