from __future__ import annotations

from typing import Any

import pytest

from skyjar.services.dynamodb.errors import (
    ConditionalCheckFailedException,
    TransactionCanceledException,
    ValidationException,
)

from .conftest import Make, av, index, item


def refusal(operation: Any, **parameters: Any) -> str:
    with pytest.raises(ValidationException) as refused:
        operation(**parameters)
    return refused.value.message


@pytest.mark.spec("dynamodb-018")
def test_put_replaces_update_upserts_delete_forgives(table: Make) -> None:
    db = table()
    db.put_item(table_name="tab", item=item(pk="a", old=1))
    answer = db.put_item(table_name="tab", item=item(pk="a", new=2), return_values="ALL_OLD")
    assert answer["Attributes"] == item(pk="a", old=1)
    assert db.get_item(table_name="tab", key=item(pk="a"))["Item"] == item(pk="a", new=2)
    given = {"update_expression": "SET n = :n", "expression_attribute_values": {":n": av(1)}}
    answer = db.update_item(table_name="tab", key=item(pk="b"), return_values="ALL_NEW", **given)
    assert answer["Attributes"] == item(pk="b", n=1) == db.get_item(table_name="tab", key=item(pk="b"))["Item"]
    assert db.delete_item(table_name="tab", key=item(pk="zz"), return_values="ALL_OLD") == {}
    assert db.delete_item(table_name="tab", key=item(pk="b"), return_values="ALL_OLD")["Attributes"] == item(
        pk="b", n=1
    )
    assert db.get_item(table_name="tab", key=item(pk="b")) == {}


@pytest.mark.spec("dynamodb-004")
def test_documents_come_back_as_they_were(table: Make) -> None:
    db = table()
    whole = item(
        pk="a", m={"x": [1, {"y": "z"}, None, True]}, b=b"\0\xff", ss={"b", "a"}, ns={3, 1}, e="", el=[], em={}
    )
    db.put_item(table_name="tab", item=whole)
    assert db.get_item(table_name="tab", key=item(pk="a"))["Item"] == whole


@pytest.mark.parametrize(
    ("return_values", "shown"),
    [
        ("NONE", None),
        ("ALL_OLD", item(pk="a", n=1, m={"x": 1, "y": 2})),
        ("UPDATED_OLD", item(n=1, m={"x": 1})),
        ("ALL_NEW", item(pk="a", n=2, m={"x": 5, "y": 2}, q="new")),
        ("UPDATED_NEW", item(n=2, m={"x": 5}, q="new")),
    ],
)
def test_what_an_update_returns(table: Make, return_values: str, shown: Any) -> None:
    db = table()
    db.put_item(table_name="tab", item=item(pk="a", n=1, m={"x": 1, "y": 2}))
    answer = db.update_item(
        table_name="tab",
        key=item(pk="a"),
        update_expression="SET m.x = :x, q = :q ADD n :one",
        expression_attribute_values={":x": av(5), ":q": av("new"), ":one": av(1)},
        return_values=return_values,
    )
    assert answer.get("Attributes") == shown


@pytest.mark.spec("dynamodb-019", "dynamodb-020", "dynamodb-023")
def test_conditions_guard_writes(table: Make) -> None:
    db = table()
    once = {"table_name": "tab", "item": item(pk="a", version=1), "condition_expression": "attribute_not_exists(pk)"}
    db.put_item(**once)
    with pytest.raises(ConditionalCheckFailedException) as failed:
        db.put_item(**once)
    assert (failed.value.message, failed.value.fields) == ("The conditional request failed", {})
    stale = {":v": av(0), ":n": av(2)}
    with pytest.raises(ConditionalCheckFailedException) as failed:
        db.update_item(
            table_name="tab",
            key=item(pk="a"),
            update_expression="SET version = :n",
            condition_expression="version = :v",
            expression_attribute_values=stale,
            return_values_on_condition_check_failure="ALL_OLD",
        )
    assert failed.value.fields == {"Item": item(pk="a", version=1)}
    with pytest.raises(ConditionalCheckFailedException):
        db.delete_item(table_name="tab", key=item(pk="b"), condition_expression="attribute_exists(pk)")


@pytest.mark.spec("dynamodb-022")
def test_counters_count(table: Make) -> None:
    db = table()
    for _ in range(2):
        db.update_item(
            table_name="tab",
            key=item(pk="a"),
            update_expression="ADD n :one",
            expression_attribute_values={":one": av(1)},
        )
    assert db.get_item(table_name="tab", key=item(pk="a"))["Item"]["n"] == av(2)


