from __future__ import annotations

from typing import Any

import pytest

from tests.services.cloudformation.conftest import Stacks


@pytest.fixture
def stacks(desk: Any) -> Stacks:
    return Stacks(desk)


def template(**properties: Any) -> dict[str, Any]:
    policy = {
        "Version": "2012-10-17",
        "Statement": [
            {
                "Effect": "Allow",
                "Principal": {"AWS": "444455556666"},
                "Action": "kinesis:PutRecord",
                "Resource": {"Fn::GetAtt": ["S", "Arn"]},
            }
        ],
    }
    arn = {"Fn::GetAtt": ["S", "Arn"]}
    return {
        "S": {"Type": "AWS::Kinesis::Stream", "Properties": {"Name": "s", **properties}},
        "C": {"Type": "AWS::Kinesis::StreamConsumer", "Properties": {"ConsumerName": "c", "StreamARN": arn}},
        "P": {
            "Type": "AWS::Kinesis::ResourcePolicy",
            "Properties": {"ResourceArn": arn, "ResourcePolicy": policy},
        },
    }


@pytest.mark.parametrize("is_slow", [False, True])
def test_a_stack_with_a_stream(stacks: Stacks, kinesis: Any, is_slow: bool) -> None:
    desk = kinesis.desk
    desk.pipeline.behaviour.has_aws_timing = is_slow
    key = desk.ask("kms").create_key()["KeyMetadata"]["Arn"]

    def status() -> str:
        desk.advance(120)
        found: str = desk.ask("cloudformation").describe_stacks(stack_name="s")["Stacks"][0]["StackStatus"]
        return found

    encryption = {"EncryptionType": "KMS", "KeyId": key}
    stacks.deploy(
        template(ShardCount=2, RetentionPeriodHours=48, StreamEncryption=encryption, Tags=[{"Key": "a", "Value": "b"}]),
        settles=not is_slow,
    )
    assert status() == "CREATE_COMPLETE"
    shown = kinesis.summary()
    assert (shown["OpenShardCount"], shown["RetentionPeriodHours"], shown["KeyId"]) == (2, 48, key)
    assert shown["ConsumerCount"] == 1
    arn = shown["StreamARN"]
    assert "444455556666" in kinesis.ask.get_resource_policy(resource_arn=arn)["Policy"]
    kinesis.put(b"stays")
    stacks.deploy(
        template(ShardCount=3, DesiredShardLevelMetrics=["IncomingBytes"], MaxRecordSizeInKiB=2048),
        settles=not is_slow,
    )
    assert status() == "UPDATE_COMPLETE"
    shown = kinesis.summary()
    assert (shown["OpenShardCount"], shown["RetentionPeriodHours"], shown["EncryptionType"]) == (3, 24, "NONE")
    assert shown["EnhancedMonitoring"] == [{"ShardLevelMetrics": ["IncomingBytes"]}]
    assert shown["MaxRecordSizeInKiB"] == 2048
    assert kinesis.ask.list_tags_for_stream(stream_name="s")["Tags"] == []
    stacks.deploy(template(StreamModeDetails={"StreamMode": "ON_DEMAND"}), settles=not is_slow)
    assert status() == "UPDATE_COMPLETE"
    assert kinesis.summary()["StreamModeDetails"] == {"StreamMode": "ON_DEMAND"}
    desk.ask("cloudformation").delete_stack(stack_name="s")
    desk.advance(120)
    assert kinesis.ask.list_streams()["StreamNames"] == []
