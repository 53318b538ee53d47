"""What DynamoDB costs, against bills worked out by hand."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from .conftest import DAY, MARCH, Bill

DYNAMODB = "Amazon DynamoDB"


def table(desk: Any, name: str, units: int = 0, **more: Any) -> None:
    bought = (
        {"provisioned_throughput": {"ReadCapacityUnits": units, "WriteCapacityUnits": units}}
        if units
        else {"billing_mode": "PAY_PER_REQUEST"}
    )
    key = {"AttributeName": "k", "KeyType": "HASH"}
    attribute = {"AttributeName": "k", "AttributeType": "S"}
    desk.ask("dynamodb").create_table(
        table_name=name, key_schema=[key], attribute_definitions=[attribute], **bought, **more
    )
    desk.settle()


def load(desk: Any, name: str, times: int) -> None:
    dynamodb = desk.ask("dynamodb")
    for number in range(times):
        dynamodb.put_item(table_name=name, item={"k": {"S": str(number)}})
        dynamodb.get_item(table_name=name, key={"k": {"S": str(number)}}, consistent_read=True)


@pytest.mark.spec("dynamodb-007")
def test_on_demand_costs_more_than_provisioned_for_the_same_load(february: Any, bill: Bill) -> None:
    """A write and a read each second of an hour, which is what one unit of capacity gives."""
    table(february, "demand")
    for _ in range(36):
        load(february, "demand", 100)
        february.advance(100)
    demand = {name: cost for name, (_, cost) in bill(DYNAMODB).items() if "Request" in name}
    assert demand == {"WriteRequestUnits": Decimal("0.00225"), "ReadRequestUnits": Decimal("0.00045")}
    february.advance(28 * DAY)
    table(february, "bought", 1)
    for _ in range(36):
        load(february, "bought", 100)
        february.advance(100)
    amounts = bill(DYNAMODB, MARCH)
    assert amounts["WriteCapacityUnit-Hrs"][0] in (1, 2)  # the clock's hours that it was in
    unit = {name: cost / amount for name, (amount, cost) in amounts.items() if "Capacity" in name}
    assert unit == {"WriteCapacityUnit-Hrs": Decimal("0.00065"), "ReadCapacityUnit-Hrs": Decimal("0.00013")}
    assert "WriteRequestUnits" not in amounts
    assert demand["WriteRequestUnits"] / unit["WriteCapacityUnit-Hrs"] == pytest.approx(
        Decimal("3.46"), abs=Decimal("0.01")
    )
    assert demand["ReadRequestUnits"] > unit["ReadCapacityUnit-Hrs"]


def test_a_month_of_capacity(february: Any, bill: Bill) -> None:
    index = {
        "IndexName": "index",
        "KeySchema": [{"AttributeName": "k", "KeyType": "HASH"}],
        "Projection": {"ProjectionType": "ALL"},
        "ProvisionedThroughput": {"ReadCapacityUnits": 5, "WriteCapacityUnits": 5},
    }
    table(february, "table", 10, global_secondary_indexes=[index])
    february.advance(28 * DAY)
    found = bill(DYNAMODB)
    assert found["WriteCapacityUnit-Hrs"] == (15 * 672, Decimal("6.552"))
    assert found["ReadCapacityUnit-Hrs"] == (15 * 672, Decimal("1.3104"))
    february.ask("dynamodb").delete_table(table_name="table")
    february.settle()
    february.advance(10 * DAY)
    assert bill(DYNAMODB, MARCH) == {}


def test_units_of_indexes_and_large_items(february: Any, bill: Bill) -> None:
    index = {
        "IndexName": "index",
        "KeySchema": [{"AttributeName": "k", "KeyType": "HASH"}],
        "Projection": {"ProjectionType": "KEYS_ONLY"},
    }
    table(february, "table", global_secondary_indexes=[index])
    dynamodb = february.ask("dynamodb")
    dynamodb.put_item(table_name="table", item={"k": {"S": "a"}, "body": {"S": "x" * 2500}})
    dynamodb.get_item(table_name="table", key={"k": {"S": "a"}})
    dynamodb.query(
        table_name="table",
        index_name="index",
        key_condition_expression="k = :k",
        expression_attribute_values={":k": {"S": "a"}},
    )
    found = bill(DYNAMODB)
    assert found["WriteRequestUnits"][0] == 4  # three of the table, one of the index
    assert found["ReadRequestUnits"][0] == 1  # a half of each


def test_storage_and_the_class_of_a_table(february: Any, bill: Bill) -> None:
    for name, more in (("standard", {}), ("infrequent", {"table_class": "STANDARD_INFREQUENT_ACCESS"})):
        table(february, name, **more)
        for number in range(10):
            february.ask("dynamodb").put_item(
                table_name=name, item={"k": {"S": str(number)}, "body": {"S": "x" * (100_000 - 5 - 100)}}
            )
    february.advance(28 * DAY)
    found = bill(DYNAMODB)
    held = Decimal(1_000_000) / 2**30
    assert abs(found["TimedStorage-ByteHrs"][0] - held) < Decimal("0.000001")
    assert abs(found["IA-TimedStorage-ByteHrs"][0] - held) < Decimal("0.000001")
    assert found["IA-TimedStorage-ByteHrs"][1] < found["TimedStorage-ByteHrs"][1]  # the free tier is not deducted
    assert found["IA-WriteRequestUnits"][0] == found["WriteRequestUnits"][0] == 10 * 98
    assert found["IA-WriteRequestUnits"][1] > found["WriteRequestUnits"][1]
