"""Event source mappings of Kinesis streams, with the clock in hand. What they share with DynamoDB's is tested there."""

from __future__ import annotations

import json
from base64 import b64decode
from typing import Any

import pytest

POWERS = tuple(
    f"kinesis:{name}"
    for name in ("GetRecords", "GetShardIterator", "DescribeStream", "ListShards", "ListStreams", "SubscribeToShard",
                 "DescribeStreamConsumer")
)  # fmt: skip


def texts(event: Any) -> str:
    return "".join(b64decode(record["kinesis"]["data"]).decode() for record in event["Records"])


class Fed:
    """A function that reads a stream of one shard."""

    def __init__(self, lab: Any) -> None:
        self.lab = lab
        self.kinesis = lab.desk.ask("kinesis")
        self.kinesis.create_stream(stream_name="s", shard_count=1)
        self.arn = "arn:aws:kinesis:us-east-1:111122223333:stream/s"
        lab.create()

    def start(self, position: str = "TRIM_HORIZON", source: str = "", **more: Any) -> str:
        uuid: str = self.lab.run(
            "create_event_source_mapping",
            function_name="f",
            event_source_arn=source or self.arn,
            starting_position=position,
            **more,
        )["UUID"]
        self.lab.desk.settle()
        return uuid

    def put(self, *data: str, key: str = "k") -> list[str]:
        entries = [{"Data": each.encode(), "PartitionKey": key} for each in data]
        done = self.kinesis.put_records(stream_name="s", records=entries)["Records"]
        self.lab.desk.settle()
        return [each["SequenceNumber"] for each in done]

    def fail_on(self, bad: str) -> None:
        def handler(event: Any) -> None:
            assert not bad or bad not in texts(event)

        self.lab.handler = handler

    @property
    def batches(self) -> list[str]:
        return [texts(json.loads(call.payload)) for call in self.lab.calls]


@pytest.fixture
def fed(lab: Any) -> Fed:
    lab.grant("r", *POWERS)
    return Fed(lab)


@pytest.mark.spec("kinesis-039")
def test_functions_get_records_as_kinesis_events(fed: Fed) -> None:
    (number,) = fed.put("a")
    uuid = fed.start()
    fed.put("b", "c")
    assert fed.batches == ["a", "bc"]
    assert json.loads(fed.lab.calls[0].payload)["Records"] == [
        {
            "kinesis": {
                "kinesisSchemaVersion": "1.0",
                "partitionKey": "k",
                "sequenceNumber": number,
                "data": "YQ==",
                "approximateArrivalTimestamp": 1_800_000_000.0,
            },
            "eventSource": "aws:kinesis",
            "eventVersion": "1.0",
            "eventID": f"shardId-000000000000:{number}",
            "eventName": "aws:kinesis:record",
            "invokeIdentityArn": fed.lab.role,
            "awsRegion": "us-east-1",
            "eventSourceARN": fed.arn,
        }
    ]
    assert fed.lab.run("get_event_source_mapping", uuid=uuid)["LastProcessingResult"] == "OK"


def test_where_reading_begins(fed: Fed, refuses: Any) -> None:
    fed.put("a")
    fed.lab.desk.advance(100)
    at_s = fed.lab.desk.clock.now()
    fed.put("b")
    fed.lab.desk.advance(100)
    uuid = fed.start("AT_TIMESTAMP", starting_position_timestamp=at_s - 1)
    assert fed.batches == ["b"]
    assert fed.lab.run("get_event_source_mapping", uuid=uuid)["StartingPositionTimestamp"] == at_s - 1
    fed.lab.run("delete_event_source_mapping", uuid=uuid)
    refuses("InvalidParameterValueException", "StartingPositionTimestamp", fed.start, "AT_TIMESTAMP")
    fed.start("LATEST")
    fed.lab.desk.advance(3600)
    fed.put("c")
    assert fed.batches == ["b", "c"]


