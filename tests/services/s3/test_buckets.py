"""Buckets: their names, their configurations, their end."""

import json
from typing import Any

import pytest

from skyjar.kernel.principals import ANONYMOUS, Principal, root
from skyjar.services.s3 import errors, lifecycle, limits


@pytest.mark.spec("s3-003", "s3-004", "s3-005", "s3-006", "s3-007", "s3-008")
@pytest.mark.parametrize(
    "name",
    ["My_Bucket", "ab", "a" * 64, "192.168.5.4", "-abc", "abc-", "a..b", "xn--abc", "sthree-abc", "abc-s3alias",
     "abc--ol-s3", "abc.mrap", "abc--x-s3", "abc--table-s3", "amzn-s3-demo-x", "Abc", "a.-b.", "a_b", "ü" * 3,
     "aa.-bb", "aa-.bb"],
)  # fmt: skip
def test_names_that_no_bucket_may_have(desk: Any, name: str) -> None:
    with pytest.raises(errors.InvalidBucketName) as refused:
        desk.ask("s3").create_bucket(bucket=name)
    assert (refused.value.code, refused.value.status) == ("InvalidBucketName", 400)
    assert not desk.ask("s3").list_buckets()["Buckets"]
    for fine in ("abc", "a" * 63, "a.b-c"):
        desk.ask("s3").create_bucket(bucket=fine)


def test_only_an_empty_bucket_is_deleted(s3: Any) -> None:
    s3.put_object(bucket="first", key="k", body=b"x")
    with pytest.raises(errors.BucketNotEmpty):
        s3.delete_bucket(bucket="first")
    s3.delete_object(bucket="first", key="k")
    s3.delete_bucket(bucket="first")
    with pytest.raises(errors.NoSuchBucket):
        s3.head_bucket(bucket="first")


@pytest.mark.spec("s3-053")
def test_a_bucket_policy_is_one_document_about_the_bucket(s3: Any) -> None:
    def policy(principal: Any, resource: str = "arn:aws:s3:::first/*") -> str:
        statement = {"Effect": "Allow", "Principal": principal, "Action": "s3:GetObject", "Resource": resource}
        return json.dumps({"Version": "2012-10-17", "Statement": [statement]})

    with pytest.raises(errors.NoSuchBucketPolicy):
        s3.get_bucket_policy(bucket="first")
    for bad in ("no json", policy({"AWS": "111122223333"}, "arn:aws:s3:::other/*"), policy({"AWS": "nobody"})):
        with pytest.raises(errors.MalformedPolicy):
            s3.put_bucket_policy(bucket="first", policy=bad)
    for account in ("111122223333", "444455556666"):
        s3.put_bucket_policy(bucket="first", policy=policy({"AWS": account}))
    assert s3.get_bucket_policy(bucket="first")["Policy"] == policy({"AWS": "444455556666"})
    assert s3.get_bucket_policy_status(bucket="first") == {"PolicyStatus": {"IsPublic": False}}


@pytest.mark.spec("s3-057")
def test_another_account_needs_the_bucket_policy(desk: Any, s3: Any) -> None:
    s3.put_object(bucket="first", key="k", body=b"x")
    other = root("444455556666")
    with pytest.raises(errors.AccessDenied):
        desk.ask("s3", other).get_object(bucket="first", key="k")
    with pytest.raises(errors.AccessDenied):
        desk.ask("s3", ANONYMOUS).get_object(bucket="first", key="k")
    statement = {"Effect": "Allow", "Principal": {"AWS": "444455556666"}, "Action": "s3:GetObject",
                 "Resource": "arn:aws:s3:::first/*"}  # fmt: skip
    s3.put_bucket_policy(bucket="first", policy=json.dumps({"Version": "2012-10-17", "Statement": statement}))
    assert desk.ask("s3", other).get_object(bucket="first", key="k")["Body"] == b"x"
    with pytest.raises(errors.AccessDenied):  # and is not told that it is not there
        desk.ask("s3", other).get_object(bucket="first", key="missing")
    with pytest.raises(errors.AccessDenied):
        desk.ask("s3", other).put_object(bucket="first", key="k", body=b"y")


def user(desk: Any, name: str, *statements: dict[str, Any]) -> Principal:
    iam = desk.ask("iam")
    made = iam.create_user(user_name=name)["User"]
    document = json.dumps({"Version": "2012-10-17", "Statement": list(statements)})
    iam.put_user_policy(user_name=name, policy_name="p", policy_document=document)
    return Principal(kind="user", account=desk.account, arn=made["Arn"], id=made["UserId"], name=name)


