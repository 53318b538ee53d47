"""Global tables."""

from __future__ import annotations

import json
from typing import Any

import pytest

from skyjar.kernel.errors import NotImplementedHere
from skyjar.kernel.principals import Principal
from skyjar.services.dynamodb import replication, schemas
from skyjar.services.dynamodb.errors import (
    AccessDenied,
    ConditionalCheckFailedException,
    ResourceInUseException,
    ResourceNotFoundException,
    ValidationException,
)

from .conftest import Make, index, item, types

FAR, FARTHER = "eu-west-1", "ap-south-1"
DAY_S = 86_400
ACCOUNT = "111122223333"


def add(db: Any, *regions: str, **more: Any) -> Any:
    updates = [{"Create": {"RegionName": region, **more}} for region in regions]
    return db.update_table(table_name="tab", replica_updates=updates)["TableDescription"]


def value(db: Any, key: str, name: str = "v") -> Any:
    found = db.get_item(table_name="tab", key=item(pk=key), consistent_read=True).get("Item")
    return found and next(iter(found[name].values()))


def put(db: Any, key: str, **attributes: Any) -> None:
    db.put_item(table_name="tab", item=item(pk=key, **attributes))


@pytest.fixture
def worlds(desk: Any, table: Make) -> tuple[Any, Any, Any]:
    """The same table in three Regions."""
    db = table()
    add(db, FAR, FARTHER)
    desk.settle()
    return db, desk.ask("dynamodb", region=FAR), desk.ask("dynamodb", region=FARTHER)


def records(desk: Any, db: Any, region: str) -> list[dict[str, Any]]:
    arn = db.describe_table(table_name="tab")["Table"]["LatestStreamArn"]
    streams = desk.ask("dynamodbstreams", region=region)
    found: list[dict[str, Any]] = []
    for shard in streams.describe_stream(stream_arn=arn)["StreamDescription"]["Shards"]:
        start = streams.get_shard_iterator(
            stream_arn=arn, shard_id=shard["ShardId"], shard_iterator_type="TRIM_HORIZON"
        )["ShardIterator"]
        found += streams.get_records(shard_iterator=start)["Records"]
    return found


@pytest.mark.spec("dynamodb-059", "dynamodb-060")
def test_what_is_written_in_one_region_is_read_in_the_others(desk: Any, table: Make) -> None:
    db, far = table(), desk.ask("dynamodb", region=FAR)
    put(db, "old", v="was there")
    shown = add(db, FAR)
    assert shown["TableStatus"] == "UPDATING"
    assert shown["Replicas"][0]["ReplicaStatus"] == "CREATING"
    assert far.describe_table(table_name="tab")["Table"]["TableStatus"] == "CREATING"
    with pytest.raises(ResourceNotFoundException):
        value(far, "old")
    with pytest.raises(ResourceInUseException, match="Table: tab is in the process of being updated"):
        add(db, FARTHER)
    put(db, "meanwhile", v="x")
    desk.settle()
    assert value(far, "old") == "was there"
    put(db, "new", v="there")
    put(far, "back", v="here")
    assert value(far, "new") is None, "eventually"
    desk.advance(1)
    assert (value(far, "new"), value(far, "meanwhile"), value(db, "back")) == ("there", "x", "here")
    db.delete_item(table_name="tab", key=item(pk="new"))
    desk.advance(1)
    assert value(far, "new") is None
    described = db.describe_table(table_name="tab")["Table"]
    assert described["GlobalTableVersion"] == "2019.11.21"
    assert described["Replicas"] == [
        {
            "RegionName": FAR,
            "ReplicaStatus": "ACTIVE",
            "ReplicaArn": f"arn:aws:dynamodb:{FAR}:111122223333:table/tab",
        }
    ]
    other = far.describe_table(table_name="tab")["Table"]
    assert [each["RegionName"] for each in other["Replicas"]] == ["us-east-1"]
    assert other["TableId"] != described["TableId"]
    assert other["StreamSpecification"] == {"StreamEnabled": True, "StreamViewType": "NEW_AND_OLD_IMAGES"}


