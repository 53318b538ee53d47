"""Event source mappings of DynamoDB's streams, with the clock in hand."""

from __future__ import annotations

import json
from typing import Any

import pytest

POWERS = tuple(f"dynamodb:{name}" for name in ("GetRecords", "GetShardIterator", "DescribeStream", "ListStreams"))


class Fed:
    """A function that reads the stream of a table: what it was called with, and what is written to the table."""

    def __init__(self, lab: Any) -> None:
        self.lab = lab
        made = lab.desk.ask("dynamodb").create_table(
            table_name="tab",
            key_schema=[{"AttributeName": "pk", "KeyType": "HASH"}],
            attribute_definitions=[{"AttributeName": "pk", "AttributeType": "S"}],
            provisioned_throughput={"ReadCapacityUnits": 100, "WriteCapacityUnits": 100},
            stream_specification={"StreamEnabled": True, "StreamViewType": "NEW_AND_OLD_IMAGES"},
        )
        self.arn = made["TableDescription"]["LatestStreamArn"]
        lab.create()

    def start(self, position: str = "TRIM_HORIZON", **more: Any) -> str:
        uuid: str = self.lab.run(
            "create_event_source_mapping",
            function_name="f",
            event_source_arn=self.arn,
            starting_position=position,
            **more,
        )["UUID"]
        self.lab.desk.settle()
        return uuid

    def put(self, *names: str, settle: bool = True, **more: Any) -> None:
        for name in names:
            self.lab.desk.ask("dynamodb").put_item(table_name="tab", item={"pk": {"S": name}, **more})
        if settle:
            self.lab.desk.settle()

    def fail_on(self, *bad: str) -> None:
        def handler(event: Any) -> None:
            if set(names(event)) & set(bad):
                raise ValueError("poison")

        self.lab.handler = handler

    @property
    def batches(self) -> list[str]:
        return ["".join(names(json.loads(call.payload))) for call in self.lab.calls]


def names(event: Any) -> list[str]:
    return [record["dynamodb"]["Keys"]["pk"]["S"] for record in event["Records"]]


@pytest.fixture
def fed(lab: Any) -> Fed:
    lab.grant("r", *POWERS)
    return Fed(lab)


def test_records_are_handed_over_once(fed: Fed) -> None:
    fed.put("a", b={"B": b"\0"})
    uuid = fed.start()
    fed.put("b", "c")
    assert "".join(fed.batches) == "abc"
    record = json.loads(fed.lab.calls[0].payload)["Records"][0]
    assert (record["eventName"], record["eventSource"], record["eventSourceARN"]) == ("INSERT", "aws:dynamodb", fed.arn)
    assert record["dynamodb"]["NewImage"]["b"] == {"B": "AA=="}
    shown = fed.lab.run("get_event_source_mapping", uuid=uuid)
    assert (shown["BatchSize"], shown["LastProcessingResult"], shown["MaximumRetryAttempts"]) == (100, "OK", -1)


def test_latest_sees_what_comes(fed: Fed) -> None:
    fed.put("a")
    fed.start("LATEST")
    fed.put("b")
    fed.lab.desk.advance(3_600)
    fed.put("c")
    assert fed.batches == ["b", "c"]


def test_latest_waits_longer_than_an_iterator_lives(fed: Fed) -> None:
    fed.put("a")
    fed.start("LATEST")
    fed.lab.desk.advance(3 * 3_600)
    fed.put("b")
    assert [batch[-1] for batch in fed.batches] == ["b"]


def test_batches_and_windows(fed: Fed) -> None:
    fed.start(batch_size=2, maximum_batching_window_in_seconds=10)
    fed.put("a")
    assert fed.batches == []
    fed.lab.desk.advance(9)
    fed.put("b")
    assert fed.batches == ["ab"]
    fed.put("c")
    fed.lab.desk.advance(11)
    assert fed.batches == ["ab", "c"]


def test_a_failed_batch_holds_up_what_came_later(fed: Fed) -> None:
    fed.fail_on("a")
    fed.start()
    fed.put("a")
    fed.put("b")
    assert fed.batches == ["a"]
    fed.lab.desk.advance(2)
    assert set(fed.batches) == {"a"} and len(fed.batches) > 1
    fed.fail_on()
    fed.lab.desk.advance(120)
    assert fed.batches[-2:] == ["a", "b"]


