"""Attribute-based access control of buckets: their tags in policies, and by what they are changed then."""

import json
from typing import Any

import pytest

from skyjar.kernel.principals import Principal, root
from skyjar.services.s3 import errors

ARN = "arn:aws:s3:::first"


def user(desk: Any, *statements: dict[str, Any]) -> Principal:
    iam = desk.ask("iam")
    made = iam.create_user(user_name="ann")["User"]
    document = json.dumps({"Version": "2012-10-17", "Statement": list(statements)})
    iam.put_user_policy(user_name="ann", policy_name="p", policy_document=document)
    return Principal(account=desk.account, arn=made["Arn"], id=made["UserId"], kind="user", name="ann")


def enable(s3: Any, status: str = "Enabled") -> None:
    s3.put_bucket_abac(bucket="first", abac_status={"Status": status})


def allow(action: str, key: str, resource: str = "*") -> dict[str, Any]:
    return {
        "Effect": "Allow",
        "Action": action,
        "Resource": resource,
        "Condition": {"StringEquals": {key: "blue"}},
    }


@pytest.mark.parametrize("key", ["aws:ResourceTag/team", "s3:BucketTag/team"])
def test_tags_decide_where_that_is_enabled_and_nowhere_else(desk: Any, s3: Any, key: str) -> None:
    s3.put_bucket_tagging(bucket="first", tagging={"TagSet": [{"Key": "team", "Value": "blue"}]})
    s3.put_object(bucket="first", key="k", body=b"x")
    ann = desk.ask("s3", user(desk, allow("s3:*", key)))

    def asked() -> list[bool]:
        found: list[bool] = []
        for ask in (
            lambda: ann.get_object(bucket="first", key="k"),
            lambda: ann.put_object(bucket="first", key="k", body=b"x"),
            lambda: ann.list_objects_v2(bucket="first"),
            lambda: ann.get_bucket_versioning(bucket="first"),
        ):
            try:
                ask()
            except errors.AccessDenied:
                found.append(False)
            else:
                found.append(True)
        return found

    assert s3.get_bucket_abac(bucket="first") == {"AbacStatus": {"Status": "Disabled"}}
    assert asked() == [False] * 4
    enable(s3)
    assert s3.get_bucket_abac(bucket="first") == {"AbacStatus": {"Status": "Enabled"}}
    assert asked() == [True] * 4
    desk.ask("s3control").tag_resource(
        account_id=desk.account, resource_arn=ARN, tags=[{"Key": "team", "Value": "red"}]
    )
    assert asked() == [False] * 4
    desk.ask("s3control").tag_resource(
        account_id=desk.account, resource_arn=ARN, tags=[{"Key": "team", "Value": "blue"}]
    )
    assert asked() == [True] * 4
    enable(s3, "Disabled")
    assert asked() == [False] * 4


def test_tags_that_are_attributes_are_changed_by_their_arn_alone(desk: Any, s3: Any) -> None:
    s3.put_bucket_tagging(bucket="first", tagging={"TagSet": [{"Key": "a", "Value": "b"}]})
    enable(s3)
    with pytest.raises(errors.InvalidRequest, match="TagResource"):
        s3.put_bucket_tagging(bucket="first", tagging={"TagSet": [{"Key": "c", "Value": "d"}]})
    with pytest.raises(errors.InvalidRequest, match="TagResource"):
        s3.delete_bucket_tagging(bucket="first")
    assert s3.get_bucket_tagging(bucket="first")["TagSet"] == [{"Key": "a", "Value": "b"}]
    control, named = desk.ask("s3control"), {"account_id": desk.account, "resource_arn": ARN}
    control.tag_resource(**named, tags=[{"Key": "c", "Value": "d"}])
    control.untag_resource(**named, tag_keys=["a"])
    assert s3.get_bucket_tagging(bucket="first")["TagSet"] == [{"Key": "c", "Value": "d"}]
    with pytest.raises(errors.InvalidTag):
        control.tag_resource(**named, tags=[{"Key": "aws:x", "Value": "d"}])
    control.untag_resource(**named, tag_keys=["c"])
    with pytest.raises(errors.NoSuchTagSet):
        s3.get_bucket_tagging(bucket="first")
    enable(s3, "Disabled")
    s3.put_bucket_tagging(bucket="first", tagging={"TagSet": []})


def test_whoever_may_tag_is_judged_by_the_tags_that_there_are(desk: Any, s3: Any) -> None:
    s3.put_bucket_tagging(bucket="first", tagging={"TagSet": [{"Key": "team", "Value": "blue"}]})
    ann = user(desk, allow("s3:TagResource", "aws:ResourceTag/team", ARN))
    control = desk.ask("s3control", ann)
    named = {"account_id": desk.account, "resource_arn": ARN}
    with pytest.raises(Exception, match=r"not authorized|Access Denied"):
        control.tag_resource(**named, tags=[{"Key": "c", "Value": "d"}])
    enable(s3)
    control.tag_resource(**named, tags=[{"Key": "c", "Value": "d"}])
    assert len(s3.get_bucket_tagging(bucket="first")["TagSet"]) == 2
    with pytest.raises(Exception, match=r"not authorized|Access Denied"):
        control.untag_resource(**named, tag_keys=["c"])


