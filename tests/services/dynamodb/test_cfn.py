from __future__ import annotations

from typing import Any

import msgspec
import pytest

from skyjar.formation.resources import Resource
from skyjar.kernel.errors import AWSError, Wait
from skyjar.kernel.outside import Outside
from skyjar.services.dynamodb.cfn import RESOURCE_TYPES

from .conftest import index, keys, types

TYPE = RESOURCE_TYPES["AWS::DynamoDB::Table"]
RESOURCE = Resource(
    logical_id="Orders", type="AWS::DynamoDB::Table", stack_name="shop", stack_id="id", token="ABCDEFGHIJKL"
)
PLAIN: dict[str, Any] = {
    "KeySchema": keys("pk"),
    "AttributeDefinitions": types(pk="S"),
    "BillingMode": "PAY_PER_REQUEST",
}


def run(desk: Any, function: Any, *arguments: Any, resource: Resource = RESOURCE) -> Any:
    found = desk.store.transact(lambda tx: function(desk.call(tx), resource, *arguments))
    desk.settle()
    return found


def test_a_table_is_made_changed_and_deleted(desk: Any) -> None:
    db = desk.ask("dynamodb")
    before = {**PLAIN, "Tags": [{"Key": "a", "Value": "1"}, {"Key": "b", "Value": "1"}]}
    made = run(desk, TYPE.create, before)
    assert made.id == "shop-Orders-ABCDEFGHIJKL"
    assert made.attributes == {"Arn": f"arn:aws:dynamodb:us-east-1:111122223333:table/{made.id}"}
    after = {
        **PLAIN,
        "AttributeDefinitions": types(pk="S", g="S"),
        "GlobalSecondaryIndexes": [index("gsi", "g")],
        "TimeToLiveSpecification": {"AttributeName": "ttl", "Enabled": True},
        "DeletionProtectionEnabled": "true",
        "Tags": [{"Key": "b", "Value": "2"}],
    }
    run(desk, TYPE.update, made, after, before)
    shown = db.describe_table(table_name=made.id)["Table"]
    assert shown["GlobalSecondaryIndexes"][0]["IndexStatus"] == "ACTIVE"
    assert shown["DeletionProtectionEnabled"] is True
    assert db.describe_time_to_live(table_name=made.id)["TimeToLiveDescription"]["AttributeName"] == "ttl"
    assert db.list_tags_of_resource(resource_arn=shown["TableArn"])["Tags"] == [{"Key": "b", "Value": "2"}]
    run(desk, TYPE.update, made, {**after, "DeletionProtectionEnabled": False}, after)
    run(desk, TYPE.delete, made, after)
    run(desk, TYPE.delete, made, after)
    assert db.list_tables() == {"TableNames": []}


def insights(db: Any, name: str, **more: Any) -> tuple[str, str | None]:
    shown = db.describe_contributor_insights(table_name=name, **more)
    return shown["ContributorInsightsStatus"], shown.get("ContributorInsightsMode")


def test_contributor_insights_of_a_table_and_its_indexes(desk: Any) -> None:
    db = desk.ask("dynamodb")
    on = {"ContributorInsightsSpecification": {"Enabled": "true", "Mode": "THROTTLED_KEYS"}}
    off = {"ContributorInsightsSpecification": {"Enabled": False}}
    plain = {**PLAIN, "AttributeDefinitions": types(pk="S", g="S")}
    before = {**plain, **on, "GlobalSecondaryIndexes": [{**index("gsi", "g"), **off}]}
    made = run(desk, TYPE.create, before)
    assert insights(db, made.id) == ("ENABLED", "THROTTLED_KEYS")
    assert insights(db, made.id, index_name="gsi") == ("DISABLED", None)
    after = {**plain, "GlobalSecondaryIndexes": [{**index("gsi", "g"), **on}]}
    run(desk, TYPE.update, made, after, before)
    assert insights(db, made.id) == ("DISABLED", "THROTTLED_KEYS")
    assert insights(db, made.id, index_name="gsi") == ("ENABLED", "THROTTLED_KEYS")


