from __future__ import annotations

import os
from typing import Any

import pytest

from skyjar.services.dynamodb import capacity, throttle
from skyjar.services.dynamodb.errors import IndexThroughputExceeded, ProvisionedThroughputExceededException

from .conftest import Make, av, index, item

KB = 1024


def sized(pk: str, size: int, **more: Any) -> dict[str, Any]:
    """An item of exactly that many bytes (but for `more`)."""
    return item(pk=pk, body="x" * (size - len("pk") - len(pk) - len("body")), **more)


def units(answer: Any) -> float:
    return float(answer["ConsumedCapacity"]["CapacityUnits"])


@pytest.mark.spec("dynamodb-010", "dynamodb-025")
@pytest.mark.parametrize(("kilobytes", "strong"), [(1, 1.0), (4, 1.0), (5, 2.0), (15, 4.0)])
def test_reads_count_by_4_kb(table: Make, kilobytes: int, strong: float) -> None:
    db = table()
    db.put_item(table_name="tab", item=sized("a", kilobytes * KB))
    get = {"table_name": "tab", "key": item(pk="a"), "return_consumed_capacity": "TOTAL"}
    assert units(db.get_item(**get, consistent_read=True)) == strong
    assert units(db.get_item(**get)) == strong / 2
    assert 100 * capacity.read_units(15 * KB, True) == 400


def test_reading_nothing_costs_the_least(table: Make) -> None:
    db = table()
    get = {"table_name": "tab", "key": item(pk="a"), "return_consumed_capacity": "TOTAL"}
    assert (units(db.get_item(**get)), units(db.get_item(**get, consistent_read=True))) == (0.5, 1.0)


