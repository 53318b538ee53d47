"""Resource policies of tables and streams."""

from __future__ import annotations

import json
from typing import Any

import msgspec
import pytest

from skyjar.kernel.errors import AWSError
from skyjar.kernel.principals import Principal

from .conftest import Make, item

OTHER = "444455556666"
ALICE = Principal(kind="user", account=OTHER, arn=f"arn:aws:iam::{OTHER}:user/alice", name="alice")


def document(action: str | list[str], principal: str = OTHER, effect: str = "Allow", resource: str = "*") -> str:
    statement = {"Effect": effect, "Principal": {"AWS": principal}, "Action": action, "Resource": resource}
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]})


def refused(code: str, call: Any, **given: Any) -> None:
    with pytest.raises(AWSError) as caught:
        call(**given)
    assert caught.value.code == code


def test_policies_have_revisions(desk: Any, table: Make) -> None:
    db = table()
    arn = db.describe_table(table_name="tab")["Table"]["TableArn"]
    refused("PolicyNotFoundException", db.get_resource_policy, resource_arn=arn)
    given = {"resource_arn": arn, "policy": document("dynamodb:GetItem")}
    first = db.put_resource_policy(**given, expected_revision_id="NO_POLICY")["RevisionId"]
    assert db.put_resource_policy(**given)["RevisionId"] == first
    refused("PolicyNotFoundException", db.put_resource_policy, **given, expected_revision_id="NO_POLICY")
    given["policy"] = document("dynamodb:Query")
    second = db.put_resource_policy(**given, expected_revision_id=first)["RevisionId"]
    assert second != first
    assert db.get_resource_policy(resource_arn=arn) == {"Policy": given["policy"], "RevisionId": second}
    refused("PolicyNotFoundException", db.delete_resource_policy, resource_arn=arn, expected_revision_id=first)
    assert db.delete_resource_policy(resource_arn=arn)["RevisionId"] == second
    db.delete_resource_policy(resource_arn=arn)
    refused("ValidationException", db.put_resource_policy, resource_arn=arn, policy="{}")
    refused("ResourceNotFoundException", db.put_resource_policy, resource_arn=arn + "x", policy=given["policy"])


def test_another_accounts_user_is_let_in_by_both(desk: Any, table: Make) -> None:
    db = table(resource_policy=document("dynamodb:*Item"))
    arn = db.describe_table(table_name="tab")["Table"]["TableArn"]
    iam = desk.ask("iam", Principal(kind="root", account=OTHER, arn=f"arn:aws:iam::{OTHER}:root", id=OTHER))
    identity = iam.create_user(user_name="alice")["User"]["UserId"]
    alice = desk.ask("dynamodb", msgspec.structs.replace(ALICE, id=identity))
    refused("AccessDeniedException", alice.put_item, table_name=arn, item=item(pk="a"))
    allowed = {"Effect": "Allow", "Action": "dynamodb:*", "Resource": "*"}
    iam.put_user_policy(
        user_name="alice", policy_name="p",
        policy_document=json.dumps({"Version": "2012-10-17", "Statement": [allowed]}),
    )  # fmt: skip
    alice.put_item(table_name=arn, item=item(pk="a"))
    assert db.get_item(table_name="tab", key=item(pk="a"))["Item"] == item(pk="a")
    assert alice.get_item(table_name=arn, key=item(pk="a"))["Item"] == item(pk="a")
    refused("AccessDeniedException", alice.scan, table_name=arn)
    refused("ResourceNotFoundException", alice.get_item, table_name="tab", key=item(pk="a"))
    db.delete_table(table_name="tab")
    refused("AccessDeniedException", alice.get_item, table_name=arn, key=item(pk="a"))


def test_a_policy_denies_the_accounts_own(desk: Any, table: Make) -> None:
    own = f"arn:aws:iam::{desk.account}:root"
    db = table(resource_policy=document("dynamodb:PutItem", own, "Deny"))
    refused("AccessDeniedException", db.put_item, table_name="tab", item=item(pk="a"))
    db.get_item(table_name="tab", key=item(pk="a"))


def test_a_streams_policy_is_judged(desk: Any, table: Make) -> None:
    db = table(stream_specification={"StreamEnabled": True, "StreamViewType": "KEYS_ONLY"})
    arn = db.describe_table(table_name="tab")["Table"]["LatestStreamArn"]
    own = f"arn:aws:iam::{desk.account}:root"
    db.put_resource_policy(resource_arn=arn, policy=document("dynamodb:DescribeStream", own, "Deny"))
    refused("AccessDeniedException", desk.ask("dynamodbstreams").describe_stream, stream_arn=arn)
    db.delete_resource_policy(resource_arn=arn)
    desk.ask("dynamodbstreams").describe_stream(stream_arn=arn)


def test_batches_and_transactions_are_denied_too(desk: Any, table: Make) -> None:
    db = table("one")
    own = f"arn:aws:iam::{desk.account}:root"
    table("two", resource_policy=document(["dynamodb:PutItem", "dynamodb:BatchWriteItem"], own, "Deny"))
    puts = {name: [{"PutRequest": {"Item": item(pk="a")}}] for name in ("one", "two")}
    for request in (puts, {"two": puts["two"]}):
        refused("AccessDeniedException", db.batch_write_item, request_items=request)
    items = [{"Put": {"TableName": name, "Item": item(pk="a")}} for name in ("one", "two")]
    for several in (items, items[1:]):
        refused("AccessDeniedException", db.transact_write_items, transact_items=several)
    db.batch_write_item(request_items={"one": puts["one"]})


def test_documents_that_are_refused(table: Make) -> None:
    db = table()
    arn = db.describe_table(table_name="tab")["Table"]["TableArn"]
    start = "One or more parameter values were invalid: "
    for policy, sentence in (
        ("{}", "Invalid policy document: "),
        (document("dynamodb:GetItem") + " " * 20_480, "Maximum policy size of 20480 bytes exceeded"),
    ):
        with pytest.raises(AWSError) as caught:
            db.put_resource_policy(resource_arn=arn, policy=policy)
        assert caught.value.message.startswith(start + sentence)
