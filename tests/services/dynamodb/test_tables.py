from __future__ import annotations

from typing import Any

import pytest

from skyjar.services.dynamodb.errors import (
    LimitExceededException,
    ResourceInUseException,
    ResourceNotFoundException,
    ValidationException,
)

from .conftest import Make, index, item, keys, types

UNITS = {"ReadCapacityUnits": 5, "WriteCapacityUnits": 5}


def create(desk: Any, **changes: Any) -> Any:
    given = {
        "table_name": "books",
        "key_schema": keys("pk", "sk"),
        "attribute_definitions": types(pk="S", sk="N"),
        "billing_mode": "PAY_PER_REQUEST",
        **changes,
    }
    return desk.ask("dynamodb").create_table(**{name: value for name, value in given.items() if value is not None})


def refusal(desk: Any, **changes: Any) -> str:
    with pytest.raises(ValidationException) as refused:
        create(desk, **changes)
    return refused.value.message


def test_a_table_is_active_once_created_and_gone_once_deleted(desk: Any) -> None:
    made = create(desk)["TableDescription"]
    assert made["TableStatus"] == "CREATING"
    dynamodb = desk.ask("dynamodb")
    shown = dynamodb.describe_table(table_name="books")["Table"]
    assert shown["TableStatus"] == "ACTIVE"
    assert shown["TableArn"] == "arn:aws:dynamodb:us-east-1:111122223333:table/books"
    assert shown["BillingModeSummary"]["BillingMode"] == "PAY_PER_REQUEST"
    assert dynamodb.describe_table(table_name=shown["TableArn"])["Table"] == shown
    with pytest.raises(ResourceInUseException, match="Table already exists: books"):
        create(desk)
    assert dynamodb.delete_table(table_name="books")["TableDescription"]["TableStatus"] == "DELETING"
    with pytest.raises(ResourceNotFoundException, match="Requested resource not found: Table: books not found"):
        dynamodb.describe_table(table_name="books")


@pytest.mark.spec("dynamodb-017")
def test_a_table_made_again_is_empty(desk: Any, table: Make) -> None:
    dynamodb = table("tab1", global_secondary_indexes=[index("gsi", "g")], types={"g": "S"})
    for n in range(20):
        dynamodb.put_item(table_name="tab1", item=item(pk=str(n), g="g"))
    assert dynamodb.delete_table(table_name="tab1")["TableDescription"]["TableStatus"] == "DELETING"
    with pytest.raises(ResourceNotFoundException):
        dynamodb.scan(table_name="tab1")
    table("tab1")
    answer = dynamodb.scan(table_name="tab1", return_consumed_capacity="TOTAL")
    assert (answer["Count"], answer["ConsumedCapacity"]["CapacityUnits"]) == (0, 0.5)
    desk.settle()
    left = [key for key in desk.store.driver._pairs if b"dynamodb.items" in key or b"dynamodb.tallies" in key]
    assert left == [], "a job clears what is left"


@pytest.mark.spec("dynamodb-006")
def test_provisioned_is_the_default_and_needs_units(desk: Any) -> None:
    assert refusal(desk, billing_mode=None) == (
        "One or more parameter values were invalid: ReadCapacityUnits and WriteCapacityUnits must both be specified when "
        "BillingMode is PROVISIONED"
    )
    assert "Neither ReadCapacityUnits nor WriteCapacityUnits can be specified" in refusal(
        desk, provisioned_throughput=UNITS
    )
    made = create(desk, billing_mode=None, provisioned_throughput=UNITS)["TableDescription"]
    assert made["ProvisionedThroughput"] == {"NumberOfDecreasesToday": 0, **UNITS}


