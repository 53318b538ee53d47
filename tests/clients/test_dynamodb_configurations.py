"""Every setting of a table, as Terraform's provider sends and reads it: set, read back, set again, taken away, read again."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any, NamedTuple

import pytest
from botocore.config import Config
from botocore.exceptions import ClientError

from skyjar.testing.running import Account, Running

pytestmark = pytest.mark.client
FAR = "eu-west-1"
KEYS: dict[str, Any] = {
    "AttributeDefinitions": [{"AttributeName": "pk", "AttributeType": "S"}],
    "KeySchema": [{"AttributeName": "pk", "KeyType": "HASH"}],
    "BillingMode": "PAY_PER_REQUEST",
}
STREAM = {"StreamEnabled": True, "StreamViewType": "NEW_AND_OLD_IMAGES"}
Sent = dict[str, Any]


class Setting(NamedTuple):
    """`sets` are requests, one after another, and what is read after each; `again`: the sentence with which the last one is refused when it
    is sent once more, empty where it is taken and changes nothing. `resets` takes it away; None: nothing does."""

    operation: str
    read: Callable[[Any, Sent], Any]
    absent: Any
    sets: list[tuple[Sent, Any]]
    resets: tuple[str, Sent] | None
    again: str = ""
    gone: Any = None
    """What is read then, where that is not what was read at first."""


def of_table(*members: str) -> Callable[[Any, Sent], Any]:
    def read(db: Any, named: Sent) -> Any:
        found = db.describe_table(**named)["Table"]
        shown = {member: found[member] for member in members if member in found}
        return shown[members[0]] if len(members) == 1 and shown else shown or None

    return read


def of_answer(operation: str, *path: str) -> Callable[[Any, Sent], Any]:
    def read(db: Any, named: Sent) -> Any:
        try:
            found = getattr(db, operation)(**named)
        except ClientError as error:
            return error.response["Error"]["Code"]
        for each in path:
            found = found.get(each)
        return found

    return read


def class_of(db: Any, named: Sent) -> Any:
    found = db.describe_table(**named)["Table"].get("TableClassSummary")
    if found is not None:
        assert found.pop("LastUpdateDateTime")
    return found


def recovery(db: Any, named: Sent) -> Any:
    found = db.describe_continuous_backups(**named)["ContinuousBackupsDescription"]["PointInTimeRecoveryDescription"]
    return found["PointInTimeRecoveryStatus"], found.get("RecoveryPeriodInDays")


def destinations(db: Any, named: Sent) -> Any:
    found = db.describe_kinesis_streaming_destination(**named)["KinesisDataStreamDestinations"]
    return [(each["StreamArn"], each["DestinationStatus"]) for each in found]


def policy_of(db: Any, named: Sent) -> Any:
    arn = db.describe_table(**named)["Table"]["TableArn"]
    found = of_answer("get_resource_policy", "Policy")(db, {"ResourceArn": arn})
    return json.loads(found) if found.startswith("{") else found


def tags_of(db: Any, named: Sent) -> Any:
    arn = db.describe_table(**named)["Table"]["TableArn"]
    return db.list_tags_of_resource(ResourceArn=arn)["Tags"]


def replicas_of(db: Any, named: Sent) -> Any:
    found = db.describe_table(**named)["Table"].get("Replicas", [])
    return [(each["RegionName"], each.get("OnDemandThroughputOverride")) for each in found]


def settings(number: str, key: str, stream: str) -> dict[str, Setting]:
    arn = f"arn:aws:dynamodb:us-east-1:{number}:table/tab"
    statement = {"Sid": "one", "Effect": "Allow", "Principal": {"AWS": f"arn:aws:iam::{number}:root"},
                 "Action": "dynamodb:GetItem", "Resource": arn}  # fmt: skip
    document = {"Version": "2012-10-17", "Statement": [statement]}
    maximum = {"OnDemandThroughputOverride": {"MaxReadRequestUnits": 7}}

    def ttl(is_enabled: bool) -> Sent:
        return {"TimeToLiveSpecification": {"Enabled": is_enabled, "AttributeName": "t"}}

    def kept(is_enabled: bool, **more: int) -> Sent:
        return {"PointInTimeRecoverySpecification": {"PointInTimeRecoveryEnabled": is_enabled, **more}}

    def warm(reads: int, writes: int) -> Sent:
        return {"WarmThroughput": {"ReadUnitsPerSecond": reads, "WriteUnitsPerSecond": writes}}

    return {
        "ttl": Setting(
            "update_time_to_live",
            of_answer("describe_time_to_live", "TimeToLiveDescription"),
            {"TimeToLiveStatus": "DISABLED"},
            [(ttl(True), {"TimeToLiveStatus": "ENABLED", "AttributeName": "t"})],
            ("update_time_to_live", ttl(False)),
            "TimeToLive is already enabled",
        ),
        "point in time recovery": Setting(
            "update_continuous_backups",
            recovery,
            ("DISABLED", None),
            [(kept(True), ("ENABLED", 35)), (kept(True, RecoveryPeriodInDays=7), ("ENABLED", 7))],
            ("update_continuous_backups", kept(False)),
        ),
        "stream": Setting(
            "update_table",
            of_table("StreamSpecification"),
            None,
            [({"StreamSpecification": STREAM}, STREAM)],
            ("update_table", {"StreamSpecification": {"StreamEnabled": False}}),
            "Table already has an enabled stream",
        ),
        "encryption": Setting(
            "update_table",
            of_table("SSEDescription"),
            None,
            [({"SSESpecification": {"Enabled": True, "SSEType": "KMS", "KMSMasterKeyId": key}},
              {"Status": "ENABLED", "SSEType": "KMS", "KMSMasterKeyArn": key})],
            ("update_table", {"SSESpecification": {"Enabled": False}}),
            "Table is already encrypted with given KMSMasterKeyId",
        ),
        "tags": Setting(
            "tag_resource",
            tags_of,
            [],
            [({"ResourceArn": arn, "Tags": [{"Key": "a", "Value": "1"}]}, [{"Key": "a", "Value": "1"}]),
             ({"ResourceArn": arn, "Tags": [{"Key": "a", "Value": ""}]}, [{"Key": "a", "Value": ""}])],
            ("untag_resource", {"ResourceArn": arn, "TagKeys": ["a", "b"]}),
        ),
        "class": Setting(
            "update_table",
            class_of,
            None,
            [({"TableClass": "STANDARD_INFREQUENT_ACCESS"}, {"TableClass": "STANDARD_INFREQUENT_ACCESS"})],
            ("update_table", {"TableClass": "STANDARD"}),
            gone={"TableClass": "STANDARD"},
        ),
        "deletion protection": Setting(
            "update_table",
            of_table("DeletionProtectionEnabled"),
            False,
            [({"DeletionProtectionEnabled": True}, True)],
            ("update_table", {"DeletionProtectionEnabled": False}),
        ),
        "contributor insights": Setting(
            "update_contributor_insights",
            of_answer("describe_contributor_insights", "ContributorInsightsStatus"),
            "DISABLED",
            [({"ContributorInsightsAction": "ENABLE"}, "ENABLED")],
            ("update_contributor_insights", {"ContributorInsightsAction": "DISABLE"}),
        ),
        "kinesis destination": Setting(
            "enable_kinesis_streaming_destination",
            destinations,
            [],
            [({"StreamArn": stream}, [(stream, "ACTIVE")])],
            ("disable_kinesis_streaming_destination", {"StreamArn": stream}),
            "Table is not in a valid state to enable Kinesis Streaming Destination",
            gone=[(stream, "DISABLED")],
        ),
        "resource policy": Setting(
            "put_resource_policy",
            policy_of,
            "PolicyNotFoundException",
            [({"ResourceArn": arn, "Policy": json.dumps(document)}, document)],
            ("delete_resource_policy", {"ResourceArn": arn}),
        ),
        "replicas": Setting(
            "update_table",
            replicas_of,
            [],
            [({"ReplicaUpdates": [{"Create": {"RegionName": FAR}}]}, [(FAR, None)]),
             ({"ReplicaUpdates": [{"Update": {"RegionName": FAR, **maximum}}]},
              [(FAR, maximum["OnDemandThroughputOverride"])])],
            ("update_table", {"ReplicaUpdates": [{"Delete": {"RegionName": FAR}}]}),
        ),
        "on-demand maxima": Setting(
            "update_table",
            of_table("OnDemandThroughput"),
            None,
            [({"OnDemandThroughput": {"MaxReadRequestUnits": 5}}, {"MaxReadRequestUnits": 5}),
             ({"OnDemandThroughput": {"MaxWriteRequestUnits": 6}}, {"MaxReadRequestUnits": 5, "MaxWriteRequestUnits": 6})],
            ("update_table", {"OnDemandThroughput": {"MaxReadRequestUnits": -1, "MaxWriteRequestUnits": -1}}),
        ),
        "warm throughput": Setting(
            "update_table",
            of_table("WarmThroughput"),
            {"ReadUnitsPerSecond": 12_000, "WriteUnitsPerSecond": 4_000, "Status": "ACTIVE"},
            [(warm(13_000, 5_000), {"ReadUnitsPerSecond": 13_000, "WriteUnitsPerSecond": 5_000, "Status": "ACTIVE"})],
            None,
        ),
    }  # fmt: skip


NAMES = list(settings("", "", ""))


@pytest.mark.parametrize("name", NAMES)
def test_a_setting_is_read_back_as_it_was_set(name: str, still: Account, still_cloud: Running) -> None:
    db = still.client("dynamodb", Config(retries={"max_attempts": 0}))
    still.client("kinesis").create_stream(StreamName="s", ShardCount=1)
    stream = still.client("kinesis").describe_stream(StreamName="s")["StreamDescription"]["StreamARN"]
    key = still.client("kms").create_key()["KeyMetadata"]["Arn"] if name == "encryption" else ""
    setting = settings(still.number, key, stream)[name]
    db.create_table(TableName="tab", **KEYS)
    named = {"TableName": "tab"}

    def send(operation: str, given: Sent) -> None:
        call = getattr(db, operation)
        call(**given) if "ResourceArn" in given else call(**named, **given)
        still_cloud.settle()

    def read() -> Any:
        return setting.read(db, named)

    assert read() == setting.absent
    for given, wanted in setting.sets:
        send(setting.operation, given)
        assert read() == wanted
    given, wanted = setting.sets[-1]
    if setting.again:
        with pytest.raises(ClientError, match=setting.again):
            send(setting.operation, given)
    else:
        send(setting.operation, given)
    assert read() == wanted
    still_cloud.advance(3_601)
    if setting.resets is not None:
        send(*setting.resets)
        assert read() == (setting.absent if setting.gone is None else setting.gone)


@pytest.mark.parametrize("is_imported", [False, True])
def test_all_of_it_is_set_as_the_table_is_made(is_imported: bool, still: Account, still_cloud: Running) -> None:
    """What CreateTable takes, and what of that ImportTable takes."""
    db, s3 = still.client("dynamodb"), still.client("s3")
    key = still.client("kms").create_key()["KeyMetadata"]["Arn"]
    index = {
        "IndexName": "own",
        "KeySchema": [{"AttributeName": "g", "KeyType": "HASH"}, {"AttributeName": "pk", "KeyType": "RANGE"}],
        "Projection": {"ProjectionType": "INCLUDE", "NonKeyAttributes": ["x"]},
        "OnDemandThroughput": {"MaxReadRequestUnits": 3, "MaxWriteRequestUnits": 4},
    }
    shared: dict[str, Any] = {
        **KEYS,
        "TableName": "tab",
        "AttributeDefinitions": [{"AttributeName": name, "AttributeType": "S"} for name in ("g", "pk")],
        "GlobalSecondaryIndexes": [index],
        "SSESpecification": {"Enabled": True, "SSEType": "KMS", "KMSMasterKeyId": key},
        "OnDemandThroughput": {"MaxReadRequestUnits": 10, "MaxWriteRequestUnits": 20},
    }
    created: dict[str, Any] = {
        "StreamSpecification": STREAM,
        "TableClass": "STANDARD_INFREQUENT_ACCESS",
        "DeletionProtectionEnabled": True,
        "Tags": [{"Key": "a", "Value": "b"}],
        "WarmThroughput": {"ReadUnitsPerSecond": 13_000, "WriteUnitsPerSecond": 5_000},
    }
    if is_imported:
        bucket = f"from-{still.number}"
        s3.create_bucket(Bucket=bucket)
        s3.put_object(Bucket=bucket, Key="one.json", Body=b'{"Item": {"pk": {"S": "a"}, "g": {"S": "g"}}}\n')
        source = {"S3BucketSource": {"S3Bucket": bucket}, "InputFormat": "DYNAMODB_JSON"}
        made = db.import_table(**source, TableCreationParameters=shared)["ImportTableDescription"]
        still_cloud.settle()
        done = db.describe_import(ImportArn=made["ImportArn"])["ImportTableDescription"]
        assert (done["ImportStatus"], done["ImportedItemCount"]) == ("COMPLETED", 1)
        assert db.scan(TableName="tab", IndexName="own")["Count"] == 1
    else:
        db.create_table(**shared, **created)
    found = db.describe_table(TableName="tab")["Table"]
    assert found["SSEDescription"]["KMSMasterKeyArn"] == key
    assert found["OnDemandThroughput"] == shared["OnDemandThroughput"]
    assert found["AttributeDefinitions"] == shared["AttributeDefinitions"]
    assert {name: found["GlobalSecondaryIndexes"][0][name] for name in index} == index
    assert (found["TableStatus"], found["BillingModeSummary"]["BillingMode"]) == ("ACTIVE", "PAY_PER_REQUEST")
    if is_imported:
        assert not found.keys() & {"StreamSpecification", "TableClassSummary"}
        return
    assert found["StreamSpecification"] == STREAM
    assert found["TableClassSummary"] == {"TableClass": "STANDARD_INFREQUENT_ACCESS"}
    assert found["WarmThroughput"] == {**created["WarmThroughput"], "Status": "ACTIVE"}
    assert db.list_tags_of_resource(ResourceArn=found["TableArn"])["Tags"] == created["Tags"]
    with pytest.raises(ClientError, match="protected against deletion"):
        db.delete_table(TableName="tab")
