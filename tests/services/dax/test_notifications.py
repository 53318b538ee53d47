"""Topics that are told of a cluster's events."""

from __future__ import annotations

import json
from typing import Any

import pytest

from skyjar.services.dax import errors

from .test_clusters import create, described, ports, refusal

__all__ = ["ports"]
SNS = "arn:aws:sns:us-east-1:111122223333"


@pytest.fixture
def heard(desk: Any) -> Any:
    """A topic, `topic`, and what came out of it."""
    sns, sqs = desk.ask("sns"), desk.ask("sqs")
    topic = sns.create_topic(name="topic")["TopicArn"]
    url = sqs.create_queue(queue_name="q")["QueueUrl"]
    arn = sqs.get_queue_attributes(queue_url=url, attribute_names=["QueueArn"])["Attributes"]["QueueArn"]
    may = {
        "Effect": "Allow",
        "Principal": {"Service": "sns.amazonaws.com"},
        "Action": "sqs:SendMessage",
        "Resource": arn,
    }
    document = json.dumps({"Version": "2012-10-17", "Statement": [may]})
    sqs.set_queue_attributes(queue_url=url, attributes={"Policy": document})
    sns.subscribe(topic_arn=topic, protocol="sqs", endpoint=arn, attributes={"RawMessageDelivery": "true"})

    def take() -> list[dict[str, Any]]:
        desk.settle()
        found: list[dict[str, Any]] = []
        while got := sqs.receive_message(queue_url=url, max_number_of_messages=10).get("Messages"):
            found += [json.loads(each["Body"]) for each in got]
        return found

    return take


def test_a_topic_hears_of_its_cluster(desk: Any, ports: dict[str, int], heard: Any) -> None:
    made = create(desk, notification_topic_arn=f"{SNS}:topic")
    assert made["NotificationConfiguration"] == {"TopicArn": f"{SNS}:topic", "TopicStatus": "active"}
    create(desk, "deaf")
    first, second = sorted(heard(), key=lambda event: str(event["Message"]), reverse=True)
    assert first == {
        "SourceName": "fast",
        "SourceType": "CLUSTER",
        "Message": "Cluster creation started",
        "Date": "2027-01-15T08:00:00.000Z",
    }
    assert second["Message"] == "Cluster created"
    dax = desk.ask("dax")
    dax.reboot_node(cluster_name="fast", node_id="fast-a")
    (rebooted,) = heard()
    assert (rebooted["SourceName"], rebooted["Message"]) == ("fast-a", "Node reboot started")
    dax.update_cluster(cluster_name="fast", notification_topic_status="inactive")
    assert described(desk)["NotificationConfiguration"]["TopicStatus"] == "inactive"
    dax.reboot_node(cluster_name="fast", node_id="fast-a")
    assert heard() == []
    dax.update_cluster(cluster_name="fast", notification_topic_status="active")
    dax.delete_cluster(cluster_name="fast")
    assert {event["Message"] for event in heard()} == {"Cluster deletion started", "Cluster deleted"}


def test_a_topic_that_cannot_be_published_to_becomes_inactive(desk: Any, ports: dict[str, int], heard: Any) -> None:
    create(desk, notification_topic_arn=f"{SNS}:missing")
    desk.settle()
    assert described(desk)["NotificationConfiguration"]["TopicStatus"] == "inactive"
    policy = {"Version": "2012-10-17", "Statement": [{"Effect": "Deny", "Principal": "*", "Action": "sns:Publish",
                                                      "Resource": f"{SNS}:topic"}]}  # fmt: skip
    sns = desk.ask("sns")
    sns.set_topic_attributes(topic_arn=f"{SNS}:topic", attribute_name="Policy", attribute_value=json.dumps(policy))
    dax = desk.ask("dax")
    changed = dax.update_cluster(cluster_name="fast", notification_topic_arn=f"{SNS}:topic")["Cluster"]
    assert changed["NotificationConfiguration"] == {"TopicArn": f"{SNS}:topic", "TopicStatus": "active"}
    dax.reboot_node(cluster_name="fast", node_id="fast-a")
    assert heard() == []
    assert described(desk)["NotificationConfiguration"]["TopicStatus"] == "inactive"
    dax.update_cluster(cluster_name="fast", notification_topic_arn="", notification_topic_status="inactive")
    assert "NotificationConfiguration" not in described(desk)


def test_topics_that_cannot_be(desk: Any, ports: dict[str, int]) -> None:
    for wrong in ("topic", "arn:aws:sns:us-east-1:999999999999:topic", "arn:aws:sns:eu-west-1:111122223333:topic"):
        refusal(errors.InvalidParameterValueException, create, desk, notification_topic_arn=wrong)
    create(desk)
    desk.settle()
    update = desk.ask("dax").update_cluster
    refusal(errors.InvalidParameterValueException, update, cluster_name="fast", notification_topic_status="on")
    refusal(
        errors.InvalidParameterCombinationException, update, cluster_name="fast", notification_topic_status="active"
    )