@pytest.mark.spec("s3-018", "s3-048", "s3-049", "s3-050", "s3-051")
def test_conditions_and_arns_of_identity_policies(desk: Any, s3: Any) -> None:
    s3.put_object(bucket="first", key="home/ann/x", body=b"x", tagging="team=a")
    s3.put_object(bucket="first", key="other/x", body=b"x")
    lister = user(desk, "lister", {"Effect": "Allow", "Action": "s3:ListAllMyBuckets", "Resource": "*"})
    assert desk.ask("s3", lister).list_buckets()["Buckets"]
    with pytest.raises(errors.AccessDenied):
        desk.ask("s3", lister).list_objects_v2(bucket="first")
    ann = user(
        desk,
        "ann",
        {"Effect": "Allow", "Action": "s3:ListBucket", "Resource": "arn:aws:s3:::first",
         "Condition": {"StringLike": {"s3:prefix": ["", "home/", "home/${aws:username}/*"]}}},
        {"Effect": "Allow", "Action": "s3:*", "Resource": "arn:aws:s3:::first/home/ann/*"},
    )  # fmt: skip
    as_ann = desk.ask("s3", ann)
    for allowed in ("", "home/", "home/ann/x"):
        as_ann.list_objects_v2(bucket="first", prefix=allowed)
    with pytest.raises(errors.AccessDenied):
        as_ann.list_objects_v2(bucket="first", prefix="other/")
    as_ann.put_object(bucket="first", key="home/ann/y", body=b"y")
    for key in ("other/x", "home/bob/x"):
        with pytest.raises(errors.AccessDenied):
            as_ann.get_object(bucket="first", key=key)
    with pytest.raises(errors.AccessDenied):
        as_ann.copy_object(bucket="first", key="home/ann/z", copy_source="first/other/x")
    told = as_ann.delete_objects(bucket="first", delete={"Objects": [{"Key": "home/ann/y"}, {"Key": "other/x"}]})
    assert [each["Key"] for each in told["Deleted"]] == ["home/ann/y"]
    assert [(each["Key"], each["Code"]) for each in told["Errors"]] == [("other/x", "AccessDenied")]
    tagged = user(
        desk,
        "tagged",
        {"Effect": "Allow", "Action": "s3:GetObject", "Resource": "*",
         "Condition": {"StringEquals": {"s3:ExistingObjectTag/team": "a"}}},
    )  # fmt: skip
    assert desk.ask("s3", tagged).get_object(bucket="first", key="home/ann/x")["Body"] == b"x"
    with pytest.raises(errors.AccessDenied):
        desk.ask("s3", tagged).get_object(bucket="first", key="other/x")


def test_configurations_are_read_back_as_given(s3: Any) -> None:
    with pytest.raises(errors.NoSuchTagSet):
        s3.get_bucket_tagging(bucket="first")
    s3.put_bucket_tagging(bucket="first", tagging={"TagSet": [{"Key": "a", "Value": "b"}]})
    assert s3.get_bucket_tagging(bucket="first") == {"TagSet": [{"Key": "a", "Value": "b"}]}
    rule = {"AllowedMethods": ["GET"], "AllowedOrigins": ["http://*.example.com"]}
    s3.put_bucket_cors(bucket="first", cors_configuration={"CORSRules": [rule]})
    assert s3.get_bucket_cors(bucket="first") == {"CORSRules": [rule]}
    with pytest.raises(errors.InvalidRequest):
        bad = {**rule, "AllowedMethods": ["PATCH"]}
        s3.put_bucket_cors(bucket="first", cors_configuration={"CORSRules": [bad]})
    kms = {"Rules": [{"ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": "aws:kms"}}]}
    s3.put_bucket_encryption(bucket="first", server_side_encryption_configuration=kms)
    assert s3.put_object(bucket="first", key="k", body=b"x")["ServerSideEncryption"] == "aws:kms"
    with pytest.raises(errors.AccessControlListNotSupported):
        s3.put_bucket_acl(bucket="first", acl="public-read")


@pytest.mark.spec("s3-113", "s3-116", "s3-118")
def test_lifecycle_expires_objects_and_uploads(desk: Any, s3: Any) -> None:
    def rule(name: str, chosen: dict[str, Any], **action: Any) -> dict[str, Any]:
        return {"ID": name, "Status": "Enabled", "Filter": chosen, **action}

    rules = [
        rule("logs", {"Prefix": "logs/"}, Expiration={"Days": 3}),
        rule("tagged", {"Tag": {"Key": "keep", "Value": "no"}}, Expiration={"Days": 1}),
        rule("parts", {}, AbortIncompleteMultipartUpload={"DaysAfterInitiation": 2}),
    ]
    s3.put_bucket_lifecycle_configuration(bucket="first", lifecycle_configuration={"Rules": rules})
    s3.put_object(bucket="first", key="logs/a", body=b"x")
    s3.put_object(bucket="first", key="b", body=b"x", tagging="keep=no")
    s3.put_object(bucket="first", key="c", body=b"x")
    s3.create_multipart_upload(bucket="first", key="u")
    shown = s3.head_object(bucket="first", key="logs/a")["Expiration"]
    due = lifecycle.midnight(desk.clock.now() + 3 * 86400)
    assert 'rule-id="logs"' in shown
    assert due % 86400 == 0

    def keys() -> list[str]:
        return [each["Key"] for each in s3.list_objects_v2(bucket="first")["Contents"]]

    desk.advance(2 * 86400)
    assert keys() == ["c", "logs/a"]
    desk.advance(2 * 86400)
    assert keys() == ["c"]
    assert not s3.list_multipart_uploads(bucket="first")["Uploads"]