@pytest.mark.spec("dynamodb-002")
def test_keys_must_fit_the_schema(table: Make) -> None:
    db = table(sk="N", types={"g": "S"}, global_secondary_indexes=[index("gsi", "g")])
    put, get = db.put_item, db.get_item
    start = "One or more parameter values were invalid: "
    assert refusal(put, table_name="tab", item=item(pk="a")) == start + "Missing the key sk in the item"
    assert (
        refusal(put, table_name="tab", item=item(pk="a", sk="1"))
        == start + "Type mismatch for key sk expected: N actual: S"
    )
    assert (
        refusal(put, table_name="tab", item=item(pk="a", sk=1, g=1))
        == start + "Type mismatch for Index Key g Expected: S Actual: N IndexName: gsi"
    )
    assert "IndexName: gsi, IndexKey: g" in refusal(put, table_name="tab", item=item(pk="a", sk=1, g=""))
    assert "cannot contain an empty string value. Key: pk" in refusal(put, table_name="tab", item=item(pk="", sk=1))
    for key in (item(pk="a"), item(pk="a", sk="1"), item(pk="a", sk=1, x=1), item(pk="a", x=1)):
        assert refusal(get, table_name="tab", key=key) == "The provided key element does not match the schema"
    assert "maximum size limit of2048 bytes" in refusal(put, table_name="tab", item=item(pk="é" * 1025, sk=1))
    update = {"update_expression": "SET sk = :v", "expression_attribute_values": {":v": av(1)}}
    assert (
        refusal(db.update_item, table_name="tab", key=item(pk="a", sk=1), **update)
        == start + "Cannot update attribute sk. This attribute is part of the key"
    )


@pytest.mark.spec("dynamodb-003")
def test_items_end_at_400_kb_names_counted(table: Make) -> None:
    db = table()
    room = 409_600 - len("pk") - 1 - len("body")
    db.put_item(table_name="tab", item=item(pk="a", body="x" * room))
    assert (
        refusal(db.put_item, table_name="tab", item=item(pk="a", body="x" * (room + 1)))
        == "Item size has exceeded the maximum allowed size"
    )
    assert (
        refusal(
            db.update_item,
            table_name="tab",
            key=item(pk="a"),
            update_expression="SET q = :q",
            expression_attribute_values={":q": av(1)},
        )
        == "Item size to update has exceeded the maximum allowed size"
    )


@pytest.mark.parametrize(
    ("value", "sentence"),
    [
        ({}, "Supplied AttributeValue is empty, must contain exactly one of the supported datatypes"),
        (
            {"S": "a", "N": "1"},
            "Supplied AttributeValue has more than one datatypes set, must contain exactly one of the supported datatypes",
        ),
        ({"SS": []}, "One or more parameter values were invalid: An string set  may not be empty"),
        (
            {"SS": ["a", "a"]},
            'One or more parameter values were invalid: Input collection ["a", "a"] contains duplicates.',
        ),
        ({"NS": ["1", "1.0"]}, "Input collection contains duplicates"),
        (
            {"NULL": False},
            "One or more parameter values were invalid: Null attribute value types must have the value of true",
        ),
        ({"N": "x"}, "The parameter cannot be converted to a numeric value: x"),
    ],
)
def test_values_that_are_none(table: Make, value: Any, sentence: str) -> None:
    told = refusal(table().put_item, table_name="tab", item={"pk": av("a"), "v": value})
    assert told == f"1 validation error detected: {sentence}"


def test_projections_and_their_older_form(table: Make) -> None:
    db = table()
    db.put_item(table_name="tab", item=item(pk="a", m={"x": 1, "y": 2}, l=[1, 2]))
    get = {"table_name": "tab", "key": item(pk="a")}
    names = {"#l": "l"}
    found = db.get_item(**get, projection_expression="m.y, #l[1]", expression_attribute_names=names)
    assert found["Item"] == item(m={"y": 2}, l=[2])
    assert db.get_item(**get, attributes_to_get=["l"])["Item"] == item(l=[1, 2])
    assert "Can not use both expression and non-expression parameters in the same request" in refusal(
        db.get_item, **get, attributes_to_get=["l"], projection_expression="m"
    )


def test_legacy_writes(table: Make) -> None:
    db = table()
    db.put_item(table_name="tab", item=item(pk="a", n=1), expected={"pk": {"Exists": False}})
    with pytest.raises(ConditionalCheckFailedException):
        db.put_item(table_name="tab", item=item(pk="a"), expected={"n": {"Value": av(2)}})
    answer = db.update_item(
        table_name="tab",
        key=item(pk="a"),
        attribute_updates={
            "n": {"Action": "ADD", "Value": av(4)},
            "s": {"Value": av({"x", "y"})},
            "gone": {"Action": "DELETE"},
        },
        expected={
            "n": {"ComparisonOperator": "BETWEEN", "AttributeValueList": [av(0), av(3)]},
            "zz": {"ComparisonOperator": "NOT_NULL"},
        },
        conditional_operator="OR",
        return_values="ALL_NEW",
    )
    assert answer["Attributes"] == item(pk="a", n=5, s={"x", "y"})
    db.update_item(table_name="tab", key=item(pk="none"), attribute_updates={"q": {"Action": "DELETE"}})
    assert db.get_item(table_name="tab", key=item(pk="none")) == {}
    assert "Value must be provided when Exists is null for Attribute: n" in refusal(
        db.put_item, table_name="tab", item=item(pk="a"), expected={"n": {}}
    )


