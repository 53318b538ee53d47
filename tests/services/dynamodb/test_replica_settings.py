"""What a replica has of its own: reading, the maximum of on-demand reads, its KMS key."""

from __future__ import annotations

from typing import Any

import pytest

from skyjar.services.dynamodb.errors import (
    ProvisionedThroughputExceededException,
    ResourceNotFoundException,
    ThrottlingException,
    ValidationException,
)

from .conftest import Make, index, item

FAR, FARTHER = "eu-west-1", "ap-south-1"
UNITS = {"ReadCapacityUnits": 5, "WriteCapacityUnits": 5}
SCALED = {
    "MinimumUnits": 5,
    "MaximumUnits": 50,
    "ScalingPolicyUpdate": {"TargetTrackingScalingPolicyConfiguration": {"TargetValue": 70.0}},
}


def change(db: Any, kind: str, region: str = FAR, **given: Any) -> dict[str, Any]:
    updates = [{kind: {"RegionName": region, **given}}]
    found: dict[str, Any] = db.update_table(table_name="tab", replica_updates=updates)["TableDescription"]
    return found


def of(db: Any, region: str = FAR) -> dict[str, Any]:
    """A replica as another one describes it."""
    several = db.describe_table(table_name="tab")["Table"]["Replicas"]
    return next(dict(each) for each in several if each["RegionName"] == region)


def described(desk: Any, region: str) -> dict[str, Any]:
    found: dict[str, Any] = desk.ask("dynamodb", region=region).describe_table(table_name="tab")["Table"]
    return found


def paid(table: Make) -> Any:
    own = [index("own", "g", ProvisionedThroughput=UNITS)]
    db = table(
        billing_mode="PROVISIONED",
        provisioned_throughput=UNITS,
        types={"g": "S"},
        global_secondary_indexes=own,
    )
    db.update_table_replica_auto_scaling(
        table_name="tab",
        provisioned_write_capacity_auto_scaling_update=SCALED,
        global_secondary_index_updates=[{"IndexName": "own", "ProvisionedWriteCapacityAutoScalingUpdate": SCALED}],
    )
    return db


def test_a_replica_gives_other_reads_than_its_table(desk: Any, table: Make) -> None:
    db = paid(table)
    own = [{"IndexName": "own", "ProvisionedThroughputOverride": {"ReadCapacityUnits": 2}}]
    change(db, "Create", ProvisionedThroughputOverride={"ReadCapacityUnits": 1}, GlobalSecondaryIndexes=own)
    desk.settle()
    assert of(db) == {
        "RegionName": FAR,
        "ReplicaStatus": "ACTIVE",
        "ReplicaArn": f"arn:aws:dynamodb:{FAR}:111122223333:table/tab",
        "ProvisionedThroughputOverride": {"ReadCapacityUnits": 1},
        "GlobalSecondaryIndexes": own,
    }
    there = described(desk, FAR)
    assert there["ProvisionedThroughput"]["ReadCapacityUnits"] == 1
    assert there["ProvisionedThroughput"]["WriteCapacityUnits"] == 5
    assert there["GlobalSecondaryIndexes"][0]["ProvisionedThroughput"]["ReadCapacityUnits"] == 2
    assert "ProvisionedThroughputOverride" not in there["Replicas"][0]
    far = desk.ask("dynamodb", region=FAR)
    read = {"table_name": "tab", "key": item(pk="a"), "consistent_read": True}
    with pytest.raises(ProvisionedThroughputExceededException):
        for _ in range(302):  # 300 seconds of one unit, and the present one
            far.get_item(**read)
    change(db, "Update", ProvisionedThroughputOverride={"ReadCapacityUnits": 9})
    assert (of(db)["ProvisionedThroughputOverride"], of(db)["GlobalSecondaryIndexes"]) == (
        {"ReadCapacityUnits": 9}, own,
    )  # fmt: skip
    desk.advance(1)
    far.get_item(**read)
    db.update_table(table_name="tab", provisioned_throughput={"ReadCapacityUnits": 7, "WriteCapacityUnits": 6})
    units = described(desk, FAR)["ProvisionedThroughput"]
    assert (units["ReadCapacityUnits"], units["WriteCapacityUnits"]) == (9, 6)
    with pytest.raises(ValidationException, match="when the table BillingMode is PROVISIONED"):
        change(db, "Update", OnDemandThroughputOverride={"MaxReadRequestUnits": 5})


