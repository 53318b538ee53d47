"""What each operation takes, by item size, consistency and index.

The figures are those of the Developer Guide: "DynamoDB read and write operations" (what is read rounds up to 4 KB, for a Query or Scan once
for all of it; what is written to 1 KB, by the larger of before and after; transactions take double; what fails its condition takes what it
would have), "Using Global Secondary Indexes" (an index row that comes or goes is a write, one whose key changes is two, one whose
projection does not change is none) and "Local secondary indexes" (what is not projected is fetched, each item by itself).
"""

from __future__ import annotations

import math
from typing import Any

import pytest

from skyjar.services.dynamodb.errors import ConditionalCheckFailedException

from .conftest import Make, av, index, item

KB = 1024
SIZES = [1, 40, KB, KB + 1, 4 * KB, 4 * KB + 1, 17 * KB + 3, 400 * KB]
KEYS = "pksk"
CAPACITY = {"return_consumed_capacity": "TOTAL"}
SELECT = "SELECT * FROM tab WHERE pk='a' AND sk=1"


def sized(size: int, pk: str = "a", sk: int = 1, **more: Any) -> dict[str, Any]:
    """An item of at least that size: exactly so if it has room for its key and the attribute `x`."""
    made = item(pk=pk, sk=sk, **more)
    room = size - len(KEYS) - len(pk) - 2 - sum(len(name) + len(text) for name, text in more.items()) - 1
    return made if room < 0 else {**made, "x": av("-" * room)}


def actual(size: int) -> int:
    """Which size that has; `pk` and `sk` with their values take 7 bytes, an empty `x` one more."""
    return size if size >= 8 else 7


def reads(size: int, *, consistent: bool) -> float:
    return max(1, math.ceil(size / (4 * KB))) * (1.0 if consistent else 0.5)


def writes(size: int) -> float:
    return float(max(1, math.ceil(size / KB)))


def units(answer: dict[str, Any]) -> float:
    """The total, of one table."""
    used = answer["ConsumedCapacity"]
    return float((used[0] if isinstance(used, list) else used)["CapacityUnits"])


@pytest.mark.spec("dynamodb-010", "dynamodb-025")
@pytest.mark.parametrize("consistent", [False, True])
@pytest.mark.parametrize("size", SIZES)
def test_what_reads_take(table: Make, size: int, consistent: bool) -> None:
    db = table(sk="N")
    db.put_item(table_name="tab", item=sized(size))
    key, wanted = item(pk="a", sk=1), reads(actual(size), consistent=consistent)
    one = {"table_name": "tab", "consistent_read": consistent, **CAPACITY}
    query = {"key_condition_expression": "pk = :p", "expression_attribute_values": {":p": av("a")}}
    assert units(db.get_item(**one, key=key)) == wanted
    assert units(db.get_item(**one, key=key, projection_expression="sk")) == wanted, "what is left out costs too"
    assert units(db.query(**one, **query)) == wanted
    assert units(db.query(**one, **query, select="COUNT")) == wanted
    assert units(db.scan(**one)) == wanted
    batch = {"tab": {"Keys": [key, item(pk="none", sk=1)], "ConsistentRead": consistent}}
    least = reads(0, consistent=consistent)
    assert units(db.batch_get_item(request_items=batch, **CAPACITY)) == wanted + least, "what is not there, too"
    assert units(db.execute_statement(statement=SELECT, consistent_read=consistent, **CAPACITY)) == wanted
    statements = [{"Statement": SELECT, "ConsistentRead": consistent}]
    assert units(db.batch_execute_statement(statements=statements, **CAPACITY)) == wanted
    twice = 2 * reads(actual(size), consistent=True)
    gets = [{"Get": {"TableName": "tab", "Key": key}}]
    assert units(db.transact_get_items(transact_items=gets, **CAPACITY)) == twice
    assert units(db.execute_transaction(transact_statements=[{"Statement": SELECT}], **CAPACITY)) == twice


