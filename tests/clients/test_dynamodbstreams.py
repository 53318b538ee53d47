"""Streams with boto3, of a cloud whose clock is turned by hand."""

from __future__ import annotations

from typing import Any

import pytest
from botocore.exceptions import ClientError

from skyjar.testing.running import Account, Running

pytestmark = pytest.mark.client

HOUR = 3_600
PK = [{"AttributeName": "pk", "KeyType": "HASH"}]
TYPES = [{"AttributeName": "pk", "AttributeType": "S"}]


def make(account: Account, name: str, view: str = "NEW_AND_OLD_IMAGES") -> str:
    made = account.client("dynamodb").create_table(
        TableName=name, KeySchema=PK, AttributeDefinitions=TYPES,
        ProvisionedThroughput={"ReadCapacityUnits": 50, "WriteCapacityUnits": 50},
        StreamSpecification={"StreamEnabled": True, "StreamViewType": view},
    )  # fmt: skip
    arn: str = made["TableDescription"]["LatestStreamArn"]
    return arn


def described(streams: Any, arn: str) -> dict[str, Any]:
    found: dict[str, Any] = streams.describe_stream(StreamArn=arn)["StreamDescription"]
    return found


def begin(streams: Any, arn: str, **more: Any) -> str:
    given = {"ShardIteratorType": "TRIM_HORIZON", **more}
    shard = described(streams, arn)["Shards"][0]["ShardId"]
    text: str = streams.get_shard_iterator(StreamArn=arn, ShardId=shard, **given)["ShardIterator"]
    return text


def records(streams: Any, arn: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = streams.get_records(ShardIterator=begin(streams, arn))["Records"]
    return found


@pytest.mark.spec("dynamodbstreams-001")
def test_changes_are_recorded_and_nothing_else(still: Account) -> None:
    dynamodb, streams = still.client("dynamodb"), still.client("dynamodbstreams")
    dynamodb.create_table(TableName="plain", KeySchema=PK, AttributeDefinitions=TYPES, BillingMode="PAY_PER_REQUEST")
    assert streams.list_streams()["Streams"] == []
    made = dynamodb.update_table(
        TableName="plain", StreamSpecification={"StreamEnabled": True, "StreamViewType": "KEYS_ONLY"}
    )["TableDescription"]
    arn = make(still, "tab")
    assert {each["StreamArn"] for each in streams.list_streams()["Streams"]} == {arn, made["LatestStreamArn"]}
    item = {"pk": {"S": "a"}, "n": {"N": "1"}}
    dynamodb.put_item(TableName="tab", Item=item)
    dynamodb.put_item(TableName="tab", Item=item)
    dynamodb.put_item(TableName="tab", Item={**item, "n": {"N": "2"}})
    dynamodb.delete_item(TableName="tab", Key={"pk": item["pk"]})
    assert [each["eventName"] for each in records(streams, arn)] == ["INSERT", "MODIFY", "REMOVE"]


@pytest.mark.spec("dynamodbstreams-002")
def test_records_come_in_order_and_stay_for_a_day(still: Account, still_cloud: Running) -> None:
    dynamodb, streams = still.client("dynamodb"), still.client("dynamodbstreams")
    arn = make(still, "tab")
    key = {"pk": {"S": "a"}}
    dynamodb.put_item(TableName="tab", Item=key)
    dynamodb.update_item(
        TableName="tab", Key=key, UpdateExpression="SET n = :n", ExpressionAttributeValues={":n": {"N": "1"}}
    )
    dynamodb.delete_item(TableName="tab", Key=key)
    found = records(streams, arn)
    assert [each["eventName"] for each in found] == ["INSERT", "MODIFY", "REMOVE"]
    numbers = [each["dynamodb"]["SequenceNumber"] for each in found]
    assert numbers == sorted(numbers, key=int)
    still_cloud.advance(2 * HOUR)
    dynamodb.put_item(TableName="tab", Item=key)
    still_cloud.advance(22 * HOUR + 1)
    with pytest.raises(ClientError) as trimmed:
        begin(streams, arn, ShardIteratorType="AT_SEQUENCE_NUMBER", SequenceNumber=numbers[0])
    assert trimmed.value.response["Error"]["Code"] == "TrimmedDataAccessException"
    assert [each["eventName"] for each in records(streams, arn)] == ["INSERT"]


@pytest.mark.spec("dynamodbstreams-003")
def test_the_view_type_decides_what_a_record_holds(still: Account) -> None:
    dynamodb, streams = still.client("dynamodb"), still.client("dynamodbstreams")
    views = {"KEYS_ONLY": set(), "NEW_IMAGE": {"NewImage"}, "OLD_IMAGE": {"OldImage"},
             "NEW_AND_OLD_IMAGES": {"NewImage", "OldImage"}}  # fmt: skip
    for view, images in views.items():
        arn = make(still, view, view)
        assert described(streams, arn)["StreamViewType"] == view
        for n in "12":
            dynamodb.put_item(TableName=view, Item={"pk": {"S": "a"}, "n": {"N": n}})
        change = records(streams, arn)[1]["dynamodb"]
        assert {name for name in change if name.endswith("Image")} == images
        assert change["Keys"] == {"pk": {"S": "a"}} and change["StreamViewType"] == view


@pytest.mark.spec("dynamodb-054")
def test_an_expired_item_is_removed_by_the_service(still: Account, still_cloud: Running) -> None:
    dynamodb, streams = still.client("dynamodb"), still.client("dynamodbstreams")
    arn = make(still, "tab")
    dynamodb.update_time_to_live(TableName="tab", TimeToLiveSpecification={"Enabled": True, "AttributeName": "ttl"})
    at_s = int(described(streams, arn)["CreationRequestDateTime"].timestamp())
    dynamodb.put_item(TableName="tab", Item={"pk": {"S": "a"}, "ttl": {"N": str(at_s + 5)}})
    still_cloud.advance(120)
    last = records(streams, arn)[-1]
    assert last["eventName"] == "REMOVE"
    assert last["userIdentity"] == {"PrincipalId": "dynamodb.amazonaws.com", "Type": "Service"}


def test_reading_is_judged_on_the_stream(account: Account) -> None:
    arn, iam = make(account, "tab"), account.client("iam")
    iam.create_user(UserName="alice")
    iam.put_user_policy(
        UserName="alice", PolicyName="p",
        PolicyDocument=f'{{"Version":"2012-10-17","Statement":[{{"Effect":"Allow","Action":["dynamodb:DescribeStream",'
        f'"dynamodb:GetShardIterator"],"Resource":"{arn}"}}]}}',
    )  # fmt: skip
    key = iam.create_access_key(UserName="alice")["AccessKey"]
    streams = account.client(
        "dynamodbstreams", aws_access_key_id=key["AccessKeyId"], aws_secret_access_key=key["SecretAccessKey"]
    )
    text = begin(streams, arn)
    with pytest.raises(ClientError) as denied:
        streams.get_records(ShardIterator=text)
    assert denied.value.response["Error"]["Code"] == "AccessDeniedException"
    assert f"dynamodb:GetRecords on resource: {arn}" in denied.value.response["Error"]["Message"]
