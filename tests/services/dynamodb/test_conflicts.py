"""Transactions that meet: their commits are driven by hand, as calls that share a turn of the loop have them."""

from __future__ import annotations

import os
from typing import Any

import pytest

from skyjar.services.dynamodb.errors import (
    TransactionCanceledException,
    TransactionConflictException,
    TransactionInProgressException,
)

from .conftest import Make, item

pytestmark = pytest.mark.skipif("SKYJAR_AGAIN" in os.environ, reason="commits by hand")
CONFLICT = {"Code": "TransactionConflict", "Message": "Transaction is ongoing for the item"}


def begin(desk: Any, operation: str, **parameters: Any) -> Any:
    """Do it, and leave what was written waiting."""
    tx = desk.store.begin()
    answer = getattr(desk.call(tx).ask("dynamodb", desk.caller), operation)(**parameters)
    tx.commit_gathered()
    return answer


def put(pk: str, **more: Any) -> dict[str, Any]:
    return {"Put": {"TableName": "tab", "Item": item(pk=pk, **more)}}


def get(pk: str) -> dict[str, Any]:
    return {"Get": {"TableName": "tab", "Key": item(pk=pk)}}


def test_two_transactions_with_an_item_in_common(desk: Any, table: Make) -> None:
    db = table()
    check = {"TableName": "tab", "Key": item(pk="c"), "ConditionExpression": "attribute_not_exists(pk)"}
    begin(desk, "transact_write_items", transact_items=[put("a"), put("b"), {"ConditionCheck": check}])
    with pytest.raises(
        TransactionCanceledException, match=r"\[None, TransactionConflict, TransactionConflict\]"
    ) as caught:
        db.transact_write_items(transact_items=[put("x"), put("b", n=2), put("c")])
    assert caught.value.fields["CancellationReasons"] == [{"Code": "None"}, CONFLICT, CONFLICT]
    with pytest.raises(TransactionCanceledException, match=r"\[TransactionConflict\]"):
        db.transact_get_items(transact_items=[get("a")])
    with pytest.raises(TransactionCanceledException, match="TransactionConflict"):
        db.execute_transaction(transact_statements=[{"Statement": "DELETE FROM tab WHERE pk = 'a'"}])
    desk.store.flush()
    db.transact_write_items(transact_items=[put("x"), put("b", n=2), put("c")])
    assert db.transact_get_items(transact_items=[get("b")])["Responses"] == [{"Item": item(pk="b", n=2)}]


def test_single_writes_are_refused_and_reads_go_on(desk: Any, table: Make) -> None:
    db = table()
    begin(desk, "transact_write_items", transact_items=[put("a", n=1)])
    for write in (
        lambda: db.put_item(table_name="tab", item=item(pk="a")),
        lambda: db.delete_item(table_name="tab", key=item(pk="a")),
        lambda: db.update_item(table_name="tab", key=item(pk="a"), update_expression="REMOVE n"),
        lambda: db.execute_statement(statement="DELETE FROM tab WHERE pk = 'a'"),
    ):
        with pytest.raises(TransactionConflictException, match="Transaction is ongoing for the item"):
            write()
    assert db.get_item(table_name="tab", key=item(pk="a"))["Item"] == item(pk="a", n=1)


def test_a_batch_leaves_the_item_unprocessed(desk: Any, table: Make) -> None:
    db = table()
    begin(desk, "transact_write_items", transact_items=[put("a", n=1)])
    requests = [{"PutRequest": {"Item": item(pk=pk)}} for pk in ("a", "b")]
    assert db.batch_write_item(request_items={"tab": requests})["UnprocessedItems"] == {"tab": requests[:1]}
    assert db.batch_write_item(request_items={"tab": requests})["UnprocessedItems"] == {}, "that has written all"
    begin(desk, "transact_write_items", transact_items=[put("c")])
    found = db.batch_execute_statement(
        statements=[{"Statement": f"INSERT INTO tab VALUE {{'pk': '{pk}'}}"} for pk in ("c", "d")]
    )
    assert [each.get("Error", {}).get("Code") for each in found["Responses"]] == ["TransactionConflict", None]


def test_a_transaction_does_not_read_what_is_being_written(desk: Any, table: Make) -> None:
    db = table()
    begin(desk, "put_item", table_name="tab", item=item(pk="a"))
    with pytest.raises(TransactionCanceledException, match=r"\[None, TransactionConflict\]"):
        db.transact_get_items(transact_items=[get("b"), get("a")])
    db.transact_write_items(transact_items=[put("a")])  # which may write it
    db.transact_get_items(transact_items=[get("a")])


def test_a_token_in_use(desk: Any, table: Make) -> None:
    db = table()
    request = {"transact_items": [put("a")], "client_request_token": "t"}
    begin(desk, "transact_write_items", **request)
    with pytest.raises(TransactionInProgressException, match="given request token is already in progress"):
        db.transact_write_items(**request)
    desk.store.flush()
    assert db.transact_write_items(**request) == {}


def test_calls_from_inside_have_it_finished_first(desk: Any, table: Make) -> None:
    db = table()
    begin(desk, "transact_write_items", transact_items=[put("a", n=1)])
    tx = desk.store.begin()
    call = desk.call(tx)
    call.request_id = "of-another-service"
    call.ask("dynamodb", desk.caller).put_item(table_name="tab", item=item(pk="a", n=2))
    tx.commit()
    assert db.get_item(table_name="tab", key=item(pk="a"))["Item"] == item(pk="a", n=2)


def test_conflicts_are_told_to_cloudwatch(desk: Any, table: Make) -> None:
    db = table()
    begin(desk, "transact_write_items", transact_items=[put("a"), put("b")])
    with pytest.raises(TransactionCanceledException):
        db.transact_write_items(transact_items=[put("a"), put("b"), put("c")])
    desk.store.flush()
    desk.advance(60)
    found = desk.ask("cloudwatch").get_metric_statistics(
        namespace="AWS/DynamoDB", metric_name="TransactionConflict", statistics=["Sum"], period=60,
        dimensions=[{"Name": "TableName", "Value": "tab"}],
        start_time=desk.clock.now() - 300, end_time=desk.clock.now() + 60,
    )["Datapoints"]  # fmt: skip
    assert [each["Sum"] for each in found] == [2.0]
