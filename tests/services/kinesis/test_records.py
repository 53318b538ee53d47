from __future__ import annotations

from hashlib import md5
from typing import Any

import pytest

from skyjar.kernel.errors import AWSError

MIB = 1_048_576


def refused(code: str, work: Any, *, like: str = "") -> None:
    with pytest.raises(AWSError) as caught:
        work()
    assert caught.value.code == code, caught.value.message
    assert like in caught.value.message


@pytest.mark.spec("kinesis-001", "kinesis-002", "kinesis-009")
def test_what_is_put_is_read(kinesis: Any) -> None:
    kinesis.stream()
    latest = kinesis.iterator("LATEST")
    put = kinesis.put(b"\x00\xffabc", "key")
    assert put["ShardId"] == "shardId-000000000000" and len(put["SequenceNumber"]) == 56
    (record,) = kinesis.ask.get_records(shard_iterator=latest)["Records"]
    assert record == {
        "SequenceNumber": put["SequenceNumber"],
        "ApproximateArrivalTimestamp": kinesis.desk.clock.now(),
        "Data": b"\x00\xffabc",
        "PartitionKey": "key",
    }
    refused("ValidationException", lambda: kinesis.ask.put_record(stream_name="s", data=b"x"))


@pytest.mark.spec("kinesis-003", "kinesis-011", "kinesis-035")
def test_the_md5_of_a_key_chooses_the_shard(kinesis: Any) -> None:
    kinesis.stream(count=5)
    ranges = {
        shard["ShardId"]: (int(shard["HashKeyRange"]["StartingHashKey"]), int(shard["HashKeyRange"]["EndingHashKey"]))
        for shard in kinesis.shards()
    }
    assert min(low for low, _ in ranges.values()) == 0 and max(high for _, high in ranges.values()) == 2**128 - 1
    entries = [{"Data": b"x", "PartitionKey": f"key {n} ü"} for n in range(100)]
    answer = kinesis.ask.put_records(stream_name="s", records=entries)
    counts = dict.fromkeys(ranges, 0)
    for entry, done in zip(entries, answer["Records"], strict=True):
        low, high = ranges[done["ShardId"]]
        assert low <= int(md5(entry["PartitionKey"].encode()).hexdigest(), 16) <= high
        counts[done["ShardId"]] += 1
    assert sum(counts.values()) == 100 and all(8 <= count <= 35 for count in counts.values())
    assert kinesis.put(key="a")["ShardId"] == kinesis.put(key="a")["ShardId"]


def test_an_explicit_hash_key_overrides_the_partition_key(kinesis: Any) -> None:
    kinesis.stream(count=2)
    assert kinesis.put(explicit_hash_key=str(2**127 - 1))["ShardId"].endswith("0")
    assert kinesis.put(explicit_hash_key=str(2**127))["ShardId"].endswith("1")
    refused("InvalidArgumentException", lambda: kinesis.put(explicit_hash_key=str(2**128)), like="[0, 2^128-1]")


@pytest.mark.spec("kinesis-013", "kinesis-017")
def test_sequence_numbers_grow_and_nothing_is_deduplicated(kinesis: Any) -> None:
    kinesis.stream(count=2)
    numbers: dict[str, list[int]] = {}
    for n in range(20):
        put = kinesis.put(b"same", f"k{n % 4}")
        numbers.setdefault(put["ShardId"], []).append(int(put["SequenceNumber"]))
        kinesis.desk.advance(0.0005 * n)
    assert all(found == sorted(set(found)) for found in numbers.values())
    held = [len(kinesis.get(shard=n)["Records"]) for n in (0, 1)]
    assert sum(held) == 20


def test_ordering_after_another_record(kinesis: Any) -> None:
    kinesis.stream()
    first = kinesis.put()["SequenceNumber"]
    kinesis.desk.clock.freeze(kinesis.desk.clock.now() - 100)
    second = kinesis.put(sequence_number_for_ordering=first)["SequenceNumber"]
    assert int(second) > int(first)
    refused("InvalidArgumentException", lambda: kinesis.put(sequence_number_for_ordering="123"))


