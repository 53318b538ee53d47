"""Eventually consistent reads that are stale, where that is asked for."""

from __future__ import annotations

from typing import Any

import pytest

from .conftest import Make, index, item

LAG_S = 10.0


@pytest.fixture
def db(desk: Any, table: Make) -> Any:
    made = table(sk="N", types={"g": "S"}, global_secondary_indexes=[index("gsi", "g")])
    desk.pipeline.behaviour.stale_reads_s = LAG_S
    return made


def put(db: Any, n: int, v: int, g: str = "g") -> None:
    db.put_item(table_name="tab", item=item(pk="a", sk=n, v=v, g=g))


def seen(db: Any, *, consistent: bool = False, **more: Any) -> dict[int, int]:
    found = db.query(
        table_name="tab",
        key_condition_expression="pk = :a",
        expression_attribute_values={":a": {"S": "a"}},
        consistent_read=consistent,
        **more,
    )["Items"]
    return {int(each["sk"]["N"]): int(each["v"]["N"]) for each in found}


def indexed(db: Any, g: str = "g") -> set[int]:
    found = db.query(
        table_name="tab",
        index_name="gsi",
        key_condition_expression="g = :g",
        expression_attribute_values={":g": {"S": g}},
    )["Items"]
    return {int(each["sk"]["N"]) for each in found}


@pytest.mark.spec("dynamodb-026", "dynamodb-049")
def test_some_of_what_is_new_is_not_seen_yet(desk: Any, db: Any) -> None:
    for n in range(30):
        put(db, n, 1)
    assert len(seen(db, consistent=True)) == 30
    before = len(seen(db))
    assert before < 30
    assert len(indexed(db)) < 30
    scan = {"table_name": "tab", "select": "COUNT"}
    assert db.scan(**scan)["Count"] < 30 == db.scan(**scan, consistent_read=True)["Count"]
    assert db.get_item(table_name="tab", key=item(pk="a", sk=3), consistent_read=True)["Item"]
    desk.advance(LAG_S / 2)
    later = len(seen(db))
    assert before < later < 30, "each has a lag of its own"
    desk.advance(LAG_S)
    assert len(seen(db)) == len(indexed(db)) == 30


def test_changes_and_deletions_come_late_and_never_go_back(desk: Any, db: Any) -> None:
    for n in range(20):
        put(db, n, 1)
    desk.advance(2 * LAG_S)
    for n in range(10):
        put(db, n, 2, g="h")
        db.delete_item(table_name="tab", key=item(pk="a", sk=10 + n))
    assert seen(db, consistent=True) == dict.fromkeys(range(10), 2)
    known: dict[int, int] = {}
    for _ in range(12):
        found = seen(db)
        for n in range(10):
            assert known.get(n, 0) <= found[n]
            assert n + 10 not in found or n + 10 in known or not known
        got = {n: db.get_item(table_name="tab", key=item(pk="a", sk=n)).get("Item") for n in range(20)}
        assert {n: int(each["v"]["N"]) for n, each in got.items() if each} == found, "GetItem and Query see the same"
        known = found
        desk.advance(1)
    assert known == dict.fromkeys(range(10), 2)
    assert (indexed(db), indexed(db, "h")) == (set(), set(range(10)))


def test_pages_are_whole_whatever_is_hidden(desk: Any, db: Any) -> None:
    for n in range(0, 40, 2):
        put(db, n, 1)
    desk.advance(2 * LAG_S)
    for n in range(40):
        put(db, n, 2)
    whole = seen(db)
    for backwards in (False, True):
        found: list[int] = []
        start: dict[str, Any] = {}
        while True:
            page = db.query(
                table_name="tab",
                key_condition_expression="pk = :a",
                expression_attribute_values={":a": {"S": "a"}},
                limit=3,
                scan_index_forward=not backwards,
                **start,
            )
            found += [int(each["sk"]["N"]) for each in page["Items"]]
            if "LastEvaluatedKey" not in page:
                break
            start = {"exclusive_start_key": page["LastEvaluatedKey"]}
        assert found == sorted(whole, reverse=backwards)
    keys = [item(pk="a", sk=n) for n in range(40)]
    batch = db.batch_get_item(request_items={"tab": {"Keys": keys}})["Responses"]["tab"]
    assert {int(each["sk"]["N"]) for each in batch} == set(whole)
    sure = db.batch_get_item(request_items={"tab": {"Keys": keys, "ConsistentRead": True}})["Responses"]["tab"]
    assert len(sure) == 40


def test_nothing_is_kept_for_long_or_when_it_is_off(desk: Any, db: Any) -> None:
    put(db, 1, 1)
    root = b"dynamodb.stale"
    rows = lambda: desk.store.transact(lambda tx: len(tx.scan(root, root + b"\xff")))  # noqa: E731
    assert rows() == 2
    desk.advance(3 * LAG_S)
    assert rows() == 0
    desk.pipeline.behaviour.stale_reads_s = 0.0
    put(db, 1, 2)
    assert rows() == 0
    assert seen(db) == {1: 2}


def statements(**more: Any) -> list[dict[str, Any]]:
    return [{"Statement": f"SELECT * FROM tab WHERE pk='a' AND sk={n}", **more} for n in range(20)]


def found_by(answer: dict[str, Any]) -> int:
    return sum("Item" in each for each in answer["Responses"])


def test_statements_are_stale_as_other_reads_are_and_transactions_never(desk: Any, db: Any) -> None:
    for n in range(20):
        put(db, n, 1)
    desk.advance(LAG_S / 2)
    some = len(seen(db))
    assert 0 < some < 20
    assert found_by(db.batch_execute_statement(statements=statements())) == some
    assert found_by(db.batch_execute_statement(statements=statements(ConsistentRead=True))) == 20
    select = {"statement": "SELECT * FROM tab WHERE pk='a'"}
    assert len(db.execute_statement(**select)["Items"]) == some
    assert len(db.execute_statement(**select, consistent_read=True)["Items"]) == 20
    assert found_by(db.execute_transaction(transact_statements=statements())) == 20
    gets = [{"Get": {"TableName": "tab", "Key": item(pk="a", sk=n)}} for n in range(20)]
    assert found_by(db.transact_get_items(transact_items=gets)) == 20


def test_writes_see_what_is_there(desk: Any, db: Any) -> None:
    """Conditions and counters are never judged by what is stale."""
    key = {"table_name": "tab", "key": item(pk="a", sk=1)}
    for n in range(1, 6):
        condition = "attribute_not_exists(n)" if n == 1 else "n = :was"
        values = {":one": {"N": "1"}, ":zero": {"N": "0"}, **({":was": {"N": str(n - 1)}} if n > 1 else {})}
        made = db.update_item(**key, update_expression="SET n = if_not_exists(n, :zero) + :one",
                              condition_expression=condition, expression_attribute_values=values,
                              return_values="ALL_NEW")  # fmt: skip
        assert made["Attributes"]["n"] == {"N": str(n)}