@pytest.mark.spec("dynamodb-011")
@pytest.mark.parametrize("size", SIZES)
def test_what_writes_take(table: Make, size: int) -> None:
    db = table(sk="N")
    key, wanted = item(pk="a", sk=1), writes(actual(size))
    put, delete = {"table_name": "tab", "item": sized(size)}, {"table_name": "tab", "key": key}
    small = {"table_name": "tab", "item": key}
    change = {**delete, "update_expression": "SET y = :y", "expression_attribute_values": {":y": av(1)}}
    grown = writes(actual(size) + 3)
    assert units(db.put_item(**put, **CAPACITY)) == wanted
    if size < 400 * KB:
        assert units(db.update_item(**change, **CAPACITY)) == grown
        assert units(db.update_item(**delete, update_expression="REMOVE y", **CAPACITY)) == grown, "as it was before"
    assert units(db.update_item(**delete, update_expression="REMOVE x", **CAPACITY)) == wanted
    assert units(db.delete_item(**delete, **CAPACITY)) == 1
    assert units(db.delete_item(**delete, **CAPACITY)) == 1, "nothing is there"
    requests = {"tab": [{"PutRequest": {"Item": sized(size)}}, {"PutRequest": {"Item": item(pk="b", sk=1)}}]}
    assert units(db.batch_write_item(request_items=requests, **CAPACITY)) == wanted + 1
    assert units(db.put_item(**small, **CAPACITY)) == wanted, "by what it replaces"
    actions = [{"Put": {"TableName": "tab", "Item": sized(size)}}]
    written = {"transact_items": actions, "client_request_token": "once", **CAPACITY}
    assert units(db.transact_write_items(**written)) == 2 * wanted
    assert units(db.transact_write_items(**written)) == 2 * reads(actual(size), consistent=True), "done already"
    check = {"TableName": "tab", "Key": key, "ConditionExpression": "attribute_exists(pk)"}
    assert units(db.transact_write_items(transact_items=[{"ConditionCheck": check}], **CAPACITY)) == 2 * wanted
    delete_it = {"statement": "DELETE FROM tab WHERE pk='a' AND sk=1", **CAPACITY}
    assert units(db.execute_statement(**delete_it)) == wanted


@pytest.mark.parametrize(("there", "wanted"), [(0, 30), (20, 30), (40, 30), (20, 0)])
def test_what_a_failed_condition_takes(desk: Any, table: Make, there: int, wanted: int) -> None:
    """The larger of what is there and what should have been, in KB."""
    rate = {"ReadCapacityUnits": 1, "WriteCapacityUnits": 1}
    for kind in ("put", "update", "transaction"):
        db = table(kind, sk="N", billing_mode="PROVISIONED", provisioned_throughput=rate)
        if there:
            db.put_item(table_name=kind, item=sized(there * KB))
        given = {"table_name": kind, "condition_expression": "n = :n", "expression_attribute_values": {":n": av(1)}}
        body = {":n": av(1), ":x": sized(wanted * KB).get("x", av(""))}
        with pytest.raises(ConditionalCheckFailedException):
            if kind == "put" or not wanted:
                db.put_item(**given, item=sized(wanted * KB))
            else:
                db.update_item(**{**given, "expression_attribute_values": body}, key=item(pk="a", sk=1),
                               update_expression="SET x = :x")  # fmt: skip
        desk.advance(60)
        found = desk.ask("cloudwatch").get_metric_statistics(
            namespace="AWS/DynamoDB", metric_name="ConsumedWriteCapacityUnits", statistics=["Sum"], period=60,
            dimensions=[{"Name": "TableName", "Value": kind}], start_time=desk.clock.now() - 600,
            end_time=desk.clock.now(),
        )["Datapoints"]  # fmt: skip
        assert sum(each["Sum"] for each in found) == there + max(there, wanted, 1)


