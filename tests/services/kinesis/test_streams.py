from __future__ import annotations

from typing import Any

import pytest

from .test_records import refused


def test_states_take_their_time_with_aws_timing(kinesis: Any) -> None:
    kinesis.desk.pipeline.behaviour.has_aws_timing = True
    kinesis.stream()
    assert kinesis.summary()["StreamStatus"] == "CREATING"
    refused("ResourceNotFoundException", kinesis.put)
    kinesis.desk.advance(10)
    assert kinesis.summary()["StreamStatus"] == "ACTIVE"
    kinesis.put()
    kinesis.ask.increase_stream_retention_period(stream_name="s", retention_period_hours=48)
    assert kinesis.summary()["StreamStatus"] == "UPDATING"
    refused(
        "ResourceInUseException",
        lambda: kinesis.ask.increase_stream_retention_period(stream_name="s", retention_period_hours=72),
        like="not ACTIVE, instead in state UPDATING",
    )
    kinesis.put()
    kinesis.desk.advance(10)
    kinesis.ask.delete_stream(stream_name="s")
    assert kinesis.summary()["StreamStatus"] == "DELETING"
    kinesis.desk.advance(10)
    refused("ResourceNotFoundException", kinesis.summary, like="Stream s under account 111122223333 not found.")


@pytest.mark.spec("kinesis-001")
def test_streams_are_made_listed_and_deleted(kinesis: Any) -> None:
    for name in "cab":
        kinesis.stream(name)
    refused("ResourceInUseException", lambda: kinesis.stream("a"), like="already exists")
    first = kinesis.ask.list_streams(limit=2)
    assert first["StreamNames"] == ["a", "b"] and first["HasMoreStreams"]
    assert first["StreamSummaries"][0]["StreamARN"] == "arn:aws:kinesis:us-east-1:111122223333:stream/a"
    rest = kinesis.ask.list_streams(exclusive_start_stream_name="b")
    assert rest["StreamNames"] == ["c"] and not rest["HasMoreStreams"]
    assert kinesis.ask.list_streams(next_token=first["NextToken"], limit=2)["StreamNames"] == ["c"]
    one = kinesis.ask.list_streams(exclusive_start_stream_name="a", limit=1)
    assert one["StreamNames"] == ["b"]
    assert kinesis.ask.list_streams(next_token=one["NextToken"])["StreamNames"] == ["c"]
    refused("InvalidArgumentException", lambda: kinesis.ask.list_streams(next_token="none"))
    kinesis.put(name="a")
    kinesis.ask.delete_stream(stream_name="a")
    kinesis.desk.settle()
    kinesis.stream("a")
    assert kinesis.get(name="a")["Records"] == []
    for wrong in ({}, {"shard_count": 1, "stream_mode_details": {"StreamMode": "ON_DEMAND"}}):
        refused("ValidationException", lambda wrong=wrong: kinesis.ask.create_stream(stream_name="x", **wrong))


def test_a_name_or_an_arn(kinesis: Any) -> None:
    arn = kinesis.stream()
    described = kinesis.ask.describe_stream(stream_arn=arn)["StreamDescription"]
    assert described["StreamName"] == "s" and described["EncryptionType"] == "NONE"
    kinesis.ask.describe_stream_summary(stream_name="s", stream_arn=arn)
    refused("InvalidArgumentException", lambda: kinesis.ask.describe_stream(stream_name="t", stream_arn=arn))
    refused("InvalidArgumentException", kinesis.ask.describe_stream)


def test_tags(kinesis: Any) -> None:
    arn = kinesis.stream(tags={"a": "1"})
    kinesis.ask.add_tags_to_stream(stream_name="s", tags={"b": "2", "c": ""})
    kinesis.ask.tag_resource(resource_arn=arn, tags={"d": "4"})
    assert [tag["Key"] for tag in kinesis.ask.list_tags_for_resource(resource_arn=arn)["Tags"]] == list("abcd")
    kinesis.ask.remove_tags_from_stream(stream_name="s", tag_keys=["a"])
    kinesis.ask.untag_resource(resource_arn=arn, tag_keys=["d"])
    page = kinesis.ask.list_tags_for_stream(stream_name="s", limit=1)
    assert page == {"Tags": [{"Key": "b", "Value": "2"}], "HasMoreTags": True}
    page = kinesis.ask.list_tags_for_stream(stream_name="s", exclusive_start_tag_key="b")
    assert page == {"Tags": [{"Key": "c", "Value": ""}], "HasMoreTags": False}
    many = {str(n): "" for n in range(49)}
    refused("LimitExceededException", lambda: kinesis.ask.add_tags_to_stream(stream_name="s", tags=many))


