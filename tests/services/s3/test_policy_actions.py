"""Which actions a bucket policy may have, and on what: AWS refuses a statement whose action does nothing to what it names."""

from __future__ import annotations

import json
from typing import Any

import pytest

from skyjar.services.s3 import errors

BUCKET, OBJECTS = "arn:aws:s3:::first", "arn:aws:s3:::first/*"


def put(s3: Any, actions: Any, resources: Any, **more: Any) -> None:
    statement = {"Effect": "Deny", "Principal": "*", "Action": actions, "Resource": resources, **more}
    statement = {name: value for name, value in statement.items() if value is not None}
    s3.put_bucket_policy(bucket="first", policy=json.dumps({"Version": "2012-10-17", "Statement": [statement]}))


@pytest.mark.parametrize(
    ("actions", "resources"),
    [
        ("s3:ListBucket", OBJECTS),
        ("s3:GetObject", BUCKET),
        (["s3:GetObject", "s3:ListBucket"], OBJECTS),
        (["s3:GetObject", "s3:ListBucket"], BUCKET),
        ("s3:PutBucket*", f"{BUCKET}/home/*"),
        ("s3:ListAllMyBuckets", [BUCKET, OBJECTS]),
    ],
)
def test_actions_that_do_nothing_to_what_is_named(s3: Any, actions: Any, resources: Any) -> None:
    with pytest.raises(errors.MalformedPolicy, match=r"Action does not apply to any resource\(s\) in statement$"):
        put(s3, actions, resources)


@pytest.mark.parametrize("action", ["s3:HeadBucket", "s3:GetObjekt", "sqs:SendMessage", "s3:Nothing*"])
def test_actions_that_there_are_not(s3: Any, action: str) -> None:
    with pytest.raises(errors.MalformedPolicy, match="Policy has invalid action"):
        put(s3, action, [BUCKET, OBJECTS])


@pytest.mark.parametrize(
    ("actions", "resources"),
    [
        (["s3:GetObject", "s3:ListBucket"], [BUCKET, OBJECTS]),
        ("S3:getobject", OBJECTS),
        ("s3:*", BUCKET),
        ("*", OBJECTS),
        ("s3:Get*", OBJECTS),
        (["s3:ListBucket", "s3:PutObject"], f"{BUCKET}*"),
        ("s3:GetObject", "arn:aws:s3:::first/${aws:username}/*"),
        ("s3:GetObjectVersionForReplication", OBJECTS),
    ],
)
def test_actions_on_what_they_are_done_to(s3: Any, actions: Any, resources: Any) -> None:
    put(s3, actions, resources)


def test_all_but_some_actions(s3: Any) -> None:
    put(s3, None, OBJECTS, NotAction="s3:ListBucket")
    put(s3, "s3:ListBucket", None, NotResource=OBJECTS)


@pytest.mark.parametrize(
    ("action", "resource", "key"),
    [
        ("s3:GetObject", OBJECTS, "s3:prefix"),
        ("s3:ListBucket", BUCKET, "s3:x-amz-acl"),
        (["s3:GetObject", "s3:DeleteObject"], OBJECTS, "s3:RequestObjectTag/team"),
    ],
)
def test_conditions_that_no_action_has(s3: Any, action: Any, resource: str, key: str) -> None:
    sentence = "Conditions do not apply to combination of actions and resources in statement"
    with pytest.raises(errors.MalformedPolicy, match=sentence):
        put(s3, action, resource, Condition={"StringEquals": {key: "x"}})
    with pytest.raises(errors.MalformedPolicy, match="Policy has an invalid condition key"):
        put(s3, action, resource, Condition={"StringEquals": {"s3:nothing": "x"}})


@pytest.mark.parametrize(
    ("action", "resource", "key"),
    [
        ("s3:*", [BUCKET, OBJECTS], "s3:TlsVersion"),
        (["s3:GetObject", "s3:ListBucket"], [BUCKET, OBJECTS], "s3:Prefix"),
        ("s3:PutObject", OBJECTS, "s3:RequestObjectTag/team"),
        ("s3:GetObject", OBJECTS, "s3:ExistingObjectTag/team"),
        ("s3:GetObject", OBJECTS, "aws:Anything"),
    ],
)
def test_conditions_that_some_action_has(s3: Any, action: Any, resource: Any, key: str) -> None:
    put(s3, action, resource, Condition={"StringEquals": {key: "1"}})


@pytest.mark.parametrize("who", ["user/nobody", "role/nobody", "user/other/ann"])
def test_principals_that_there_are_not(desk: Any, s3: Any, who: str) -> None:
    desk.ask("iam").create_user(user_name="ann")
    with pytest.raises(errors.MalformedPolicy, match="Invalid principal in policy") as refused:
        put(s3, "s3:GetObject", OBJECTS, Principal={"AWS": f"arn:aws:iam::{desk.account}:{who}"})
    assert refused.value.fields == {"Detail": f'"AWS" : "arn:aws:iam::{desk.account}:{who}"'}


@pytest.mark.parametrize(
    "who",
    [
        {"AWS": "arn:aws:iam::111122223333:user/ann"},
        {"AWS": ["222233334444", "arn:aws:iam::333344445555:root"]},
        {"AWS": "arn:aws:iam::cloudfront:user/CloudFront Origin Access Identity EH1HDMB1FH2TC"},
        {"Service": "logging.s3.amazonaws.com"},
    ],
)
def test_principals_that_there_are(desk: Any, s3: Any, who: dict[str, Any]) -> None:
    desk.ask("iam").create_user(user_name="ann")
    put(s3, "s3:GetObject", OBJECTS, Principal=who)