@pytest.mark.spec("s3-117")
def test_lifecycle_deletes_noncurrent_versions(desk: Any, s3: Any) -> None:
    s3.put_bucket_versioning(bucket="first", versioning_configuration={"Status": "Enabled"})
    rules = [{"ID": "r", "Status": "Enabled", "Filter": {}, "NoncurrentVersionExpiration": {"NoncurrentDays": 1}}]
    s3.put_bucket_lifecycle_configuration(bucket="first", lifecycle_configuration={"Rules": rules})
    for body in (b"1", b"2", b"3"):
        s3.put_object(bucket="first", key="k", body=body)
    assert len(s3.list_object_versions(bucket="first")["Versions"]) == 3
    desk.advance(3 * 86400)
    (left,) = s3.list_object_versions(bucket="first")["Versions"]
    assert (left["IsLatest"], s3.get_object(bucket="first", key="k")["Body"]) == (True, b"3")


def test_an_account_holds_ten_thousand_buckets(desk: Any, s3: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    assert limits.QUOTAS["buckets"][0] == 10_000
    monkeypatch.setitem(limits.QUOTAS, "buckets", (2, ""))
    s3.create_bucket(bucket="second")
    with pytest.raises(errors.TooManyBuckets) as caught:
        s3.create_bucket(bucket="third")
    assert (caught.value.code, caught.value.status) == ("TooManyBuckets", 400)
    desk.ask("s3", root("444455556666")).create_bucket(bucket="third")


@pytest.mark.spec("s3-010")
def test_a_deleted_bucket_is_gone_from_every_listing_at_once(s3: Any) -> None:
    """AWS may take a while; whoever waits until it is gone waits for nothing here."""
    s3.create_bucket(bucket="second")
    s3.delete_bucket(bucket="second")
    assert [each["Name"] for each in s3.list_buckets()["Buckets"]] == ["first"]
    with pytest.raises(errors.NoSuchBucket):
        s3.head_bucket(bucket="second")


def test_names_of_an_account_s_own(desk: Any) -> None:
    s3 = desk.ask("s3")
    own = f"data-{desk.account}-us-east-1-an"
    s3.create_bucket(bucket=own, bucket_namespace="account-regional")
    others = (
        f"data-{desk.account}-eu-west-1-an",
        "data-999999999999-us-east-1-an",
        "data",
        f"-{desk.account}-us-east-1-an",
    )
    for name in others:
        with pytest.raises(errors.InvalidBucketName):
            s3.create_bucket(bucket=name, bucket_namespace="account-regional")
    for stranger in (s3, desk.ask("s3", root("999999999999"))):
        with pytest.raises(errors.InvalidBucketName):
            stranger.create_bucket(bucket=f"more-{desk.account}-us-east-1-an")
    with pytest.raises(errors.InvalidArgument):
        s3.create_bucket(bucket="data", bucket_namespace="mine")
    assert [each["Name"] for each in s3.list_buckets()["Buckets"]] == [own]


def test_who_must_take_names_of_the_account_s_own(desk: Any) -> None:
    """The example of the User Guide."""
    needed = {"StringNotEquals": {"s3:x-amz-bucket-namespace": "account-regional"}}
    ann = desk.ask(
        "s3",
        user(
            desk,
            "ann",
            {"Effect": "Allow", "Action": "s3:CreateBucket", "Resource": "*"},
            {"Effect": "Deny", "Action": "s3:CreateBucket", "Resource": "*", "Condition": needed},
        ),
    )
    with pytest.raises(errors.AccessDenied):
        ann.create_bucket(bucket="anybodys")
    ann.create_bucket(bucket=f"anns-{desk.account}-us-east-1-an", bucket_namespace="account-regional")


def test_pages_of_buckets(desk: Any) -> None:
    s3 = desk.ask("s3")
    for name in ("aaa", "bbb", "ccc"):
        s3.create_bucket(bucket=name)
    first = s3.list_buckets(max_buckets=2)
    assert [each["Name"] for each in first["Buckets"]] == ["aaa", "bbb"]
    rest = s3.list_buckets(max_buckets=2, continuation_token=first["ContinuationToken"])
    assert ([each["Name"] for each in rest["Buckets"]], "ContinuationToken" in rest) == (["ccc"], False)
    for most in (0, 10_001):
        with pytest.raises(errors.InvalidArgument, match="Argument max-buckets must be an integer between 1 and 10000"):
            s3.list_buckets(max_buckets=most)
    with pytest.raises(errors.InvalidArgument, match="The continuation token provided is incorrect"):
        s3.list_buckets(continuation_token="aaa")