@pytest.mark.spec("dynamodb-059")
def test_the_last_writer_wins(desk: Any, worlds: tuple[Any, Any, Any]) -> None:
    db, far, farther = worlds
    put(far, "a", v="first")
    desk.advance(0.1)
    put(db, "a", v="second")
    desk.advance(0.1)
    put(farther, "b", v="third")
    put(db, "b", v="same moment")
    desk.advance(5)
    assert [value(each, "a") for each in worlds] == ["second"] * 3
    assert len({value(each, "b") for each in worlds}) == 1
    far.delete_item(table_name="tab", key=item(pk="a"))
    desk.advance(0.1)
    put(farther, "a", v="later than the deletion")
    put(db, "c", v="x")
    desk.advance(0.1)
    far.delete_item(table_name="tab", key=item(pk="c"))
    desk.advance(5)
    assert [value(each, "a") for each in worlds] == ["later than the deletion"] * 3
    assert [value(each, "c") for each in worlds] == ["x"] * 3, "there was nothing to delete there"


def test_replicas_agree_whatever_the_clock_is_turned_to(desk: Any, worlds: tuple[Any, Any, Any]) -> None:
    db, far, _ = worlds
    put(far, "a", v=1)
    desk.advance(1)
    desk.clock.set(desk.clock.now() - 1000)
    put(db, "a", v=2)
    desk.advance(1100)
    assert [value(each, "a") for each in worlds] == ["2"] * 3
    for step in range(5):
        put(worlds[step % 3], "a", v=step)
        put(worlds[(step + 1) % 3], "a", v=step + 10)
    desk.advance(5)
    assert len({value(each, "a") for each in worlds}) == 1


def test_conditions_are_judged_on_what_a_region_has(desk: Any, worlds: tuple[Any, Any, Any]) -> None:
    db, far, _ = worlds
    put(db, "a", v=1)
    once = {"table_name": "tab", "item": item(pk="a", v=2), "condition_expression": "attribute_not_exists(pk)"}
    far.put_item(**once)
    desk.advance(1)
    with pytest.raises(ConditionalCheckFailedException):
        far.put_item(**once)


def test_streams_tell_of_replicated_writes_and_of_expiry_only_where_it_was(
    desk: Any, worlds: tuple[Any, Any, Any]
) -> None:
    db, far, _ = worlds
    far.update_time_to_live(table_name="tab", time_to_live_specification={"Enabled": True, "AttributeName": "ttl"})
    for each in worlds:
        assert each.describe_time_to_live(table_name="tab")["TimeToLiveDescription"]["TimeToLiveStatus"] == "ENABLED"
    put(far, "a", ttl=int(desk.clock.now()) + 10)
    desk.advance(1)
    assert [each["eventName"] for each in records(desk, db, "us-east-1")] == ["INSERT"]
    desk.advance(200)
    assert [value(each, "a") for each in worlds] == [None] * 3
    found = {
        region: records(desk, each, region) for each, region in zip(worlds, ("us-east-1", FAR, FARTHER), strict=True)
    }
    assert all([record["eventName"] for record in each] == ["INSERT", "REMOVE"] for each in found.values())
    assert [region for region, each in found.items() if "userIdentity" in each[1]] == ["us-east-1"]
    assert all(record["awsRegion"] == region for region, each in found.items() for record in each)


def test_indexes_are_made_everywhere(desk: Any, worlds: tuple[Any, Any, Any]) -> None:
    db, far, _ = worlds
    put(db, "a", g="x")
    desk.advance(1)
    far.update_table(
        table_name="tab",
        attribute_definitions=types(pk="S", g="S"),
        global_secondary_index_updates=[{"Create": index("gsi", "g")}],
    )
    desk.settle()
    for each in worlds:
        assert each.scan(table_name="tab", index_name="gsi")["Count"] == 1
    db.update_table(table_name="tab", global_secondary_index_updates=[{"Delete": {"IndexName": "gsi"}}])
    assert "GlobalSecondaryIndexes" not in far.describe_table(table_name="tab")["Table"]


def test_what_a_replica_has_for_itself(desk: Any, worlds: tuple[Any, Any, Any]) -> None:
    db, far, _farther = worlds
    db.update_table(table_name="tab", replica_updates=[
        {"Update": {"RegionName": FAR, "TableClassOverride": "STANDARD"}}])  # fmt: skip
    db.update_table(table_name="tab", table_class="STANDARD_INFREQUENT_ACCESS")
    db.update_table(table_name="tab", deletion_protection_enabled=True)
    classes = [each.describe_table(table_name="tab")["Table"]["TableClassSummary"]["TableClass"] for each in worlds]
    assert classes == ["STANDARD_INFREQUENT_ACCESS", "STANDARD", "STANDARD_INFREQUENT_ACCESS"]
    assert not far.describe_table(table_name="tab")["Table"]["DeletionProtectionEnabled"]
    far.tag_resource(resource_arn=f"arn:aws:dynamodb:{FAR}:111122223333:table/tab", tags=[{"Key": "a", "Value": "b"}])
    assert not db.list_tags_of_resource(resource_arn="arn:aws:dynamodb:us-east-1:111122223333:table/tab")["Tags"]