def test_tries_run_out_and_the_destination_is_told(fed: Fed) -> None:
    url, arn = fed.lab.queue("dead")
    fed.lab.grant("r", "sqs:SendMessage")
    fed.fail_on("a")
    fed.start(maximum_retry_attempts=2, destination_config={"OnFailure": {"Destination": arn}})
    fed.put("a")
    fed.put("b")
    fed.lab.desk.advance(60)
    assert fed.batches == ["a", "a", "a", "b"]
    told = json.loads(fed.lab.received(url)[0]["Body"])
    assert told["requestContext"]["condition"] == "RetryAttemptsExhausted"
    assert told["requestContext"]["approximateInvokeCount"] == 3
    assert told["responseContext"]["functionError"] == "Unhandled"
    info = told["DDBStreamBatchInfo"]
    assert (info["batchSize"], info["streamArn"]) == (1, fed.arn)
    assert info["startSequenceNumber"] == info["endSequenceNumber"]


def test_a_failed_batch_is_split(fed: Fed) -> None:
    fed.put("a", "b", "c", "d")
    fed.fail_on("c")
    fed.start(bisect_batch_on_function_error=True, maximum_retry_attempts=0)
    fed.lab.desk.advance(60)
    assert fed.batches == ["abcd", "ab", "cd", "c", "d"]


def test_what_failed_comes_again_with_what_follows(fed: Fed) -> None:
    seen: list[str] = []

    def handler(event: Any) -> Any:
        seen.append("".join(names(event)))
        bad = [r["dynamodb"]["SequenceNumber"] for r in event["Records"] if r["dynamodb"]["Keys"]["pk"]["S"] == "c"]
        return {"batchItemFailures": [{"itemIdentifier": number} for number in bad if len(seen) == 1]}

    fed.put("a", "b", "c", "d")
    fed.lab.handler = handler
    fed.start(function_response_types=["ReportBatchItemFailures"])
    fed.lab.desk.advance(10)
    assert seen == ["abcd", "cd"]


def test_old_records_are_given_up(fed: Fed) -> None:
    url, arn = fed.lab.queue("dead")
    fed.lab.grant("r", "sqs:SendMessage")
    fed.put("a")
    fed.lab.desk.advance(61)
    fed.put("b")
    fed.start(maximum_record_age_in_seconds=60, destination_config={"OnFailure": {"Destination": arn}})
    assert fed.batches == ["b"]
    told = json.loads(fed.lab.received(url)[0]["Body"])
    assert told["requestContext"]["condition"] == "RecordAgeExceeded"


def test_filters(fed: Fed) -> None:
    pattern = json.dumps({"eventName": ["MODIFY"], "dynamodb": {"NewImage": {"n": {"N": ["2"]}}}})
    fed.start(filter_criteria={"Filters": [{"Pattern": pattern}]})
    fed.put("a", "b", n={"N": "1"})
    fed.put("b", n={"N": "2"})
    assert fed.batches == ["b"]


def test_lanes_keep_an_items_order(fed: Fed) -> None:
    fed.put(*[f"k{n % 5}" for n in range(5)], settle=False)
    for n in range(3):
        fed.put(*[f"k{n}" for n in range(5)], n={"N": str(n)}, settle=False)
    uuid = fed.start(parallelization_factor=4)
    seen: dict[str, list[str]] = {}
    for call in fed.lab.calls:
        for record in json.loads(call.payload)["Records"]:
            seen.setdefault(record["dynamodb"]["Keys"]["pk"]["S"], []).append(record["dynamodb"]["SequenceNumber"])
    assert len(fed.lab.calls) > 1 and len(seen) == 5
    assert all(len(each) == 4 and each == sorted(set(each)) for each in seen.values())
    fed.lab.run("update_event_source_mapping", uuid=uuid, parallelization_factor=1)
    before = len(fed.lab.calls)
    fed.put("z")
    assert "z" in "".join(fed.batches[before:])