def test_provisioned_units_may_be_texts(desk: Any) -> None:
    units = {"ReadCapacityUnits": "5", "WriteCapacityUnits": "6"}
    made = run(desk, TYPE.create, {**PLAIN, "BillingMode": "PROVISIONED", "ProvisionedThroughput": units})
    shown = desk.ask("dynamodb").describe_table(table_name=made.id)["Table"]["ProvisionedThroughput"]
    assert (shown["ReadCapacityUnits"], shown["WriteCapacityUnits"]) == (5, 6)


def test_a_table_under_a_key(desk: Any) -> None:
    before = {**PLAIN, "SSESpecification": {"SSEEnabled": "true"}}
    made = run(desk, TYPE.create, before)
    db = desk.ask("dynamodb")
    assert db.describe_table(table_name=made.id)["Table"]["SSEDescription"]["SSEType"] == "KMS"
    run(desk, TYPE.update, made, PLAIN, before)
    assert "SSEDescription" not in db.describe_table(table_name=made.id)["Table"]


def test_streams_recovery_and_policies(desk: Any) -> None:
    db = desk.ask("dynamodb")
    statement = {"Effect": "Allow", "Principal": {"AWS": "444455556666"}, "Action": "dynamodb:GetItem", "Resource": "*"}
    before = {
        **PLAIN,
        "StreamSpecification": {"StreamViewType": "KEYS_ONLY"},
        "PointInTimeRecoverySpecification": {"PointInTimeRecoveryEnabled": "true", "RecoveryPeriodInDays": "3"},
        "ResourcePolicy": {"PolicyDocument": {"Version": "2012-10-17", "Statement": [statement]}},
    }
    made = run(desk, TYPE.create, before)
    arn = made.attributes["Arn"]
    table = db.describe_table(table_name=made.id)["Table"]
    assert made.attributes["StreamArn"] == table["LatestStreamArn"]
    assert "444455556666" in db.get_resource_policy(resource_arn=arn)["Policy"]

    def recovery() -> dict[str, Any]:
        found = db.describe_continuous_backups(table_name=made.id)["ContinuousBackupsDescription"]
        point: dict[str, Any] = found["PointInTimeRecoveryDescription"]
        return point

    assert recovery()["RecoveryPeriodInDays"] == 3
    after = {**PLAIN, "StreamSpecification": {"StreamViewType": "NEW_IMAGE"}}
    changed = run(desk, TYPE.update, made, after, before)
    assert changed.attributes["StreamArn"] != made.attributes["StreamArn"]
    assert recovery()["PointInTimeRecoveryStatus"] == "DISABLED"
    assert run(desk, TYPE.update, changed, PLAIN, after).attributes == {"Arn": arn}
    with pytest.raises(AWSError, match="policy not found"):
        db.get_resource_policy(resource_arn=arn)


OTHER = msgspec.structs.replace(RESOURCE, token="MNOPQRSTUVWX")
GLOBAL = RESOURCE_TYPES["AWS::DynamoDB::GlobalTable"]
HOME, FAR = "us-east-1", "eu-west-1"


def settled(desk: Any, function: Any, *arguments: Any, resource: Resource = RESOURCE, tries: int = 5) -> Any:
    """What the function returns once it has nothing to wait for."""
    for _ in range(tries):
        try:
            found = run(desk, function, *arguments, resource=resource)
        except Wait:
            desk.advance(1)
            continue
        if not isinstance(found, Outside):
            return found
        desk.advance(1)
    raise AssertionError("it waits for ever")


