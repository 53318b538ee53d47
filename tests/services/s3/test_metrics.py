"""What buckets tell CloudWatch at the end of each day."""

from __future__ import annotations

from typing import Any

DAY_S = 86_400


def read(desk: Any, name: str, kind: str) -> list[float]:
    found = desk.ask("cloudwatch").get_metric_statistics(
        namespace="AWS/S3",
        metric_name=name,
        dimensions=[{"Name": "BucketName", "Value": "b-metrics"}, {"Name": "StorageType", "Value": kind}],
        start_time=desk.clock.now() - 5 * DAY_S,
        end_time=desk.clock.now(),
        period=DAY_S,
        statistics=["Average"],
    )
    return [point["Average"] for point in found["Datapoints"]]


def test_sizes_and_numbers_by_storage_class(desk: Any) -> None:
    s3 = desk.ask("s3")
    s3.create_bucket(bucket="b-metrics")
    s3.put_object(bucket="b-metrics", key="a", body=b"x" * 100)
    s3.put_object(bucket="b-metrics", key="b", body=b"x" * 50)
    s3.put_object(bucket="b-metrics", key="c", body=b"x" * 7, storage_class="STANDARD_IA")
    desk.pipeline.metrics.flush()
    assert read(desk, "NumberOfObjects", "AllStorageTypes") == []
    desk.advance(DAY_S)
    assert read(desk, "BucketSizeBytes", "StandardStorage") == [150.0]
    assert read(desk, "BucketSizeBytes", "StandardIAStorage") == [7.0]
    assert read(desk, "NumberOfObjects", "AllStorageTypes") == [3.0]
    s3.delete_object(bucket="b-metrics", key="a")
    desk.advance(DAY_S)
    assert read(desk, "BucketSizeBytes", "StandardStorage") == [150.0, 50.0]
    for key in ("b", "c"):
        s3.delete_object(bucket="b-metrics", key=key)
    s3.delete_bucket(bucket="b-metrics")
    desk.advance(DAY_S)
    assert len(read(desk, "NumberOfObjects", "AllStorageTypes")) == 2