def test_shards_are_read_one_after_another(fed: Fed) -> None:
    fed.start()
    fed.put("a")
    fed.fail_on("b")
    fed.put("b")
    fed.lab.desk.advance(5 * 3_600)
    fed.put("c")
    assert set(fed.batches) == {"a", "b"}
    fed.fail_on()
    fed.lab.desk.advance(120)
    assert fed.batches[-2:] == ["b", "c"]


def test_throttles_are_no_tries(fed: Fed) -> None:
    fed.start(maximum_retry_attempts=0)
    fed.lab.throttles = 3
    fed.put("a")
    fed.lab.desk.advance(30)
    assert fed.batches == ["a"]


def test_a_disabled_mapping_goes_on_where_it_was(fed: Fed) -> None:
    uuid = fed.start()
    fed.put("a")
    fed.lab.run("update_event_source_mapping", uuid=uuid, enabled=False)
    fed.put("b")
    assert fed.batches == ["a"]
    fed.lab.run("update_event_source_mapping", uuid=uuid, enabled=True)
    fed.lab.desk.settle()
    assert fed.batches == ["a", "b"]
    fed.lab.run("delete_event_source_mapping", uuid=uuid)
    fed.put("c")
    assert fed.batches == ["a", "b"]


def test_what_is_refused(fed: Fed, refuses: Any) -> None:
    for words, given in (
        ("Value null at 'startingPosition'", {"position": None}),
        ("Unsupported starting position for arn type", {"position": "AT_TIMESTAMP"}),
        ("MaximumRecordAgeInSeconds must be", {"maximum_record_age_in_seconds": 59}),
        ("is invalid", {"destination_config": {"OnFailure": {"Destination": "arn:aws:lambda:us-east-1:1:function:f"}}}),
    ):
        refuses("InvalidParameterValueException", words, fed.start, **given)
    _, queue = fed.lab.queue("q")
    refuses(
        "InvalidParameterValueException", "ParallelizationFactor is not valid for SQS event sources.", fed.lab.run,
        "create_event_source_mapping", function_name="f", event_source_arn=queue, parallelization_factor=2,
    )  # fmt: skip
    fed.arn += "0"
    refuses("InvalidParameterValueException", "Stream not found", fed.start)


def test_the_role_must_be_able_to_read(lab: Any, refuses: Any) -> None:
    lab.grant("r", *POWERS[:2])
    refuses("InvalidParameterValueException", "Cannot access stream", Fed(lab).start)


def test_tumbling_windows_hand_on_their_state(fed: Fed) -> None:
    events: list[dict[str, Any]] = []

    def handler(event: Any) -> Any:
        events.append(event)
        return {"state": {"sum": event["state"].get("sum", 0) + len(event["Records"])}}

    fed.lab.handler = handler
    uuid = fed.start(tumbling_window_in_seconds=60, batch_size=2)
    assert fed.lab.run("get_event_source_mapping", uuid=uuid)["TumblingWindowInSeconds"] == 60
    fed.put("a", "b", "c")
    fed.lab.desk.advance(30)
    fed.put("d")
    fed.lab.desk.advance(31)
    fed.put("e")
    fed.lab.desk.advance(61)
    shown = [("".join(names(event)), event["state"].get("sum", 0), event["isFinalInvokeForWindow"]) for event in events]
    assert [each for each in shown if each[2]] == [("", 4, True), ("", 1, True)]
    assert "".join(each[0] for each in shown) == "abcde"
    before = shown[: shown.index(("", 4, True))]
    assert "".join(each[0] for each in before) == "abcd"
    window = events[0]["window"]
    assert window == {"start": "2027-01-15T08:00:00Z", "end": "2027-01-15T08:01:00Z"}
    assert events[0]["eventSourceARN"] == fed.arn and events[0]["shardId"].startswith("shardId-")


def test_the_end_of_a_window_is_tried_again(fed: Fed) -> None:
    tries: list[bool] = []

    def handler(event: Any) -> Any:
        if event["isFinalInvokeForWindow"]:
            tries.append(True)
            assert len(tries) > 2
        return {"state": {}}

    fed.lab.handler = handler
    fed.start(tumbling_window_in_seconds=10)
    fed.put("a")
    fed.lab.desk.advance(60)
    assert len(tries) == 3
    fed.put("b")
    assert "".join(fed.batches).endswith("b")
