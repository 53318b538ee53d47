"""FIFO topics: order, groups, deduplication."""

from __future__ import annotations

import json

import pytest

from .conftest import Topics, arn_of, refused

RAW = {"RawMessageDelivery": "true"}


@pytest.mark.spec("sns-017")
def test_order_is_kept_and_duplicates_are_dropped(topics: Topics) -> None:
    arn = topics.topic("t.fifo", FifoTopic="true")
    fifo, standard = topics.subscribed(arn, "f.fifo", **RAW), topics.subscribed(arn, "s")
    answers = [
        topics.sns.publish(topic_arn=arn, message=str(n), message_group_id="g", message_deduplication_id=f"d{n % 8}")
        for n in range(10)
    ]
    topics.desk.settle()
    found = topics.taken(fifo)
    assert [each["Body"] for each in found] == [str(n) for n in range(8)]
    assert {each["Attributes"]["MessageGroupId"] for each in found} == {"g"}
    assert [each["Attributes"]["MessageDeduplicationId"] for each in found] == [f"d{n}" for n in range(8)]
    assert answers[8] == answers[0]
    numbers = [answer["SequenceNumber"] for answer in answers[:8]]
    assert numbers == sorted(numbers)
    assert {len(number) for number in numbers} == {20}
    told = json.loads(topics.bodies(standard)[0])
    assert told["SequenceNumber"] == numbers[0]
    assert "Signature" not in told
    topics.desk.advance(301)
    topics.publish(arn, "again", message_group_id="g", message_deduplication_id="d0")
    assert topics.bodies(fifo) == ["again"]


def test_what_a_fifo_topic_needs(topics: Topics) -> None:
    arn = topics.topic("t.fifo", FifoTopic="true")
    assert refused(topics.sns.publish, topic_arn=arn, message="x").endswith(
        "The MessageGroupId parameter is required for FIFO topics"
    )
    assert "ContentBasedDeduplication enabled" in refused(
        topics.sns.publish, topic_arn=arn, message="x", message_group_id="g"
    )
    topics.sns.set_topic_attributes(topic_arn=arn, attribute_name="ContentBasedDeduplication", attribute_value="true")
    first = topics.sns.publish(topic_arn=arn, message="x", message_group_id="g")
    assert topics.sns.publish(topic_arn=arn, message="x", message_group_id="h") == first
    topics.sns.set_topic_attributes(topic_arn=arn, attribute_name="FifoThroughputScope", attribute_value="MessageGroup")
    second = topics.sns.publish(topic_arn=arn, message="x", message_group_id="g")
    assert topics.sns.publish(topic_arn=arn, message="x", message_group_id="h") != second


def test_later_messages_wait_behind_one_that_a_queue_could_not_take_yet(topics: Topics) -> None:
    arn = topics.topic("t.fifo", FifoTopic="true", ContentBasedDeduplication="true")
    url = topics.subscribed(arn, "f.fifo", **RAW)
    for number in range(310):  # a FIFO queue takes 300 a second
        topics.sns.publish(topic_arn=arn, message=str(number), message_group_id="g")
    topics.desk.settle()
    topics.desk.advance(5)
    bodies: list[str] = []
    while found := topics.sqs.receive_message(queue_url=url, max_number_of_messages=10).get("Messages"):
        bodies += [each["Body"] for each in found]
        topics.sqs.delete_message_batch(
            queue_url=url,
            entries=[{"Id": str(n), "ReceiptHandle": each["ReceiptHandle"]} for n, each in enumerate(found)],
        )
    assert bodies == [str(number) for number in range(310)]


def test_a_fair_queue_learns_the_group_of_a_standard_topic(topics: Topics) -> None:
    arn = topics.topic()
    url = topics.subscribed(arn, **RAW)
    topics.publish(arn, "x", message_group_id="tenant")
    [message] = topics.taken(url)
    assert message["Attributes"]["MessageGroupId"] == "tenant"
    assert refused(topics.sns.subscribe, topic_arn=arn, protocol="sqs", endpoint=arn_of("x.fifo")).startswith(
        "InvalidParameter"
    )
