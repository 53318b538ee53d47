"""Tags of buckets by ARN."""

from collections.abc import Callable
from typing import Any

import pytest

from skyjar.kernel.errors import AWSError, NotImplementedHere
from skyjar.kernel.principals import Principal, root

from .conftest import document

ARN = "arn:aws:s3:::first"


@pytest.fixture
def control(desk: Any) -> Any:
    desk.ask("s3").create_bucket(bucket="first")
    return desk.ask("s3control")


def tag(**tags: str) -> list[dict[str, str]]:
    return [{"Key": key, "Value": value} for key, value in tags.items()]


def test_they_are_the_tags_that_s3_shows(desk: Any, control: Any) -> None:
    s3, who = desk.ask("s3"), {"account_id": desk.account, "resource_arn": ARN}
    assert control.list_tags_for_resource(**who) == {"Tags": []}
    control.tag_resource(**who, tags=tag(a="1", b="2"))
    control.tag_resource(**who, tags=tag(b="3", c=""))
    assert s3.get_bucket_tagging(bucket="first")["TagSet"] == tag(a="1", b="3", c="")
    control.untag_resource(**who, tag_keys=["a", "none"])
    assert control.list_tags_for_resource(**who) == {"Tags": tag(b="3", c="")}
    control.untag_resource(**who, tag_keys=["b", "c"])
    with pytest.raises(AWSError, match="The TagSet does not exist"):
        s3.get_bucket_tagging(bucket="first")
    with pytest.raises(AWSError, match="Bucket tag count cannot be greater than 50"):
        control.tag_resource(**who, tags=tag(**{f"k{n}": "" for n in range(51)}))


def test_what_has_none_here(desk: Any, control: Any) -> None:
    for arn, code in (
        ("arn:aws:s3:::absent", "NoSuchBucket"),
        (f"arn:aws:s3:us-east-1:{desk.account}:storage-lens-group/g", "NotImplemented"),
    ):
        with pytest.raises((AWSError, NotImplementedHere)) as caught:
            control.list_tags_for_resource(account_id=desk.account, resource_arn=arn)
        assert caught.value.code == code
    with pytest.raises(AWSError) as caught:
        control.list_tags_for_resource(account_id="999999999999", resource_arn=ARN)
    assert caught.value.code == "AccessDenied"
    with pytest.raises(AWSError) as caught:
        desk.ask("s3control", root("999999999999")).tag_resource(
            account_id="999999999999", resource_arn=ARN, tags=tag(a="1")
        )
    assert caught.value.code == "AccessDenied"


def test_who_may(desk: Any, control: Any, user: Callable[..., Principal]) -> None:
    """The bucket policy counts, too, and conditions on tags."""
    allowed = {"Action": "s3:TagResource", "Resource": ARN, "Condition": {"StringEquals": {"aws:RequestTag/team": "a"}}}
    them = desk.ask("s3control", user("u", allowed))

    def refused(**tags: str) -> bool:
        try:
            them.tag_resource(account_id=desk.account, resource_arn=ARN, tags=tag(**tags))
        except AWSError as error:
            assert error.code == "AccessDenied"
            return True
        return False

    assert (refused(team="b"), refused(team="a")) == (True, False)
    denied = {"Effect": "Deny", "Principal": "*", "Action": "s3:TagResource", "Resource": ARN}
    desk.ask("s3").put_bucket_policy(bucket="first", policy=document(denied))
    assert refused(team="a")