def test_replicas_are_deleted_and_the_last_is_a_table_of_its_region(desk: Any, worlds: tuple[Any, Any, Any]) -> None:
    db, far, farther = worlds
    put(farther, "last", v="words")
    shown = db.update_table(table_name="tab", replica_updates=[{"Delete": {"RegionName": FARTHER}}])["TableDescription"]
    assert {each["RegionName"]: each["ReplicaStatus"] for each in shown["Replicas"]} == {
        FAR: "ACTIVE",
        FARTHER: "DELETING",
    }
    with pytest.raises(ResourceNotFoundException):
        farther.describe_table(table_name="tab")
    assert (value(db, "last"), value(far, "last")) == ("words", "words"), "what was on its way has arrived"
    with pytest.raises(ValidationException, match="has acted as a source region"):
        db.delete_table(table_name="tab")
    desk.advance(DAY_S)
    db.delete_table(table_name="tab")
    alone = far.describe_table(table_name="tab")["Table"]
    assert "Replicas" not in alone and "GlobalTableVersion" not in alone
    put(far, "a", v=1)
    desk.advance(5)
    far.delete_table(table_name="tab")


def test_nothing_of_the_way_of_a_write_is_left(desk: Any, worlds: tuple[Any, Any, Any]) -> None:
    db = worlds[0]
    put(db, "a", v=1)
    desk.advance(1)
    db.delete_item(table_name="tab", key=item(pk="a"))
    desk.advance(1)

    def left(tx: Any) -> int:
        call = desk.call(tx)
        schema = schemas.schema_of(call, "tab")
        places = [(call, schema), *replication.opened(call, schema.definition)]
        roots = [
            root(at, each.space) for at, each in places for root in (replication.stamps_root, replication.outgoing_root)
        ]
        return sum(len(tx.scan(root, root + b"\xff", None)) for root in roots)

    assert desk.store.transact(left) == 0


def test_many_items_are_brought_to_a_new_replica(desk: Any, table: Make) -> None:
    db = table(types={"g": "S"}, global_secondary_indexes=[index("gsi", "g")])
    for start in range(0, 450, 25):
        requests = [{"PutRequest": {"Item": item(pk=f"{n}", g="g")}} for n in range(start, start + 25)]
        db.batch_write_item(request_items={"tab": requests})
    add(db, FAR)
    desk.settle()
    far = desk.ask("dynamodb", region=FAR)
    assert far.scan(table_name="tab", select="COUNT")["Count"] == 450
    assert far.scan(table_name="tab", index_name="gsi", select="COUNT")["Count"] == 450
    assert far.describe_table(table_name="tab")["Table"]["ItemCount"] == 450


def test_the_role_of_replication_is_made(desk: Any, worlds: tuple[Any, Any, Any]) -> None:
    role = desk.ask("iam").get_role(role_name="AWSServiceRoleForDynamoDBReplication")["Role"]
    assert role["Path"] == "/aws-service-role/replication.dynamodb.amazonaws.com/"


def test_a_replica_under_kms(desk: Any, table: Make) -> None:
    db = table(sse_specification={"Enabled": True})
    put(db, "a", v="sealed")
    add(db, FAR)
    desk.settle()
    far = desk.ask("dynamodb", region=FAR)
    assert value(far, "a") == "sealed"
    put(far, "b", v="too")
    desk.advance(1)
    assert value(db, "b") == "too"
    here, there = (each.describe_table(table_name="tab")["Table"]["SSEDescription"] for each in (db, far))
    assert here["KMSMasterKeyArn"] != there["KMSMasterKeyArn"]