def test_parents_are_read_before_children(fed: Fed) -> None:
    fed.start()
    fed.put("a")
    fed.fail_on("b")
    fed.put("b")
    fed.kinesis.split_shard(stream_name="s", shard_to_split="shardId-000000000000", new_starting_hash_key=str(2**127))
    fed.put("c")
    assert set(fed.batches) == {"a", "b"}
    fed.fail_on("")
    fed.lab.desk.advance(120)
    assert fed.batches[-2:] == ["b", "c"]
    fed.kinesis.merge_shards(
        stream_name="s", shard_to_merge="shardId-000000000001", adjacent_shard_to_merge="shardId-000000000002"
    )
    fed.lab.desk.settle()
    fed.put("d")
    assert fed.batches[-1] == "d"


def test_filters_look_at_the_data(fed: Fed) -> None:
    pattern = json.dumps({"data": {"n": [{"numeric": [">", 1]}]}, "partitionKey": ["k"]})
    fed.start(filter_criteria={"Filters": [{"Pattern": pattern}]})
    fed.put('{"n":1}', '{"n":2}', "no json")
    fed.put('{"n":3}', key="other")
    assert fed.batches == ['{"n":2}']


def test_bisecting_lanes_and_windows(fed: Fed) -> None:
    fed.fail_on("c")
    uuid = fed.start(bisect_batch_on_function_error=True, maximum_retry_attempts=0)
    fed.put("a", "b", "c", "d")
    fed.lab.desk.advance(60)
    assert fed.batches == ["abcd", "ab", "cd", "c", "d"]
    fed.lab.run("delete_event_source_mapping", uuid=uuid)
    fed.fail_on("")
    fed.start("LATEST", parallelization_factor=2, maximum_batching_window_in_seconds=10)
    for n in range(10):
        fed.put(str(n), key=str(n))
    assert len(fed.batches) == 5
    fed.lab.desk.advance(10)
    first, second = fed.batches[5:]
    assert sorted(first + second) == list("0123456789") and [*first] == sorted(first)


def test_tumbling_windows(fed: Fed) -> None:
    events: list[dict[str, Any]] = []

    def handler(event: Any) -> Any:
        events.append(event)
        return {"state": {"seen": event["state"].get("seen", "") + texts(event)}}

    fed.lab.handler = handler
    fed.start(tumbling_window_in_seconds=60)
    fed.put("a", "b")
    fed.lab.desk.advance(61)
    assert [(texts(event), event["isFinalInvokeForWindow"]) for event in events] == [("ab", False), ("", True)]
    assert events[1]["state"] == {"seen": "ab"}


def test_a_destination_is_told_of_what_is_given_up(fed: Fed) -> None:
    url, arn = fed.lab.queue("dead")
    fed.lab.grant("r", "sqs:SendMessage")
    fed.fail_on("a")
    fed.start(maximum_retry_attempts=1, destination_config={"OnFailure": {"Destination": arn}})
    (number,) = fed.put("a")
    fed.lab.desk.advance(60)
    info = json.loads(fed.lab.received(url)[0]["Body"])["KinesisBatchInfo"]
    assert (info["startSequenceNumber"], info["streamArn"], info["batchSize"]) == (number, fed.arn, 1)


@pytest.mark.spec("kinesis-028")
def test_a_consumer_is_read(fed: Fed, refuses: Any) -> None:
    made = fed.kinesis.register_stream_consumer(stream_arn=fed.arn, consumer_name="c")["Consumer"]
    fed.start(source=made["ConsumerARN"])
    fed.put("a")
    assert fed.batches == ["a"]
    assert json.loads(fed.lab.calls[0].payload)["Records"][0]["eventSourceARN"] == made["ConsumerARN"]
    other = made["ConsumerARN"].replace("consumer/c:", "consumer/d:")
    refuses("InvalidParameterValueException", "Stream not found", fed.start, source=other)


def test_the_role_must_be_able_to_read(lab: Any, refuses: Any) -> None:
    lab.grant("r", *POWERS[:2])
    refuses(
        "InvalidParameterValueException", "GetRecords, GetShardIterator, DescribeStream, ListShards", Fed(lab).start
    )
