"""Request metrics and storage class analysis through boto3: errors, bytes and latencies of real requests."""

from __future__ import annotations

import csv
import io
import json
import urllib.request
from datetime import timedelta
from typing import Any

import pytest
from botocore.exceptions import ClientError

from skyjar.testing.running import Account

pytestmark = pytest.mark.client
MINUTE_S, DAY_S = 60, 86_400


def read(account: Account, bucket: str, name: str, *statistics: str) -> list[float]:
    now = account.client("s3").list_buckets()["Buckets"][0]["CreationDate"]
    found = account.client("cloudwatch").get_metric_statistics(
        Namespace="AWS/S3",
        MetricName=name,
        Dimensions=[{"Name": "BucketName", "Value": bucket}, {"Name": "FilterId", "Value": "all"}],
        StartTime=now - timedelta(hours=1),
        EndTime=now + timedelta(hours=1),
        Period=3600 * 24,
        Statistics=list(statistics),
    )["Datapoints"]
    return [point[statistic] for point in found for statistic in statistics]


def test_requests_bytes_errors_and_latencies(still: Account) -> None:
    s3 = still.client("s3")
    bucket = f"measured-{still.number}"
    s3.create_bucket(Bucket=bucket)
    s3.put_bucket_metrics_configuration(Bucket=bucket, Id="all", MetricsConfiguration={"Id": "all"})
    s3.put_object(Bucket=bucket, Key="small", Body=b"x" * 1000)
    s3.put_object(Bucket=bucket, Key="big", Body=b"x" * 5_000_000)
    assert len(s3.get_object(Bucket=bucket, Key="big")["Body"].read()) == 5_000_000
    s3.get_object(Bucket=bucket, Key="small")["Body"].read()
    for _ in range(2):
        with pytest.raises(ClientError, match="NoSuchKey"):
            s3.get_object(Bucket=bucket, Key="none")
    form = s3.generate_presigned_post(bucket, "posted")
    boundary = "b0undary"
    parts = [f'--{boundary}\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n'
             for name, value in form["fields"].items()]  # fmt: skip
    file = (
        f'--{boundary}\r\nContent-Disposition: form-data; name="file"; filename="f"\r\n\r\nhello\r\n--{boundary}--\r\n'
    )
    headers = {"Content-Type": f"multipart/form-data; boundary={boundary}"}
    urllib.request.urlopen(urllib.request.Request(form["url"], ("".join(parts) + file).encode(), headers)).read()
    table = {"InputSerialization": {"CSV": {}}, "OutputSerialization": {"CSV": {}}}
    s3.put_object(Bucket=bucket, Key="table", Body=b"a,1\nb,2\n")
    sql = "SELECT s._1 FROM s3object s WHERE s._2 = '2'"
    chosen = s3.select_object_content(Bucket=bucket, Key="table", Expression=sql, ExpressionType="SQL", **table)
    assert [event["Records"]["Payload"] for event in chosen["Payload"] if "Records" in event] == [b"b\n"]
    still.running.advance(MINUTE_S)
    assert read(still, bucket, "GetRequests", "Sum") == [4.0]
    assert read(still, bucket, "PutRequests", "Sum") == [3.0]
    assert read(still, bucket, "PostRequests", "Sum") == [1.0]
    assert read(still, bucket, "SelectRequests", "Sum") == [1.0]
    assert read(still, bucket, "SelectBytesScanned", "Sum") == [8.0]
    assert read(still, bucket, "SelectBytesReturned", "Sum") == [2.0]
    assert read(still, bucket, "4xxErrors", "Sum", "SampleCount") == [2.0, 9.0]
    assert read(still, bucket, "BytesUploaded", "Maximum") == [5_000_000.0]
    assert read(still, bucket, "BytesDownloaded", "Maximum") == [5_000_000.0]
    for latency in ("FirstByteLatency", "TotalRequestLatency"):
        (least,) = read(still, bucket, latency, "Minimum")
        assert 0 < least < 10_000


@pytest.mark.spec("s3-120")
def test_an_analysis_is_exported(still: Account) -> None:
    s3 = still.client("s3")
    source, target = f"observed-{still.number}", f"analyses-{still.number}"
    for bucket in (source, target):
        s3.create_bucket(Bucket=bucket)
    statement = {"Effect": "Allow", "Principal": {"Service": "s3.amazonaws.com"}, "Action": "s3:PutObject",
                 "Resource": f"arn:aws:s3:::{target}/*"}  # fmt: skip
    s3.put_bucket_policy(Bucket=target, Policy=json.dumps({"Version": "2012-10-17", "Statement": [statement]}))
    where = {"Format": "CSV", "Bucket": f"arn:aws:s3:::{target}", "Prefix": "analytics/"}
    export: Any = {"OutputSchemaVersion": "V_1", "Destination": {"S3BucketDestination": where}}
    wanted: Any = {"Id": "whole", "StorageClassAnalysis": {"DataExport": export}}
    s3.put_bucket_analytics_configuration(Bucket=source, Id="whole", AnalyticsConfiguration=wanted)
    assert s3.get_bucket_analytics_configuration(Bucket=source, Id="whole")["AnalyticsConfiguration"] == wanted
    s3.put_object(Bucket=source, Key="a", Body=b"x" * 2**20)
    still.running.advance(DAY_S)
    assert s3.list_objects_v2(Bucket=target)["KeyCount"] == 0
    s3.get_object(Bucket=source, Key="a")["Body"].read()
    still.running.advance(DAY_S)
    text = s3.get_object(Bucket=target, Key="analytics/whole.csv")["Body"].read().decode()
    last = list(csv.DictReader(io.StringIO(text)))[-1]
    assert (last["ObjectAge"], last["ObjectCount"], last["DataRetrieved_MB"]) == ("ALL", "1", "1.0000")
