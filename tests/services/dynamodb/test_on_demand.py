"""What on-demand tables may and can do, and why somebody is throttled."""

from __future__ import annotations

from typing import Any

import pytest

from skyjar.kernel import quotas
from skyjar.services.dynamodb.errors import (
    ProvisionedThroughputExceededException,
    RequestLimitExceeded,
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


@pytest.fixture
def strict(desk: Any, table: Make) -> Any:
    """A table in a cloud with AWS's timing."""
    db = table()
    desk.pipeline.behaviour.has_aws_timing = True
    return db


def test_one_partition_has_an_end(desk: Any, strict: Any) -> None:
    for _ in range(4):
        put(strict, size=300 * KB)
    with pytest.raises(ThrottlingException, match="check if you have a hot key") as caught:
        put(strict)
    assert caught.value.fields["throttlingReasons"][0]["reason"] == "TableWriteKeyRangeThroughputExceeded"
    put(strict, "another")
    desk.advance(1)
    put(strict)


def test_a_new_table_does_4000_writes_and_twice_its_peak_later(desk: Any, strict: Any) -> None:
    def most() -> int:
        """How many writes of 100 units each are let in within one second, on different keys."""
        done = 0
        try:
            for n in range(200):
                put(strict, f"{done}-{n}", size=100 * KB - 50)
                done += 1
        except ThrottlingException:
            return done
        return done

    first = most()
    assert 10 <= first <= 41, "as far as 4 partitions go"
    desk.advance(1800)
    second = most()
    assert first < second <= 2 * first + 1
    strict.update_table(table_name="tab", warm_throughput={"WriteUnitsPerSecond": 30_000})
    desk.advance(1800)
    assert most() > second
    assert warm(shown(strict))[1] == 30_000


def test_more_than_the_quota_is_refused_otherwise(desk: Any, strict: Any) -> None:
    desk.store.transact(lambda tx: quotas.change(tx, "dynamodb", "table-write-units", 100, "", ""))
    put(strict, size=150 * KB)
    with pytest.raises(RequestLimitExceeded, match="throughput limit for your account") as caught:
        put(strict, "b")
    assert caught.value.fields["ThrottlingReasons"][0]["reason"] == "TableWriteAccountLimitExceeded"


def test_a_peak_doubles_what_can_be_done(desk: Any, strict: Any) -> None:
    """By the numbers that are shown: a peak of 8,000 reads in a second makes 16,000 half an hour later."""
    for n in range(27):
        put(strict, f"{n}", size=399 * KB)
        desk.advance(1)
    for n in range(27):
        for _ in range(3):
            strict.get_item(table_name="tab", key=item(pk=f"{n}"), consistent_read=True)
    assert warm(shown(strict)) == (12_000, 4_000)
    desk.advance(1800)
    assert warm(shown(strict)) == (27 * 3 * 100 * 2, 4_000)
