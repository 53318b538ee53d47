"""What topics tell CloudWatch."""

from __future__ import annotations

import json
from typing import Any

from tests.conftest import NOON

from .conftest import Topics, arn_of, refused


def read(desk: Any, name: str, topic: str = "t") -> list[float]:
    found = desk.ask("cloudwatch").get_metric_statistics(
        namespace="AWS/SNS",
        metric_name=name,
        dimensions=[{"Name": "TopicName", "Value": topic}],
        start_time=NOON - 60,
        end_time=desk.clock.now() + 60,
        period=86_400,
        statistics=["Sum"],
    )
    return [point["Sum"] for point in found["Datapoints"]]


def test_what_is_published_and_delivered_is_counted(topics: Topics, desk: Any) -> None:
    topic = topics.topic()
    topics.subscribed(topic, "a")
    topics.subscribed(topic, "b")
    topics.sns.publish(topic_arn=topic, message="hello")
    entries = [{"Id": "1", "Message": "one"}, {"Id": "2", "Message": "é"}, {"Id": "3", "Message": ""}]
    answer = topics.sns.publish_batch(topic_arn=topic, publish_batch_request_entries=entries)
    desk.settle()
    assert len(answer["Successful"]) == 2
    assert read(desk, "NumberOfMessagesPublished") == [3.0]
    assert read(desk, "PublishSize") == [10.0]
    assert read(desk, "NumberOfNotificationsDelivered") == [6.0]
    assert read(desk, "NumberOfNotificationsFailed") == []


def test_what_a_filter_keeps_out_is_counted(topics: Topics, desk: Any) -> None:
    topic = topics.topic()
    topics.subscribed(topic, "a", FilterPolicy=json.dumps({"kind": ["x"]}))
    topics.sns.publish(topic_arn=topic, message="plain")
    wrong = {"kind": {"DataType": "String", "StringValue": "y"}}
    topics.sns.publish(topic_arn=topic, message="other", message_attributes=wrong)
    desk.settle()
    assert read(desk, "NumberOfNotificationsFilteredOut") == [2.0]
    assert read(desk, "NumberOfNotificationsFilteredOut-MessageAttributes") == [2.0]
    assert read(desk, "NumberOfNotificationsFilteredOut-NoMessageAttributes") == [1.0]
    assert read(desk, "NumberOfNotificationsDelivered") == []


def test_what_fails_and_where_it_goes_is_counted(topics: Topics, desk: Any) -> None:
    topic = topics.topic()
    topics.queue("dead")
    redrive = json.dumps({"deadLetterTargetArn": arn_of("dead")})
    url = topics.subscribed(topic, "gone", RedrivePolicy=redrive)
    topics.subscribed(topic, "shut", RedrivePolicy=json.dumps({"deadLetterTargetArn": arn_of("none")}))
    for queue in (url, url.replace("gone", "shut")):
        topics.sqs.delete_queue(queue_url=queue)
    topics.sns.publish(topic_arn=topic, message="hello")
    desk.advance(3600 * 24 * 30)
    assert read(desk, "NumberOfNotificationsFailed") == [2.0]
    assert read(desk, "NumberOfNotificationsRedrivenToDlq") == [1.0]
    assert read(desk, "NumberOfNotificationsFailedToRedriveToDlq") == [1.0]


def test_what_is_refused_does_not_count(topics: Topics, desk: Any) -> None:
    topic = topics.topic()
    topics.sns.publish(topic_arn=topic, message="hello")
    for wrong in ("", "x" * 300_000):
        refused(topics.sns.publish, topic_arn=topic, message=wrong)
    assert read(desk, "NumberOfMessagesPublished") == [1.0]
