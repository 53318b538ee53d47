from __future__ import annotations

from typing import Any

import pytest

from skyjar.services.dynamodb.errors import (
    IdempotentParameterMismatchException,
    TransactionCanceledException,
    ValidationException,
)

from .conftest import Make, av, index, item

CONDITIONAL = {"Code": "ConditionalCheckFailed", "Message": "The conditional request failed"}


def put(pk: str, **more: Any) -> dict[str, Any]:
    members = {name: more.pop(name) for name in list(more) if name[0].isupper()}
    return {"Put": {"TableName": "tab", "Item": item(pk=pk, **more), **members}}


def all_of(db: Any) -> dict[str, Any]:
    return {each["pk"]["S"]: each for each in db.scan(table_name="tab")["Items"]}


def test_everything_or_nothing(table: Make) -> None:
    db = table()
    db.put_item(table_name="tab", item=item(pk="a", n=1))
    update = {
        "TableName": "tab",
        "Key": item(pk="a"),
        "UpdateExpression": "SET n = n + :one",
        "ExpressionAttributeValues": {":one": av(1)},
    }
    check = {"TableName": "tab", "Key": item(pk="z"), "ConditionExpression": "attribute_exists(pk)"}
    with pytest.raises(TransactionCanceledException) as cancelled:
        db.transact_write_items(transact_items=[put("b"), {"Update": update}, {"ConditionCheck": check}])
    assert cancelled.value.message == (
        "Transaction cancelled, please refer cancellation reasons for specific reasons [None, None, "
        "ConditionalCheckFailed]"
    )
    assert cancelled.value.fields["CancellationReasons"] == [{"Code": "None"}, {"Code": "None"}, CONDITIONAL]
    assert all_of(db) == {"a": item(pk="a", n=1)}
    check["ConditionExpression"] = "attribute_not_exists(pk)"
    delete = {"Delete": {"TableName": "tab", "Key": item(pk="q")}}
    assert (
        db.transact_write_items(transact_items=[put("b"), {"Update": update}, {"ConditionCheck": check}, delete]) == {}
    )
    assert all_of(db) == {"a": item(pk="a", n=2), "b": item(pk="b")}


def test_reasons_show_the_item_where_asked(table: Make) -> None:
    db = table()
    db.put_item(table_name="tab", item=item(pk="a", n=1))
    guarded = put("a", ConditionExpression="attribute_not_exists(pk)", ReturnValuesOnConditionCheckFailure="ALL_OLD")
    with pytest.raises(TransactionCanceledException) as cancelled:
        db.transact_write_items(transact_items=[guarded])
    assert cancelled.value.fields["CancellationReasons"] == [{**CONDITIONAL, "Item": item(pk="a", n=1)}]


def test_one_item_is_touched_once(table: Make) -> None:
    with pytest.raises(ValidationException, match="cannot include multiple operations on one item"):
        table().transact_write_items(transact_items=[put("a"), put("a", n=1)])


def test_a_key_that_does_not_fit_cancels(table: Make) -> None:
    db = table()
    delete = {"Delete": {"TableName": "tab", "Key": item(q="a")}}
    with pytest.raises(TransactionCanceledException) as cancelled:
        db.transact_write_items(transact_items=[put("a"), delete])
    assert cancelled.value.fields["CancellationReasons"][1] == {
        "Code": "ValidationError",
        "Message": "The provided key element does not match the schema",
    }


def test_a_token_makes_it_happen_once_in_ten_minutes(desk: Any, table: Make) -> None:
    db = table()
    add = {
        "Update": {
            "TableName": "tab",
            "Key": item(pk="a"),
            "UpdateExpression": "ADD n :one",
            "ExpressionAttributeValues": {":one": av(1)},
        }
    }

    def run(token: str, request: Any = add) -> Any:
        copied = {kind: {**given} for kind, given in request.items()}
        return db.transact_write_items(
            transact_items=[copied], client_request_token=token, return_consumed_capacity="TOTAL"
        )["ConsumedCapacity"]

    assert run("t1") == [{"TableName": "tab", "CapacityUnits": 2.0, "WriteCapacityUnits": 2.0}]
    assert run("t1") == [{"TableName": "tab", "CapacityUnits": 2.0, "ReadCapacityUnits": 2.0}]
    assert all_of(db)["a"]["n"] == av(1)
    with pytest.raises(IdempotentParameterMismatchException):
        run("t1", put("b"))
    run("t2")
    desk.advance(601)
    run("t1")
    assert all_of(db)["a"]["n"] == av(3)


def test_a_cancelled_transaction_may_be_tried_again(table: Make) -> None:
    db = table()
    guarded = [put("a", ConditionExpression="attribute_exists(pk)")]
    with pytest.raises(TransactionCanceledException):
        db.transact_write_items(transact_items=guarded, client_request_token="t")
    db.put_item(table_name="tab", item=item(pk="a", old=1))
    db.transact_write_items(transact_items=guarded, client_request_token="t")
    assert all_of(db)["a"] == item(pk="a")


def test_reading_together(table: Make) -> None:
    db = table()
    db.put_item(table_name="tab", item=item(pk="a", n=1, m=2))
    gets = [
        {"Get": {"TableName": "tab", "Key": item(pk="a"), "ProjectionExpression": "m"}},
        {"Get": {"TableName": "tab", "Key": item(pk="b")}},
    ]
    answer = db.transact_get_items(transact_items=gets, return_consumed_capacity="TOTAL")
    assert answer["Responses"] == [{"Item": item(m=2)}, {}]
    assert answer["ConsumedCapacity"] == [{"TableName": "tab", "CapacityUnits": 4.0, "ReadCapacityUnits": 4.0}]


