"""Inventory reports through boto3, as the days go by."""

from __future__ import annotations

import csv
import gzip
import hashlib
import io
import json

import pyorc
import pytest
from botocore.exceptions import ClientError

from skyjar.runtime import parquet
from skyjar.testing.running import Account

pytestmark = pytest.mark.client
DAY_S = 86_400


@pytest.mark.spec("s3-164")
def test_a_report_lists_every_version(still: Account) -> None:
    s3 = still.client("s3")
    source, target = f"listed-{still.number}", f"reports-{still.number}"
    for bucket in (source, target):
        s3.create_bucket(Bucket=bucket)
    s3.put_bucket_versioning(Bucket=source, VersioningConfiguration={"Status": "Enabled"})
    wanted = {
        "Id": "daily",
        "IsEnabled": True,
        "IncludedObjectVersions": "All",
        "Schedule": {"Frequency": "Daily"},
        "Filter": {"Prefix": "in/"},
        "OptionalFields": ["Size", "ETag", "EncryptionStatus", "ReplicationStatus", "StorageClass"],
        "Destination": {"S3BucketDestination": {"Bucket": f"arn:aws:s3:::{target}", "Format": "CSV", "Prefix": "inv"}},
    }
    s3.put_bucket_inventory_configuration(Bucket=source, Id="daily", InventoryConfiguration=wanted)
    back = s3.get_bucket_inventory_configuration(Bucket=source, Id="daily")["InventoryConfiguration"]
    assert back == wanted
    assert s3.list_bucket_inventory_configurations(Bucket=source)["InventoryConfigurationList"] == [wanted]
    versions = [s3.put_object(Bucket=source, Key="in/a b", Body=body)["VersionId"] for body in (b"1", b"22")]
    marker = s3.delete_object(Bucket=source, Key="in/a b")["VersionId"]
    s3.put_object(Bucket=source, Key="out", Body=b"x")
    still.running.advance(DAY_S)
    assert s3.list_objects_v2(Bucket=target)["KeyCount"] == 0  # S3 may not write there yet
    statement = {"Effect": "Allow", "Principal": {"Service": "s3.amazonaws.com"}, "Action": "s3:PutObject",
                 "Resource": f"arn:aws:s3:::{target}/*",
                 "Condition": {"ArnLike": {"aws:SourceArn": f"arn:aws:s3:::{source}"},
                               "StringEquals": {"aws:SourceAccount": still.number,
                                                "s3:x-amz-acl": "bucket-owner-full-control"}}}  # fmt: skip
    s3.put_bucket_policy(Bucket=target, Policy=json.dumps({"Version": "2012-10-17", "Statement": [statement]}))
    still.running.advance(DAY_S)
    keys = [each["Key"] for each in s3.list_objects_v2(Bucket=target)["Contents"]]
    (manifest_key,) = [key for key in keys if key.endswith("T00-00Z/manifest.json")]
    assert manifest_key.startswith(f"inv/{source}/daily/")
    text = s3.get_object(Bucket=target, Key=manifest_key)["Body"].read()
    sum_key = manifest_key.replace(".json", ".checksum")
    assert s3.get_object(Bucket=target, Key=sum_key)["Body"].read().decode() == hashlib.md5(text).hexdigest()
    manifest = json.loads(text)
    assert manifest["fileSchema"] == (
        "Bucket, Key, VersionId, IsLatest, IsDeleteMarker, Size, ETag, EncryptionStatus, ReplicationStatus, StorageClass"
    )
    (file,) = manifest["files"]
    data = s3.get_object(Bucket=target, Key=file["key"])["Body"].read()
    assert (len(data), hashlib.md5(data).hexdigest()) == (file["size"], file["MD5checksum"])
    rows = list(csv.reader(io.StringIO(gzip.decompress(data).decode())))
    assert [row[:6] for row in rows] == [
        [source, "in/a+b", marker, "true", "true", ""],
        [source, "in/a+b", versions[1], "false", "false", "2"],
        [source, "in/a+b", versions[0], "false", "false", "1"],
    ]
    assert rows[1][7:] == ["SSE-S3", "", "STANDARD"]
    link = f"inv/{source}/daily/hive/dt={manifest_key.split('/')[3].replace('T', '-').rstrip('Z')}/symlink.txt"
    assert s3.get_object(Bucket=target, Key=link)["Body"].read().decode() == f"s3://{target}/{file['key']}\n"
    s3.delete_bucket_inventory_configuration(Bucket=source, Id="daily")
    with pytest.raises(ClientError, match="NoSuchConfiguration"):
        s3.get_bucket_inventory_configuration(Bucket=source, Id="daily")


