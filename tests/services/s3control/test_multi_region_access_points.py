"""Multi-Region access points: made, changed and deleted by requests that take their time; what comes through them, where it
goes, and the policies that judge it."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from skyjar.kernel.call import Origin
from skyjar.kernel.errors import AWSError
from skyjar.kernel.principals import ANONYMOUS, Principal, root

OTHER = "444455556666"
WEST, EAST, IRELAND = "us-west-2", "us-east-1", "eu-west-1"


def document(*statements: dict[str, Any]) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": [{"Effect": "Allow", **each} for each in statements]})


def bucket(desk: Any, name: str, region: str, account: str = "") -> None:
    given = {} if region == EAST else {"create_bucket_configuration": {"LocationConstraint": region}}
    who = root(account) if account else None
    desk.ask("s3", who, region=region).create_bucket(bucket=name, **given)


@pytest.fixture
def control(desk: Any) -> Any:
    """Of a cloud with three buckets."""
    for name, region in (("in-east", EAST), ("in-ireland", IRELAND), ("in-west", WEST)):
        bucket(desk, name, region)
    return desk.ask("s3control", region=WEST)


def begun(desk: Any, control: Any, kind: str = "create", token: str = "t1", **details: Any) -> str:
    operation = {
        "create": "create_multi_region_access_point",
        "delete": "delete_multi_region_access_point",
        "policy": "put_multi_region_access_point_policy",
    }[kind]
    answer = getattr(control, operation)(account_id=desk.account, client_token=token, details=details)
    return str(answer["RequestTokenARN"])


def told(desk: Any, control: Any, token: str) -> dict[str, Any]:
    answer: dict[str, Any] = control.describe_multi_region_access_point_operation(
        account_id=desk.account, request_token_arn=token
    )["AsyncOperation"]
    return answer


def failure(desk: Any, control: Any, kind: str = "create", token: str = "t9", **details: Any) -> str:
    outcome = told(desk, control, begun(desk, control, kind, token, **details))
    assert outcome["RequestStatus"] == "FAILED"
    return str(outcome["ResponseDetails"]["ErrorDetails"]["Code"])


BOTH = [{"Bucket": "in-east"}, {"Bucket": "in-ireland"}]


def made(desk: Any, control: Any, **more: Any) -> str:
    """Its ARN."""
    token = begun(desk, control, Name="front", **{"Regions": BOTH, **more})
    assert told(desk, control, token)["RequestStatus"] == "SUCCEEDED"
    alias = control.get_multi_region_access_point(account_id=desk.account, name="front")["AccessPoint"]["Alias"]
    return f"arn:aws:s3::{desk.account}:accesspoint/{alias}"


def code(function: Callable[..., Any], **parameters: Any) -> str:
    with pytest.raises(AWSError) as caught:
        function(**parameters)
    return caught.value.code


def dial(desk: Any, arn: str, *updates: tuple[str, int], region: str = IRELAND) -> None:
    desk.ask("s3control", region=region).submit_multi_region_access_point_routes(
        account_id=desk.account,
        mrap=arn,
        route_updates=[{"Region": name, "TrafficDialPercentage": percent} for name, percent in updates],
    )


def test_made_shown_listed_and_deleted(desk: Any, control: Any) -> None:
    token = begun(desk, control, Name="front", Regions=BOTH)
    assert token.startswith(f"arn:aws:s3:us-west-2:{desk.account}:async-request/mrap/create/")
    outcome = told(desk, control, token)
    assert (outcome["Operation"], outcome["RequestStatus"]) == ("CreateMultiRegionAccessPoint", "SUCCEEDED")
    asked = outcome["RequestParameters"]["CreateMultiRegionAccessPointRequest"]
    assert asked["Regions"] == BOTH and all(asked["PublicAccessBlock"].values())
    assert outcome["ResponseDetails"]["MultiRegionAccessPointDetails"]["Regions"] == [
        {"Name": EAST, "RequestStatus": "SUCCEEDED"},
        {"Name": IRELAND, "RequestStatus": "SUCCEEDED"},
    ]
    shown = control.get_multi_region_access_point(account_id=desk.account, name="front")["AccessPoint"]
    assert (shown["Status"], len(shown["Alias"])) == ("READY", len("mfzwi23gnjvgw.mrap"))
    assert shown["Regions"][1] == {"Bucket": "in-ireland", "Region": IRELAND, "BucketAccountId": desk.account}
    assert control.list_multi_region_access_points(account_id=desk.account)["AccessPoints"] == [shown]
    deleted = begun(desk, control, "delete", "t2", Name="front")
    assert told(desk, control, deleted)["RequestStatus"] == "SUCCEEDED"
    assert code(control.get_multi_region_access_point, account_id=desk.account, name="front") == (
        "NoSuchMultiRegionAccessPoint"
    )
    arn = f"arn:aws:s3::{desk.account}:accesspoint/{shown['Alias']}"
    assert code(desk.ask("s3").get_object, bucket=arn, key="k") == "NoSuchMultiRegionAccessPoint"


def test_the_same_client_token_is_the_same_request(desk: Any, control: Any) -> None:
    first = begun(desk, control, Name="front", Regions=BOTH)
    assert begun(desk, control, Name="front", Regions=BOTH) == first
    ask = control.create_multi_region_access_point
    other = {"Name": "other", "Regions": BOTH}
    assert code(ask, account_id=desk.account, client_token="t1", details=other) == "ClientTokenConflict"
    assert code(
        control.describe_multi_region_access_point_operation, account_id=desk.account, request_token_arn=first + "0"
    ) == ("NoSuchAsyncRequest")
    assert code(
        control.describe_multi_region_access_point_operation,
        account_id=desk.account,
        request_token_arn=first.replace("create", "delete"),
    ) == ("NoSuchAsyncRequest")


def test_what_is_wrong_is_told_by_the_request(desk: Any, control: Any) -> None:
    made(desk, control)
    bucket(desk, "second-in-east", EAST)
    bucket(desk, "theirs", WEST, OTHER)
    assert failure(desk, control, Name="front", Regions=BOTH) == "MultiRegionAccessPointAlreadyOwnedByYou"
    assert failure(desk, control, Name="new", token="a", Regions=[{"Bucket": "absent"}]) == "NoSuchBucket"
    assert failure(desk, control, Name="new", token="b", Regions=[{"Bucket": "theirs"}]) == "AccessDenied"
    twice = [*BOTH, {"Bucket": "second-in-east"}]
    assert failure(desk, control, Name="new", token="c", Regions=twice) == "MultiRegionAccessPointSameBucketRegion"
    assert failure(desk, control, "delete", "d", Name="new") == "NoSuchMultiRegionAccessPoint"
    assert failure(desk, control, "policy", "e", Name="front", Policy="{") == "MalformedPolicy"
    listed = control.list_multi_region_access_points(account_id=desk.account)["AccessPoints"]
    assert [each["Name"] for each in listed] == ["front"]


@pytest.mark.parametrize("name", ["Front", "-front", "front-", "a.b", "ab", "x" * 51, "a_b"])
def test_names_that_are_none(desk: Any, control: Any, name: str) -> None:
    ask = control.create_multi_region_access_point
    details = {"Name": name, "Regions": BOTH}
    assert code(ask, account_id=desk.account, client_token="t", details=details) == "InvalidRequest"


def test_quotas(desk: Any, control: Any) -> None:
    ask = control.create_multi_region_access_point
    many = {"Name": "many", "Regions": [{"Bucket": f"b-{number}"} for number in range(18)]}
    assert code(ask, account_id=desk.account, client_token="t", details=many) == (
        "TooManyMultiRegionAccessPointregionsError"
    )
    for number in range(100):
        begun(desk, control, token=f"t{number}", Name=f"n{number:03}", Regions=BOTH)
    one_more = {"Name": "one-more", "Regions": BOTH}
    assert code(ask, account_id=desk.account, client_token="x", details=one_more) == "TooManyMultiRegionAccessPoints"
    assert begun(desk, control, token="t7", Name="n007", Regions=BOTH)
    page = control.list_multi_region_access_points(account_id=desk.account, max_results=60)
    rest = control.list_multi_region_access_points(account_id=desk.account, next_token=page["NextToken"])
    assert [len(page["AccessPoints"]), len(rest["AccessPoints"]), "NextToken" in rest] == [60, 40, False]


def test_managed_from_oregon_and_failed_over_from_five_regions(desk: Any, control: Any) -> None:
    arn = made(desk, control)
    for region in (EAST, IRELAND):
        with pytest.raises(AWSError) as caught:
            desk.ask("s3control", region=region).list_multi_region_access_points(account_id=desk.account)
        assert (caught.value.code, caught.value.status) == ("PermanentRedirect", 301)
        assert "only available in the following Regions: us-west-2." in caught.value.message
    ask = desk.ask("s3control", region="eu-central-1").get_multi_region_access_point_routes
    assert code(ask, account_id=desk.account, mrap=arn) == "PermanentRedirect"
    assert desk.ask("s3control", region=EAST).get_multi_region_access_point_routes(account_id=desk.account, mrap=arn)


def test_requests_take_aws_s_time_when_asked_to(desk: Any, control: Any) -> None:
    desk.pipeline.inside.behaviour.has_aws_timing = True
    token = begun(desk, control, Name="front", Regions=BOTH)
    assert told(desk, control, token)["RequestStatus"] == "INPROGRESS"

    def status() -> str:
        shown = control.get_multi_region_access_point(account_id=desk.account, name="front")["AccessPoint"]
        return str(shown["Status"])

    assert status() == "CREATING"
    assert failure_later(desk, control) == "MultiRegionAccessPointNotReady"
    assert (told(desk, control, token)["RequestStatus"], status()) == ("SUCCEEDED", "READY")
    arn = arn_of(desk, control)
    policy = document({"Principal": "*", "Action": "s3:GetObject", "Resource": f"{arn}/object/*",
                       "Condition": {"StringEquals": {"aws:PrincipalAccount": OTHER}}})  # fmt: skip
    begun(desk, control, "policy", "p", Name="front", Policy=policy)
    held = control.get_multi_region_access_point_policy(account_id=desk.account, name="front")["Policy"]
    assert held == {"Proposed": {"Policy": policy}}
    again = begun(desk, control, "policy", "q", Name="front", Policy=policy)
    desk.advance(60)
    held = control.get_multi_region_access_point_policy(account_id=desk.account, name="front")["Policy"]
    assert held == {"Established": {"Policy": policy}, "Proposed": {"Policy": policy}}
    assert told(desk, control, again)["ResponseDetails"]["ErrorDetails"]["Code"] == (
        "MultiRegionAccessPointModifiedByAnotherRequest"
    )
    begun(desk, control, "delete", "r", Name="front")
    assert status() == "DELETING"
    desk.advance(300)
    assert control.list_multi_region_access_points(account_id=desk.account) == {"AccessPoints": []}


def failure_later(desk: Any, control: Any) -> str:
    token = begun(desk, control, "delete", "early", Name="front")
    assert "ResponseDetails" not in told(desk, control, token)
    desk.advance(300)
    return str(told(desk, control, token)["ResponseDetails"]["ErrorDetails"]["Code"])


def arn_of(desk: Any, control: Any) -> str:
    alias = control.get_multi_region_access_point(account_id=desk.account, name="front")["AccessPoint"]["Alias"]
    return f"arn:aws:s3::{desk.account}:accesspoint/{alias}"


def test_requests_are_forgotten_in_the_end(desk: Any, control: Any) -> None:
    token = begun(desk, control, Name="front", Regions=BOTH)
    desk.advance(91 * 86_400)
    ask = control.describe_multi_region_access_point_operation
    assert code(ask, account_id=desk.account, request_token_arn=token) == "NoSuchAsyncRequest"


# What comes through


def test_objects_lie_in_the_first_active_bucket_and_in_no_other(desk: Any, control: Any) -> None:
    arn = made(desk, control)
    s3 = desk.ask("s3")
    s3.put_object(bucket=arn, key="k", body=b"hello")
    assert s3.get_object(bucket="in-east", key="k")["Body"] == b"hello"
    assert [each["Key"] for each in s3.list_objects_v2(bucket=arn)["Contents"]] == ["k"]
    dial(desk, arn, (EAST, 0))
    assert code(s3.get_object, bucket=arn, key="k") == "NoSuchKey"
    s3.put_object(bucket=arn, key="k", body=b"from ireland")
    assert desk.ask("s3", region=IRELAND).get_object(bucket="in-ireland", key="k")["Body"] == b"from ireland"
    dial(desk, arn, (EAST, 100), (IRELAND, 0), region="ap-northeast-1")
    assert s3.get_object(bucket=arn, key="k")["Body"] == b"hello"
    routes = desk.ask("s3control", region=EAST).get_multi_region_access_point_routes(account_id=desk.account, mrap=arn)
    assert routes == {
        "Mrap": arn,
        "Routes": [
            {"Bucket": "in-east", "Region": EAST, "TrafficDialPercentage": 100},
            {"Bucket": "in-ireland", "Region": IRELAND, "TrafficDialPercentage": 0},
        ],
    }


@pytest.mark.parametrize(
    "update",
    [{"Region": EAST, "TrafficDialPercentage": 50}, {"Region": WEST, "TrafficDialPercentage": 0},
     {"Bucket": "in-west", "TrafficDialPercentage": 0}, {"TrafficDialPercentage": 0},
     {"Region": IRELAND, "Bucket": "in-east", "TrafficDialPercentage": 0}],
)  # fmt: skip
def test_routes_that_cannot_be(desk: Any, control: Any, update: dict[str, Any]) -> None:
    arn = made(desk, control)
    ask = control.submit_multi_region_access_point_routes
    assert code(ask, account_id=desk.account, mrap=arn, route_updates=[update]) == "InvalidRequest"


def test_one_region_stays_active(desk: Any, control: Any) -> None:
    arn = made(desk, control)
    with pytest.raises(AWSError, match="at least one active Region"):
        dial(desk, arn, (EAST, 0), (IRELAND, 0))
    ask = control.get_multi_region_access_point_routes
    assert code(ask, account_id=desk.account, mrap=arn.replace(".mrap", "x.mrap")) == "NoSuchMultiRegionAccessPoint"
    assert code(ask, account_id=desk.account, mrap="front") == "NoSuchMultiRegionAccessPoint"


class Signed:
    """S3 as a client reaches it that signs for these Regions."""

    def __init__(self, desk: Any, signature: str, region_set: str) -> None:
        self.desk, self.origin = desk, Origin("http://h", secure=True, signature=signature, region_set=region_set)

    def __getattr__(self, operation: str) -> Any:
        def ask(**parameters: Any) -> Any:
            def body(tx: Any) -> Any:
                call = self.desk.call(tx)
                call.origin = self.origin
                return getattr(call.ask("s3"), operation)(**parameters)

            return self.desk.store.transact(body)

        return ask


def test_the_regions_that_were_signed_for_choose_among_the_active(desk: Any, control: Any) -> None:
    arn = made(desk, control)
    desk.ask("s3", region=IRELAND).put_object(bucket="in-ireland", key="k", body=b"from ireland")
    desk.ask("s3").put_object(bucket="in-east", key="k", body=b"from the east")

    def read(region_set: str, signature: str = "v4a-header") -> Any:
        return Signed(desk, signature, region_set).get_object(bucket=arn, key="k")["Body"]

    assert [read("*"), read("us-*"), read(f"{EAST},{IRELAND}")] == [b"from the east"] * 3
    assert [read(IRELAND), read("eu-*"), read(f"{WEST},{IRELAND}")] == [b"from ireland"] * 3
    assert code(read, region_set=WEST) == "AuthorizationHeaderMalformed"
    dial(desk, arn, (IRELAND, 0))
    with pytest.raises(AWSError) as caught:
        read(IRELAND, "v4a-query")
    assert caught.value.code == "AuthorizationQueryParametersError"
    assert caught.value.message.endswith("the region 'eu-west-1' is wrong; expecting 'us-east-1'")


def test_sigv4_is_for_one_region_and_chooses_none(desk: Any, control: Any) -> None:
    arn = made(desk, control)
    desk.ask("s3").put_object(bucket="in-east", key="k", body=b"hello")
    assert Signed(desk, "v4-header", EAST).get_object(bucket=arn, key="k")["Body"] == b"hello"
    assert code(Signed(desk, "v4-header", IRELAND).get_object, bucket=arn, key="k") == "AuthorizationHeaderMalformed"
    query = Signed(desk, "v4-query", IRELAND)
    assert code(query.get_object, bucket=arn, key="k") == "AuthorizationQueryParametersError"
    assert code(Signed(desk, "v2-header", "").get_object, bucket=arn, key="k") == "InvalidRequest"


def test_nobody_comes_unsigned(desk: Any, control: Any) -> None:
    off = dict.fromkeys(("BlockPublicAcls", "IgnorePublicAcls", "BlockPublicPolicy", "RestrictPublicBuckets"), False)
    arn = made(desk, control, PublicAccessBlock=off)
    s3 = desk.ask("s3")
    s3.put_object(bucket="in-east", key="k", body=b"hello")
    s3.put_public_access_block(bucket="in-east", public_access_block_configuration=off)
    s3.put_bucket_policy(
        bucket="in-east",
        policy=document({"Principal": "*", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::in-east/*"}),
    )
    policy = document({"Principal": "*", "Action": "s3:GetObject", "Resource": f"{arn}/object/*"})
    begun(desk, control, "policy", "p", Name="front", Policy=policy)
    status = control.get_multi_region_access_point_policy_status(account_id=desk.account, name="front")
    assert status == {"Established": {"IsPublic": True}}
    assert desk.ask("s3", ANONYMOUS).get_object(bucket="in-east", key="k")["Body"] == b"hello"
    assert code(desk.ask("s3", ANONYMOUS).get_object, bucket=arn, key="k") == "AccessDenied"
    assert desk.ask("s3", root(OTHER)).get_object(bucket=arn, key="k")["Body"] == b"hello"


def test_a_public_policy_is_not_taken_where_it_is_blocked(desk: Any, control: Any) -> None:
    arn = made(desk, control)
    policy = document({"Principal": "*", "Action": "s3:GetObject", "Resource": f"{arn}/object/*"})
    assert failure(desk, control, "policy", "p", Name="front", Policy=policy) == "AccessDenied"
    assert control.get_multi_region_access_point_policy(account_id=desk.account, name="front") == {"Policy": {}}
    strange = document({"Principal": "*", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::in-east/*"})
    assert failure(desk, control, "policy", "q", Name="front", Policy=strange) == "MalformedPolicy"


@pytest.mark.parametrize(
    ("operation", "parameters"),
    [("head_bucket", {}), ("get_bucket_location", {}), ("delete_bucket", {}), ("list_objects", {}),
     ("list_object_versions", {}), ("get_bucket_acl", {}), ("get_object_attributes", {"key": "k", "object_attributes": ["ETag"]}),
     ("delete_objects", {"delete": {"Objects": [{"Key": "k"}]}}), ("get_bucket_policy", {}),
     ("upload_part_copy", {"key": "k", "copy_source": "in-west/k", "part_number": 1, "upload_id": "u"})],
)  # fmt: skip
def test_what_does_not_come_through(desk: Any, control: Any, operation: str, parameters: dict[str, Any]) -> None:
    arn = made(desk, control)
    with pytest.raises(AWSError) as caught:
        getattr(desk.ask("s3"), operation)(bucket=arn, **parameters)
    assert (caught.value.code, caught.value.status) == ("MethodNotAllowed", 405)


def test_uploads_tags_and_copies_come_through(desk: Any, control: Any) -> None:
    arn = made(desk, control)
    s3 = desk.ask("s3")
    upload = s3.create_multipart_upload(bucket=arn, key="long")["UploadId"]
    part = s3.upload_part(bucket=arn, key="long", upload_id=upload, part_number=1, body=b"part")
    assert len(s3.list_parts(bucket=arn, key="long", upload_id=upload)["Parts"]) == 1
    assert len(s3.list_multipart_uploads(bucket=arn)["Uploads"]) == 1
    done = {"Parts": [{"PartNumber": 1, "ETag": part["ETag"]}]}
    s3.complete_multipart_upload(bucket=arn, key="long", upload_id=upload, multipart_upload=done)
    s3.put_object_tagging(bucket=arn, key="long", tagging={"TagSet": [{"Key": "a", "Value": "b"}]})
    assert s3.get_object_tagging(bucket=arn, key="long")["TagSet"] == [{"Key": "a", "Value": "b"}]
    s3.put_object(bucket="in-east", key="short", body=b"hello")
    s3.copy_object(bucket=arn, key="copy", copy_source="in-east/short")
    assert s3.get_object(bucket=arn, key="copy")["Body"] == b"hello"
    source = f"{arn}/object/short"
    assert code(s3.copy_object, bucket="in-east", key="again", copy_source=source) == "InvalidRequest"
    s3.delete_object(bucket=arn, key="copy")
    assert code(s3.head_object, bucket="in-east", key="copy") in ("NoSuchKey", "404")


def test_it_is_judged_by_both(desk: Any, control: Any, user: Callable[..., Principal]) -> None:
    arn = made(desk, control)
    desk.ask("s3").put_object(bucket="in-east", key="k", body=b"hello")
    objects = {"Action": "s3:GetObject", "Resource": ["arn:aws:s3:::in-east/*"]}
    only_bucket = user("only-bucket", objects)
    both = user("both", {**objects, "Resource": ["arn:aws:s3:::in-east/*", f"{arn}/object/*"]})
    assert code(desk.ask("s3", only_bucket).get_object, bucket=arn, key="k") == "AccessDenied"
    assert desk.ask("s3", both).get_object(bucket=arn, key="k")["Body"] == b"hello"
    deny = document({"Effect": "Deny", "Principal": "*", "Action": "s3:GetObject", "Resource": f"{arn}/object/*"})
    begun(desk, control, "policy", "p", Name="front", Policy=deny)
    assert code(desk.ask("s3", both).get_object, bucket=arn, key="k") == "AccessDenied"
    assert desk.ask("s3", both).get_object(bucket="in-east", key="k")["Body"] == b"hello"


@pytest.mark.parametrize(
    ("key", "value", "is_let"),
    [("s3:DataAccessPointAccount", "111122223333", True), ("s3:DataAccessPointAccount", OTHER, False),
     ("s3:AccessPointNetworkOrigin", "Internet", True), ("s3:AccessPointNetworkOrigin", "VPC", False)],
)  # fmt: skip
def test_condition_keys_of_the_point(
    desk: Any, control: Any, user: Callable[..., Principal], key: str, value: str, is_let: bool
) -> None:
    """A bucket of another account that hands the decision on to points of ours."""
    bucket(desk, "theirs", WEST, OTHER)
    theirs = desk.ask("s3", root(OTHER), region=WEST)
    theirs.put_object(bucket="theirs", key="k", body=b"hello")
    ours = {"Condition": {"StringEquals": {key: value}}, "Action": "s3:*", "Principal": {"AWS": desk.account}}
    theirs.put_bucket_policy(bucket="theirs", policy=document({**ours, "Resource": ["arn:aws:s3:::theirs/*"]}))
    arn = made(desk, control, Regions=[{"Bucket": "theirs", "BucketAccountId": OTHER}, *BOTH])
    reading = user("reading", {"Action": "s3:GetObject", "Resource": "*"})
    if is_let:
        assert desk.ask("s3", reading).get_object(bucket=arn, key="k")["Body"] == b"hello"
    else:
        assert code(desk.ask("s3", reading).get_object, bucket=arn, key="k") == "AccessDenied"
    assert code(desk.ask("s3", reading, region=WEST).get_object, bucket="theirs", key="k") == "AccessDenied"


def test_its_buckets_stay_and_those_of_others_need_not(desk: Any, control: Any) -> None:
    bucket(desk, "theirs", WEST, OTHER)
    arn = made(desk, control, Regions=[{"Bucket": "theirs", "BucketAccountId": OTHER}, *BOTH])
    assert code(desk.ask("s3").delete_bucket, bucket="in-east") == "BucketHasAccessPointsAttached"
    desk.ask("s3", root(OTHER), region=WEST).delete_bucket(bucket="theirs")
    assert code(desk.ask("s3").get_object, bucket=arn, key="k") == "NoSuchBucket"
    bucket(desk, "theirs", IRELAND, OTHER)
    assert code(desk.ask("s3").get_object, bucket=arn, key="k") == "NoSuchBucket"
    desk.ask("s3", root(OTHER), region=IRELAND).delete_bucket(bucket="theirs")
    bucket(desk, "theirs", WEST, OTHER)
    assert code(desk.ask("s3").get_object, bucket=arn, key="k") == "AccessDenied"
    begun(desk, control, "delete", "t2", Name="front")
    desk.ask("s3").delete_bucket(bucket="in-east")


def test_it_is_managed_by_those_who_may(desk: Any, control: Any, user: Callable[..., Principal]) -> None:
    everything = f"arn:aws:s3::{desk.account}:accesspoint/*"
    making = {"Action": ["s3:CreateMultiRegionAccessPoint", "s3:GetMultiRegionAccessPoint"], "Resource": everything}
    without = desk.ask("s3control", user("without", making), region=WEST).create_multi_region_access_point
    details = {"Name": "front", "Regions": BOTH}
    assert code(without, account_id=desk.account, client_token="t", details=details) == "AccessDenied"
    listing = {"Action": "s3:ListAllMyBuckets", "Resource": "*"}
    theirs = desk.ask("s3control", user("with", making, listing), region=WEST)
    token = theirs.create_multi_region_access_point(account_id=desk.account, client_token="t", details=details)
    assert theirs.get_multi_region_access_point(account_id=desk.account, name="front")
    ask = theirs.describe_multi_region_access_point_operation
    assert code(ask, account_id=desk.account, request_token_arn=token["RequestTokenARN"]) == "AccessDenied"
    requests = f"arn:aws:s3:us-west-2:{desk.account}:async-request/mrap/create/*"
    asking = {"Action": "s3:DescribeMultiRegionAccessPointOperation", "Resource": requests}
    may = desk.ask("s3control", user("may", asking), region=WEST).describe_multi_region_access_point_operation
    assert may(account_id=desk.account, request_token_arn=token["RequestTokenARN"])
    stranger = desk.ask("s3control", root(OTHER), region=WEST).get_multi_region_access_point
    assert code(stranger, account_id=desk.account, name="front") == "AccessDenied"


def test_ordinary_replication_brings_its_buckets_together(desk: Any, control: Any) -> None:
    trust = document({"Action": "sts:AssumeRole", "Principal": {"Service": "s3.amazonaws.com"}})
    iam = desk.ask("iam")
    role = iam.create_role(role_name="r", assume_role_policy_document=trust)["Role"]["Arn"]
    iam.put_role_policy(role_name="r", policy_name="p", policy_document=document({"Action": "s3:*", "Resource": "*"}))
    for name, region in (("in-east", EAST), ("in-ireland", IRELAND)):
        desk.ask("s3", region=region).put_bucket_versioning(bucket=name, versioning_configuration={"Status": "Enabled"})
    rule = {"Status": "Enabled", "Priority": 1, "Filter": {}, "DeleteMarkerReplication": {"Status": "Disabled"},
            "Destination": {"Bucket": "arn:aws:s3:::in-ireland"}}  # fmt: skip
    desk.ask("s3").put_bucket_replication(bucket="in-east", replication_configuration={"Role": role, "Rules": [rule]})
    arn = made(desk, control)
    desk.ask("s3").put_object(bucket=arn, key="k", body=b"hello")
    desk.settle()
    desk.advance(900)
    dial(desk, arn, (EAST, 0))
    assert desk.ask("s3").get_object(bucket=arn, key="k")["Body"] == b"hello"