def test_a_global_table_is_made_changed_and_deleted(desk: Any) -> None:
    db, far = desk.ask("dynamodb"), desk.ask("dynamodb", region=FAR)
    before = {**PLAIN, "Replicas": [{"Region": HOME, "ContributorInsightsSpecification": {"Enabled": False}}]}
    made = settled(desk, GLOBAL.create, before)
    assert made.attributes.keys() == {"Arn", "TableId"}
    more = {"DeletionProtectionEnabled": True, "Tags": [{"Key": "a", "Value": "1"}]}
    more["ContributorInsightsSpecification"] = {"Enabled": True}
    after = {**PLAIN, "Replicas": [{"Region": HOME, "TableClass": "STANDARD"}, {"Region": FAR, **more}]}
    settled(desk, GLOBAL.update, made, after, before)
    here, there = (each.describe_table(table_name=made.id)["Table"] for each in (db, far))
    assert (here["DeletionProtectionEnabled"], there["DeletionProtectionEnabled"]) == (False, True)
    assert here["TableClassSummary"]["TableClass"] == "STANDARD"
    assert far.list_tags_of_resource(resource_arn=there["TableArn"])["Tags"] == more["Tags"]
    assert [each["RegionName"] for each in here["Replicas"]] == [FAR]
    assert (insights(db, made.id)[0], insights(far, made.id)[0]) == ("DISABLED", "ENABLED")
    with pytest.raises(AWSError, match="protected against deletion"):
        run(desk, GLOBAL.delete, made, after)
    off = {**after, "Replicas": [{"Region": HOME}, {"Region": FAR}]}
    settled(desk, GLOBAL.update, made, off, after)
    run(desk, GLOBAL.delete, made, off)
    run(desk, GLOBAL.delete, made, off)
    assert db.list_tables() == far.list_tables() == {"TableNames": []}


def test_a_global_table_in_two_regions_at_once(desk: Any) -> None:
    more = {
        "WriteOnDemandThroughputSettings": {"MaxWriteRequestUnits": "70"},
        "WarmThroughput": {"ReadUnitsPerSecond": "15000"},
    }
    both = {**PLAIN, **more, "TableName": "both", "Replicas": [{"Region": HOME}, {"Region": FAR}]}
    made = settled(desk, GLOBAL.create, both)
    for region in (HOME, FAR):
        shown = desk.ask("dynamodb", region=region).describe_table(table_name="both")["Table"]
        assert shown["OnDemandThroughput"] == {"MaxWriteRequestUnits": 70}
        assert shown["WarmThroughput"]["ReadUnitsPerSecond"] == 15_000
    settled(desk, GLOBAL.update, made, {**both, "WriteOnDemandThroughputSettings": {"MaxWriteRequestUnits": 80}}, both)
    assert shown != desk.ask("dynamodb", region=FAR).describe_table(table_name="both")["Table"]
    assert made.attributes.keys() == {"Arn", "TableId", "StreamArn"}
    for replicas, error in (
        ([{"Region": FAR}], AWSError),
        ([{"Region": HOME, "GlobalTableSettingsReplicationMode": "ENABLED"}], AWSError),
    ):
        with pytest.raises(error):
            run(desk, GLOBAL.create, {**PLAIN, "TableName": "other", "Replicas": replicas}, resource=OTHER)


def scaled(least: int, aim: float = 70) -> dict[str, Any]:
    tracking = {"TargetValue": aim, "ScaleInCooldown": "60"}
    return {"MinCapacity": least, "MaxCapacity": "40", "TargetTrackingScalingPolicyConfiguration": tracking}


def provisioned(write: int, read: dict[str, Any], far: dict[str, Any] | None = None) -> dict[str, Any]:
    replicas = [{"Region": HOME, "ReadProvisionedThroughputSettings": read}]
    if far is not None:
        replicas.append({"Region": FAR, "ReadProvisionedThroughputSettings": far})
    return {
        **PLAIN,
        "TableName": "paid",
        "BillingMode": "PROVISIONED",
        "StreamSpecification": {"StreamViewType": "NEW_AND_OLD_IMAGES"},
        "WriteProvisionedThroughputSettings": {"WriteCapacityAutoScalingSettings": scaled(write)},
        "Replicas": replicas,
    }


def units(desk: Any, region: str) -> tuple[int, int]:
    found = desk.ask("dynamodb", region=region).describe_table(table_name="paid")["Table"]["ProvisionedThroughput"]
    return found["ReadCapacityUnits"], found["WriteCapacityUnits"]


