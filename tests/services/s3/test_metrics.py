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


def sizes(desk: Any) -> dict[str, float]:
    """BucketSizeBytes by storage type, as of last midnight."""
    cloudwatch = desk.ask("cloudwatch")
    found = cloudwatch.list_metrics(
        namespace="AWS/S3",
        metric_name="BucketSizeBytes",
        dimensions=[{"Name": "BucketName", "Value": "b-metrics"}],
    )["Metrics"]
    kinds = [each["Value"] for metric in found for each in metric["Dimensions"] if each["Name"] == "StorageType"]
    last = {kind: read(desk, "BucketSizeBytes", kind) for kind in kinds}
    return {kind: values[-1] for kind, values in last.items() if values}


def test_every_storage_type(desk: Any) -> None:
    s3 = desk.ask("s3")
    s3.create_bucket(bucket="b-metrics")
    tierings = [{"AccessTier": "ARCHIVE_ACCESS", "Days": 90}, {"AccessTier": "DEEP_ARCHIVE_ACCESS", "Days": 180}]
    wanted = {"Id": "t", "Status": "Enabled", "Tierings": tierings, "Filter": {"Prefix": "deep/"}}
    s3.put_bucket_intelligent_tiering_configuration(
        bucket="b-metrics", id="t", intelligent_tiering_configuration=wanted
    )
    big = b"x" * 200_000
    for key in ("deep/a", "instant"):
        s3.put_object(bucket="b-metrics", key=key, body=big, storage_class="INTELLIGENT_TIERING")
    desk.advance(140 * DAY_S)
    s3.put_object(bucket="b-metrics", key="deep/b", body=big, storage_class="INTELLIGENT_TIERING")
    desk.advance(60 * DAY_S)
    s3.put_object(bucket="b-metrics", key="deep/c", body=big, storage_class="INTELLIGENT_TIERING")
    desk.advance(33 * DAY_S)
    s3.put_object(bucket="b-metrics", key="frequent", body=big, storage_class="INTELLIGENT_TIERING")
    for number, kind in enumerate(("STANDARD", "REDUCED_REDUNDANCY", "STANDARD_IA", "ONEZONE_IA", "GLACIER_IR",
                                   "GLACIER", "DEEP_ARCHIVE"), 1):  # fmt: skip
        s3.put_object(bucket="b-metrics", key=kind, body=b"x" * number * 100, storage_class=kind)
    for kind in ("GLACIER", "DEEP_ARCHIVE", "STANDARD_IA"):
        upload = s3.create_multipart_upload(bucket="b-metrics", key="u", storage_class=kind)["UploadId"]
        s3.upload_part(bucket="b-metrics", key="u", upload_id=upload, part_number=1, body=b"x" * 11)
    desk.pipeline.metrics.flush()
    desk.advance(DAY_S)
    small = 128 * 1024
    assert sizes(desk) == {
        "StandardStorage": 100.0, "ReducedRedundancyStorage": 200.0,
        "StandardIAStorage": 311.0, "StandardIASizeOverhead": small - 300.0,
        "OneZoneIAStorage": 400.0, "OneZoneIASizeOverhead": small - 400.0,
        "GlacierInstantRetrievalStorage": 500.0, "GlacierInstantRetrievalSizeOverhead": small - 500.0,
        "GlacierStorage": 600.0, "GlacierObjectOverhead": 32_768.0, "GlacierS3ObjectOverhead": 8_192.0,
        "GlacierStagingStorage": 11.0, "DeepArchiveStagingStorage": 11.0,
        "DeepArchiveStorage": 700.0, "DeepArchiveObjectOverhead": 32_768.0, "DeepArchiveS3ObjectOverhead": 8_192.0,
        "IntelligentTieringFAStorage": 200_000.0, "IntelligentTieringIAStorage": 200_000.0,
        "IntelligentTieringAIAStorage": 200_000.0, "IntelligentTieringAAStorage": 200_000.0,
        "IntelligentTieringDAAStorage": 200_000.0,
        "IntAAObjectOverhead": 32_768.0, "IntAAS3ObjectOverhead": 8_192.0,
        "IntDAAObjectOverhead": 32_768.0, "IntDAAS3ObjectOverhead": 8_192.0,
    }  # fmt: skip
