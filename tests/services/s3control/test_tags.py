"""Tags of access points and of batch jobs, and the policies that go by them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from skyjar.kernel.principals import Principal

from .test_access_points import code, made
from .test_batch import TAGGING, Batch

AB = [{"Key": "a", "Value": "b"}]


@pytest.fixture
def control(desk: Any) -> Any:
    desk.ask("s3").create_bucket(bucket="first")
    desk.ask("s3").put_object(bucket="first", key="k", body=b"hello")
    return desk.ask("s3control")


@pytest.fixture
def batch(desk: Any) -> Batch:
    return Batch(desk)


def test_a_point_is_tagged_and_untagged(desk: Any, control: Any) -> None:
    arn = made(desk, control, tags=AB)["AccessPointArn"]
    named = {"account_id": desk.account, "resource_arn": arn}
    control.tag_resource(**named, tags=[{"Key": "a", "Value": "new"}, {"Key": "c", "Value": ""}])
    assert control.list_tags_for_resource(**named) == {
        "Tags": [{"Key": "a", "Value": "new"}, {"Key": "c", "Value": ""}]
    }
    control.untag_resource(**named, tag_keys=["a", "absent"])
    assert control.list_tags_for_resource(**named) == {"Tags": [{"Key": "c", "Value": ""}]}
    assert code(control.tag_resource, **named, tags=[{"Key": str(number), "Value": ""} for number in range(50)]) == (
        "TooManyTags"
    )
    assert code(control.tag_resource, **named, tags=AB * 2) == "InvalidTag"
    assert code(control.tag_resource, **named, tags=[{"Key": "aws:x", "Value": ""}]) == "InvalidTag"
    assert code(control.tag_resource, **named, tags=[{"Key": "x!", "Value": ""}]) == "InvalidTag"
    absent = {**named, "resource_arn": arn + "x"}
    assert code(control.list_tags_for_resource, **absent) == "NoSuchAccessPoint"
    assert code(control.list_tags_for_resource, **{**named, "resource_arn": arn.replace("us-east-1", "eu-west-1")}) == (
        "NoSuchAccessPoint"
    )
    lens = {**named, "resource_arn": f"arn:aws:s3:us-east-1:{desk.account}:storage-lens/l"}
    assert code(control.tag_resource, **lens, tags=AB) == "NotImplemented"


@pytest.mark.parametrize("key", ["s3:AccessPointTag/team", "aws:ResourceTag/team"])
def test_the_tags_of_a_point_decide(
    desk: Any,
    control: Any,
    user: Callable[..., Principal],
    key: str,
) -> None:
    arn = made(desk, control, tags=[{"Key": "team", "Value": "red"}])["AccessPointArn"]
    of_team = {"Action": "s3:GetObject", "Resource": f"{arn}/object/*", "Condition": {"StringEquals": {key: "red"}}}
    reading = user("reading", of_team, {"Action": "s3:GetObject", "Resource": "arn:aws:s3:::first/*"})
    assert desk.ask("s3", reading).get_object(bucket=arn, key="k")["Body"] == b"hello"
    control.tag_resource(account_id=desk.account, resource_arn=arn, tags=[{"Key": "team", "Value": "blue"}])
    assert code(desk.ask("s3", reading).get_object, bucket=arn, key="k") == "AccessDenied"
    deleting = user("deleting", {**of_team, "Action": "s3:DeleteAccessPoint", "Resource": arn})
    assert code(desk.ask("s3control", deleting).delete_access_point, account_id=desk.account, name="front") == (
        "AccessDenied"
    )
    control.tag_resource(account_id=desk.account, resource_arn=arn, tags=[{"Key": "team", "Value": "red"}])
    desk.ask("s3control", deleting).delete_access_point(account_id=desk.account, name="front")


def test_tagging_what_is_made_needs_another_permission(
    desk: Any,
    control: Any,
    user: Callable[..., Principal],
) -> None:
    making = {"Action": "s3:CreateAccessPoint", "Resource": "*"}
    only_red = {"StringEquals": {"aws:RequestTag/team": "red"}, "ForAllValues:StringEquals": {"aws:TagKeys": ["team"]}}
    maker = user("maker", making)
    tagger = user("tagger", making, {"Action": "s3:TagResource", "Resource": "*", "Condition": only_red})
    red, blue = ([{"Key": "team", "Value": value}] for value in ("red", "blue"))
    given = {"account_id": desk.account, "name": "front", "bucket": "first"}
    assert code(desk.ask("s3control", maker).create_access_point, **given, tags=red) == "AccessDenied"
    assert code(desk.ask("s3control", tagger).create_access_point, **given, tags=blue) == "AccessDenied"
    arn = desk.ask("s3control", tagger).create_access_point(**given, tags=red)["AccessPointArn"]
    assert code(desk.ask("s3control", tagger).tag_resource, account_id=desk.account, resource_arn=arn, tags=AB) == (
        "AccessDenied"
    )


def test_a_job_has_tags(desk: Any, batch: Batch, user: Callable[..., Principal]) -> None:
    job = batch.create(TAGGING, tags=AB, confirmation_required=True)
    named = {"account_id": desk.account, "job_id": job}
    assert batch.control.get_job_tagging(**named) == {"Tags": AB}
    of_team = {
        "Action": "s3:UpdateJobPriority",
        "Resource": "*",
        "Condition": {"StringEquals": {"aws:ResourceTag/a": "c"}},
    }
    ranking = desk.ask("s3control", user("ranking", of_team))
    assert code(ranking.update_job_priority, **named, priority=5) == "AccessDenied"
    batch.control.put_job_tagging(**named, tags=[{"Key": "a", "Value": "c"}])
    ranking.update_job_priority(**named, priority=5)
    assert batch.control.get_job_tagging(**named) == {"Tags": [{"Key": "a", "Value": "c"}]}
    batch.control.delete_job_tagging(**named)
    assert batch.control.get_job_tagging(**named) == {"Tags": []}
    many = [{"Key": str(number), "Value": ""} for number in range(51)]
    assert code(batch.control.put_job_tagging, **named, tags=many) == "TooManyTagsException"
    assert code(batch.control.get_job_tagging, account_id=desk.account, job_id="absent") == "NoSuchJob"


def test_tagging_a_job_as_it_is_made_needs_another_permission(
    desk: Any,
    batch: Batch,
    user: Callable[..., Principal],
) -> None:
    making = [{"Action": "s3:CreateJob", "Resource": "*"}, {"Action": "iam:PassRole", "Resource": batch.role}]
    batch.control = desk.ask("s3control", user("maker", *making))
    assert code(batch.create, operation=TAGGING, tags=AB) == "AccessDenied"
    batch.create(TAGGING)
    batch.control = desk.ask("s3control", user("tagger", *making, {"Action": "s3:PutJobTagging", "Resource": "*"}))
    batch.create(TAGGING, tags=AB)
