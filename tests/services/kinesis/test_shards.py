from __future__ import annotations

import itertools
from typing import Any

import pytest

from .test_reading import texts
from .test_records import refused

HALF = 2**127


def lineage(kinesis: Any) -> dict[str, tuple[str, str, bool]]:
    """Of each shard: its parents' and whether it is closed."""
    return {
        shard["ShardId"][-1]: (
            shard.get("ParentShardId", "-")[-1],
            shard.get("AdjacentParentShardId", "-")[-1],
            "EndingSequenceNumber" in shard["SequenceNumberRange"],
        )
        for shard in kinesis.shards()
    }


@pytest.mark.spec("kinesis-030", "kinesis-033")
def test_a_split_closes_the_parent(kinesis: Any) -> None:
    kinesis.stream()
    kinesis.put(b"before")
    iterator = kinesis.iterator()
    kinesis.ask.split_shard(stream_name="s", shard_to_split="shardId-000000000000", new_starting_hash_key=str(HALF))
    assert lineage(kinesis) == {"0": ("-", "-", True), "1": ("0", "-", False), "2": ("0", "-", False)}
    parent, low, high = kinesis.shards()
    assert int(low["HashKeyRange"]["EndingHashKey"]) + 1 == HALF == int(high["HashKeyRange"]["StartingHashKey"])
    ends = int(parent["SequenceNumberRange"]["EndingSequenceNumber"])
    put = kinesis.put(b"after")
    assert put["ShardId"] in (low["ShardId"], high["ShardId"]) and kinesis.summary()["OpenShardCount"] == 2
    assert texts(kinesis.get(shard=int(put["ShardId"][-1]))) == ["after"]
    answer = kinesis.ask.get_records(shard_iterator=iterator)
    assert texts(answer) == ["before"] and "NextShardIterator" not in answer
    assert int(answer["Records"][0]["SequenceNumber"]) < ends
    assert [child["ShardId"][-1] for child in answer["ChildShards"]] == ["1", "2"]
    assert answer["ChildShards"][0]["ParentShards"] == ["shardId-000000000000"]
    kinesis.desk.advance(24 * 3600 + 120)
    assert set(lineage(kinesis)) == {"1", "2"}
    refused("ResourceNotFoundException", lambda: kinesis.iterator(shard=0))


