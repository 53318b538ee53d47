"""How a stack changes its tables."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from skyjar.kernel.errors import AWSError
from skyjar.kernel.outside import Outside
from skyjar.services.dynamodb.cfn import RESOURCE_TYPES

from .conftest import index, keys, types
from .test_cfn import FAR, GLOBAL, HOME, PLAIN, RESOURCE, TYPE, run, settled

UNITS = {"ReadCapacityUnits": "2", "WriteCapacityUnits": "3"}
STATEMENT = {
    "Effect": "Allow", "Principal": {"AWS": "444455556666"}, "Action": "dynamodb:GetRecords", "Resource": "*",
}  # fmt: skip
POLICY = {"ResourcePolicy": {"PolicyDocument": {"Version": "2012-10-17", "Statement": [STATEMENT]}}}
WITH_INDEX = {**PLAIN, "AttributeDefinitions": types(pk="S", g="S")}


def shown(desk: Any, name: str, region: str = HOME) -> dict[str, Any]:
    found: dict[str, Any] = desk.ask("dynamodb", region=region).describe_table(table_name=name)["Table"]
    return found


def test_everything_is_changed_in_one_update(desk: Any) -> None:
    """Though UpdateTable takes hardly two changes at once."""
    before = {
        **WITH_INDEX,
        "GlobalSecondaryIndexes": [index("gsi", "g")],
        "OnDemandThroughput": {"MaxReadRequestUnits": 5},
        "StreamSpecification": {"StreamViewType": "KEYS_ONLY"},
    }
    made = run(desk, TYPE.create, before)
    after = {
        **WITH_INDEX,
        "BillingMode": "PROVISIONED",
        "ProvisionedThroughput": UNITS,
        "GlobalSecondaryIndexes": [index("gsi", "g", ProvisionedThroughput=UNITS)],
        "WarmThroughput": {"ReadUnitsPerSecond": 14_000},
        "TableClass": "STANDARD_INFREQUENT_ACCESS",
        "DeletionProtectionEnabled": True,
        "SSESpecification": {"SSEEnabled": True},
        "StreamSpecification": {"StreamViewType": "NEW_IMAGE", **POLICY},
    }
    changed = run(desk, TYPE.update, made, after, before)
    table = shown(desk, made.id)
    assert table["BillingModeSummary"]["BillingMode"] == "PROVISIONED"
    assert "OnDemandThroughput" not in table
    for bought in (table, table["GlobalSecondaryIndexes"][0]):
        assert bought["ProvisionedThroughput"]["WriteCapacityUnits"] == 3
    assert table["WarmThroughput"]["ReadUnitsPerSecond"] == 14_000
    assert table["TableClassSummary"]["TableClass"] == "STANDARD_INFREQUENT_ACCESS"
    assert table["DeletionProtectionEnabled"]
    assert table["SSEDescription"]["Status"] == "ENABLED"
    assert table["StreamSpecification"]["StreamViewType"] == "NEW_IMAGE"
    db = desk.ask("dynamodb")
    assert "444455556666" in db.get_resource_policy(resource_arn=changed.attributes["StreamArn"])["Policy"]
    run(desk, TYPE.update, changed, before, after)
    table = shown(desk, made.id)
    assert table["OnDemandThroughput"] == {"MaxReadRequestUnits": 5}
    assert not table["DeletionProtectionEnabled"]
    assert "SSEDescription" not in table


def test_a_policy_of_a_stream_comes_and_goes(desk: Any) -> None:
    view = {"StreamViewType": "KEYS_ONLY"}
    with_policy = {**PLAIN, "StreamSpecification": {**view, **POLICY}}
    made = run(desk, TYPE.create, with_policy)
    db, arn = desk.ask("dynamodb"), made.attributes["StreamArn"]
    assert "444455556666" in db.get_resource_policy(resource_arn=arn)["Policy"]
    without = {**PLAIN, "StreamSpecification": view}
    same = run(desk, TYPE.update, made, without, with_policy)
    assert same.attributes["StreamArn"] == arn
    with pytest.raises(AWSError, match="policy not found"):
        db.get_resource_policy(resource_arn=arn)


def test_maxima_of_indexes_are_set_and_taken_away(desk: Any) -> None:
    def given(**more: Any) -> dict[str, Any]:
        return {**WITH_INDEX, "GlobalSecondaryIndexes": [index("gsi", "g", **more)]}

    before, most = given(), given(OnDemandThroughput={"MaxReadRequestUnits": "7"})
    made = run(desk, TYPE.create, before)
    run(desk, TYPE.update, made, most, before)
    assert shown(desk, made.id)["GlobalSecondaryIndexes"][0]["OnDemandThroughput"] == {"MaxReadRequestUnits": 7}
    run(desk, TYPE.update, made, before, most)
    assert "OnDemandThroughput" not in shown(desk, made.id)["GlobalSecondaryIndexes"][0]


def test_an_update_makes_or_deletes_one_index(desk: Any) -> None:
    before = {**WITH_INDEX, "GlobalSecondaryIndexes": [index("one", "g")]}
    made = run(desk, TYPE.create, before)
    for wanted, sentence in (
        ([index("two", "g")], "Cannot perform more than one GSI creation or deletion in a single update"),
        (
            [index("one", "g", projection="KEYS_ONLY")],
            "Cannot update GSI's properties other than Provisioned Throughput",
        ),
    ):
        with pytest.raises(AWSError, match=sentence):
            run(desk, TYPE.update, made, {**before, "GlobalSecondaryIndexes": wanted}, before)


def test_steps_wait_for_each_other_with_aws_timing(desk: Any) -> None:
    desk.pipeline.behaviour.has_aws_timing = True
    before = {**WITH_INDEX, "GlobalSecondaryIndexes": [index("one", "g")]}
    made = settled(desk, TYPE.create, before, tries=20)
    after = {
        **PLAIN,
        "BillingMode": "PROVISIONED",
        "ProvisionedThroughput": UNITS,
        "TableClass": "STANDARD_INFREQUENT_ACCESS",
        "DeletionProtectionEnabled": True,
        "Tags": [{"Key": "a", "Value": "b"}],
    }
    assert isinstance(run(desk, TYPE.update, made, after, before), Outside)
    settled(desk, TYPE.update, made, after, before, tries=80)
    table = shown(desk, made.id)
    assert (table["TableStatus"], table["DeletionProtectionEnabled"]) == ("ACTIVE", True)
    assert "GlobalSecondaryIndexes" not in table
    assert table["ProvisionedThroughput"]["ReadCapacityUnits"] == 2
    assert desk.ask("dynamodb").list_tags_of_resource(resource_arn=table["TableArn"])["Tags"] == after["Tags"]


def test_keys_and_types_are_changed_by_replacement() -> None:
    for kind in (TYPE, GLOBAL):
        assert kind.replaced_by == {"KeySchema", "LocalSecondaryIndexes"}
        assert kind.replaced_if is not None
        assert kind.replaced_if(PLAIN, {**PLAIN, "AttributeDefinitions": types(pk="N")})
        assert not kind.replaced_if(PLAIN, WITH_INDEX)
        assert not kind.replaced_if(WITH_INDEX, PLAIN)


@pytest.fixture
def bucket(desk: Any) -> str:
    s3 = desk.ask("s3")
    s3.create_bucket(bucket="seed")
    s3.put_object(bucket="seed", key="in/1.csv", body=b"pk,n\na,1\nb,2\n")
    return "seed"


def test_a_table_begins_with_what_is_in_s3(desk: Any, bucket: str) -> None:
    source = {"S3BucketSource": {"S3Bucket": bucket, "S3KeyPrefix": "in/"}, "InputFormat": "CSV"}
    given = {
        **PLAIN,
        "ImportSourceSpecification": source,
        "DeletionProtectionEnabled": True,
        "StreamSpecification": {"StreamViewType": "KEYS_ONLY"},
        "Tags": [{"Key": "a", "Value": "b"}],
        "PointInTimeRecoverySpecification": {"PointInTimeRecoveryEnabled": True},
    }
    made = settled(desk, TYPE.create, given, tries=20)
    db = desk.ask("dynamodb")
    assert db.scan(table_name=made.id)["Count"] == 2
    table = shown(desk, made.id)
    assert (table["DeletionProtectionEnabled"], made.attributes["StreamArn"]) == (True, table["LatestStreamArn"])
    assert db.list_tags_of_resource(resource_arn=table["TableArn"])["Tags"] == given["Tags"]
    nowhere = {**source, "S3BucketSource": {"S3Bucket": "nowhere"}}
    other = msgspec.structs.replace(RESOURCE, token="MNOPQRSTUVWX")
    with pytest.raises(AWSError):
        settled(desk, TYPE.create, {**given, "ImportSourceSpecification": nowhere}, resource=other, tries=20)


def test_replicas_have_streams_of_kinesis_and_policies_of_their_own(desk: Any) -> None:
    desk.ask("kinesis", region=FAR).create_stream(stream_name="far", shard_count=1)
    desk.settle()
    arn = f"arn:aws:kinesis:{FAR}:111122223333:stream/far"
    plain = {
        **PLAIN, "MultiRegionConsistency": "EVENTUAL", "StreamSpecification": {"StreamViewType": "NEW_AND_OLD_IMAGES"},
    }  # fmt: skip
    own = {"Region": FAR, "KinesisStreamSpecification": {"StreamArn": arn}, "ReplicaStreamSpecification": POLICY}
    given = {**plain, "Replicas": [{"Region": HOME, "ReplicaStreamSpecification": POLICY}, own]}
    made = settled(desk, GLOBAL.create, given, tries=20)
    far = desk.ask("dynamodb", region=FAR)
    found = far.describe_kinesis_streaming_destination(table_name=made.id)["KinesisDataStreamDestinations"]
    assert [each["StreamArn"] for each in found] == [arn]
    for region in (HOME, FAR):
        stream = shown(desk, made.id, region)["LatestStreamArn"]
        policy = desk.ask("dynamodb", region=region).get_resource_policy(resource_arn=stream)["Policy"]
        assert "444455556666" in policy
    with pytest.raises(AWSError, match="MultiRegionConsistency STRONG"):
        run(desk, GLOBAL.update, made, {**given, "MultiRegionConsistency": "STRONG"}, given)
    assert RESOURCE_TYPES["AWS::DynamoDB::GlobalTable"] is GLOBAL
    assert keys("pk") == given["KeySchema"]


def test_a_global_table_waits_for_each_of_its_changes_too(desk: Any) -> None:
    keys_of = {region: desk.ask("kms", region=region).create_key()["KeyMetadata"]["Arn"] for region in (HOME, FAR)}
    desk.pipeline.behaviour.has_aws_timing = True
    view = {"StreamSpecification": {"StreamViewType": "NEW_AND_OLD_IMAGES"}}
    before = {**PLAIN, **view, "TableName": "both", "Replicas": [{"Region": HOME}, {"Region": FAR}]}
    made = settled(desk, GLOBAL.create, before, tries=300)
    replicas = [
        {
            "Region": region,
            "SSESpecification": {"KMSMasterKeyId": keys_of[region]},
            "ReadOnDemandThroughputSettings": {"MaxReadRequestUnits": most},
            "DeletionProtectionEnabled": True,
            "Tags": [{"Key": "a", "Value": region}],
        }
        for region, most in ((HOME, 5), (FAR, 6))
    ]
    after = {**before, "SSESpecification": {"SSEEnabled": True, "SSEType": "KMS"}, "Replicas": replicas}
    assert isinstance(run(desk, GLOBAL.update, made, after, before), Outside)
    settled(desk, GLOBAL.update, made, after, before, tries=300)
    for region, most in ((HOME, 5), (FAR, 6)):
        table = shown(desk, "both", region)
        assert table["SSEDescription"]["KMSMasterKeyArn"] == keys_of[region]
        assert table["OnDemandThroughput"] == {"MaxReadRequestUnits": most}
        assert table["DeletionProtectionEnabled"]
        tags = desk.ask("dynamodb", region=region).list_tags_of_resource(resource_arn=table["TableArn"])["Tags"]
        assert tags == [{"Key": "a", "Value": region}]