def test_what_is_refused(desk: Any, table: Make) -> None:
    db = table()
    desk.ask("dynamodb", region=FARTHER).create_table(
        table_name="tab",
        key_schema=[{"AttributeName": "pk", "KeyType": "HASH"}],
        attribute_definitions=types(pk="S"),
        billing_mode="PAY_PER_REQUEST",
    )
    for updates, sentence in (
        ([{"Create": {"RegionName": "us-east-1"}}], "Cannot add, delete, or update the local region"),
        ([{"Create": {"RegionName": FARTHER}}], "because one or more replicas already existed as tables"),
        ([{"Create": {"RegionName": "nowhere"}}], "Unsupported Region: nowhere"),
        ([{"Create": {"RegionName": FAR, "KMSMasterKeyId": "x"}}], "KMSMasterKeyId must not be specified"),
        ([{"Create": {"RegionName": FAR}}, {"Delete": {"RegionName": FAR}}], "may occur only once"),
        (
            [{"Delete": {"RegionName": FAR}}],
            "Replica specified in the Replica Update or Replica Delete action of the request was not found",
        ),
        ([{}], "Only one action"),
    ):
        with pytest.raises(ValidationException, match=sentence):
            db.update_table(table_name="tab", replica_updates=updates)
    for more in (
        {"multi_region_consistency": "STRONG"},
        {"replica_updates": [{"Disassociate": {"RegionName": FAR}}]},
    ):
        with pytest.raises(NotImplementedHere):
            db.update_table(table_name="tab", **{"replica_updates": [{"Create": {"RegionName": FAR}}], **more})
    table("paid", billing_mode="PROVISIONED", provisioned_throughput={"ReadCapacityUnits": 1, "WriteCapacityUnits": 1})
    with pytest.raises(ValidationException, match="should either be Pay-Per-Request or AutoScaled"):
        db.update_table(table_name="paid", replica_updates=[{"Create": {"RegionName": FAR}}])
    add(db, FAR)
    desk.settle()
    with pytest.raises(ValidationException, match="Disabling Stream is not allowed for a Global Table replica"):
        db.update_table(table_name="tab", stream_specification={"StreamEnabled": False})
    with pytest.raises(ValidationException, match="should either be Pay-Per-Request or AutoScaled"):
        db.update_table(
            table_name="tab",
            billing_mode="PROVISIONED",
            provisioned_throughput={"ReadCapacityUnits": 1, "WriteCapacityUnits": 1},
        )


def test_what_it_takes_to_make_a_replica(desk: Any, table: Make) -> None:
    """Nine actions on the table in the other Region, beside UpdateTable here and the service-linked role."""
    table()
    iam = desk.ask("iam")
    made = iam.create_user(user_name="ann")["User"]
    arn = "arn:aws:dynamodb:{}:111122223333:table/tab"
    there = [f"dynamodb:{name}" for name in ("CreateTable", "CreateTableReplica", "Scan", "Query", "UpdateItem", "PutItem",
                                             "GetItem", "DeleteItem", "BatchWriteItem")]  # fmt: skip

    def allow(actions: list[str]) -> None:
        statements = [
            {"Effect": "Allow", "Action": "dynamodb:UpdateTable", "Resource": arn.format("us-east-1")},
            {"Effect": "Allow", "Action": actions, "Resource": arn.format(FAR)},
            {"Effect": "Allow", "Action": "iam:CreateServiceLinkedRole", "Resource": "*"},
        ]
        document = json.dumps({"Version": "2012-10-17", "Statement": statements})
        iam.put_user_policy(user_name="ann", policy_name="p", policy_document=document)

    ann = Principal(kind="user", account=ACCOUNT, arn=made["Arn"], id=made["UserId"], name="ann")
    db = desk.ask("dynamodb", ann)
    for missing in there:
        allow([each for each in there if each != missing])
        with pytest.raises(AccessDenied, match=missing):
            add(db, FAR)
    allow(there)
    add(db, FAR)
    desk.settle()
    with pytest.raises(AccessDenied, match="dynamodb:DeleteTable"):
        db.update_table(table_name="tab", replica_updates=[{"Delete": {"RegionName": FAR}}])


WRITE = {
    "service_namespace": "dynamodb",
    "resource_id": "table/tab",
    "scalable_dimension": "dynamodb:table:WriteCapacityUnits",
}


def policies(desk: Any, region: str) -> dict[str, float]:
    found = desk.ask("application-autoscaling", region=region).describe_scaling_policies(service_namespace="dynamodb")
    return {
        f"{each['ResourceId']} {each['ScalableDimension']}": each["TargetTrackingScalingPolicyConfiguration"][
            "TargetValue"
        ]
        for each in found["ScalingPolicies"]
    }


def units(desk: Any, region: str) -> tuple[int, int]:
    found = desk.ask("dynamodb", region=region).describe_table(table_name="tab")["Table"]["ProvisionedThroughput"]
    return found["ReadCapacityUnits"], found["WriteCapacityUnits"]


def paid(table: Make) -> Any:
    throughput = {"ReadCapacityUnits": 5, "WriteCapacityUnits": 5}
    own = index("own", "g", ProvisionedThroughput=throughput)
    return table(
        billing_mode="PROVISIONED",
        provisioned_throughput=throughput,
        types={"g": "S"},
        global_secondary_indexes=[own],
    )