def test_a_replica_has_another_maximum_of_reads(desk: Any, table: Make) -> None:
    db = table(
        types={"g": "S"},
        global_secondary_indexes=[index("own", "g")],
        on_demand_throughput={"MaxReadRequestUnits": 100, "MaxWriteRequestUnits": 100},
    )
    own = [{"IndexName": "own", "OnDemandThroughputOverride": {"MaxReadRequestUnits": 3}}]
    for region in (FAR, FARTHER):
        change(db, "Create", region)
        desk.settle()
    change(db, "Update", OnDemandThroughputOverride={"MaxReadRequestUnits": 1}, GlobalSecondaryIndexes=own)
    assert of(db)["OnDemandThroughputOverride"] == {"MaxReadRequestUnits": 1}
    assert of(db)["GlobalSecondaryIndexes"] == own
    assert "OnDemandThroughputOverride" not in of(db, FARTHER)
    db.update_table(
        table_name="tab", on_demand_throughput={"MaxReadRequestUnits": 50, "MaxWriteRequestUnits": 60},
        global_secondary_index_updates=[
            {"Update": {"IndexName": "own", "OnDemandThroughput": {"MaxReadRequestUnits": 8}}}
        ],
    )  # fmt: skip
    found = [described(desk, region)["OnDemandThroughput"] for region in ("us-east-1", FAR, FARTHER)]
    assert [each["MaxReadRequestUnits"] for each in found] == [50, 1, 50]
    assert [each["MaxWriteRequestUnits"] for each in found] == [60, 60, 60]
    found = [described(desk, region)["GlobalSecondaryIndexes"][0] for region in ("us-east-1", FAR, FARTHER)]
    assert [each["OnDemandThroughput"] for each in found] == [{"MaxReadRequestUnits": most} for most in (8, 3, 8)]
    far = desk.ask("dynamodb", region=FAR)
    far.get_item(table_name="tab", key=item(pk="a"), consistent_read=True)
    with pytest.raises(ThrottlingException, match="maximum OnDemandThroughput"):
        far.get_item(table_name="tab", key=item(pk="a"), consistent_read=True)
    change(db, "Update", OnDemandThroughputOverride={"MaxReadRequestUnits": -1})
    far.get_item(table_name="tab", key=item(pk="a"), consistent_read=True)
    assert of(db)["OnDemandThroughputOverride"] == {"MaxReadRequestUnits": -1}, "AWS shows it so too"
    assert described(desk, FAR)["OnDemandThroughput"] == {"MaxWriteRequestUnits": 60}


def test_overrides_that_make_no_sense_are_refused(desk: Any, table: Make) -> None:
    db = table(types={"g": "S"}, global_secondary_indexes=[index("own", "g")])
    change(db, "Create")
    desk.settle()
    maximum = {"OnDemandThroughputOverride": {"MaxReadRequestUnits": 3}}
    for given, sentence in (
        ({"ProvisionedThroughputOverride": {"ReadCapacityUnits": 3}}, "when BillingMode is PAY_PER_REQUEST"),
        ({"OnDemandThroughputOverride": {}}, "At least one of MaxReadRequestUnits"),
        ({"OnDemandThroughputOverride": {"MaxReadRequestUnits": 0}}, "outside of valid range"),
        ({"GlobalSecondaryIndexes": [{"IndexName": "own", **maximum}] * 2}, "may occur only once"),
    ):
        with pytest.raises(ValidationException, match=sentence):
            change(db, "Update", **given)
    with pytest.raises(ResourceNotFoundException, match="GlobalSecondaryIndex: other not found"):
        change(db, "Update", GlobalSecondaryIndexes=[{"IndexName": "other", **maximum}])
    assert "OnDemandThroughputOverride" not in of(db)


def test_keys_of_all_replicas_are_changed_at_once(desk: Any, table: Make) -> None:
    db = table()
    change(db, "Create")
    desk.settle()
    for region in ("us-east-1", FAR):
        desk.ask("dynamodb", region=region).put_item(table_name="tab", item=item(pk=region, v="x"))
    keys = {region: desk.ask("kms", region=region).create_key()["KeyMetadata"]["Arn"] for region in ("us-east-1", FAR)}
    customers = {"Enabled": True, "SSEType": "KMS", "KMSMasterKeyId": keys["us-east-1"]}
    with pytest.raises(ValidationException, match=r"KMSMasterKeyId must be specified for each replica\."):
        db.update_table(table_name="tab", sse_specification=customers)
    named = [{"Update": {"RegionName": FAR, "KMSMasterKeyId": keys[FAR]}}]
    with pytest.raises(ValidationException, match=r"KMSMasterKeyId must be specified for each replica\."):
        db.update_table(table_name="tab", replica_updates=named)
    with pytest.raises(ValidationException, match="must not be specified for a replica"):
        db.update_table(table_name="tab", sse_specification={"Enabled": False}, replica_updates=named)
    db.update_table(table_name="tab", sse_specification=customers, replica_updates=named)
    assert of(db)["KMSMasterKeyId"] == keys[FAR]
    desk.advance(2)
    for region in keys:
        assert described(desk, region)["SSEDescription"]["KMSMasterKeyArn"] == keys[region]
        asked = desk.ask("dynamodb", region=region)
        assert all("Item" in asked.get_item(table_name="tab", key=item(pk=each)) for each in keys)
    db.update_table(table_name="tab", sse_specification={"Enabled": True})
    managed = [described(desk, region)["SSEDescription"]["KMSMasterKeyArn"] for region in keys]
    assert len({*managed, *keys.values()}) == 4
    db.update_table(table_name="tab", sse_specification={"Enabled": False})
    desk.settle()
    assert not any("SSEDescription" in described(desk, region) for region in keys)
