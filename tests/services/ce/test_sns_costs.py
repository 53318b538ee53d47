"""What SNS costs, against bills worked out by hand."""

from __future__ import annotations

import json
from decimal import Decimal
from typing import Any

from .conftest import Bill

SNS = "Amazon Simple Notification Service"


def test_requests_and_deliveries(february: Any, bill: Bill) -> None:
    sns, sqs = february.ask("sns"), february.ask("sqs")
    topic = sns.create_topic(name="t")["TopicArn"]
    url = sqs.create_queue(queue_name="q")["QueueUrl"]
    arn = f"arn:aws:sqs:us-east-1:{february.account}:q"
    statement = {"Effect": "Allow", "Principal": "*", "Action": "sqs:SendMessage", "Resource": arn}
    policy = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
    sqs.set_queue_attributes(queue_url=url, attributes={"Policy": policy})
    sns.subscribe(topic_arn=topic, protocol="sqs", endpoint=arn)
    for _ in range(7):
        sns.publish(topic_arn=topic, message="x")
    sns.publish(topic_arn=topic, message="x" * 70_000)
    entries = [{"Id": str(number), "Message": "x"} for number in range(10)]
    sns.publish_batch(topic_arn=topic, publish_batch_request_entries=entries)
    february.settle()
    found = bill(SNS)
    assert found["Requests-Tier1"] == (2 + 7 + 2 + 1, Decimal("0.000006"))  # the free tier is not deducted
    assert found["DeliveryAttempts-SQS"] == (18, Decimal(0))


def test_fifo_topics_are_left_out(february: Any, bill: Bill) -> None:
    sns = february.ask("sns")
    topic = sns.create_topic(name="t.fifo", attributes={"FifoTopic": "true"})["TopicArn"]
    sns.publish(topic_arn=topic, message="x", message_group_id="g", message_deduplication_id="d")
    assert bill(SNS) == {"Requests-Tier1": (1, Decimal("0.0000005"))}