def targets(desk: Any, region: str) -> dict[str, tuple[int, int]]:
    asked = desk.ask("application-autoscaling", region=region)
    return {
        each["ScalableDimension"].rpartition(":")[2]: (each["MinCapacity"], each["MaxCapacity"])
        for each in asked.describe_scalable_targets(service_namespace="dynamodb")["ScalableTargets"]
    }


def test_a_provisioned_global_table_is_scaled_in_all_its_regions(desk: Any) -> None:
    before = provisioned(5, {"ReadCapacityUnits": "6"})
    made = settled(desk, GLOBAL.create, before)
    assert (units(desk, HOME), targets(desk, HOME)) == ((6, 5), {"WriteCapacityUnits": (5, 40)})
    after = provisioned(8, {"ReadCapacityUnits": 7}, {"ReadCapacityAutoScalingSettings": scaled(9)})
    settled(desk, GLOBAL.update, made, after, before)
    desk.settle()
    assert (units(desk, HOME), units(desk, FAR)) == ((7, 8), (9, 8))
    assert targets(desk, HOME) == {"WriteCapacityUnits": (8, 40)}
    assert targets(desk, FAR) == {"WriteCapacityUnits": (8, 40), "ReadCapacityUnits": (9, 40)}
    desk.advance(2 * 86_400)
    run(desk, GLOBAL.delete, made, after)
    assert targets(desk, HOME) == targets(desk, FAR) == {}
    assert desk.ask("cloudwatch", region=FAR).describe_alarms()["MetricAlarms"] == []


def test_replicas_of_a_global_table_have_maxima_and_keys_of_their_own(desk: Any) -> None:
    keys = {region: desk.ask("kms", region=region).create_key()["KeyMetadata"]["Arn"] for region in (HOME, FAR)}

    def replica(region: str, most: str, **more: Any) -> dict[str, Any]:
        reading = {"ReadOnDemandThroughputSettings": {"MaxReadRequestUnits": most}}
        return {"Region": region, **reading, "GlobalSecondaryIndexes": [{"IndexName": "own", **reading}], **more}

    given = {
        **PLAIN,
        "TableName": "both",
        "AttributeDefinitions": [*PLAIN["AttributeDefinitions"], {"AttributeName": "g", "AttributeType": "S"}],
        "GlobalSecondaryIndexes": [
            {
                "IndexName": "own",
                "KeySchema": [{"AttributeName": "g", "KeyType": "HASH"}],
                "Projection": {"ProjectionType": "ALL"},
                "WriteOnDemandThroughputSettings": {"MaxWriteRequestUnits": "9"},
            }
        ],
        "Replicas": [replica(HOME, "5"), replica(FAR, "6")],
    }
    made = settled(desk, GLOBAL.create, given)

    def shown(region: str) -> dict[str, Any]:
        found: dict[str, Any] = desk.ask("dynamodb", region=region).describe_table(table_name="both")["Table"]
        return found

    for region, most in ((HOME, 5), (FAR, 6)):
        assert shown(region)["OnDemandThroughput"] == {"MaxReadRequestUnits": most}
        held = shown(region)["GlobalSecondaryIndexes"][0]["OnDemandThroughput"]
        assert held == {"MaxReadRequestUnits": most, "MaxWriteRequestUnits": 9}
    sealed = {
        **given,
        "SSESpecification": {"SSEEnabled": True, "SSEType": "KMS"},
        "Replicas": [
            replica(region, most, SSESpecification={"KMSMasterKeyId": keys[region]})
            for region, most in ((HOME, "5"), (FAR, "8"))
        ],
    }
    settled(desk, GLOBAL.update, made, sealed, given)
    assert {region: shown(region)["SSEDescription"]["KMSMasterKeyArn"] for region in keys} == keys
    assert shown(FAR)["OnDemandThroughput"] == {"MaxReadRequestUnits": 8}
    assert shown(HOME)["OnDemandThroughput"] == {"MaxReadRequestUnits": 5}
