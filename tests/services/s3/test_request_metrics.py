"""Request metrics: what clients ask of a bucket, told by the minute for each configuration whose filter it meets."""

from __future__ import annotations

from typing import Any


def read(desk: Any, identity: str, name: str, statistic: str = "Sum") -> list[float]:
    found = desk.ask("cloudwatch").get_metric_statistics(
        namespace="AWS/S3",
        metric_name=name,
        dimensions=[{"Name": "BucketName", "Value": "first"}, {"Name": "FilterId", "Value": identity}],
        start_time=desk.clock.now() - 3600,
        end_time=desk.clock.now() + 60,
        period=60,
        statistics=[statistic],
    )
    return [point[statistic] for point in found["Datapoints"]]


def measured(s3: Any, identity: str, **filtered: Any) -> None:
    wanted = {"Id": identity, **({"Filter": filtered} if filtered else {})}
    s3.put_bucket_metrics_configuration(bucket="first", id=identity, metrics_configuration=wanted)


def test_requests_by_their_kind(desk: Any, s3: Any) -> None:
    s3.put_object(bucket="first", key="before", body=b"x")
    measured(s3, "all")
    s3.put_object(bucket="first", key="a", body=b"12345")
    s3.get_object(bucket="first", key="a")
    s3.get_object(bucket="first", key="a", range="bytes=0-1")
    s3.head_object(bucket="first", key="a")
    s3.list_objects_v2(bucket="first")
    s3.copy_object(bucket="first", key="b", copy_source="first/a")
    s3.create_multipart_upload(bucket="first", key="c")
    s3.delete_object(bucket="first", key="a")
    s3.delete_objects(bucket="first", delete={"Objects": [{"Key": "b"}, {"Key": "before"}]})
    s3.get_bucket_versioning(bucket="first")
    desk.advance(60)
    assert read(desk, "all", "AllRequests") == [11.0]
    assert read(desk, "all", "GetRequests") == [3.0]  # one is the copy's
    assert read(desk, "all", "PutRequests") == [2.0]
    assert read(desk, "all", "HeadRequests") == [1.0]
    assert read(desk, "all", "ListRequests") == [1.0]
    assert read(desk, "all", "PostRequests") == [1.0]
    assert read(desk, "all", "DeleteRequests") == [2.0]
    assert read(desk, "all", "BytesUploaded") == [5.0]
    assert read(desk, "all", "BytesDownloaded") == [7.0]
    assert read(desk, "all", "4xxErrors") == [0.0]
    assert read(desk, "all", "5xxErrors", "SampleCount") == [10.0]


def test_filters_meet_single_objects_alone(desk: Any, s3: Any) -> None:
    measured(s3, "logs", Prefix="logs/")
    measured(s3, "red", Tag={"Key": "colour", "Value": "red"})
    measured(s3, "both", And={"Prefix": "logs/", "Tags": [{"Key": "colour", "Value": "red"}]})
    s3.put_object(bucket="first", key="logs/a", body=b"1")
    s3.put_object(bucket="first", key="b", body=b"1", tagging="colour=red")
    s3.put_object(bucket="first", key="logs/c", body=b"1", tagging="colour=red")
    s3.get_object(bucket="first", key="b")
    s3.list_objects_v2(bucket="first", prefix="logs/")
    s3.delete_objects(bucket="first", delete={"Objects": [{"Key": "logs/a"}]})
    desk.advance(60)
    assert read(desk, "logs", "AllRequests") == [2.0]
    assert read(desk, "red", "AllRequests") == [3.0]
    assert read(desk, "red", "GetRequests") == [1.0]
    assert read(desk, "both", "AllRequests") == [1.0]
    assert read(desk, "logs", "ListRequests") == []


def test_an_access_point_is_a_filter(desk: Any, s3: Any) -> None:
    account = desk.account
    desk.ask("s3control").create_access_point(account_id=account, name="mine", bucket="first")
    arn = f"arn:aws:s3:us-east-1:{account}:accesspoint/mine"
    measured(s3, "point", AccessPointArn=arn)
    s3.put_object(bucket="first", key="a", body=b"1")
    s3.get_object(bucket=arn, key="a")
    desk.advance(60)
    assert read(desk, "point", "AllRequests") == [1.0]
    assert read(desk, "point", "GetRequests") == [1.0]


def test_a_deleted_configuration_measures_no_more(desk: Any, s3: Any) -> None:
    measured(s3, "all")
    s3.put_object(bucket="first", key="a", body=b"1")
    s3.delete_bucket_metrics_configuration(bucket="first", id="all")
    desk.advance(60)
    s3.put_object(bucket="first", key="b", body=b"1")
    desk.advance(60)
    assert read(desk, "all", "PutRequests") == [1.0]