def test_a_provisioned_table_has_replicas_once_its_writes_are_scaled(desk: Any, table: Make) -> None:
    db = paid(table)
    scaling = desk.ask("application-autoscaling")
    scaling.register_scalable_target(**WRITE, min_capacity=5, max_capacity=50)
    with pytest.raises(ValidationException, match="should either be Pay-Per-Request or AutoScaled"):
        add(db, FAR)  # its index is not
    of_index = {
        **WRITE,
        "resource_id": "table/tab/index/own",
        "scalable_dimension": "dynamodb:index:WriteCapacityUnits",
    }
    scaling.register_scalable_target(**of_index, min_capacity=5, max_capacity=50)
    kind = {"PredefinedMetricSpecification": {"PredefinedMetricType": "DynamoDBWriteCapacityUtilization"}}
    scaling.put_scaling_policy(
        policy_name="p",
        policy_type="TargetTrackingScaling",
        **WRITE,
        target_tracking_scaling_policy_configuration={"TargetValue": 60.0, **kind},
    )
    add(db, FAR)
    desk.settle()
    assert policies(desk, FAR) == policies(desk, "us-east-1") != {}
    assert units(desk, FAR) == (5, 5)
    for _ in range(4):
        for number in range(280):
            put(db, str(number))
        desk.advance(60)
    assert units(desk, "us-east-1") == units(desk, FAR) == (5, 8)


def test_reading_is_each_replicas_own(desk: Any, table: Make) -> None:
    db = paid(table)
    update = {
        "MinimumUnits": 5,
        "MaximumUnits": 50,
        "ScalingPolicyUpdate": {"TargetTrackingScalingPolicyConfiguration": {"TargetValue": 70.0}},
    }
    of_index = [{"IndexName": "own", "ProvisionedWriteCapacityAutoScalingUpdate": update}]
    db.update_table_replica_auto_scaling(
        table_name="tab",
        provisioned_write_capacity_auto_scaling_update=update,
        global_secondary_index_updates=of_index,
    )
    add(db, FAR)
    desk.settle()
    reading = {"RegionName": FAR, "ReplicaProvisionedReadCapacityAutoScalingUpdate": {**update, "MinimumUnits": 9}}
    db.update_table_replica_auto_scaling(table_name="tab", replica_updates=[reading])
    desk.settle()
    assert (units(desk, "us-east-1"), units(desk, FAR)) == ((5, 5), (9, 5))
    shown = db.describe_table_replica_auto_scaling(table_name="tab")["TableAutoScalingDescription"]
    far = next(each for each in shown["Replicas"] if each["RegionName"] == FAR)
    read = far["ReplicaProvisionedReadCapacityAutoScalingSettings"]
    assert (read["MinimumUnits"], read["ScalingPolicies"][0]["PolicyName"]) == (
        9, "DynamoDBReadCapacityUtilization:table/tab",
    )  # fmt: skip
    assert far["GlobalSecondaryIndexes"][0]["ProvisionedWriteCapacityAutoScalingSettings"]["MaximumUnits"] == 50
    near = next(each for each in shown["Replicas"] if each["RegionName"] != FAR)
    assert near["ReplicaProvisionedReadCapacityAutoScalingSettings"] == {"AutoScalingDisabled": True}
    throughput = {"ReadCapacityUnits": 6, "WriteCapacityUnits": 12}
    of_index = [{"Update": {"IndexName": "own", "ProvisionedThroughput": throughput}}]
    db.update_table(table_name="tab", provisioned_throughput=throughput, global_secondary_index_updates=of_index)
    assert (units(desk, "us-east-1"), units(desk, FAR)) == ((6, 12), (9, 12))
    there = desk.ask("dynamodb", region=FAR).describe_table(table_name="tab")["Table"]
    held = there["GlobalSecondaryIndexes"][0]["ProvisionedThroughput"]
    assert (held["ReadCapacityUnits"], held["WriteCapacityUnits"]) == (5, 12)
    db.update_table_replica_auto_scaling(
        table_name="tab", provisioned_write_capacity_auto_scaling_update={"AutoScalingDisabled": True}
    )
    assert f"table/tab {WRITE['scalable_dimension']}" not in policies(desk, FAR)
    db.update_table(table_name="tab", billing_mode="PAY_PER_REQUEST")
    desk.settle()
    assert there["TableArn"].startswith(f"arn:aws:dynamodb:{FAR}:")
    assert units(desk, FAR) == (0, 0)