@pytest.mark.spec("kinesis-029")
def test_consumers(kinesis: Any) -> None:
    arn = kinesis.stream()
    ask = kinesis.ask
    made = ask.register_stream_consumer(stream_arn=arn, consumer_name="c0", tags={"a": "b"})["Consumer"]
    assert made["ConsumerStatus"] == "CREATING" and made["ConsumerARN"] == f"{arn}/consumer/c0:1800000000"
    described = ask.describe_stream_consumer(consumer_arn=made["ConsumerARN"])["ConsumerDescription"]
    assert described["ConsumerStatus"] == "ACTIVE" and described["StreamARN"] == arn
    assert ask.list_tags_for_resource(resource_arn=made["ConsumerARN"])["Tags"] == [{"Key": "a", "Value": "b"}]
    refused("ResourceInUseException", lambda: ask.register_stream_consumer(stream_arn=arn, consumer_name="c0"))
    for n in range(1, 20):
        ask.register_stream_consumer(stream_arn=arn, consumer_name=f"c{n}")
    refused("LimitExceededException", lambda: ask.register_stream_consumer(stream_arn=arn, consumer_name="c20"))
    first = ask.list_stream_consumers(stream_arn=arn, max_results=15)
    second = ask.list_stream_consumers(stream_arn=arn, next_token=first["NextToken"])
    assert [len(first["Consumers"]), len(second["Consumers"])] == [15, 5]
    assert kinesis.summary()["ConsumerCount"] == 20
    refused("ResourceInUseException", lambda: ask.delete_stream(stream_name="s"))
    ask.deregister_stream_consumer(stream_arn=arn, consumer_name="c0")
    refused("ResourceNotFoundException", lambda: ask.describe_stream_consumer(consumer_arn=made["ConsumerARN"]))
    ask.delete_stream(stream_name="s", enforce_consumer_deletion=True)


def test_five_consumers_are_made_at_a_time(kinesis: Any) -> None:
    arn = kinesis.stream()
    kinesis.desk.pipeline.behaviour.has_aws_timing = True
    for n in range(5):
        kinesis.ask.register_stream_consumer(stream_arn=arn, consumer_name=f"c{n}")
    refused(
        "LimitExceededException",
        lambda: kinesis.ask.register_stream_consumer(stream_arn=arn, consumer_name="c5"),
        like="CREATING",
    )
    kinesis.desk.advance(5)
    kinesis.ask.register_stream_consumer(stream_arn=arn, consumer_name="c5")


def test_five_streams_are_made_at_a_time(kinesis: Any) -> None:
    kinesis.desk.pipeline.behaviour.has_aws_timing = True
    for n in range(5):
        kinesis.stream(f"s{n}")
    refused("LimitExceededException", lambda: kinesis.stream("s5"), like="CREATING")
    kinesis.desk.advance(10)
    kinesis.stream("s5")


def test_the_key_that_aws_manages(kinesis: Any) -> None:
    kinesis.stream()
    kinesis.ask.start_stream_encryption(stream_name="s", encryption_type="KMS", key_id="alias/aws/kinesis")
    assert kinesis.put()["EncryptionType"] == "KMS"
    assert kinesis.get()["Records"][0]["Data"] == b"x"


def test_enhanced_monitoring(kinesis: Any) -> None:
    kinesis.stream()
    answer = kinesis.ask.enable_enhanced_monitoring(stream_name="s", shard_level_metrics=["ALL"])
    assert answer["CurrentShardLevelMetrics"] == [] and len(answer["DesiredShardLevelMetrics"]) == 7
    kinesis.ask.disable_enhanced_monitoring(stream_name="s", shard_level_metrics=["OutgoingBytes"])
    assert len(kinesis.summary()["EnhancedMonitoring"][0]["ShardLevelMetrics"]) == 6


def test_warm_throughput_takes_a_commitment(kinesis: Any) -> None:
    ask = kinesis.ask
    ask.create_stream(stream_name="s", stream_mode_details={"StreamMode": "ON_DEMAND"})
    refused("ValidationException", lambda: ask.update_stream_warm_throughput(stream_name="s", warm_throughput_mi_bps=9))
    status = {"Status": "ENABLED"}
    shown = ask.update_account_settings(minimum_throughput_billing_commitment=status)
    assert shown == ask.describe_account_settings()
    ask.update_stream_warm_throughput(stream_name="s", warm_throughput_mi_bps=9)
    assert kinesis.summary()["WarmThroughput"]["CurrentMiBps"] == 9 == kinesis.summary()["OpenShardCount"]
    off = {"Status": "DISABLED"}
    refused("ValidationException", lambda: ask.update_account_settings(minimum_throughput_billing_commitment=off))
    kinesis.desk.advance(86_400)
    found = ask.update_account_settings(minimum_throughput_billing_commitment=off)
    assert found["MinimumThroughputBillingCommitment"]["Status"] == "DISABLED"


def test_what_streams_tell_of_themselves(kinesis: Any) -> None:
    kinesis.stream()
    kinesis.ask.enable_enhanced_monitoring(stream_name="s", shard_level_metrics=["IncomingRecords"])
    entries = [{"Data": b"12345", "PartitionKey": "k"}] * 3
    kinesis.ask.put_records(stream_name="s", records=entries)
    kinesis.put(b"12")
    kinesis.get()
    kinesis.desk.advance(60)
    now = kinesis.desk.clock.now()

    def told(name: str, **more: str) -> float:
        dimensions = [{"Name": key, "Value": value} for key, value in {"StreamName": "s", **more}.items()]
        points = kinesis.desk.ask("cloudwatch").get_metric_statistics(
            namespace="AWS/Kinesis", metric_name=name, dimensions=dimensions, start_time=now - 120, end_time=now + 60,
            period=60, statistics=["Sum"],
        )["Datapoints"]  # fmt: skip
        return float(sum(point["Sum"] for point in points))

    assert told("IncomingBytes") == 17 and told("IncomingRecords") == 4
    assert told("GetRecords.Records") == 4 and told("PutRecords.SuccessfulRecords") == 3
    assert told("IncomingRecords", ShardId="shardId-000000000000") == 4
