"""Inventories: where no library writes ORC, what ACLs they show, under which keys they are sealed."""

from __future__ import annotations

import csv
import gzip
import io
import json
from base64 import b64decode
from typing import Any

import pytest

from skyjar.kernel.errors import NotImplementedHere
from skyjar.runtime import orc


def test_without_its_library_orc_is_refused_with_what_to_install(s3: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    wanted = {
        "Id": "o",
        "IsEnabled": True,
        "IncludedObjectVersions": "Current",
        "Schedule": {"Frequency": "Daily"},
        "Destination": {"S3BucketDestination": {"Bucket": "arn:aws:s3:::first", "Format": "ORC"}},
    }
    monkeypatch.setattr(orc, "find_spec", lambda name: None)
    with pytest.raises(NotImplementedHere, match=r"pip install 'skyjar\[orc\]'"):
        s3.put_bucket_inventory_configuration(bucket="first", id="o", inventory_configuration=wanted)
    monkeypatch.undo()
    s3.put_bucket_inventory_configuration(bucket="first", id="o", inventory_configuration=wanted)
    assert s3.get_bucket_inventory_configuration(bucket="first", id="o") == {"InventoryConfiguration": wanted}


def listed(s3: Any, *, fields: list[str], encryption: dict[str, Any] | None = None) -> None:
    s3.create_bucket(bucket="reports")
    statement = {"Effect": "Allow", "Principal": {"Service": "s3.amazonaws.com"}, "Action": "s3:PutObject",
                 "Resource": "arn:aws:s3:::reports/*"}  # fmt: skip
    s3.put_bucket_policy(bucket="reports", policy=json.dumps({"Version": "2012-10-17", "Statement": [statement]}))
    where: dict[str, Any] = {"Bucket": "arn:aws:s3:::reports", "Format": "CSV"}
    if encryption is not None:
        where["Encryption"] = encryption
    wanted = {
        "Id": "i", "IsEnabled": True, "IncludedObjectVersions": "Current", "Schedule": {"Frequency": "Daily"},
        "OptionalFields": fields, "Destination": {"S3BucketDestination": where},
    }  # fmt: skip
    s3.put_bucket_inventory_configuration(bucket="first", id="i", inventory_configuration=wanted)


def lists(s3: Any) -> list[str]:
    found = s3.list_objects_v2(bucket="reports").get("Contents", ())
    return [each["Key"] for each in found if each["Key"].endswith(".csv.gz")]


def test_acls_are_shown_as_json(desk: Any, s3: Any) -> None:
    rules = {"Rules": [{"ObjectOwnership": "ObjectWriter"}]}
    s3.put_bucket_ownership_controls(bucket="first", ownership_controls=rules)
    s3.delete_public_access_block(bucket="first")
    s3.put_object(bucket="first", key="open", body=b"x", acl="public-read")
    s3.put_object(bucket="first", key="own", body=b"x")
    listed(s3, fields=["ObjectAccessControlList", "ObjectOwner"])
    desk.advance(86_400)
    (key,) = lists(s3)
    data = gzip.decompress(s3.get_object(bucket="reports", key=key)["Body"]).decode()
    (_, _, opened, owner), (_, _, own, _) = csv.reader(io.StringIO(data))
    mine = {"canonicalId": owner, "type": "CanonicalUser", "permission": "FULL_CONTROL"}
    everybody = {"uri": "http://acs.amazonaws.com/groups/global/AllUsers", "type": "Group", "permission": "READ"}
    assert json.loads(b64decode(own)) == {"version": "2022-11-10", "status": "AVAILABLE", "grants": [mine]}
    assert json.loads(b64decode(opened))["grants"] == [mine, everybody]


def test_under_a_key_that_lets_s3_use_it(desk: Any, s3: Any) -> None:
    kms = desk.ask("kms")
    key = kms.create_key()["KeyMetadata"]
    s3.put_object(bucket="first", key="a", body=b"x")
    listed(s3, fields=["Size"], encryption={"SSEKMS": {"KeyId": key["Arn"]}})
    desk.advance(86_400)
    assert lists(s3) == []  # the key's policy does not allow it
    own = {
        "Effect": "Allow",
        "Principal": {"AWS": f"arn:aws:iam::{desk.account}:root"},
        "Action": "kms:*",
        "Resource": "*",
    }
    let = {"Effect": "Allow", "Principal": {"Service": "s3.amazonaws.com"}, "Action": "kms:GenerateDataKey", "Resource": "*",
           "Condition": {"StringEquals": {"aws:SourceAccount": desk.account},
                         "ArnLike": {"aws:SourceARN": "arn:aws:s3:::first"}}}  # fmt: skip
    policy = json.dumps({"Version": "2012-10-17", "Statement": [own, let]})
    kms.put_key_policy(key_id=key["KeyId"], policy_name="default", policy=policy)
    desk.advance(86_400)
    (name,) = lists(s3)
    head = s3.head_object(bucket="reports", key=name)
    assert (head["ServerSideEncryption"], head["SSEKMSKeyId"]) == ("aws:kms", key["Arn"])


def test_only_into_a_bucket_of_who_was_said_to_own_it(desk: Any, s3: Any) -> None:
    listed(s3, fields=["Size"])
    wanted = s3.get_bucket_inventory_configuration(bucket="first", id="i")["InventoryConfiguration"]
    where = wanted["Destination"]["S3BucketDestination"]
    where["AccountId"] = "999999999999"
    s3.put_bucket_inventory_configuration(bucket="first", id="i", inventory_configuration=wanted)
    desk.advance(86_400)
    assert lists(s3) == []
    where["AccountId"] = desk.account
    s3.put_bucket_inventory_configuration(bucket="first", id="i", inventory_configuration=wanted)
    desk.advance(86_400)
    assert len(lists(s3)) == 1
