from __future__ import annotations

import json
import uuid
from typing import Any

import pytest

from skyjar.kernel.errors import AWSError

from .conftest import Make, item

ARN = "arn:aws:kinesis:us-east-1:111122223333:stream/"


def refused(code: str, words: str, work: Any, **given: Any) -> None:
    with pytest.raises(AWSError) as caught:
        work(**given)
    assert caught.value.code == code and words in caught.value.message


class Fed:
    def __init__(self, desk: Any, table: Make) -> None:
        self.desk, self.db, self.kinesis = desk, desk.ask("dynamodb"), desk.ask("kinesis")
        table()
        self.kinesis.create_stream(stream_name="s", shard_count=1)

    def enable(self, name: str = "s", **more: Any) -> dict[str, Any]:
        answer: dict[str, Any] = self.db.enable_kinesis_streaming_destination(
            table_name="tab", stream_arn=ARN + name, **more
        )
        return answer

    def records(self, name: str = "s") -> list[dict[str, Any]]:
        self.desk.settle()
        iterator = self.kinesis.get_shard_iterator(
            stream_name=name, shard_id="shardId-000000000000", shard_iterator_type="TRIM_HORIZON"
        )["ShardIterator"]
        return [json.loads(record["Data"]) for record in self.kinesis.get_records(shard_iterator=iterator)["Records"]]

    def statuses(self) -> list[tuple[str, str]]:
        found = self.db.describe_kinesis_streaming_destination(table_name="tab")["KinesisDataStreamDestinations"]
        return [(each["StreamArn"].rpartition("/")[2], each["DestinationStatus"]) for each in found]


@pytest.fixture
def fed(desk: Any, table: Make) -> Fed:
    return Fed(desk, table)


def test_changes_go_to_the_stream(fed: Fed) -> None:
    fed.db.put_item(table_name="tab", item=item(pk="before"))
    assert fed.enable()["DestinationStatus"] == "ENABLING"
    assert fed.statuses() == [("s", "ACTIVE")]
    fed.db.put_item(table_name="tab", item=item(pk="a", b=b"\0"))
    fed.db.put_item(table_name="tab", item=item(pk="a", n=2))
    fed.db.put_item(table_name="tab", item=item(pk="a", n=2))  # changes nothing
    fed.db.delete_item(table_name="tab", key=item(pk="a"))
    first, second, third = fed.records()
    assert uuid.UUID(first.pop("eventID"))
    assert first == {
        "awsRegion": "us-east-1",
        "eventName": "INSERT",
        "userIdentity": None,
        "recordFormat": "application/json",
        "tableName": "tab",
        "dynamodb": {
            "ApproximateCreationDateTime": 1_800_000_000_000,
            "Keys": {"pk": {"S": "a"}},
            "NewImage": {"pk": {"S": "a"}, "b": {"B": "AA=="}},
            "SizeBytes": 5,
        },
        "eventSource": "aws:dynamodb",
    }
    assert (second["eventName"], second["dynamodb"]["OldImage"]["b"]) == ("MODIFY", {"B": "AA=="})
    assert (third["eventName"], "NewImage" in third["dynamodb"]) == ("REMOVE", False)


def test_destinations_end_and_begin_again(fed: Fed) -> None:
    fed.enable()
    refused("ValidationException", "must be DISABLED or ENABLE_FAILED", fed.enable)
    refused("ResourceNotFoundException", "stream/none", lambda: fed.enable("none"))
    for name in "tu":
        fed.kinesis.create_stream(stream_name=name, shard_count=1)
    fed.enable("t")
    refused("LimitExceededException", "at most 2", lambda: fed.enable("u"))
    fed.db.put_item(table_name="tab", item=item(pk="a"))
    off = fed.db.disable_kinesis_streaming_destination
    assert off(table_name="tab", stream_arn=ARN + "s")["DestinationStatus"] == "DISABLING"
    refused("ValidationException", "must be ACTIVE", off, table_name="tab", stream_arn=ARN + "s")
    fed.db.put_item(table_name="tab", item=item(pk="b"))
    assert [len(fed.records(name)) for name in "st"] == [1, 2]
    assert sorted(fed.statuses()) == [("s", "DISABLED"), ("t", "ACTIVE")]
    fed.enable()
    fed.db.put_item(table_name="tab", item=item(pk="c"))
    assert len(fed.records()) == 2


