"""Alarms that tell topics."""

from __future__ import annotations

import json
from typing import Any

import pytest

pytest.importorskip("skyjar.services.sns")


@pytest.mark.spec("cloudwatch-006")
@pytest.mark.parametrize(("policy_of_topic", "allowed"), [("default", True), ("own", True), ("nobody", False)])
def test_an_alarm_tells_a_topic_that_lets_it(desk: Any, policy_of_topic: str, allowed: bool) -> None:
    sns, sqs, cloudwatch = desk.ask("sns"), desk.ask("sqs"), desk.ask("cloudwatch")
    topic = sns.create_topic(name="t")["TopicArn"]
    url = sqs.create_queue(queue_name="q")["QueueUrl"]
    queue = f"arn:aws:sqs:us-east-1:{desk.account}:q"
    policy = {
        "Version": "2012-10-17",
        "Statement": [
            {
                "Effect": "Allow",
                "Principal": {"Service": "sns.amazonaws.com"},
                "Action": "sqs:SendMessage",
                "Resource": queue,
            }
        ],
    }
    sqs.set_queue_attributes(queue_url=url, attributes={"Policy": json.dumps(policy)})
    sns.subscribe(topic_arn=topic, protocol="sqs", endpoint=queue)
    document: dict[str, Any] = {
        "Version": "2012-10-17",
        "Statement": [
            {
                "Effect": "Allow",
                "Principal": {"Service": "cloudwatch.amazonaws.com"},
                "Action": "sns:Publish",
                "Resource": topic,
                "Condition": {"ArnLike": {"aws:SourceArn": f"arn:aws:cloudwatch:us-east-1:{desk.account}:alarm:*"}},
            }
        ],
    }
    if policy_of_topic == "nobody":
        document["Statement"][0]["Principal"]["Service"] = "events.amazonaws.com"
    if policy_of_topic != "default":
        sns.set_topic_attributes(topic_arn=topic, attribute_name="Policy", attribute_value=json.dumps(document))
    cloudwatch.put_metric_alarm(
        alarm_name="a",
        namespace="App",
        metric_name="m",
        statistic="Sum",
        period=60,
        evaluation_periods=1,
        threshold=1.0,
        comparison_operator="GreaterThanThreshold",
        alarm_actions=[topic],
        alarm_description="why",
    )
    cloudwatch.set_alarm_state(alarm_name="a", state_value="ALARM", state_reason="by hand")
    desk.settle()
    item = cloudwatch.describe_alarm_history(alarm_name="a", history_item_type="Action")["AlarmHistoryItems"][0]
    messages = sqs.receive_message(queue_url=url).get("Messages", [])
    assert bool(messages) is allowed
    assert item["HistorySummary"].startswith("Successfully executed" if allowed else "Failed to execute")
    if allowed:
        told = json.loads(messages[0]["Body"])
        assert told["Subject"] == 'ALARM: "a" in US East (N. Virginia)'
        body = json.loads(told["Message"])
        assert (body["NewStateValue"], body["OldStateValue"], body["Region"]) == (
            "ALARM",
            "INSUFFICIENT_DATA",
            "US East (N. Virginia)",
        )
        assert body["Trigger"]["Statistic"] == "SUM"