@pytest.mark.spec("kinesis-031", "kinesis-032")
def test_neighbours_merge(kinesis: Any) -> None:
    kinesis.stream(count=3)
    ids = [shard["ShardId"] for shard in kinesis.shards()]
    merge = kinesis.ask.merge_shards
    refused(
        "InvalidArgumentException",
        lambda: merge(stream_name="s", shard_to_merge=ids[0], adjacent_shard_to_merge=ids[2]),
        like="are not an adjacent pair of shards eligible for merging",
    )
    merge(stream_name="s", shard_to_merge=ids[1], adjacent_shard_to_merge=ids[0])
    assert lineage(kinesis) == {
        "0": ("-", "-", True), "1": ("-", "-", True), "2": ("-", "-", False), "3": ("1", "0", False),
    }  # fmt: skip
    assert kinesis.summary()["OpenShardCount"] == 2
    refused(
        "InvalidArgumentException",
        lambda: merge(stream_name="s", shard_to_merge=ids[0], adjacent_shard_to_merge=ids[1]),
        like="has already been merged or split",
    )
    for hash_key in (0, 2**128 // 3, 2**128 // 3 * 2 - 2):
        assert kinesis.put(explicit_hash_key=str(hash_key))["ShardId"].endswith("3")


def test_a_split_needs_a_key_inside(kinesis: Any) -> None:
    kinesis.stream(count=2)
    for wrong in (0, 1, HALF - 1, HALF):
        refused(
            "InvalidArgumentException",
            lambda wrong=wrong: kinesis.ask.split_shard(
                stream_name="s", shard_to_split="shardId-000000000000", new_starting_hash_key=str(wrong)
            ),
            like="is not both greater than one plus",
        )
    refused(
        "ResourceNotFoundException",
        lambda: kinesis.ask.split_shard(stream_name="s", shard_to_split="shardId-7", new_starting_hash_key="9"),
    )


@pytest.mark.spec("kinesis-004", "kinesis-005", "kinesis-034")
@pytest.mark.parametrize(("count", "target"), [(1, 2), (4, 2), (3, 5), (5, 3), (4, 3)])
def test_any_number_of_shards_of_one_size(kinesis: Any, count: int, target: int) -> None:
    kinesis.stream(count=count)
    answer = kinesis.ask.update_shard_count(stream_name="s", target_shard_count=target, scaling_type="UNIFORM_SCALING")
    assert (answer["CurrentShardCount"], answer["TargetShardCount"]) == (count, target)
    found = sorted(
        (int(shard["HashKeyRange"]["StartingHashKey"]), int(shard["HashKeyRange"]["EndingHashKey"]))
        for shard in kinesis.shards(shard_filter={"Type": "AT_LATEST"})
    )
    assert len(found) == target == kinesis.summary()["OpenShardCount"]
    assert found[0][0] == 0 and found[-1][1] == 2**128 - 1
    assert all(before[1] + 1 == after[0] for before, after in itertools.pairwise(found))
    sizes = [high - low for low, high in found]
    assert max(sizes) - min(sizes) <= 1
    every = {shard["ShardId"]: shard for shard in kinesis.shards()}
    for shard in every.values():
        for name in ("ParentShardId", "AdjacentParentShardId"):
            assert name not in shard or "EndingSequenceNumber" in every[shard[name]]["SequenceNumberRange"]


def test_shard_counts_have_limits(kinesis: Any) -> None:
    kinesis.stream(count=4)
    change = kinesis.ask.update_shard_count
    for wrong, words in ((9, "scale up over double"), (1, "scale down below half")):
        refused(
            "InvalidArgumentException",
            lambda wrong=wrong: change(stream_name="s", target_shard_count=wrong, scaling_type="UNIFORM_SCALING"),
            like=words,
        )
    for n in range(10):
        change(stream_name="s", target_shard_count=4 + n % 2, scaling_type="UNIFORM_SCALING")
    refused(
        "LimitExceededException",
        lambda: change(stream_name="s", target_shard_count=4, scaling_type="UNIFORM_SCALING"),
    )
    refused("LimitExceededException", lambda: kinesis.stream("t", 496), like="would exceed the shard limit")
    assert kinesis.ask.describe_limits()["OpenShardCount"] == 5


def test_shards_are_listed_by_page_and_filter(kinesis: Any) -> None:
    arn = kinesis.stream(count=3)
    began = kinesis.desk.clock.now()
    kinesis.desk.advance(100)
    split = {"stream_arn": arn, "shard_to_split": "shardId-000000000000", "new_starting_hash_key": "1000"}
    kinesis.ask.split_shard(**split)
    first = kinesis.ask.list_shards(stream_arn=arn, max_results=2)
    second = kinesis.ask.list_shards(next_token=first["NextToken"])
    assert [len(first["Shards"]), len(second["Shards"])] == [2, 3] and "NextToken" not in second
    refused("InvalidArgumentException", lambda: kinesis.ask.list_shards(stream_name="s", next_token=first["NextToken"]))

    def having(**wanted: Any) -> str:
        return "".join(shard["ShardId"][-1] for shard in kinesis.shards(shard_filter=wanted))

    assert having(Type="AT_LATEST") == "1234"
    assert having(Type="AFTER_SHARD_ID", ShardId="shardId-000000000002") == "34"
    assert having(Type="AT_TRIM_HORIZON") == "012"
    assert having(Type="AT_TIMESTAMP", Timestamp=began + 50) == "012"
    assert having(Type="FROM_TIMESTAMP", Timestamp=began + 101) == "1234"
    assert having(Type="FROM_TRIM_HORIZON") == "01234"
    refused("InvalidArgumentException", lambda: having(Type="AT_LATEST", ShardId="shardId-000000000002"))
    refused("InvalidArgumentException", lambda: having(Type="AT_TIMESTAMP"))
    kinesis.desk.advance(301)
    refused("ExpiredNextTokenException", lambda: kinesis.ask.list_shards(next_token=first["NextToken"]))
    described = kinesis.ask.describe_stream(stream_name="s", limit=4)["StreamDescription"]
    assert described["HasMoreShards"] and len(described["Shards"]) == 4


@pytest.mark.spec("kinesis-006", "kinesis-007")
def test_an_on_demand_stream_grows_with_its_traffic(kinesis: Any) -> None:
    kinesis.ask.create_stream(stream_name="s", stream_mode_details={"StreamMode": "ON_DEMAND"})
    assert kinesis.summary()["OpenShardCount"] == 4
    kinesis.put()
    kinesis.desk.advance(3600)
    assert kinesis.summary()["OpenShardCount"] == 4
    for _ in range(3):  # more than a provisioned shard takes
        entries = [{"Data": b"x", "PartitionKey": "hot"}] * 500
        assert kinesis.ask.put_records(stream_name="s", records=entries)["FailedRecordCount"] == 0
    kinesis.desk.advance(60)
    assert kinesis.summary()["OpenShardCount"] == 8
    kinesis.desk.advance(3600)
    assert kinesis.summary()["OpenShardCount"] == 8
    refused(
        "ValidationException",
        lambda: kinesis.ask.update_shard_count(stream_name="s", target_shard_count=9, scaling_type="UNIFORM_SCALING"),
    )


@pytest.mark.spec("kinesis-007")
def test_streams_switch_modes_twice_a_day(kinesis: Any) -> None:
    arn = kinesis.stream(count=2)

    def switch(mode: str) -> None:
        kinesis.ask.update_stream_mode(stream_arn=arn, stream_mode_details={"StreamMode": mode})

    switch("ON_DEMAND")
    assert kinesis.summary()["StreamModeDetails"] == {"StreamMode": "ON_DEMAND"}
    switch("PROVISIONED")
    assert kinesis.summary()["OpenShardCount"] == 2
    refused("LimitExceededException", lambda: switch("ON_DEMAND"))
    kinesis.desk.advance(86_401)
    switch("ON_DEMAND")