@pytest.mark.spec("kinesis-010")
def test_the_record_size_can_be_raised(kinesis: Any) -> None:
    arn = kinesis.stream()
    refused("ValidationException", lambda: kinesis.put(b"x" * MIB, "k"))
    kinesis.put(b"x" * (MIB - 1), "k")
    kinesis.ask.update_max_record_size(stream_arn=arn, max_record_size_in_ki_b=10_240)
    assert kinesis.summary()["MaxRecordSizeInKiB"] == 10_240
    kinesis.desk.advance(1)
    kinesis.put(b"y" * (10 * MIB - 1), "k")
    records = kinesis.get()["Records"]
    assert [len(record["Data"]) for record in records] == [MIB - 1]  # both are more than 10 MiB
    refused("ValidationException", lambda: kinesis.put(b"x" * (10 * MIB), "k"))


@pytest.mark.spec("kinesis-012", "kinesis-015", "kinesis-016")
def test_a_hot_shard_is_throttled_while_others_idle(kinesis: Any) -> None:
    kinesis.stream(count=2)
    hot = [{"Data": b"x", "PartitionKey": "hot"}] * 500
    for _ in range(2):
        assert kinesis.ask.put_records(stream_name="s", records=hot)["FailedRecordCount"] == 0
    mixed = [{"Data": b"x", "PartitionKey": "p", "ExplicitHashKey": str(n * 2**127)} for n in (0, 1)]
    answer = kinesis.ask.put_records(stream_name="s", records=mixed)
    assert answer["FailedRecordCount"] == 1
    (failure,) = [done for done in answer["Records"] if "ErrorCode" in done]
    assert failure["ErrorCode"] == "ProvisionedThroughputExceededException"
    assert "Rate exceeded for shard shardId-00000000000" in failure["ErrorMessage"] and "SequenceNumber" not in failure
    refused("ProvisionedThroughputExceededException", lambda: kinesis.put(key="hot"))
    kinesis.desk.advance(1)
    assert kinesis.ask.put_records(stream_name="s", records=hot)["FailedRecordCount"] == 0


@pytest.mark.spec("kinesis-015")
def test_a_shard_takes_a_mebibyte_a_second(kinesis: Any) -> None:
    kinesis.stream()
    kinesis.put(b"x" * 700_000)
    refused("ProvisionedThroughputExceededException", lambda: kinesis.put(b"x" * 700_000))
    kinesis.put(b"x" * 100_000)
    kinesis.desk.advance(1)
    kinesis.put(b"x" * 700_000)


@pytest.mark.spec("kinesis-014")
def test_a_request_of_too_much_is_refused_whole(kinesis: Any) -> None:
    arn = kinesis.stream(count=20)
    kinesis.ask.update_max_record_size(stream_arn=arn, max_record_size_in_ki_b=4096)
    big = [{"Data": b"x" * 3_000_000, "PartitionKey": f"{n}"} for n in range(4)]
    refused("InvalidArgumentException", lambda: kinesis.ask.put_records(stream_name="s", records=big))
    assert all(not kinesis.get(shard=n)["Records"] for n in range(20))


def test_an_even_spread_ignores_keys(kinesis: Any) -> None:
    kinesis.ask.create_stream(
        stream_name="s", stream_mode_details={"StreamMode": "ON_DEMAND"}, record_distribution_strategy="AUTO"
    )
    done = kinesis.ask.put_records(stream_name="s", records=[{"Data": b"x", "PartitionKey": "one"}] * 100)
    assert len({each["ShardId"] for each in done["Records"]}) == 4
    kinesis.put(b"without a key", key=None)
    refused(
        "InvalidArgumentException",
        lambda: kinesis.stream("t", record_distribution_strategy="AUTO"),
        like="ON_DEMAND",
    )


def test_a_dry_run_leaves_nothing(kinesis: Any) -> None:
    kinesis.stream()
    refused("DryRunOperationException", lambda: kinesis.put(dry_run=True))
    refused(
        "DryRunOperationException",
        lambda: kinesis.ask.put_records(stream_name="s", records=[{"Data": b"x", "PartitionKey": "k"}], dry_run=True),
    )
    assert kinesis.get()["Records"] == []