@pytest.mark.spec("s3-164")
def test_a_report_as_parquet(still: Account) -> None:
    s3 = still.client("s3")
    source, target = f"listed-{still.number}", f"reports-{still.number}"
    for bucket in (source, target):
        s3.create_bucket(Bucket=bucket)
    wanted = {
        "Id": "p",
        "IsEnabled": True,
        "IncludedObjectVersions": "Current",
        "Schedule": {"Frequency": "Daily"},
        "OptionalFields": ["Size", "LastModifiedDate", "IsMultipartUploaded", "IntelligentTieringAccessTier"],
        "Destination": {"S3BucketDestination": {"Bucket": f"arn:aws:s3:::{target}", "Format": "Parquet"}},
    }
    statement = {"Effect": "Allow", "Principal": {"Service": "s3.amazonaws.com"}, "Action": "s3:PutObject",
                 "Resource": f"arn:aws:s3:::{target}/*"}  # fmt: skip
    s3.put_bucket_policy(Bucket=target, Policy=json.dumps({"Version": "2012-10-17", "Statement": [statement]}))
    s3.put_object(Bucket=source, Key='a "b"\né', Body=b"123")
    s3.put_object(Bucket=source, Key="tiered", Body=b"x" * 200_000, StorageClass="INTELLIGENT_TIERING")
    s3.put_bucket_inventory_configuration(Bucket=source, Id="p", InventoryConfiguration=wanted)
    still.running.advance(DAY_S)
    keys = [each["Key"] for each in s3.list_objects_v2(Bucket=target)["Contents"]]
    (manifest_key,) = [key for key in keys if key.endswith("manifest.json")]
    manifest = json.loads(s3.get_object(Bucket=target, Key=manifest_key)["Body"].read())
    assert manifest["fileFormat"] == "Parquet"
    assert manifest["fileSchema"].startswith(
        "message s3.inventory { required binary bucket (UTF8); required binary key (UTF8); optional int64 size; "
        "optional int64 last_modified_date (TIMESTAMP_MILLIS); "
    )
    (file,) = manifest["files"]
    assert file["key"].endswith(".parquet")
    data = s3.get_object(Bucket=target, Key=file["key"])["Body"].read()
    assert hashlib.md5(data).hexdigest() == file["MD5checksum"]
    first, second = parquet.rows(iter((data,)))
    when = first.pop("last_modified_date")
    assert when == s3.head_object(Bucket=source, Key='a "b"\né')["LastModified"]
    assert first == {"bucket": source, "key": 'a "b"\né', "size": 3, "is_multipart_uploaded": False,
                     "intelligent_tiering_access_tier": None}  # fmt: skip
    assert (second["key"], second["intelligent_tiering_access_tier"]) == ("tiered", "FREQUENT")


@pytest.mark.spec("s3-164")
def test_a_report_as_orc_says_what_the_bucket_holds(still: Account) -> None:
    s3 = still.client("s3")
    source, target = f"listed-{still.number}", f"reports-{still.number}"
    for bucket in (source, target):
        s3.create_bucket(Bucket=bucket)
    s3.put_bucket_versioning(Bucket=source, VersioningConfiguration={"Status": "Enabled"})
    statement = {"Effect": "Allow", "Principal": {"Service": "s3.amazonaws.com"}, "Action": "s3:PutObject",
                 "Resource": f"arn:aws:s3:::{target}/*"}  # fmt: skip
    s3.put_bucket_policy(Bucket=target, Policy=json.dumps({"Version": "2012-10-17", "Statement": [statement]}))
    wanted = {
        "Id": "o",
        "IsEnabled": True,
        "IncludedObjectVersions": "All",
        "Schedule": {"Frequency": "Daily"},
        "OptionalFields": [
            "Size",
            "LastModifiedDate",
            "ETag",
            "StorageClass",
            "IsMultipartUploaded",
            "EncryptionStatus",
        ],
        "Destination": {"S3BucketDestination": {"Bucket": f"arn:aws:s3:::{target}", "Format": "ORC", "Prefix": "inv"}},
    }
    s3.put_bucket_inventory_configuration(Bucket=source, Id="o", InventoryConfiguration=wanted)
    for key, body, kind in (("a", b"1", "STANDARD"), ("a", b"22", "STANDARD"), ('é "q"', b"333", "STANDARD_IA")):
        s3.put_object(Bucket=source, Key=key, Body=body, StorageClass=kind)
    marker = s3.delete_object(Bucket=source, Key="gone")["VersionId"]
    still.running.advance(DAY_S)
    keys = [each["Key"] for each in s3.list_objects_v2(Bucket=target)["Contents"]]
    (manifest_key,) = [key for key in keys if key.endswith("manifest.json")]
    manifest = json.loads(s3.get_object(Bucket=target, Key=manifest_key)["Body"].read())
    assert manifest["fileFormat"] == "ORC"
    assert manifest["fileSchema"] == (
        "struct<bucket:string,key:string,version_id:string,is_latest:boolean,is_delete_marker:boolean,size:bigint,"
        "last_modified_date:timestamp,e_tag:string,storage_class:string,is_multipart_uploaded:boolean,"
        "encryption_status:string>"
    )
    (file,) = manifest["files"]
    assert file["key"].startswith(f"inv/{source}/o/data/")
    assert file["key"].endswith(".orc")
    data = s3.get_object(Bucket=target, Key=file["key"])["Body"].read()
    assert (len(data), hashlib.md5(data).hexdigest()) == (file["size"], file["MD5checksum"])
    reader = pyorc.Reader(io.BytesIO(data), struct_repr=pyorc.StructRepr.DICT)
    assert str(reader.schema) == manifest["fileSchema"]
    found = s3.list_object_versions(Bucket=source)
    held = {
        each["VersionId"]: (each["Key"], each["IsLatest"], each["Size"], each["LastModified"], each["ETag"].strip('"'),
                            each["StorageClass"])
        for each in found["Versions"]
    }  # fmt: skip
    rows = {row["version_id"]: row for row in reader}
    gone = rows.pop(marker)
    assert (gone["key"], gone["is_delete_marker"], gone["size"], gone["storage_class"]) == ("gone", True, None, None)
    assert held == {
        version: (
            row["key"],
            row["is_latest"],
            row["size"],
            row["last_modified_date"],
            row["e_tag"],
            row["storage_class"],
        )
        for version, row in rows.items()
    }
    assert {row["encryption_status"] for row in rows.values()} == {"SSE-S3"}
