"""Access points: made, shown, listed and deleted; what comes through them, and both policies that judge it."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from skyjar.kernel.errors import AWSError
from skyjar.kernel.principals import ANONYMOUS, Principal, root

OTHER = "444455556666"


def document(*statements: dict[str, Any]) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": [{"Effect": "Allow", **each} for each in statements]})


@pytest.fixture
def control(desk: Any) -> Any:
    s3 = desk.ask("s3")
    s3.create_bucket(bucket="first")
    s3.put_object(bucket="first", key="k", body=b"hello")
    return desk.ask("s3control")


def made(desk: Any, control: Any, name: str = "front", **more: Any) -> dict[str, str]:
    answer: dict[str, str] = control.create_access_point(
        account_id=more.pop("account", desk.account), name=name, bucket="first", **more
    )
    return answer


def code(function: Callable[..., Any], **parameters: Any) -> str:
    with pytest.raises(AWSError) as caught:
        function(**parameters)
    return caught.value.code


def test_made_shown_and_deleted(desk: Any, control: Any) -> None:
    answer = made(desk, control)
    arn = f"arn:aws:s3:us-east-1:{desk.account}:accesspoint/front"
    assert answer["AccessPointArn"] == arn
    assert answer["Alias"].startswith("front-") and answer["Alias"].endswith("-s3alias")
    assert len(answer["Alias"]) == len("front-") + 34 + len("-s3alias")
    shown = control.get_access_point(account_id=desk.account, name="front")
    assert shown["NetworkOrigin"] == "Internet"
    assert shown["Endpoints"]["ipv4"] == "s3-accesspoint.us-east-1.amazonaws.com"
    assert all(shown["PublicAccessBlockConfiguration"].values())
    assert (shown["Bucket"], shown["BucketAccountId"]) == ("first", desk.account)
    assert code(control.create_access_point, account_id=desk.account, name="front", bucket="first") == (
        "AccessPointAlreadyOwnedByYou"
    )
    assert code(desk.ask("s3").delete_bucket, bucket="first") == "BucketNotEmpty"
    desk.ask("s3").delete_object(bucket="first", key="k")
    assert code(desk.ask("s3").delete_bucket, bucket="first") == "BucketHasAccessPointsAttached"
    control.delete_access_point(account_id=desk.account, name="front")
    assert code(control.get_access_point, account_id=desk.account, name="front") == "NoSuchAccessPoint"
    assert code(desk.ask("s3").head_bucket, bucket=arn) == "NoSuchAccessPoint"
    desk.ask("s3").delete_bucket(bucket="first")


@pytest.mark.parametrize("name", ["Front", "-front", "front-", "a.b", "my-s3alias", "x" * 51])
def test_names_that_are_none(desk: Any, control: Any, name: str) -> None:
    assert code(control.create_access_point, account_id=desk.account, name=name, bucket="first") == "InvalidRequest"


def test_of_a_bucket_that_is_not_there_or_another_s(desk: Any, control: Any) -> None:
    ask = control.create_access_point
    assert code(ask, account_id=desk.account, name="front", bucket="absent") == "NoSuchBucket"
    assert code(
        desk.ask("s3control", root(OTHER)).create_access_point, account_id=OTHER, name="front", bucket="first"
    ) == ("AccessDenied")
    assert control.list_access_points(account_id=desk.account) == {"AccessPointList": []}


def test_listed_in_pages_and_by_bucket(desk: Any, control: Any) -> None:
    desk.ask("s3").create_bucket(bucket="second")
    for name in ("aaa", "bbb", "ccc"):
        made(desk, control, name)
    control.create_access_point(account_id=desk.account, name="ddd", bucket="second")
    page = control.list_access_points(account_id=desk.account, max_results=3)
    assert [each["Name"] for each in page["AccessPointList"]] == ["aaa", "bbb", "ccc"]
    rest = control.list_access_points(account_id=desk.account, max_results=3, next_token=page["NextToken"])
    assert [each["Name"] for each in rest["AccessPointList"]] == ["ddd"] and "NextToken" not in rest
    page = control.list_access_points(account_id=desk.account, bucket="first", max_results=2)
    assert [each["Name"] for each in page["AccessPointList"]] == ["aaa", "bbb"]
    rest = control.list_access_points(account_id=desk.account, bucket="first", next_token=page["NextToken"])
    assert [each["Name"] for each in rest["AccessPointList"]] == ["ccc"]


@pytest.mark.spec("s3control-001")
def test_objects_by_arn_by_alias_and_by_host(desk: Any, control: Any) -> None:
    answer = made(desk, control)
    s3 = desk.ask("s3")
    for name in (answer["AccessPointArn"], answer["Alias"], f"front-{desk.account}"):
        assert s3.get_object(bucket=name, key="k")["Body"] == b"hello"
        s3.put_object(bucket=name, key="new", body=b"1")
        s3.put_object_tagging(bucket=name, key="new", tagging={"TagSet": [{"Key": "a", "Value": "b"}]})
        assert [each["Key"] for each in s3.list_objects_v2(bucket=name)["Contents"]] == ["k", "new"]
        upload = s3.create_multipart_upload(bucket=name, key="long")["UploadId"]
        part = s3.upload_part(bucket=name, key="long", upload_id=upload, part_number=1, body=b"x")["ETag"]
        s3.complete_multipart_upload(
            bucket=name, key="long", upload_id=upload, multipart_upload={"Parts": [{"ETag": part, "PartNumber": 1}]}
        )
        s3.delete_objects(bucket=name, delete={"Objects": [{"Key": "new"}, {"Key": "long"}]})
        assert [each["Key"] for each in s3.list_objects_v2(bucket="first")["Contents"]] == ["k"]
    source = f"{answer['AccessPointArn']}/object/k"
    s3.copy_object(bucket=answer["Alias"], key="copy", copy_source=source)
    assert s3.get_object(bucket="first", key="copy")["Body"] == b"hello"


def test_what_does_not_come_through(desk: Any, control: Any) -> None:
    arn = made(desk, control)["AccessPointArn"]
    s3 = desk.ask("s3")
    assert code(s3.get_bucket_versioning, bucket=arn) == "MethodNotAllowed"
    assert code(s3.delete_bucket, bucket=arn) == "MethodNotAllowed"
    everywhere = f"arn:aws:s3::{desk.account}:accesspoint/mfzwi23gnjvgw.mrap"
    assert code(s3.get_object, bucket=everywhere, key="k") == "NoSuchMultiRegionAccessPoint"


@pytest.mark.spec("s3control-001")
def test_the_point_and_the_bucket_must_both_allow(desk: Any, control: Any, user: Callable[..., Principal]) -> None:
    arn = made(desk, control)["AccessPointArn"]
    ann = user("ann")
    s3 = desk.ask("s3", ann)
    assert code(s3.get_object, bucket=arn, key="k") == "AccessDenied"
    reading = {"Principal": {"AWS": ann.arn}, "Action": "s3:GetObject", "Resource": f"{arn}/object/*"}
    control.put_access_point_policy(account_id=desk.account, name="front", policy=document(reading))
    assert code(s3.get_object, bucket=arn, key="k") == "AccessDenied"
    delegated = {
        "Principal": {"AWS": "*"},
        "Action": "*",
        "Resource": ["arn:aws:s3:::first", "arn:aws:s3:::first/*"],
        "Condition": {"StringEquals": {"s3:DataAccessPointAccount": desk.account}},
    }
    desk.ask("s3").put_bucket_policy(bucket="first", policy=document(delegated))
    assert s3.get_object(bucket=arn, key="k")["Body"] == b"hello"
    assert code(s3.put_object, bucket=arn, key="k", body=b"") == "AccessDenied"
    assert code(s3.get_object, bucket="first", key="k") == "AccessDenied"
    control.delete_access_point_policy(account_id=desk.account, name="front")
    assert code(s3.get_object, bucket=arn, key="k") == "AccessDenied"


def test_a_denial_of_the_point_counts_for_root_too(desk: Any, control: Any) -> None:
    arn = made(desk, control)["AccessPointArn"]
    no = {"Effect": "Deny", "Principal": "*", "Action": "s3:GetObject", "Resource": f"{arn}/object/k"}
    control.put_access_point_policy(account_id=desk.account, name="front", policy=document(no))
    assert code(desk.ask("s3").get_object, bucket=arn, key="k") == "AccessDenied"
    assert desk.ask("s3").get_object(bucket="first", key="k")["Body"] == b"hello"


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("s3:DataAccessPointArn", "arn:aws:s3:us-east-1:111122223333:accesspoint/front"),
        ("s3:DataAccessPointAccount", "111122223333"),
        ("s3:AccessPointNetworkOrigin", "Internet"),
    ],
)
def test_condition_keys(desk: Any, control: Any, user: Callable[..., Principal], key: str, value: str) -> None:
    arn = made(desk, control)["AccessPointArn"]
    right = {"Action": "s3:GetObject", "Resource": "*", "Condition": {"StringEquals": {key: value}}}
    wrong = {"Action": "s3:GetObject", "Resource": "*", "Condition": {"StringEquals": {key: "else"}}}
    assert desk.ask("s3", user("ann", right)).get_object(bucket=arn, key="k")["Body"] == b"hello"
    assert code(desk.ask("s3", user("bob", wrong)).get_object, bucket=arn, key="k") == "AccessDenied"
    assert code(desk.ask("s3", user("cid", right)).get_object, bucket="first", key="k") == "AccessDenied"


def test_another_account_s_point_on_this_bucket(desk: Any, control: Any) -> None:
    theirs = desk.ask("s3control", root(OTHER))
    arn = theirs.create_access_point(account_id=OTHER, name="far", bucket="first", bucket_account_id=desk.account)[
        "AccessPointArn"
    ]
    s3 = desk.ask("s3", root(OTHER))
    assert code(s3.get_object, bucket=arn, key="k") == "AccessDenied"
    delegated = {
        "Principal": {"AWS": f"arn:aws:iam::{OTHER}:root"},
        "Action": "s3:GetObject",
        "Resource": "arn:aws:s3:::first/*",
        "Condition": {"StringEquals": {"s3:DataAccessPointArn": arn}},
    }
    desk.ask("s3").put_bucket_policy(bucket="first", policy=document(delegated))
    assert s3.get_object(bucket=arn, key="k")["Body"] == b"hello"
    assert code(s3.get_object, bucket="first", key="k") == "AccessDenied"


def test_public_policies(desk: Any, control: Any) -> None:
    arn = made(desk, control)["AccessPointArn"]
    public = document({"Principal": "*", "Action": "s3:GetObject", "Resource": f"{arn}/object/*"})
    put = control.put_access_point_policy
    assert code(put, account_id=desk.account, name="front", policy=public) == "AccessDenied"
    open_arn = made(desk, control, "open", public_access_block_configuration={})["AccessPointArn"]
    public = document({"Principal": "*", "Action": "s3:GetObject", "Resource": f"{open_arn}/object/*"})
    control.put_access_point_policy(account_id=desk.account, name="open", policy=public)
    status = control.get_access_point_policy_status(account_id=desk.account, name="open")
    assert status == {"PolicyStatus": {"IsPublic": True}}
    delegated = {
        "Principal": "*",
        "Action": "s3:GetObject",
        "Resource": "arn:aws:s3:::first/*",
        "Condition": {"StringEquals": {"s3:DataAccessPointAccount": desk.account}},
    }
    desk.ask("s3").put_bucket_policy(bucket="first", policy=document(delegated))
    stranger = desk.ask("s3", ANONYMOUS)
    assert stranger.get_object(bucket=open_arn, key="k")["Body"] == b"hello"
    control.put_public_access_block(
        account_id=desk.account, public_access_block_configuration={"RestrictPublicBuckets": True}
    )
    assert code(stranger.get_object, bucket=open_arn, key="k") == "AccessDenied"


@pytest.mark.parametrize(
    ("statement", "sentence"),
    [
        ({"Action": "s3:GetObject", "Resource": "arn:aws:s3:::first/*"}, "Policy has invalid resource"),
        ({"Action": "sqs:SendMessage", "Resource": "arn:aws:s3:us-east-1:111122223333:accesspoint/front/object/*"},
         "Policy has invalid action"),
        ({"Action": "s3:GetObject", "Resource": "arn:aws:s3:us-east-1:111122223333:accesspoint/front/object/*",
          "Principal": {"AWS": "arn:aws:iam::111122223333:user/nobody"}}, "Invalid principal in policy"),
    ],
)  # fmt: skip
def test_policies_that_are_none(desk: Any, control: Any, statement: dict[str, Any], sentence: str) -> None:
    made(desk, control)
    with pytest.raises(AWSError, match=sentence) as caught:
        control.put_access_point_policy(
            account_id=desk.account, name="front", policy=document({"Principal": "*", **statement})
        )
    assert caught.value.code == "MalformedPolicy"
    assert code(control.get_access_point_policy, account_id=desk.account, name="front") == "NoSuchAccessPointPolicy"


def test_a_point_of_a_vpc_is_reached_by_nobody(desk: Any, control: Any) -> None:
    answer = made(desk, control, vpc_configuration={"VpcId": "vpc-1"})
    shown = control.get_access_point(account_id=desk.account, name="front")
    assert (shown["NetworkOrigin"], shown["VpcConfiguration"]) == ("VPC", {"VpcId": "vpc-1"})
    for name in (answer["AccessPointArn"], answer["Alias"]):
        assert code(desk.ask("s3").get_object, bucket=name, key="k") == "AccessDenied"
        assert code(desk.ask("s3").delete_objects, bucket=name, delete={"Objects": [{"Key": "k"}]}) == "AccessDenied"


def test_a_restore_through_a_point_ends(desk: Any, control: Any) -> None:
    s3, alias = desk.ask("s3"), made(desk, control)["Alias"]
    s3.put_object(bucket="first", key="old", body=b"x", storage_class="GLACIER")
    s3.restore_object(bucket=alias, key="old", restore_request={"Days": 1})
    desk.advance(6 * 3600)
    assert s3.get_object(bucket=alias, key="old")["Body"] == b"x"
    desk.advance(3 * 86_400)
    assert "Restore" not in s3.head_object(bucket=alias, key="old")