def test_key_schemas(desk: Any) -> None:
    assert "first KeySchemaElement is not a HASH" in refusal(desk, key_schema=keys("pk", "sk")[::-1])
    assert "does not exactly match number of attributes" in refusal(desk, key_schema=keys("pk"))
    assert "Some index key attribute have no definition" in refusal(desk, attribute_definitions=types(pk="S"))
    assert "not defined in AttributeDefinitions. Keys: [pk, sk]" in refusal(
        desk, attribute_definitions=types(pk="S", z="S")
    )
    assert refusal(desk, attribute_definitions=[*types(pk="S"), *types(pk="S")]) == "Attribute Name is duplicated: pk"
    assert "have no definition" in refusal(desk, key_schema=keys("pk", "pk"), attribute_definitions=types(pk="S"))
    assert "have the same name" in refusal(desk, key_schema=keys("pk", "pk"))
    assert "Value null at 'keySchema' failed to satisfy constraint" in refusal(desk, key_schema=None)
    assert "Value 'ab' at 'tableName' failed" in refusal(desk, table_name="ab")
    assert "must satisfy regular expression pattern: [a-zA-Z0-9_.-]+" in refusal(desk, table_name="a b c")
    assert "Invalid table/index name." in refusal(desk, global_secondary_indexes=[index("a b", "sk")])


@pytest.mark.spec("dynamodb-039", "dynamodb-040", "dynamodb-041")
def test_local_indexes(desk: Any) -> None:
    several = [index(f"lsi{n}", "pk", f"a{n}") for n in range(6)]
    defined = types(pk="S", sk="N", **{f"a{n}": "S" for n in range(6)})
    assert "LocalSecondaryIndexes exceeds per-table limit of 5" in refusal(
        desk, local_secondary_indexes=several, attribute_definitions=defined
    )
    assert "does not have the same leading hash key as table KeySchema for index: lsi" in refusal(
        desk, local_secondary_indexes=[index("lsi", "q", "sk")], attribute_definitions=types(pk="S", sk="N", q="S")
    )
    assert "Table KeySchema does not have a range key" in refusal(
        desk, key_schema=keys("pk"), local_secondary_indexes=[index("lsi", "pk", "sk")]
    )
    made = create(desk, local_secondary_indexes=several[:5], attribute_definitions=defined[:-1])["TableDescription"]
    assert [each["IndexName"] for each in made["LocalSecondaryIndexes"]] == [f"lsi{n}" for n in range(5)]


@pytest.mark.spec("dynamodb-046", "dynamodb-047")
def test_global_indexes(desk: Any) -> None:
    several = [index(f"gsi{n}", "sk") for n in range(21)]
    assert "GlobalSecondaryIndex count exceeds the per-table limit of 20" in refusal(
        desk, global_secondary_indexes=several
    )
    assert "ProvisionedThroughput is not specified for index: gsi0" in refusal(
        desk, global_secondary_indexes=several[:1], billing_mode="PROVISIONED", provisioned_throughput=UNITS
    )
    assert "List of GlobalSecondaryIndexes is empty" in refusal(desk, global_secondary_indexes=[])
    assert "Duplicate index name: gsi0" in refusal(desk, global_secondary_indexes=several[:1] * 2)
    assert "NonKeyAttributes is not specified" in refusal(
        desk, global_secondary_indexes=[index("gsi", "sk", projection="INCLUDE")]
    )


def test_tables_are_listed_by_page(desk: Any) -> None:
    for name in ("ccc", "aaa", "bbb"):
        create(desk, table_name=name)
    dynamodb = desk.ask("dynamodb")
    first = dynamodb.list_tables(limit=2)
    assert first == {"TableNames": ["aaa", "bbb"], "LastEvaluatedTableName": "bbb"}
    assert dynamodb.list_tables(exclusive_start_table_name="bbb") == {"TableNames": ["ccc"]}
    assert desk.ask("dynamodb", region="eu-west-1").list_tables() == {"TableNames": []}


def test_deletion_protection(desk: Any) -> None:
    create(desk, deletion_protection_enabled=True)
    dynamodb = desk.ask("dynamodb")
    with pytest.raises(ValidationException, match="currently protected against deletion"):
        dynamodb.delete_table(table_name="books")
    dynamodb.update_table(table_name="books", deletion_protection_enabled=False)
    dynamodb.delete_table(table_name="books")