@pytest.mark.spec("dynamodb-011")
@pytest.mark.parametrize(("size", "cost"), [(KB, 1.0), (KB + 1, 2.0), (KB * 3 // 2, 2.0), (10, 1.0)])
def test_writes_count_by_1_kb(table: Make, size: int, cost: float) -> None:
    put = {"table_name": "tab", "item": sized("a", size), "return_consumed_capacity": "TOTAL"}
    db = table()
    assert units(db.put_item(**put)) == cost
    assert units(db.delete_item(table_name="tab", key=item(pk="a"), return_consumed_capacity="TOTAL")) == cost


def test_a_smaller_item_costs_what_it_replaces(table: Make) -> None:
    db = table()
    db.put_item(table_name="tab", item=sized("a", 5 * KB))
    assert units(db.put_item(table_name="tab", item=sized("a", KB), return_consumed_capacity="TOTAL")) == 5.0


@pytest.mark.spec("dynamodb-024")
def test_indexes_have_their_parts(table: Make) -> None:
    db = table(
        sk="N",
        types={"g": "S", "l": "S"},
        global_secondary_indexes=[index("gsi", "g")],
        local_secondary_indexes=[index("lsi", "pk", "l", "KEYS_ONLY")],
    )
    put = {"table_name": "tab", "return_consumed_capacity": "INDEXES"}
    shown = db.put_item(**put, item=sized("a", 1500, sk=1, g="1", l="1"))["ConsumedCapacity"]
    assert shown == {
        "TableName": "tab",
        "CapacityUnits": 5.0,
        "Table": {"CapacityUnits": 2.0},
        "LocalSecondaryIndexes": {"lsi": {"CapacityUnits": 1.0}},
        "GlobalSecondaryIndexes": {"gsi": {"CapacityUnits": 2.0}},
    }
    moved = db.put_item(**put, item=sized("a", 1500, sk=1, g="2", l="1"))["ConsumedCapacity"]
    assert moved["GlobalSecondaryIndexes"] == {"gsi": {"CapacityUnits": 4.0}}, "a row deleted and a row written"
    assert "LocalSecondaryIndexes" not in moved, "nothing that it holds has changed"
    total = db.put_item(table_name="tab", item=item(pk="b", sk=1), return_consumed_capacity="TOTAL")
    assert total["ConsumedCapacity"] == {"TableName": "tab", "CapacityUnits": 1.0}
    assert "ConsumedCapacity" not in db.put_item(table_name="tab", item=item(pk="b", sk=1))


@pytest.mark.spec("dynamodb-028")
def test_a_query_rounds_once(table: Make) -> None:
    db = table(sk="N")
    for n in range(45):
        db.put_item(table_name="tab", item=sized("a", 4 * KB - 4, sk=n))
    query = {
        "table_name": "tab",
        "key_condition_expression": "pk = :p",
        "expression_attribute_values": {":p": av("a")},
        "limit": 40,
        "return_consumed_capacity": "TOTAL",
    }
    assert units(db.query(**query)) == 20.0
    assert units(db.query(**query, consistent_read=True)) == 40.0


@pytest.fixture
def slow(desk: Any, table: Make) -> Any:
    """A table of 2 read and 2 write units whose reserve is used up."""
    db = table(billing_mode="PROVISIONED", provisioned_throughput={"ReadCapacityUnits": 2, "WriteCapacityUnits": 2})
    for _ in range(600):
        db.put_item(table_name="tab", item=item(pk="a"))
    return db


@pytest.mark.spec("dynamodb-012", "dynamodb-008")
def test_burst_is_300_seconds_of_units(desk: Any, slow: Any, table: Make) -> None:
    with pytest.raises(ProvisionedThroughputExceededException):
        slow.put_item(table_name="tab", item=item(pk="a"))
    slow.get_item(table_name="tab", key=item(pk="a"))
    other = {"ReadCapacityUnits": 3, "WriteCapacityUnits": 3}
    table("other", billing_mode="PROVISIONED", provisioned_throughput=other)
    slow.put_item(table_name="other", item=item(pk="a"))
    for name, bought in (("tab", 2), ("other", 3)):
        shown = slow.describe_table(table_name=name)["Table"]["ProvisionedThroughput"]
        assert (shown["ReadCapacityUnits"], shown["WriteCapacityUnits"]) == (bought, bought)
    desk.advance(1.0)
    slow.put_item(table_name="tab", item=item(pk="a"))
    slow.put_item(table_name="tab", item=item(pk="a"))
    with pytest.raises(ProvisionedThroughputExceededException):
        slow.put_item(table_name="tab", item=item(pk="a"))
    desk.advance(400.0)
    for _ in range(600):
        slow.put_item(table_name="tab", item=item(pk="a"))
    with pytest.raises(ProvisionedThroughputExceededException):
        slow.put_item(table_name="tab", item=item(pk="a"))


def test_a_batch_leaves_what_is_too_much(desk: Any, slow: Any) -> None:
    desk.advance(1.0)
    requests = [{"PutRequest": {"Item": item(pk=str(n))}} for n in range(5)]
    left = slow.batch_write_item(request_items={"tab": requests})["UnprocessedItems"]
    assert left == {"tab": requests[2:]}
    with pytest.raises(ProvisionedThroughputExceededException):
        slow.batch_write_item(request_items=left)


@pytest.mark.spec("dynamodb-050")
def test_a_slow_index_holds_up_its_table(table: Make) -> None:
    few, many = ({"ReadCapacityUnits": n, "WriteCapacityUnits": n} for n in (1, 100))
    db = table(
        billing_mode="PROVISIONED",
        provisioned_throughput=many,
        types={"g": "S"},
        global_secondary_indexes=[index("gsi", "g", ProvisionedThroughput=few)],
    )
    for n in range(300):
        db.put_item(table_name="tab", item=item(pk=str(n), g="g"))
    with pytest.raises(IndexThroughputExceeded):
        db.put_item(table_name="tab", item=item(pk="x", g="g"))
    db.put_item(table_name="tab", item=item(pk="x"))


@pytest.mark.spec("dynamodb-013")
def test_a_hot_key_may_use_the_whole_table(desk: Any, table: Make) -> None:
    """Each second, once the table has nothing in reserve; and the table's maximum is the key's."""
    db = table(billing_mode="PROVISIONED", provisioned_throughput={"ReadCapacityUnits": 100, "WriteCapacityUnits": 100})
    for n in range(75):
        db.put_item(table_name="tab", item=sized(f"{n:02}", 400 * KB))
    with pytest.raises(ProvisionedThroughputExceededException):
        db.put_item(table_name="tab", item=item(pk="hot"))
    for _ in range(3):
        desk.advance(1.0)
        for _ in range(100):
            db.put_item(table_name="tab", item=item(pk="hot"))
        with pytest.raises(ProvisionedThroughputExceededException):
            db.put_item(table_name="tab", item=item(pk="hot"))


def test_throttle_says_nothing_on_demand(table: Make) -> None:
    assert throttle.limits.BURST_S == 300
    db = table()
    for _ in range(1000):
        db.get_item(table_name="tab", key=item(pk="a"))


@pytest.mark.spec("dynamodb-014")
@pytest.mark.skipif("SKYJAR_AGAIN" in os.environ, reason="a run in vain counts too")
def test_a_partition_gives_1000_writes_and_3000_reads_a_second(desk: Any, table: Make) -> None:
    units = {"ReadCapacityUnits": 12_000, "WriteCapacityUnits": 5_000}
    db = table(billing_mode="PROVISIONED", provisioned_throughput=units)
    big = {"x": {"B": b"x" * 99_000}}

    def put(pk: str) -> None:
        db.put_item(table_name="tab", item=item(pk=pk) | big)

    for _ in range(10):  # 97 units each
        put("hot")
    with pytest.raises(ProvisionedThroughputExceededException):
        put("hot")
    found = db.batch_write_item(
        request_items={
            "tab": [{"PutRequest": {"Item": item(pk=f"k{n}")}} for n in range(24)]
            + [{"PutRequest": {"Item": item(pk="hot") | big}}]
        }
    )
    left = {each["PutRequest"]["Item"]["pk"]["S"] for each in found["UnprocessedItems"]["tab"]}
    assert left == {"hot"}, "other partitions go on"
    desk.advance(1)
    put("hot")
    with pytest.raises(ProvisionedThroughputExceededException):
        for _ in range(200):  # 25 units each
            db.get_item(table_name="tab", key=item(pk="hot"), consistent_read=True)
    desk.advance(1)
    assert db.get_item(table_name="tab", key=item(pk="hot"), consistent_read=True)["Item"]["x"] == big["x"]
