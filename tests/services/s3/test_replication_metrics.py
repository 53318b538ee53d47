"""Replication metrics: what waits, how far the destination is behind, what failed, and in whose Region that is told."""

from __future__ import annotations

import json
from typing import Any

import pytest


def document(**statement: Any) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": [{"Effect": "Allow", **statement}]})


def replicating(desk: Any, *, has_metrics: bool = True) -> None:
    """From `near` to `far`, which is in another Region."""
    s3, iam = desk.ask("s3"), desk.ask("iam")
    s3.create_bucket(bucket="near")
    desk.ask("s3", region="eu-west-1").create_bucket(
        bucket="far", create_bucket_configuration={"LocationConstraint": "eu-west-1"}
    )
    for name, region in (("near", "us-east-1"), ("far", "eu-west-1")):
        status = {"Status": "Enabled"}
        desk.ask("s3", region=region).put_bucket_versioning(bucket=name, versioning_configuration=status)
    trust = document(Action="sts:AssumeRole", Principal={"Service": "s3.amazonaws.com"})
    role = iam.create_role(role_name="copier", assume_role_policy_document=trust)["Role"]["Arn"]
    iam.put_role_policy(role_name="copier", policy_name="p", policy_document=document(Action="*", Resource="*"))
    rule: dict[str, Any] = {
        "ID": "r", "Status": "Enabled", "Filter": {"Prefix": ""}, "Priority": 1,
        "DeleteMarkerReplication": {"Status": "Disabled"}, "Destination": {"Bucket": "arn:aws:s3:::far"},
    }  # fmt: skip
    if has_metrics:
        rule["Destination"]["Metrics"] = {"Status": "Enabled"}
    s3.put_bucket_replication(bucket="near", replication_configuration={"Role": role, "Rules": [rule]})


def read(desk: Any, region: str, name: str, statistic: str) -> list[float]:
    dimensions = {"SourceBucket": "near", "DestinationBucket": "far", "RuleId": "r"}
    found = desk.ask("cloudwatch", region=region).get_metric_statistics(
        namespace="AWS/S3",
        metric_name=name,
        dimensions=[{"Name": key, "Value": value} for key, value in dimensions.items()],
        start_time=desk.clock.now() - 7200,
        end_time=desk.clock.now() + 60,
        period=60,
        statistics=[statistic],
    )
    return [point[statistic] for point in found["Datapoints"]]


def test_what_waits_and_how_long_it_took(desk: Any) -> None:
    replicating(desk)
    s3 = desk.ask("s3")
    for number in range(3):
        s3.put_object(bucket="near", key=f"k{number}", body=b"x" * 100)
    desk.clock.set(desk.clock.now() + 90)  # the cloud lay still meanwhile
    desk.settle()
    desk.advance(60)
    far = "eu-west-1"
    assert read(desk, far, "OperationsPendingReplication", "Maximum") == [3.0]
    assert read(desk, far, "OperationsPendingReplication", "Minimum") == [0.0]
    assert read(desk, far, "BytesPendingReplication", "Maximum") == [300.0]
    assert read(desk, far, "ReplicationLatency", "Maximum") == [90.0]
    assert read(desk, far, "OperationsFailedReplication", "Sum") == []
    assert read(desk, "us-east-1", "OperationsFailedReplication", "Sum") == [0.0]
    assert read(desk, "us-east-1", "OperationsFailedReplication", "SampleCount") == [3.0]
    assert read(desk, "us-east-1", "OperationsPendingReplication", "Maximum") == []


def test_a_change_of_tags_is_an_operation_without_bytes(desk: Any) -> None:
    replicating(desk)
    s3 = desk.ask("s3")
    s3.put_object(bucket="near", key="k", body=b"x" * 100)
    desk.advance(120)
    s3.put_object_tagging(bucket="near", key="k", tagging={"TagSet": [{"Key": "a", "Value": "b"}]})
    desk.advance(60)
    assert read(desk, "eu-west-1", "OperationsPendingReplication", "Maximum") == [1.0, 1.0]
    assert read(desk, "eu-west-1", "BytesPendingReplication", "Maximum") == [100.0, 0.0]


def test_failures_are_told_where_the_source_is(desk: Any) -> None:
    replicating(desk)
    desk.ask("iam").delete_role_policy(role_name="copier", policy_name="p")
    desk.ask("s3").put_object(bucket="near", key="k", body=b"x")
    desk.advance(60)
    assert read(desk, "us-east-1", "OperationsFailedReplication", "Sum") == [1.0]
    assert read(desk, "eu-west-1", "OperationsFailedReplication", "Sum") == []
    assert read(desk, "eu-west-1", "ReplicationLatency", "Maximum") == []


def test_a_replication_reads_its_source(desk: Any) -> None:
    replicating(desk)
    s3 = desk.ask("s3")
    s3.put_bucket_metrics_configuration(bucket="near", id="all", metrics_configuration={"Id": "all"})
    s3.put_object(bucket="near", key="k", body=b"x")
    desk.advance(60)
    found = desk.ask("cloudwatch").get_metric_statistics(
        namespace="AWS/S3",
        metric_name="GetRequests",
        dimensions=[{"Name": "BucketName", "Value": "near"}, {"Name": "FilterId", "Value": "all"}],
        start_time=desk.clock.now() - 3600,
        end_time=desk.clock.now() + 60,
        period=3600,
        statistics=["Sum"],
    )
    assert [point["Sum"] for point in found["Datapoints"]] == [1.0]


def test_more_than_a_page_that_waits(desk: Any) -> None:
    replicating(desk)
    for number in range(120):
        desk.ask("s3").put_object(bucket="near", key=f"k{number}", body=b"x")
    desk.advance(60)
    assert read(desk, "eu-west-1", "OperationsPendingReplication", "Maximum") == [120.0]


@pytest.mark.parametrize("name", ["OperationsPendingReplication", "ReplicationLatency", "BytesPendingReplication"])
def test_a_rule_without_metrics_tells_nothing(desk: Any, name: str) -> None:
    replicating(desk, has_metrics=False)
    desk.ask("s3").put_object(bucket="near", key="k", body=b"x")
    desk.advance(60)
    assert desk.ask("s3").head_object(bucket="near", key="k")["ReplicationStatus"] == "COMPLETED"
    assert read(desk, "eu-west-1", name, "Maximum") == []