def test_times_by_the_microsecond(fed: Fed) -> None:
    fed.enable(enable_kinesis_streaming_configuration={"ApproximateCreationDateTimePrecision": "MICROSECOND"})
    fed.db.put_item(table_name="tab", item=item(pk="a"))
    change = fed.records()[0]["dynamodb"]
    assert change["ApproximateCreationDateTime"] == 1_800_000_000_000_000
    assert change["ApproximateCreationDateTimePrecision"] == "MICROSECOND"
    update = fed.db.update_kinesis_streaming_destination
    wanted = {"ApproximateCreationDateTimePrecision": "MILLISECOND"}
    given = {"table_name": "tab", "stream_arn": ARN + "s", "update_kinesis_streaming_configuration": wanted}
    assert update(**given)["DestinationStatus"] == "UPDATING"
    refused("ValidationException", "already set to the desired value", update, **given)
    fed.db.put_item(table_name="tab", item=item(pk="b"))
    assert fed.records()[1]["dynamodb"]["ApproximateCreationDateTime"] == 1_800_000_000_000


def test_a_throttled_stream_gets_all_in_the_end(fed: Fed) -> None:
    fed.enable()
    for _ in range(2):
        fed.kinesis.put_records(stream_name="s", records=[{"Data": b"{}", "PartitionKey": "k"}] * 495)
    for n in range(40):
        fed.db.put_item(table_name="tab", item=item(pk=str(n)))
    fed.desk.advance(30)
    names = [record["dynamodb"]["Keys"]["pk"]["S"] for record in fed.records() if record]
    assert set(names) == {str(n) for n in range(40)}


def test_a_stream_that_is_gone_holds_nothing_up(fed: Fed) -> None:
    from skyjar.services.dynamodb import state

    fed.enable()
    fed.kinesis.delete_stream(stream_name="s")
    fed.db.put_item(table_name="tab", item=item(pk="a"))
    fed.desk.settle()
    assert fed.desk.store.transact(lambda tx: list(state.kinesis_changes.anywhere(tx))) == []


def test_a_table_with_a_stream_of_its_own_has_both(desk: Any, table: Make) -> None:
    table(stream_specification={"StreamEnabled": True, "StreamViewType": "KEYS_ONLY"})
    kinesis, db = desk.ask("kinesis"), desk.ask("dynamodb")
    kinesis.create_stream(stream_name="s", shard_count=1)
    db.enable_kinesis_streaming_destination(table_name="tab", stream_arn=ARN + "s")
    db.put_item(table_name="tab", item=item(pk="a"))
    desk.settle()
    streams = desk.ask("dynamodbstreams")
    arn = db.describe_table(table_name="tab")["Table"]["LatestStreamArn"]
    found = []
    for shard in streams.describe_stream(stream_arn=arn)["StreamDescription"]["Shards"]:
        iterator = streams.get_shard_iterator(
            stream_arn=arn, shard_id=shard["ShardId"], shard_iterator_type="TRIM_HORIZON"
        )["ShardIterator"]
        found += streams.get_records(shard_iterator=iterator)["Records"]
    iterator = kinesis.get_shard_iterator(
        stream_name="s", shard_id="shardId-000000000000", shard_iterator_type="TRIM_HORIZON"
    )["ShardIterator"]
    assert [len(found), len(kinesis.get_records(shard_iterator=iterator)["Records"])] == [1, 1]
