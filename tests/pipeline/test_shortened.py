"""Verdicts that are found by a short question: they hold as long as everything that they follow from, and no longer."""

import json
from typing import Any

import pytest

from skyjar.kernel.errors import AWSError
from skyjar.kernel.principals import Principal, root

ACCOUNT = "111122223333"  # the desk's
ALLOWED = {"Effect": "Allow", "Action": ["dynamodb:GetItem", "s3:GetObject", "sqs:SendMessage"], "Resource": "*"}
TABLE = {
    "table_name": "things",
    "key_schema": [{"AttributeName": "pk", "KeyType": "HASH"}],
    "attribute_definitions": [{"AttributeName": "pk", "AttributeType": "S"}],
    "billing_mode": "PAY_PER_REQUEST",
}


def policy(*statements: dict[str, Any]) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": list(statements)})


@pytest.fixture
def user(desk: Any) -> Principal:
    """A user who may read items and objects and send messages, in an account that has one of each."""
    iam = desk.ask("iam")
    made = iam.create_user(user_name="reader")["User"]
    iam.put_user_policy(user_name="reader", policy_name="own", policy_document=policy(ALLOWED))
    desk.ask("dynamodb").create_table(**TABLE)
    desk.ask("s3").create_bucket(bucket="shortened")
    desk.ask("s3").put_object(bucket="shortened", key="k", body=b"x")
    desk.ask("sqs").create_queue(queue_name="q")
    return Principal(kind="user", account=ACCOUNT, arn=made["Arn"], id=made["UserId"], name="reader")


def calls(desk: Any, user: Principal) -> dict[str, Any]:
    return {
        "dynamodb": lambda: desk.ask("dynamodb", user).get_item(table_name="things", key={"pk": {"S": "a"}}),
        "s3": lambda: desk.ask("s3", user).get_object(bucket="shortened", key="k"),
        "sqs": lambda: desk.ask("sqs", user).send_message(
            queue_url=f"http://127.0.0.1/{ACCOUNT}/q", message_body="hello"
        ),
    }


def deny(desk: Any, service: str) -> None:
    """A policy of the resource's own that denies everybody."""
    if service == "dynamodb":
        arn = f"arn:aws:dynamodb:us-east-1:{ACCOUNT}:table/things"
        everything = {"Effect": "Deny", "Principal": "*", "Action": "dynamodb:GetItem", "Resource": arn}
        desk.ask("dynamodb").put_resource_policy(resource_arn=arn, policy=policy(everything))
    elif service == "s3":
        everything = {
            "Effect": "Deny",
            "Principal": "*",
            "Action": "s3:GetObject",
            "Resource": "arn:aws:s3:::shortened/*",
        }
        desk.ask("s3").put_bucket_policy(bucket="shortened", policy=policy(everything))
    else:
        arn = f"arn:aws:sqs:us-east-1:{ACCOUNT}:q"
        everything = {"Effect": "Deny", "Principal": "*", "Action": "sqs:*", "Resource": arn}
        url = f"http://127.0.0.1/{ACCOUNT}/q"
        desk.ask("sqs").set_queue_attributes(queue_url=url, attributes={"Policy": policy(everything)})


@pytest.mark.parametrize("service", ["dynamodb", "s3", "sqs"])
def test_a_resources_own_policy_counts_at_once(desk: Any, user: Principal, service: str) -> None:
    call = calls(desk, user)[service]
    for _ in range(2):
        call()
    deny(desk, service)
    with pytest.raises(AWSError) as denied:
        call()
    assert denied.value.code in ("AccessDenied", "AccessDeniedException")


@pytest.mark.parametrize("service", ["dynamodb", "s3", "sqs"])
def test_the_callers_policies_count_at_once(desk: Any, user: Principal, service: str) -> None:
    call = calls(desk, user)[service]
    for _ in range(2):
        call()
    desk.ask("iam").put_user_policy(
        user_name="reader", policy_name="own", policy_document=policy({**ALLOWED, "Effect": "Deny"})
    )
    with pytest.raises(AWSError):
        call()


@pytest.mark.parametrize("service", ["dynamodb", "s3", "sqs"])
def test_a_condition_is_looked_at_each_time(desk: Any, user: Principal, service: str) -> None:
    tagged = {**ALLOWED, "Condition": {"StringEquals": {"aws:PrincipalTag/team": "blue"}}}
    desk.ask("iam").put_user_policy(user_name="reader", policy_name="own", policy_document=policy(tagged))
    desk.ask("iam").tag_user(user_name="reader", tags=[{"Key": "team", "Value": "blue"}])
    call = calls(desk, user)[service]
    for _ in range(2):
        call()
    desk.ask("iam").untag_user(user_name="reader", tag_keys=["team"])
    with pytest.raises(AWSError):
        call()


def test_another_resource_is_another_question(desk: Any, user: Principal) -> None:
    desk.ask("s3").put_object(bucket="shortened", key="secret", body=b"x")
    only = {"Effect": "Allow", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::shortened/k"}
    desk.ask("iam").put_user_policy(user_name="reader", policy_name="own", policy_document=policy(only))
    for _ in range(2):
        desk.ask("s3", user).get_object(bucket="shortened", key="k")
    with pytest.raises(AWSError):
        desk.ask("s3", user).get_object(bucket="shortened", key="secret")
    with pytest.raises(AWSError):
        desk.ask("s3", user).head_object(bucket="shortened", key="secret")


def test_another_accounts_root_is_not_let_in(desk: Any, user: Principal) -> None:
    stranger = desk.ask("s3", root("444455556666"))
    with pytest.raises(AWSError):
        stranger.get_object(bucket="shortened", key="k")
