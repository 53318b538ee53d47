"""What on-demand tables may and can do, and why somebody is throttled."""

from __future__ import annotations

from typing import Any

import pytest

from skyjar.services.dynamodb.errors import (
    ProvisionedThroughputExceededException,
    ThrottlingException,
    TransactionCanceledException,
    ValidationException,
)

from .conftest import Make, index, item, types

TABLE = "arn:aws:dynamodb:us-east-1:111122223333:table/tab"
KB = 1024


def put(db: Any, pk: str = "a", size: int = 0, **more: Any) -> None:
    db.put_item(table_name="tab", item=item(pk=pk, **more, **({"body": "x" * size} if size else {})))


def shown(db: Any) -> dict[str, Any]:
    found: dict[str, Any] = db.describe_table(table_name="tab")["Table"]
    return found


def warm(of: dict[str, Any]) -> tuple[int, int]:
    return of["WarmThroughput"]["ReadUnitsPerSecond"], of["WarmThroughput"]["WriteUnitsPerSecond"]


def test_a_maximum_is_kept_shown_changed_and_removed(desk: Any, table: Make) -> None:
    db = table(on_demand_throughput={"MaxReadRequestUnits": 2, "MaxWriteRequestUnits": 3})
    assert shown(db)["OnDemandThroughput"] == {"MaxReadRequestUnits": 2, "MaxWriteRequestUnits": 3}
    for n in range(3):
        put(db, f"{n}")
    with pytest.raises(ThrottlingException, match="maximum OnDemandThroughput configured") as caught:
        put(db)
    assert caught.value.fields == {
        "throttlingReasons": [{"reason": "TableWriteMaxOnDemandThroughputExceeded", "resource": TABLE}]
    }
    get = {"table_name": "tab", "key": item(pk="0"), "consistent_read": True}
    db.get_item(**get)
    db.get_item(**get)
    with pytest.raises(ThrottlingException) as caught:
        db.get_item(**get)
    assert caught.value.fields["throttlingReasons"][0]["reason"] == "TableReadMaxOnDemandThroughputExceeded"
    with pytest.raises(ThrottlingException):
        db.query(table_name="tab", key_condition_expression="pk = :p", expression_attribute_values={":p": {"S": "0"}})
    with pytest.raises(ThrottlingException):
        db.batch_write_item(request_items={"tab": [{"PutRequest": {"Item": item(pk="x")}}]})
    with pytest.raises(ThrottlingException):
        db.batch_get_item(request_items={"tab": {"Keys": [item(pk="0")]}})
    with pytest.raises(TransactionCanceledException, match="ThrottlingError"):
        db.transact_write_items(transact_items=[{"Put": {"TableName": "tab", "Item": item(pk="x")}}])
    desk.advance(1)
    put(db)
    db.update_table(table_name="tab", on_demand_throughput={"MaxWriteRequestUnits": -1})
    assert shown(db)["OnDemandThroughput"] == {"MaxReadRequestUnits": 2, "MaxWriteRequestUnits": -1}
    for n in range(50):
        put(db, f"{n}")


def test_an_index_with_a_maximum_holds_up_its_table(desk: Any, table: Make) -> None:
    gsi = index("gsi", "g", OnDemandThroughput={"MaxWriteRequestUnits": 1})
    db = table(types={"g": "S"}, global_secondary_indexes=[gsi])
    put(db, g="1")
    put(db, "b")
    with pytest.raises(ThrottlingException) as caught:
        put(db, "c", g="1")
    assert caught.value.fields["throttlingReasons"] == [
        {"reason": "IndexWriteMaxOnDemandThroughputExceeded", "resource": f"{TABLE}/index/gsi"}
    ]
    update = {"IndexName": "gsi", "OnDemandThroughput": {"MaxWriteRequestUnits": 2}}
    db.update_table(table_name="tab", global_secondary_index_updates=[{"Update": update}])
    assert shown(db)["GlobalSecondaryIndexes"][0]["OnDemandThroughput"]["MaxWriteRequestUnits"] == 2
    desk.advance(1)
    put(db, "c", g="1")


def test_provisioned_tables_say_why_too(table: Make) -> None:
    one = {"ReadCapacityUnits": 1, "WriteCapacityUnits": 1}
    gsi = index("gsi", "g", ProvisionedThroughput={"ReadCapacityUnits": 1, "WriteCapacityUnits": 1})
    db = table(billing_mode="PROVISIONED", provisioned_throughput={**one, "WriteCapacityUnits": 500}, types={"g": "S"},
               global_secondary_indexes=[gsi])  # fmt: skip
    put(db, size=350 * KB, g="1")
    with pytest.raises(ProvisionedThroughputExceededException) as caught:
        put(db, g="1")
    assert caught.value.fields["ThrottlingReasons"] == [
        {"reason": "IndexWriteProvisionedThroughputExceeded", "resource": f"{TABLE}/index/gsi"}
    ]
    put(db, "b"), "the table itself has units left"


def test_warm_throughput_is_shown_and_only_grows(desk: Any, table: Make) -> None:
    db = table(types={"g": "S"}, global_secondary_indexes=[index("gsi", "g")])
    assert warm(shown(db)) == warm(shown(db)["GlobalSecondaryIndexes"][0]) == (12_000, 4_000)
    db.update_table(table_name="tab", warm_throughput={"WriteUnitsPerSecond": 9_000})
    assert warm(shown(db)) == (12_000, 9_000)
    with pytest.raises(ValidationException, match="decreasing WarmThroughput is not supported"):
        db.update_table(table_name="tab", warm_throughput={"WriteUnitsPerSecond": 8_000})
    update = {"IndexName": "gsi", "WarmThroughput": {"ReadUnitsPerSecond": 13_000}}
    db.update_table(table_name="tab", global_secondary_index_updates=[{"Update": update}])
    assert warm(shown(db)["GlobalSecondaryIndexes"][0]) == (13_000, 4_000)
    units = {"ReadCapacityUnits": 5, "WriteCapacityUnits": 6}
    made = {"table_name": "paid", "attribute_definitions": types(pk="S"), "provisioned_throughput": units,
            "key_schema": [{"AttributeName": "pk", "KeyType": "HASH"}]}  # fmt: skip
    assert warm(db.create_table(**made)["TableDescription"]) == (5, 6)
    with pytest.raises(ValidationException, match="BillingMode is PROVISIONED"):
        db.create_table(**{**made, "table_name": "paid2"}, on_demand_throughput={"MaxReadRequestUnits": 1})
    for wrong in ({}, {"MaxReadRequestUnits": 0}, {"MaxWriteRequestUnits": -2}):
        with pytest.raises(ValidationException):
            db.update_table(table_name="tab", on_demand_throughput=wrong)
    with pytest.raises(ValidationException):
        db.update_table(table_name="tab", warm_throughput={})