def test_tags_of_another_accounts_bucket_are_not_changed(desk: Any, s3: Any) -> None:
    s3.put_bucket_tagging(bucket="first", tagging={"TagSet": [{"Key": "a", "Value": "b"}]})
    other = "444455556666"
    statement = {"Effect": "Allow", "Principal": {"AWS": other}, "Action": "s3:GetBucketTagging", "Resource": ARN}
    s3.put_bucket_policy(bucket="first", policy=json.dumps({"Version": "2012-10-17", "Statement": [statement]}))
    named = {"account_id": other, "resource_arn": ARN}
    control = desk.ask("s3control", root(other))
    for ask in (
        lambda: control.tag_resource(**named, tags=[{"Key": "c", "Value": "d"}]),
        lambda: control.untag_resource(**named, tag_keys=["a"]),
    ):
        with pytest.raises(errors.AccessDenied):
            ask()
    assert s3.get_bucket_tagging(bucket="first")["TagSet"] == [{"Key": "a", "Value": "b"}]


def test_a_bucket_may_be_made_only_with_a_tag(desk: Any) -> None:
    statement = allow("s3:*", "aws:RequestTag/team")
    ann = desk.ask("s3", user(desk, statement))
    with pytest.raises(errors.AccessDenied):
        ann.create_bucket(bucket="made")
    with pytest.raises(errors.AccessDenied):
        wrong = {"Tags": [{"Key": "team", "Value": "red"}]}
        ann.create_bucket(bucket="made", create_bucket_configuration=wrong)
    ann.create_bucket(bucket="made", create_bucket_configuration={"Tags": [{"Key": "team", "Value": "blue"}]})
    assert desk.ask("s3").get_bucket_tagging(bucket="made")["TagSet"] == [{"Key": "team", "Value": "blue"}]


def test_through_an_access_point_both_are_judged_by_their_own_tags(desk: Any, s3: Any) -> None:
    s3.put_bucket_tagging(bucket="first", tagging={"TagSet": [{"Key": "team", "Value": "blue"}]})
    enable(s3)
    s3.put_object(bucket="first", key="k", body=b"x")
    control = desk.ask("s3control")
    control.create_access_point(account_id=desk.account, name="front", bucket="first")
    point = {"account_id": desk.account, "resource_arn": f"arn:aws:s3:us-east-1:{desk.account}:accesspoint/front"}
    ann = desk.ask("s3", user(desk, allow("s3:GetObject", "aws:ResourceTag/team")))
    assert ann.get_object(bucket="first", key="k")["Body"] == b"x"
    with pytest.raises(errors.AccessDenied):
        ann.get_object(bucket=point["resource_arn"], key="k")
    control.tag_resource(**point, tags=[{"Key": "team", "Value": "blue"}])
    assert ann.get_object(bucket=point["resource_arn"], key="k")["Body"] == b"x"


def test_what_is_no_status(s3: Any) -> None:
    for given in ({}, {"Status": "enabled"}, {"Status": ""}):
        with pytest.raises(errors.MalformedXML):
            s3.put_bucket_abac(bucket="first", abac_status=given)


def test_a_stack_makes_attributes_of_its_tags(desk: Any) -> None:
    cfn, s3 = desk.ask("cloudformation"), desk.ask("s3")

    def deploy(verb: str, **properties: Any) -> None:
        bucket = {"Type": "AWS::S3::Bucket", "Properties": {"BucketName": "made", **properties}}
        getattr(cfn, verb)(stack_name="s", template_body=json.dumps({"Resources": {"B": bucket}}))
        desk.settle()

    def told() -> tuple[str, list[dict[str, str]]]:
        found = s3.get_bucket_tagging(bucket="made")["TagSet"]
        own = [each for each in found if not each["Key"].startswith("aws:")]
        return s3.get_bucket_abac(bucket="made")["AbacStatus"]["Status"], own

    deploy("create_stack", AbacStatus="Enabled", Tags=[{"Key": "a", "Value": "b"}, {"Key": "c", "Value": "d"}])
    assert told() == ("Enabled", [{"Key": "a", "Value": "b"}, {"Key": "c", "Value": "d"}])
    deploy("update_stack", AbacStatus="Enabled", Tags=[{"Key": "a", "Value": "e"}])
    assert told() == ("Enabled", [{"Key": "a", "Value": "e"}])
    deploy("update_stack", Tags=[{"Key": "a", "Value": "e"}])
    assert told() == ("Disabled", [{"Key": "a", "Value": "e"}])
