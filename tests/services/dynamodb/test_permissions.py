from __future__ import annotations

from typing import Any

from skyjar.kernel.principals import root
from skyjar.services.dynamodb import permissions

from .conftest import Make, av, index, item

ARN = "arn:aws:dynamodb:us-east-1:111122223333:table/tab"


def asked(desk: Any, function: Any, operation: str, **parameters: Any) -> Any:
    return desk.store.transact(lambda tx: function(desk.call(tx, root(desk.account)), operation, parameters))


def test_tables_and_indexes_are_resources(desk: Any) -> None:
    assert asked(desk, permissions.resources, "get_item", table_name="tab") == [ARN]
    assert asked(desk, permissions.resources, "query", table_name=ARN, index_name="g") == [f"{ARN}/index/g"]
    assert asked(desk, permissions.resources, "batch_get_item", request_items={"tab": {}}) == [ARN]
    assert asked(desk, permissions.resources, "list_tables") == ["*"]


def test_transactions_are_judged_item_by_item(desk: Any, table: Make) -> None:
    table()
    items = [
        {"Put": {"TableName": "tab", "Item": item(pk="a", n=1)}},
        {"ConditionCheck": {"TableName": "tab", "Key": item(pk="b"), "ConditionExpression": "q = r"}},
    ]
    name = "transact_write_items"
    assert asked(desk, permissions.actions, name, transact_items=items) == ["dynamodb:PutItem"]
    assert asked(desk, permissions.resources, name, transact_items=items) == [ARN]
    assert asked(desk, permissions.conditions, name, transact_items=items) == {
        "dynamodb:EnclosingOperation": "TransactWriteItems",
        "dynamodb:LeadingKeys": ["a"],
        "dynamodb:Attributes": ["n", "pk"],
    }
    further = {"dynamodb:LeadingKeys": ["b"], "dynamodb:Attributes": ["pk", "q", "r"]}
    assert asked(desk, permissions.also, name, transact_items=items) == [("dynamodb:ConditionCheckItem", ARN, further)]


def test_fine_grained_conditions(desk: Any, table: Make) -> None:
    table(types={"g": "S"}, global_secondary_indexes=[index("gsi", "g")])
    query = {
        "table_name": "tab",
        "index_name": "gsi",
        "key_condition_expression": "g = :g",
        "projection_expression": "#n",
        "expression_attribute_names": {"#n": "name"},
        "expression_attribute_values": {":g": av("x")},
    }
    assert asked(desk, permissions.conditions, "query", **query) == {
        "dynamodb:LeadingKeys": ["x"],
        "dynamodb:Attributes": ["g", "name"],
        "dynamodb:Select": "SPECIFIC_ATTRIBUTES",
    }
    found = asked(desk, permissions.conditions, "scan", table_name="tab")
    assert found == {"dynamodb:Attributes": [], "dynamodb:Select": "ALL_ATTRIBUTES"}


def test_leading_keys_are_values_as_they_are_kept(desk: Any, table: Make) -> None:
    table(pk="N")

    def leading(value: dict[str, Any]) -> Any:
        values = {":p": value}
        query = {"table_name": "tab", "key_condition_expression": "pk = :p", "expression_attribute_values": values}
        return asked(desk, permissions.conditions, "query", **query).get("dynamodb:LeadingKeys")

    assert leading({"N": "01.50"}) == ["1.5"]
    assert not leading({})
    assert not leading({"N": "x"})


def test_a_tables_tags_are_condition_keys(desk: Any, table: Make) -> None:
    table(tags=[{"Key": "team", "Value": "red"}])
    for where in (
        {"table_name": "tab"},
        {"table_name": ARN},
        {"resource_arn": f"{ARN}/index/i"},
        {"request_items": {"tab": {}}},
    ):
        operation = "batch_get_item" if "request_items" in where else "describe_table"
        assert asked(desk, permissions.conditions, operation, **where)["aws:ResourceTag/team"] == "red"
    several = {"request_items": {"tab": {}, "other": {}}}
    assert "aws:ResourceTag/team" not in asked(desk, permissions.conditions, "batch_get_item", **several)
    elsewhere = {"table_name": ARN.replace("111122223333", "444455556666")}
    assert "aws:ResourceTag/team" not in asked(desk, permissions.conditions, "get_item", **elsewhere)
