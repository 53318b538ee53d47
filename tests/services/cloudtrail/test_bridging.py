"""Management calls on the account's event bus."""

from __future__ import annotations

import json
from typing import Any

import pytest

from .test_trails import bucket


@pytest.fixture
def told(desk: Any) -> Any:
    """The calls that a rule for them is told of since the last time: (event, whether it only reads)."""
    queue = f"arn:aws:sqs:us-east-1:{desk.account}:q"
    statement = {
        "Effect": "Allow",
        "Principal": {"Service": "events.amazonaws.com"},
        "Action": "sqs:SendMessage",
        "Resource": queue,
    }
    policy = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
    url = desk.ask("sqs").create_queue(queue_name="q", attributes={"Policy": policy})["QueueUrl"]
    pattern = {"source": ["aws.sns"], "detail-type": ["AWS API Call via CloudTrail"]}
    desk.ask("events").put_rule(name="r", event_pattern=json.dumps(pattern))
    desk.ask("events").put_targets(rule="r", targets=[{"Id": "1", "Arn": queue}])

    def take() -> list[dict[str, Any]]:
        desk.settle()
        found: list[dict[str, Any]] = []
        while page := desk.ask("sqs").receive_message(queue_url=url, max_number_of_messages=10).get("Messages"):
            for each in page:
                desk.ask("sqs").delete_message(queue_url=url, receipt_handle=each["ReceiptHandle"])
                found.append(json.loads(each["Body"]))
        return found

    return take


def test_calls_are_told_while_a_trail_is_logging(desk: Any, told: Any) -> None:
    sns = desk.ask("sns")
    sns.create_topic(name="before")
    bucket(desk)
    cloudtrail = desk.ask("cloudtrail")
    cloudtrail.create_trail(name="audit", s3_bucket_name="logs")
    cloudtrail.start_logging(name="audit")
    sns.create_topic(name="t")
    sns.list_topics()
    [event] = told()
    assert (event["source"], event["account"], event["region"]) == ("aws.sns", desk.account, "us-east-1")
    detail = event["detail"]
    assert (detail["eventSource"], detail["eventName"], detail["requestParameters"]) == (
        "sns.amazonaws.com",
        "CreateTopic",
        {"name": "t"},
    )
    desk.ask("events").put_rule(
        name="r",
        event_pattern=json.dumps({"source": ["aws.sns"]}),
        state="ENABLED_WITH_ALL_CLOUDTRAIL_MANAGEMENT_EVENTS",
    )
    sns.list_topics()
    assert [each["detail"]["eventName"] for each in told()] == ["ListTopics"]
    cloudtrail.stop_logging(name="audit")
    desk.settle()
    sns.create_topic(name="after")
    assert told() == []
    cloudtrail.start_logging(name="audit")
    sns.delete_topic(topic_arn=f"arn:aws:sns:us-east-1:{desk.account}:after")
    assert [each["detail"]["eventName"] for each in told()] == ["DeleteTopic"]