@pytest.mark.parametrize(
    ("value", "put", "update"),
    [
        (1, "One or more parameter values were invalid: Type mismatch for Index Key g Expected: S Actual: N IndexName: gsi",
         "The update expression attempted to update the secondary index key to unsupported type"),
        ("", "One or more parameter values are not valid. A value specified for a secondary index key is not supported. The "
         "AttributeValue for a key attribute cannot contain an empty string value. IndexName: gsi, IndexKey: g",
         "One or more parameter values are not valid. The update expression attempted to update a secondary index key to a "
         "value that is not supported. The AttributeValue for a key attribute cannot contain an empty string value."),
        ("x" * 2049, "One or more parameter values were invalid: Size of hashkey has exceeded the maximum size limit of2048 "
         "bytes", "The update expression attempted to update the secondary index key beyond allowed size limits"),
    ],
)  # fmt: skip
def test_keys_of_indexes_that_are_refused(table: Make, value: Any, put: str, update: str) -> None:
    db = table(types={"g": "S"}, global_secondary_indexes=[index("gsi", "g")])
    key = item(pk="a")
    assert refusal(db.put_item, table_name="tab", item=item(pk="a", g=value)) == put
    given = {"g": {"Value": av(value)}}
    assert refusal(db.update_item, table_name="tab", key=key, attribute_updates=given) == put
    given = {"update_expression": "SET g = :g", "expression_attribute_values": {":g": av(value)}}
    assert refusal(db.update_item, table_name="tab", key=key, **given) == update
    assert db.scan(table_name="tab")["Count"] == 0


def test_every_attribute_has_a_name(table: Make) -> None:
    db = table()
    for given in ({"": "x"}, {"m": {"n": {"": "x"}}}):
        told = refusal(db.put_item, table_name="tab", item={**item(pk="a"), **item(**given)})
        assert told == "1 validation error detected: Empty attribute name"


def nested(levels: int, *, in_lists: bool = False) -> Any:
    """A value with so many levels, whose last is a string."""
    found: Any = "leaf"
    for _ in range(levels - 1):
        found = [found] if in_lists else {"n": found}
    return found


NESTING = (
    "Nesting Levels have exceeded supported limits: Attributes in the item have nested levels beyond supported limit"
)
TOO_DEEP = f"1 validation error detected: {NESTING}"


@pytest.mark.parametrize("in_lists", [False, True])
def test_items_have_32_levels(table: Make, in_lists: bool) -> None:
    db = table()
    deep, deeper = nested(32, in_lists=in_lists), nested(33, in_lists=in_lists)
    db.put_item(table_name="tab", item=item(pk="a", deep=deep))
    assert refusal(db.put_item, table_name="tab", item=item(pk="a", deep=deeper)) == TOO_DEEP
    puts = {"tab": [{"PutRequest": {"Item": item(pk="a", deep=deeper)}}]}
    assert refusal(db.batch_write_item, request_items=puts) == NESTING
    key, text = item(pk="a"), {"update_expression": "SET q = :v"}
    db.update_item(table_name="tab", key=key, **text, expression_attribute_values={":v": av(deep)})
    assert (
        refusal(db.update_item, table_name="tab", key=key, **text, expression_attribute_values={":v": av(deeper)})
        == TOO_DEEP
    )


def test_values_of_a_transaction_may_be_deeper_than_items(table: Make) -> None:
    db = table()

    def told(levels: int, **texts: str) -> Any:
        update = {
            "TableName": "tab",
            "Key": item(pk="a"),
            "ExpressionAttributeValues": {":v": av(nested(levels))},
            **texts,
        }
        try:
            db.transact_write_items(transact_items=[{"Update": {"UpdateExpression": "REMOVE x", **update}}])
        except TransactionCanceledException as error:
            reason = error.fields["CancellationReasons"][0]
            return reason["Code"], reason["Message"]
        except ValidationException as error:
            return error.message

    compared = {"ConditionExpression": "x = :v"}
    assert told(33, **compared) == ("ConditionalCheckFailed", "The conditional request failed")
    assert told(64, **compared) == f"ExpressionAttributeValues contains invalid value: {NESTING} for key :v"
    assert told(33, UpdateExpression="SET x = :v") == (
        "ValidationError",
        "Nesting Levels have exceeded supported limits",
    )
    assert told(32, UpdateExpression="SET x = :v") is None
    put = {"Put": {"TableName": "tab", "Item": item(pk="a", x=nested(33))}}
    assert refusal(db.transact_write_items, transact_items=[put]) == NESTING