@pytest.mark.spec("dynamodb-027")
def test_batches_over_several_tables(table: Make) -> None:
    db = table()
    table("two")
    db.batch_write_item(
        request_items={
            "tab": [{"PutRequest": {"Item": item(pk=str(n))}} for n in range(20)],
            "two": [{"PutRequest": {"Item": item(pk="x", n=1)}}],
        }
    )
    db.batch_write_item(request_items={"tab": [{"DeleteRequest": {"Key": item(pk="3")}}]})
    keys = [item(pk=str(n)) for n in range(20)]
    found = db.batch_get_item(request_items={"tab": {"Keys": keys}, "two": {"Keys": [item(pk="x")]}})
    assert (len(found["Responses"]["tab"]), found["UnprocessedKeys"]) == (19, {})
    assert found["Responses"]["two"] == [item(pk="x", n=1)]
    with pytest.raises(ValidationException, match="Too many items requested for the BatchGetItem call"):
        db.batch_get_item(
            request_items={"tab": {"Keys": [item(pk=str(n)) for n in range(100)]}, "two": {"Keys": [item(pk="x")]}}
        )
    with pytest.raises(ValidationException, match="Provided list of item keys contains duplicates"):
        db.batch_get_item(request_items={"tab": {"Keys": keys[:1] * 2}})
    with pytest.raises(ValidationException, match="Too many items requested for the BatchWriteItem call"):
        db.batch_write_item(request_items={"tab": [{"PutRequest": {"Item": each}} for each in keys + keys]})
    with pytest.raises(ValidationException, match="Provided list of item keys contains duplicates"):
        requests = [{"PutRequest": {"Item": item(pk="a")}}, {"DeleteRequest": {"Key": item(pk="a")}}]
        db.batch_write_item(request_items={"tab": requests})


def test_a_batch_get_ends_at_16_mb(table: Make) -> None:
    db = table()
    for n in range(50):
        db.put_item(table_name="tab", item=item(pk=str(n), body="x" * 400_000))
    answer = db.batch_get_item(request_items={"tab": {"Keys": [item(pk=str(n)) for n in range(50)]}})
    assert len(answer["Responses"]["tab"]) == 41
    assert len(answer["UnprocessedKeys"]["tab"]["Keys"]) == 9


def test_what_an_update_finds_wrong_cancels_the_transaction(table: Make) -> None:
    db = table()
    db.put_item(table_name="tab", item=item(pk="a", s="text"))

    def update(change: str, **values: Any) -> dict[str, Any]:
        made = {"TableName": "tab", "Key": item(pk="a"), "UpdateExpression": change}
        return {"Update": {**made, **({"ExpressionAttributeValues": values} if values else {})}}

    for change, values, sentence in (
        ("REMOVE l[0]", {}, "The document path provided in the update expression is invalid for update"),
        ("SET s = s + :n", {":n": av(1)}, "An operand in the update expression has an incorrect data type"),
    ):
        with pytest.raises(TransactionCanceledException) as cancelled:
            db.transact_write_items(transact_items=[put("b"), update(change, **values)])
        reason = {"Code": "ValidationError", "Message": sentence}
        assert cancelled.value.fields["CancellationReasons"] == [{"Code": "None"}, reason]
    assert all_of(db) == {"a": item(pk="a", s="text")}


def test_keys_of_indexes_in_transactions(table: Make) -> None:
    """A wrong type is one item's reason, and told as of a whole item; an empty key is refused with the whole request."""
    several = [index("b-index", "g"), index("a-index", "g")]
    db = table(types={"g": "S"}, global_secondary_indexes=several)

    def update(value: Any) -> dict[str, Any]:
        given = {"UpdateExpression": "SET g = :g", "ExpressionAttributeValues": {":g": av(value)}}
        return {"Update": {"TableName": "tab", "Key": item(pk="a"), **given}}

    for request in (put("a", g=1), update(1)):
        with pytest.raises(TransactionCanceledException) as cancelled:
            db.transact_write_items(transact_items=[request])
        assert cancelled.value.fields["CancellationReasons"][0]["Message"] == (
            "One or more parameter values were invalid: Type mismatch for Index Key g Expected: S Actual: N IndexName: "
            "a-index"
        )
    empty = "The AttributeValue for a key attribute cannot contain an empty string value."
    for request, sentence in (
        (put("a", g=""), f"A value specified for a secondary index key is not supported. {empty} IndexName: a-index"),
        (
            update(""),
            f"The update expression attempted to update a secondary index key to a value that is not supported. {empty}",
        ),
        (put(""), f"{empty} Key: pk"),
        ({"Delete": {"TableName": "tab", "Key": item(pk="")}}, f"{empty} Key: pk"),
    ):
        with pytest.raises(ValidationException) as refused:
            db.transact_write_items(transact_items=[request])
        assert f"One or more parameter values are not valid. {sentence}" in refused.value.message
    assert not all_of(db)


def test_sizes_in_transactions(table: Make) -> None:
    """What a request says by itself refuses the whole; what it makes of a stored item cancels the transaction."""
    db = table()
    with pytest.raises(ValidationException) as refused:
        db.transact_write_items(transact_items=[put("a", body="x" * 409_600)])
    assert refused.value.message == "Item size has exceeded the maximum allowed size"
    given = {"UpdateExpression": "SET body = :b", "ExpressionAttributeValues": {":b": av("x" * 409_600)}}
    with pytest.raises(TransactionCanceledException) as cancelled:
        db.transact_write_items(transact_items=[{"Update": {"TableName": "tab", "Key": item(pk="a"), **given}}])
    assert cancelled.value.fields["CancellationReasons"] == [
        {"Code": "ValidationError", "Message": "Item size to update has exceeded the maximum allowed size"}
    ]