@pytest.mark.spec("dynamodb-009")
def test_throughput_is_raised_and_lowered(desk: Any) -> None:
    create(desk, billing_mode=None, provisioned_throughput=UNITS)
    dynamodb = desk.ask("dynamodb")

    def change(units: int) -> Any:
        given = {"ReadCapacityUnits": units, "WriteCapacityUnits": units}
        return dynamodb.update_table(table_name="books", provisioned_throughput=given)["TableDescription"]

    assert change(100)["TableStatus"] == "UPDATING"
    assert dynamodb.describe_table(table_name="books")["Table"]["TableStatus"] == "ACTIVE"
    with pytest.raises(ValidationException, match="The provisioned throughput for the table will not change"):
        change(100)
    for units in (90, 80, 70):
        change(units)
    assert change(60)["ProvisionedThroughput"]["NumberOfDecreasesToday"] == 4
    with pytest.raises(LimitExceededException, match="Provisioned throughput decreases are limited"):
        change(50)
    desk.advance(3601)
    change(50)
    shown = dynamodb.update_table(table_name="books", billing_mode="PAY_PER_REQUEST")["TableDescription"]
    assert shown["ProvisionedThroughput"]["ReadCapacityUnits"] == 0


@pytest.mark.spec("dynamodb-045")
def test_an_index_on_a_table_in_use_is_filled(desk: Any, table: Make) -> None:
    dynamodb = table()
    for n in range(1203):
        dynamodb.put_item(table_name="tab", item=item(pk=str(n), g=f"g{n % 2}", **({} if n % 3 else {"x": n})))
    dynamodb.update_table(
        table_name="tab",
        attribute_definitions=types(pk="S", g="S", x="N"),
        global_secondary_index_updates=[{"Create": index("gsi", "g", "x")}],
    )
    assert dynamodb.describe_table(table_name="tab")["Table"]["GlobalSecondaryIndexes"][0]["IndexStatus"] == "CREATING"
    dynamodb.put_item(table_name="tab", item=item(pk="0", g="g1", x=-1))
    dynamodb.delete_item(table_name="tab", key=item(pk="3"))
    desk.settle()
    shown = dynamodb.describe_table(table_name="tab")["Table"]["GlobalSecondaryIndexes"][0]
    assert (shown["IndexStatus"], shown["ItemCount"]) == ("ACTIVE", 400)
    assert dynamodb.scan(table_name="tab", index_name="gsi")["Count"] == 400
    dynamodb.update_table(table_name="tab", global_secondary_index_updates=[{"Delete": {"IndexName": "gsi"}}])
    shown = dynamodb.describe_table(table_name="tab")["Table"]
    assert "GlobalSecondaryIndexes" not in shown
    assert shown["AttributeDefinitions"] == types(pk="S")


def test_tags(desk: Any) -> None:
    arn = create(desk, tags=[{"Key": "a", "Value": "1"}])["TableDescription"]["TableArn"]
    dynamodb = desk.ask("dynamodb")
    dynamodb.tag_resource(resource_arn=arn, tags=[{"Key": "b", "Value": "2"}])
    dynamodb.untag_resource(resource_arn=arn, tag_keys=["a"])
    assert dynamodb.list_tags_of_resource(resource_arn=arn) == {"Tags": [{"Key": "b", "Value": "2"}]}
    with pytest.raises(ResourceNotFoundException):
        dynamodb.list_tags_of_resource(resource_arn=arn + "x")


def test_limits_endpoints_and_backups(desk: Any) -> None:
    dynamodb = desk.ask("dynamodb")
    assert dynamodb.describe_limits()["TableMaxReadCapacityUnits"] == 40_000
    assert dynamodb.describe_endpoints()["Endpoints"][0]["Address"]
    create(desk)
    backups = dynamodb.describe_continuous_backups(table_name="books")["ContinuousBackupsDescription"]
    assert backups["PointInTimeRecoveryDescription"]["PointInTimeRecoveryStatus"] == "DISABLED"