@pytest.mark.spec("dynamodb-028")
@pytest.mark.parametrize("consistent", [False, True])
def test_pages_are_rounded_once_and_fetched_items_each(table: Make, consistent: bool) -> None:
    lsi = [index("thin", "pk", "l", "KEYS_ONLY")]
    db = table(sk="N", types={"l": "S"}, local_secondary_indexes=lsi)
    for n in range(10):
        db.put_item(table_name="tab", item=sized(1_500, sk=n, l="l"))
    shown = {"table_name": "tab", "consistent_read": consistent, "return_consumed_capacity": "INDEXES"}
    query = {"key_condition_expression": "pk = :p", "expression_attribute_values": {":p": av("a")}}
    used = db.query(**shown, **query)["ConsumedCapacity"]
    assert used["Table"]["CapacityUnits"] == reads(15_000, consistent=consistent)
    row = reads(10 * len("pkaskl1l"), consistent=consistent)
    for more in ({}, {"select": "COUNT"}):
        used = db.query(**shown, **query, index_name="thin", **more)["ConsumedCapacity"]
        assert (used["Table"]["CapacityUnits"], used["LocalSecondaryIndexes"]["thin"]["CapacityUnits"]) == (0, row)
    for more in ({"select": "ALL_ATTRIBUTES"}, {"projection_expression": "x"}):
        used = db.query(**shown, **query, index_name="thin", **more)["ConsumedCapacity"]
        assert used["Table"]["CapacityUnits"] == 10 * reads(1_500, consistent=consistent)
        assert used["LocalSecondaryIndexes"]["thin"]["CapacityUnits"] == row


CHANGES: list[tuple[str, str, dict[str, float]]] = [
    ("a row comes", "SET g = :a", {"all": 3, "some": 1, "keys": 1}),
    ("what is nowhere but in one index", "SET y = :b", {"all": 3}),
    ("what an index names", "SET s = :b", {"all": 3, "some": 1}),
    ("the same again", "SET s = :b", {}),
    ("its key changes", "SET g = :b", {"all": 6, "some": 2, "keys": 2}),
    ("it goes", "REMOVE g", {"all": 3, "some": 1, "keys": 1}),
    ("it is not there", "SET y = :a", {}),
]


@pytest.mark.spec("dynamodb-024")
@pytest.mark.parametrize("factor", [1, 2])
def test_what_indexes_take(table: Make, factor: int) -> None:
    indexes = [index("all", "g"), index("keys", "g", projection="KEYS_ONLY"), index("some", "g")]
    indexes[2]["Projection"] = {"ProjectionType": "INCLUDE", "NonKeyAttributes": ["s"]}
    db = table(types={"g": "S"}, sk="N", global_secondary_indexes=indexes)
    db.put_item(table_name="tab", item=sized(2_500))
    for what, text, wanted in CHANGES:
        values = {name: av(name) for name in (":a", ":b") if name in text}
        given = {"UpdateExpression": text, **({"ExpressionAttributeValues": values} if values else {})}
        if factor == 2:
            update = {"TableName": "tab", "Key": item(pk="a", sk=1), **given}
            answer = db.transact_write_items(transact_items=[{"Update": update}], return_consumed_capacity="INDEXES")
            used = answer["ConsumedCapacity"][0]
        else:
            used = db.update_item(
                table_name="tab", key=item(pk="a", sk=1), update_expression=text, return_consumed_capacity="INDEXES",
                **({"expression_attribute_values": values} if values else {}),
            )["ConsumedCapacity"]  # fmt: skip
        found = {name: each["CapacityUnits"] for name, each in used.get("GlobalSecondaryIndexes", {}).items()}
        assert found == {name: factor * each for name, each in wanted.items()}, what
        assert used["Table"]["CapacityUnits"] == factor * 3
        assert used["CapacityUnits"] == factor * 3 + sum(found.values())


def test_sizes_are_those_of_names_and_values(table: Make) -> None:
    """ "DynamoDB item sizes and formats": a document takes 3 bytes, and each of its parts one; a number one for two digits, and one."""
    db = table(sk="N")
    parts = {"M": {"ab": av("c"), "d": {"L": [av("e"), av(True), {"NULL": True}]}}}
    size = 7 + len("m") + 3 + (1 + 2 + 1) + (1 + 1) + 3 + (1 + 1) + (1 + 1) + (1 + 1) + len("n") + 3
    room = KB - size - 1
    made = {**item(pk="a", sk=1), "m": parts, "n": {"N": "1234"}, "x": av("-" * room)}
    assert units(db.put_item(table_name="tab", item=made, **CAPACITY)) == 1
    assert units(db.put_item(table_name="tab", item={**made, "x": av("-" * (room + 1))}, **CAPACITY)) == 2
