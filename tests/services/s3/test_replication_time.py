"""S3 Replication Time Control: who is told when a copy takes longer than fifteen minutes of the cloud's clock."""

from __future__ import annotations

import json
from typing import Any


def document(**statement: Any) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": [{"Effect": "Allow", **statement}]})


def prepared(desk: Any) -> Any:
    """A bucket that replicates on time and tells a queue; what the queue has been told since."""
    s3, sqs, iam = desk.ask("s3"), desk.ask("sqs"), desk.ask("iam")
    for name in ("near", "far"):
        s3.create_bucket(bucket=name)
        s3.put_bucket_versioning(bucket=name, versioning_configuration={"Status": "Enabled"})
    trust = document(Action="sts:AssumeRole", Principal={"Service": "s3.amazonaws.com"})
    role = iam.create_role(role_name="copier", assume_role_policy_document=trust)["Role"]["Arn"]
    iam.put_role_policy(role_name="copier", policy_name="p", policy_document=document(Action="*", Resource="*"))
    url = sqs.create_queue(queue_name="told")["QueueUrl"]
    arn = sqs.get_queue_attributes(queue_url=url, attribute_names=["QueueArn"])["Attributes"]["QueueArn"]
    policy = document(Action="sqs:SendMessage", Principal={"Service": "s3.amazonaws.com"}, Resource=arn)
    sqs.set_queue_attributes(queue_url=url, attributes={"Policy": policy})
    wanted = {"QueueConfigurations": [{"QueueArn": arn, "Events": ["s3:Replication:*"]}]}
    s3.put_bucket_notification_configuration(bucket="near", notification_configuration=wanted)
    time = {"Status": "Enabled", "Time": {"Minutes": 15}}
    metrics = {"Status": "Enabled", "EventThreshold": {"Minutes": 15}}
    rule = {
        "ID": "r", "Status": "Enabled", "Filter": {"Prefix": ""}, "Priority": 1,
        "DeleteMarkerReplication": {"Status": "Disabled"},
        "Destination": {"Bucket": "arn:aws:s3:::far", "ReplicationTime": time, "Metrics": metrics},
    }  # fmt: skip
    s3.put_bucket_replication(bucket="near", replication_configuration={"Role": role, "Rules": [rule]})
    desk.settle()
    sqs.purge_queue(queue_url=url)

    def told() -> list[dict[str, Any]]:
        desk.settle()
        found = sqs.receive_message(queue_url=url, max_number_of_messages=10).get("Messages", [])
        return [record for each in found for record in json.loads(each["Body"]).get("Records", ())]

    return told


def test_a_copy_that_was_late_is_told_of_twice(desk: Any) -> None:
    told, s3 = prepared(desk), desk.ask("s3")
    s3.put_object(bucket="near", key="k", body=b"x")
    desk.clock.set(desk.clock.now() + 20 * 60)  # the cloud lay still meanwhile
    missed, after = sorted(told(), key=lambda record: record["eventName"])
    assert s3.head_object(bucket="far", key="k")["ReplicationStatus"] == "REPLICA"
    assert missed["eventName"] == "Replication:OperationMissedThreshold"
    assert missed["replicationEventData"]["threshold"] == "15"
    assert after["eventName"] == "Replication:OperationReplicatedAfterThreshold"
    assert after["replicationEventData"]["replicationTime"] == str(20 * 60 * 1000)
    assert after["replicationEventData"]["requestTime"] == "2027-01-15T08:00:00.000Z"


def test_a_copy_on_time_is_not(desk: Any) -> None:
    told, s3 = prepared(desk), desk.ask("s3")
    s3.put_object(bucket="near", key="k", body=b"x")
    desk.clock.set(desk.clock.now() + 14 * 60)
    assert told() == []
    assert s3.head_object(bucket="far", key="k")["ReplicationStatus"] == "REPLICA"
