"""Streams of tables, with the clock in hand."""

from __future__ import annotations

import contextlib
import random
from typing import Any

import pytest

from skyjar.kernel.errors import AWSError

HOUR = 3_600
PK = [{"AttributeName": "pk", "KeyType": "HASH"}]


def table(desk: Any, view: str = "NEW_AND_OLD_IMAGES", name: str = "tab", **more: Any) -> str:
    """The stream's ARN; one shard, unless it is on demand."""
    given = more or {"provisioned_throughput": {"ReadCapacityUnits": 100, "WriteCapacityUnits": 100}}
    made = desk.ask("dynamodb").create_table(
        table_name=name,
        key_schema=PK,
        attribute_definitions=[{"AttributeName": "pk", "AttributeType": "S"}],
        stream_specification={"StreamEnabled": True, "StreamViewType": view},
        **given,
    )["TableDescription"]
    arn: str = made["LatestStreamArn"]
    return arn


def put(desk: Any, pk: str = "a", **more: Any) -> None:
    desk.ask("dynamodb").put_item(table_name="tab", item={"pk": {"S": pk}, **more})


def shards(desk: Any, arn: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = desk.ask("dynamodbstreams").describe_stream(stream_arn=arn)["StreamDescription"][
        "Shards"
    ]
    return found


def iterator(desk: Any, arn: str, kind: str = "TRIM_HORIZON", shard: int = 0, **more: Any) -> str:
    text: str = desk.ask("dynamodbstreams").get_shard_iterator(
        stream_arn=arn, shard_id=shards(desk, arn)[shard]["ShardId"], shard_iterator_type=kind, **more
    )["ShardIterator"]
    return text


def read(desk: Any, text: str, **more: Any) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = desk.ask("dynamodbstreams").get_records(shard_iterator=text, **more)["Records"]
    return found


def refused(code: str, call: Any, **given: Any) -> None:
    with pytest.raises(AWSError) as caught:
        call(**given)
    assert caught.value.code == code


def test_each_change_is_one_record_in_order(desk: Any) -> None:
    arn = table(desk)
    start = iterator(desk, arn)
    put(desk, n={"N": "1"})
    put(desk, n={"N": "1"})
    desk.advance(1)
    put(desk, n={"N": "2"})
    desk.ask("dynamodb").delete_item(table_name="tab", key={"pk": {"S": "a"}})
    desk.ask("dynamodb").delete_item(table_name="tab", key={"pk": {"S": "a"}})
    found = read(desk, start)
    assert [each["eventName"] for each in found] == ["INSERT", "MODIFY", "REMOVE"]
    numbers = [each["dynamodb"]["SequenceNumber"] for each in found]
    assert numbers == sorted(set(numbers)) and all(len(number) >= 21 for number in numbers)
    first, second, third = (each["dynamodb"] for each in found)
    assert first["NewImage"] == {"pk": {"S": "a"}, "n": {"N": "1"}} and "OldImage" not in first
    assert second["OldImage"]["n"] == {"N": "1"} and second["NewImage"]["n"] == {"N": "2"}
    assert "NewImage" not in third and third["Keys"] == {"pk": {"S": "a"}}
    assert (first["SizeBytes"], second["SizeBytes"]) == (3 + 6, 3 + 6 + 6)


def test_a_transaction_that_fails_leaves_no_record(desk: Any) -> None:
    arn = table(desk)
    puts = [{"Put": {"TableName": "tab", "Item": {"pk": {"S": each}}}} for each in "ab"]
    check = {
        "ConditionCheck": {"TableName": "tab", "Key": {"pk": {"S": "c"}}, "ConditionExpression": "attribute_exists(pk)"}
    }
    refused("TransactionCanceledException", desk.ask("dynamodb").transact_write_items, transact_items=[*puts, check])
    assert read(desk, iterator(desk, arn)) == []
    desk.ask("dynamodb").transact_write_items(transact_items=puts)
    assert len(read(desk, iterator(desk, arn))) == 2


@pytest.mark.parametrize("view", ["KEYS_ONLY", "NEW_IMAGE", "OLD_IMAGE"])
def test_the_view_says_what_is_shown(desk: Any, view: str) -> None:
    arn = table(desk, view)
    put(desk, n={"N": "1"})
    put(desk, n={"N": "2"})
    images = {"NEW_IMAGE": {"NewImage"}, "OLD_IMAGE": {"OldImage"}, "KEYS_ONLY": set()}[view]
    assert {name for name in read(desk, iterator(desk, arn))[1]["dynamodb"] if name.endswith("Image")} == images


def test_iterators_begin_where_they_are_told(desk: Any) -> None:
    arn = table(desk)
    for name in "abc":
        put(desk, name)
        desk.advance(1)
    numbers = [each["dynamodb"]["SequenceNumber"] for each in read(desk, iterator(desk, arn))]

    def names(kind: str, **more: Any) -> str:
        return "".join(each["dynamodb"]["Keys"]["pk"]["S"] for each in read(desk, iterator(desk, arn, kind, **more)))

    assert names("AT_SEQUENCE_NUMBER", sequence_number=numbers[1]) == "bc"
    assert names("AFTER_SEQUENCE_NUMBER", sequence_number=numbers[1]) == "c"
    assert names("AT_TIMESTAMP", timestamp=desk.clock.now() - 2) == "bc"
    assert names("AT_TIMESTAMP", timestamp=0.0) == "abc"
    latest = iterator(desk, arn, "LATEST")
    put(desk, "d")
    assert [each["dynamodb"]["Keys"]["pk"]["S"] for each in read(desk, latest)] == ["d"]
    refused("ValidationException", iterator, desk=desk, arn=arn, kind="AT_TIMESTAMP", timestamp=desk.clock.now() + 9)
    refused("ValidationException", iterator, desk=desk, arn=arn, kind="AT_SEQUENCE_NUMBER")


def test_pages_go_on(desk: Any) -> None:
    arn = table(desk)
    for n in range(5):
        put(desk, str(n))
    text, found = iterator(desk, arn), []
    for _ in range(4):
        answer = desk.ask("dynamodbstreams").get_records(shard_iterator=text, limit=2)
        found += [each["dynamodb"]["Keys"]["pk"]["S"] for each in answer["Records"]]
        text = answer["NextShardIterator"]
    assert found == ["0", "1", "2", "3", "4"]


def test_records_are_gone_after_a_day(desk: Any) -> None:
    arn = table(desk)
    put(desk, "a")
    number = read(desk, iterator(desk, arn))[0]["dynamodb"]["SequenceNumber"]
    desk.advance(3 * HOUR)
    put(desk, "b")
    desk.advance(21 * HOUR - 60)
    before = iterator(desk, arn, "AT_SEQUENCE_NUMBER", sequence_number=number)
    desk.advance(61)
    refused("TrimmedDataAccessException", read, desk=desk, text=before)
    desk.advance(600)
    refused(
        "TrimmedDataAccessException", iterator, desk=desk, arn=arn, kind="AT_SEQUENCE_NUMBER", sequence_number=number
    )
    desk.advance(300)
    refused("ExpiredIteratorException", read, desk=desk, text=before)
    assert [each["dynamodb"]["Keys"]["pk"]["S"] for each in read(desk, iterator(desk, arn))] == ["b"]
    desk.advance(3 * HOUR)
    assert read(desk, iterator(desk, arn)) == []


def test_a_shard_is_followed_by_its_child(desk: Any) -> None:
    arn = table(desk)
    put(desk, "a")
    desk.advance(5 * HOUR)
    put(desk, "b")
    parent, child = shards(desk, arn)
    assert child["ParentShardId"] == parent["ShardId"]
    assert (
        parent["SequenceNumberRange"]["EndingSequenceNumber"] < child["SequenceNumberRange"]["StartingSequenceNumber"]
    )
    answer = desk.ask("dynamodbstreams").get_records(shard_iterator=iterator(desk, arn))
    assert len(answer["Records"]) == 1 and "NextShardIterator" not in answer
    children = desk.ask("dynamodbstreams").describe_stream(
        stream_arn=arn, shard_filter={"Type": "CHILD_SHARDS", "ShardId": parent["ShardId"]}
    )["StreamDescription"]["Shards"]
    assert children == [child]
    desk.advance(25 * HOUR)
    assert [each["ShardId"] for each in shards(desk, arn)] == [child["ShardId"]]


def test_items_keep_to_their_shard(desk: Any) -> None:
    arn = table(desk, billing_mode="PAY_PER_REQUEST")
    assert len(shards(desk, arn)) == 4
    for n in range(40):
        put(desk, f"k{n % 20}", n={"N": str(n)})
    seen: dict[str, list[tuple[int, str]]] = {}
    for shard in range(4):
        for each in read(desk, iterator(desk, arn, shard=shard)):
            change = each["dynamodb"]
            seen.setdefault(change["Keys"]["pk"]["S"], []).append((shard, change["NewImage"]["n"]["N"]))
    assert len(seen) == 20
    assert all(len({shard for shard, _ in each}) == 1 and int(each[0][1]) < int(each[1][1]) for each in seen.values())


def test_expired_items_go_by_the_services_own_hand(desk: Any) -> None:
    arn = table(desk)
    db = desk.ask("dynamodb")
    db.update_time_to_live(table_name="tab", time_to_live_specification={"Enabled": True, "AttributeName": "ttl"})
    put(desk, "a", ttl={"N": str(int(desk.clock.now()) + 10)})
    desk.advance(200)
    last = read(desk, iterator(desk, arn))[-1]
    assert last["eventName"] == "REMOVE"
    assert last["userIdentity"] == {"PrincipalId": "dynamodb.amazonaws.com", "Type": "Service"}


def test_a_disabled_stream_is_read_to_its_end(desk: Any) -> None:
    arn = table(desk)
    db, streams = desk.ask("dynamodb"), desk.ask("dynamodbstreams")
    put(desk, "a")
    refused("ValidationException", db.update_table, table_name="tab",
            stream_specification={"StreamEnabled": True, "StreamViewType": "KEYS_ONLY"})  # fmt: skip
    shown = db.update_table(table_name="tab", stream_specification={"StreamEnabled": False})["TableDescription"]
    assert shown["LatestStreamArn"] == arn and "StreamSpecification" not in shown
    put(desk, "b")
    assert streams.describe_stream(stream_arn=arn)["StreamDescription"]["StreamStatus"] == "DISABLED"
    answer = streams.get_records(shard_iterator=iterator(desk, arn))
    assert len(answer["Records"]) == 1 and "NextShardIterator" not in answer
    again = db.update_table(
        table_name="tab", stream_specification={"StreamEnabled": True, "StreamViewType": "KEYS_ONLY"}
    )["TableDescription"]["LatestStreamArn"]
    assert again != arn
    page = streams.list_streams(table_name="tab", limit=1)
    assert page["LastEvaluatedStreamArn"] == arn
    rest = streams.list_streams(exclusive_start_stream_arn=arn)["Streams"]
    assert [each["StreamArn"] for each in rest] == [again]
    db.delete_table(table_name="tab")
    desk.advance(25 * HOUR)
    assert streams.list_streams()["Streams"] == []
    refused("ResourceNotFoundException", streams.describe_stream, stream_arn=arn)


def test_hostile_iterators(desk: Any) -> None:
    arn = table(desk)
    for text in ("x", f"{arn}|1|", f"{arn}|1|AAAA", f"{arn}|1|é", "|1||1|"):
        refused("ValidationException", read, desk=desk, text=text)
    refused("ResourceNotFoundException", read, desk=desk, text=iterator(desk, arn).replace("tab/", "other/"))


@pytest.mark.parametrize("seed", range(3))
def test_replaying_a_stream_makes_the_table(desk: Any, seed: int) -> None:
    """Whatever is written, alone, in batches, in transactions that succeed or fail, or by PartiQL."""
    chance = random.Random(seed)
    arn = table(desk, billing_mode="PAY_PER_REQUEST")
    db = desk.ask("dynamodb")

    def put() -> dict[str, Any]:
        return {"pk": {"S": f"k{chance.randrange(12)}"}, "n": {"N": str(chance.randrange(4))}}

    def key() -> dict[str, Any]:
        return {"pk": put()["pk"]}

    def transact() -> None:
        several = {each["pk"]["S"]: {"Put": {"TableName": "tab", "Item": each}} for each in (put(), put(), put())}
        check = {
            "TableName": "tab",
            "Key": {"pk": {"S": "z"}},
            "ConditionExpression": f"attribute_{chance.choice(['', 'not_'])}exists(pk)",
        }
        db.transact_write_items(transact_items=[*several.values(), {"ConditionCheck": check}])

    actions = (
        lambda: db.put_item(table_name="tab", item=put()),
        lambda: db.put_item(table_name="tab", item=put(), condition_expression="attribute_not_exists(pk)"),
        lambda: db.delete_item(table_name="tab", key=key()),
        lambda: db.update_item(table_name="tab", key=key(), update_expression="ADD n :n",
                               expression_attribute_values={":n": {"N": str(chance.randrange(3))}}),
        lambda: db.batch_write_item(request_items={"tab": [{"PutRequest": {"Item": put()}}]}),
        lambda: db.execute_statement(statement="DELETE FROM tab WHERE pk = ?", parameters=[put()["pk"]]),
        transact,
        lambda: desk.advance(chance.randrange(2 * HOUR)),
    )  # fmt: skip
    for _ in range(80):
        with contextlib.suppress(AWSError):
            chance.choice(actions)()
        if chance.random() < 0.2:
            desk.advance(60)
    made: dict[str, dict[str, Any]] = {}
    seen: set[str] = set()
    ordered = shards(desk, arn)
    for at in range(len(ordered)):
        desk.advance(1)  # a stream may be described ten times a second
        for record in read(desk, iterator(desk, arn, shard=at)):
            change = record["dynamodb"]
            assert record["eventID"] not in seen
            seen.add(record["eventID"])
            name = change["Keys"]["pk"]["S"]
            assert change.get("OldImage") == made.get(name), "each change follows on the one before"
            if "NewImage" in change:
                made[name] = change["NewImage"]
            else:
                del made[name]
    assert made == {each["pk"]["S"]: each for each in db.scan(table_name="tab")["Items"]}


def test_a_shard_is_read_five_times_a_second_where_aws_timing_is_asked_for(desk: Any) -> None:
    arn = table(desk)
    put(desk)
    text = iterator(desk, arn)
    for _ in range(9):
        assert read(desk, text)
    desk.pipeline.behaviour.has_aws_timing = True
    for _ in range(5):
        assert read(desk, text)
    refused("ThrottlingException", desk.ask("dynamodbstreams").get_records, shard_iterator=text)
    desk.advance(1)
    assert read(desk, text)


def test_streams_are_listed_and_described_so_often_in_a_second(desk: Any) -> None:
    arn = table(desk)
    streams = desk.ask("dynamodbstreams")
    for _ in range(5):
        streams.list_streams()
    refused("ThrottlingException", streams.list_streams)
    for _ in range(10):
        streams.describe_stream(stream_arn=arn)
    refused("ThrottlingException", streams.describe_stream, stream_arn=arn)
    desk.ask("dynamodbstreams", region="eu-west-1").list_streams()
    desk.advance(1)
    streams.list_streams()
