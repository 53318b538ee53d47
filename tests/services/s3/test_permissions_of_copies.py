"""What copies and conditional deletions need besides their own action, and who lacks it is told."""

from __future__ import annotations

import json
from typing import Any

import pytest

from skyjar.kernel.errors import AWSError
from skyjar.kernel.principals import Principal

COPYING = ("s3:GetObject", "s3:PutObject", "s3:ListBucket")


def user(desk: Any, name: str, *actions: str) -> Principal:
    iam = desk.ask("iam")
    made = iam.create_user(user_name=name)["User"]
    allowed = {"Effect": "Allow", "Action": list(actions), "Resource": "*"}
    document = json.dumps({"Version": "2012-10-17", "Statement": [allowed]})
    iam.put_user_policy(user_name=name, policy_name="p", policy_document=document)
    return Principal(kind="user", account=desk.account, id=made["UserId"], name=name, arn=made["Arn"])


def test_tags_are_copied_by_those_who_may_read_and_put_them(desk: Any, s3: Any) -> None:
    s3.put_object(bucket="first", key="plain", body=b"x")
    s3.put_object(bucket="first", key="tagged", body=b"x", tagging="team=a")
    reader = user(desk, "reader", *COPYING, "s3:GetObjectTagging")
    writer = user(desk, "writer", *COPYING, "s3:PutObjectTagging")
    both = user(desk, "both", *COPYING, "s3:GetObjectTagging", "s3:PutObjectTagging")
    for who, lacking in ((reader, "s3:PutObjectTagging"), (writer, "s3:GetObjectTagging")):
        mine = desk.ask("s3", who)
        mine.copy_object(bucket="first", key="copy", copy_source="first/plain")
        with pytest.raises(AWSError, match=f"not authorized to perform: {lacking} on resource"):
            mine.copy_object(bucket="first", key="copy", copy_source="first/tagged")
        assert s3.get_object_tagging(bucket="first", key="copy")["TagSet"] == []
    desk.ask("s3", both).copy_object(bucket="first", key="copy", copy_source="first/tagged")
    assert s3.get_object_tagging(bucket="first", key="copy")["TagSet"] == [{"Key": "team", "Value": "a"}]


def test_a_delete_marker_is_no_source(s3: Any) -> None:
    s3.put_bucket_versioning(bucket="first", versioning_configuration={"Status": "Enabled"})
    s3.put_object(bucket="first", key="k", body=b"x")
    marker = s3.delete_object(bucket="first", key="k")["VersionId"]
    with pytest.raises(AWSError, match="may not specifically refer to a delete marker by version id") as refused:
        s3.copy_object(bucket="first", key="c", copy_source=f"first/k?versionId={marker}")
    assert refused.value.code == "InvalidRequest"
    with pytest.raises(AWSError) as missing:
        s3.copy_object(bucket="first", key="c", copy_source="first/k")
    assert missing.value.code == "NoSuchKey"


def test_a_deletion_by_etag_needs_to_know_it(desk: Any, s3: Any) -> None:
    etag = s3.put_object(bucket="first", key="k", body=b"x")["ETag"]
    blind = desk.ask("s3", user(desk, "blind", "s3:DeleteObject"))
    with pytest.raises(AWSError, match="not authorized to perform: s3:GetObject on resource"):
        blind.delete_object(bucket="first", key="k", if_match=etag)
    told = blind.delete_objects(bucket="first", delete={"Objects": [{"Key": "k", "ETag": etag}]})
    assert [each["Code"] for each in told["Errors"]] == ["AccessDenied"]
    blind.delete_object(bucket="first", key="k", if_match="*")
    assert "Contents" not in s3.list_objects_v2(bucket="first") or not s3.list_objects_v2(bucket="first")["Contents"]


def test_versions_that_cannot_be(s3: Any) -> None:
    s3.put_object(bucket="first", key="k", body=b"x")
    with pytest.raises(AWSError, match="Invalid version id specified"):
        s3.delete_object(bucket="first", key="k", version_id="nothing")
    told = s3.delete_objects(bucket="first", delete={"Objects": [{"Key": "k", "VersionId": "nothing"}]})
    assert [(each["Code"], each["VersionId"]) for each in told["Errors"]] == [("NoSuchVersion", "nothing")]
    assert s3.head_object(bucket="first", key="k")["ContentLength"] == 1
