"""What tables tell CloudWatch."""

from __future__ import annotations

from typing import Any

import pytest

from skyjar.services.dynamodb.errors import (
    ConditionalCheckFailedException,
    ProvisionedThroughputExceededException,
    ValidationException,
)
from tests.conftest import NOON

HOUR_S = 3_600


def read(desk: Any, name: str, statistic: str = "Sum", **dimensions: str) -> float | None:
    found = desk.ask("cloudwatch").get_metric_statistics(
        namespace="AWS/DynamoDB",
        metric_name=name,
        dimensions=[{"Name": key, "Value": value} for key, value in dimensions.items()],
        start_time=NOON,
        end_time=NOON + 100 * HOUR_S,
        period=100 * HOUR_S,
        statistics=[statistic],
    )["Datapoints"]
    return float(found[0][statistic]) if found else None


def make(desk: Any, **more: Any) -> Any:
    dynamodb = desk.ask("dynamodb")
    dynamodb.create_table(
        **{
            "table_name": "tbl",
            "key_schema": [{"AttributeName": "id", "KeyType": "HASH"}],
            "attribute_definitions": [{"AttributeName": "id", "AttributeType": "S"}],
            "billing_mode": "PAY_PER_REQUEST",
            **more,
        }
    )
    desk.advance(60)
    return dynamodb


def test_consumed_units_are_counted(desk: Any) -> None:
    dynamodb = make(desk)
    dynamodb.put_item(table_name="tbl", item={"id": {"S": "a"}, "body": {"S": "x" * 3000}})
    dynamodb.get_item(table_name="tbl", key={"id": {"S": "a"}})
    dynamodb.get_item(table_name="tbl", key={"id": {"S": "a"}}, consistent_read=True)
    dynamodb.scan(table_name="tbl")
    assert read(desk, "ConsumedWriteCapacityUnits", TableName="tbl") == 3.0
    assert read(desk, "ConsumedReadCapacityUnits", TableName="tbl") == 2.0
    transact = [{"Put": {"TableName": "tbl", "Item": {"id": {"S": "b"}}}}]
    dynamodb.transact_write_items(transact_items=transact)
    assert read(desk, "ConsumedWriteCapacityUnits", TableName="tbl") == 5.0


@pytest.mark.spec("dynamodb-053")
def test_items_that_expire_use_no_write_capacity(desk: Any) -> None:
    dynamodb = make(desk)
    dynamodb.update_time_to_live(
        table_name="tbl", time_to_live_specification={"Enabled": True, "AttributeName": "until"}
    )
    item = {"id": {"S": "a"}, "until": {"N": str(int(desk.clock.now()) + 60)}}
    dynamodb.put_item(table_name="tbl", item=item)
    before = read(desk, "ConsumedWriteCapacityUnits", TableName="tbl")
    desk.advance(60 * HOUR_S)
    assert dynamodb.scan(table_name="tbl")["Items"] == []
    assert read(desk, "ConsumedWriteCapacityUnits", TableName="tbl") == before == 1.0


def test_units_of_global_indexes_are_their_own(desk: Any) -> None:
    index = {
        "IndexName": "by-other",
        "KeySchema": [{"AttributeName": "other", "KeyType": "HASH"}],
        "Projection": {"ProjectionType": "ALL"},
    }
    definitions = [{"AttributeName": name, "AttributeType": "S"} for name in ("id", "other")]
    dynamodb = make(desk, attribute_definitions=definitions, global_secondary_indexes=[index])
    dynamodb.put_item(table_name="tbl", item={"id": {"S": "a"}, "other": {"S": "b"}})
    assert read(desk, "ConsumedWriteCapacityUnits", TableName="tbl") == 1.0
    assert read(desk, "ConsumedWriteCapacityUnits", TableName="tbl", GlobalSecondaryIndexName="by-other") == 1.0


def test_errors_throttles_and_items_returned(desk: Any) -> None:
    dynamodb = make(desk)
    dynamodb.put_item(table_name="tbl", item={"id": {"S": "a"}})
    for key in ("a", "b"):
        with pytest.raises(ConditionalCheckFailedException):
            dynamodb.put_item(table_name="tbl", item={"id": {"S": key}}, condition_expression="attribute_exists(nope)")
    with pytest.raises(ValidationException):
        dynamodb.get_item(table_name="tbl", key={"wrong": {"S": "a"}})
    dynamodb.scan(table_name="tbl")
    # What is refused inside leaves no trace of its transaction; clients' calls are counted where they end.
    assert read(desk, "ReturnedItemCount", TableName="tbl", Operation="Scan") == 1.0


def test_what_is_provisioned(desk: Any) -> None:
    units = {"ReadCapacityUnits": 5, "WriteCapacityUnits": 1}
    dynamodb = make(desk, billing_mode="PROVISIONED", provisioned_throughput=units)
    assert read(desk, "ProvisionedReadCapacityUnits", "Maximum", TableName="tbl") == 5.0
    assert read(desk, "ProvisionedWriteCapacityUnits", "Maximum", TableName="tbl") == 1.0
    with pytest.raises(ProvisionedThroughputExceededException):
        for number in range(1000):
            dynamodb.put_item(table_name="tbl", item={"id": {"S": str(number)}})
    assert read(desk, "ConsumedWriteCapacityUnits", TableName="tbl") == 300.0
