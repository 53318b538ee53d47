"""Which of several wrong things a request is refused for."""

from __future__ import annotations

from typing import Any

import pytest

from skyjar.services.dynamodb.errors import ValidationException
from skyjar.services.dynamodb.expressions import Expressions

from .conftest import Make, av, index, item, keys, types

SCALARS = "Key attributes must be scalars; list random access '[]' and map lookup '.' are not allowed: "
DUPLICATES = "Provided list of item keys contains duplicates"
MISMATCH = "The provided key element does not match the schema"
EMPTY_SET = "One or more parameter values were invalid: An string set  may not be empty"
NO_INDEX = "The table does not have the specified index: none"
P = {":p": av("a")}


@pytest.fixture
def db(table: Make) -> Any:
    made = table(
        sk="N",
        types={"g": "S", "l": "S"},
        global_secondary_indexes=[index("gsi", "g")],
        local_secondary_indexes=[index("lsi", "pk", "l")],
    )
    made.put_item(table_name="tab", item=item(pk="a", sk=1, g="x"))
    return made


def refusal(operation: Any, **parameters: Any) -> str:
    with pytest.raises(ValidationException) as refused:
        operation(**{"table_name": "tab", **parameters})
    return refused.value.message


def expression_refusal(kind: str, text: str, **given: Any) -> str:
    values = {f":{name}": av(value) for name, value in given.items()}
    expressions = Expressions({"#known": "known"}, values or None, **{kind: text, "FilterExpression": text})
    with pytest.raises(ValidationException) as refused:
        expressions.bind(kind, text)
    return refused.value.message.removeprefix(f"Invalid {kind}: ")


@pytest.mark.parametrize(
    ("text", "given", "sentence"),
    [
        ("foo(a) AND = :v", {"v": 1}, 'Syntax error; token: "=", near: "AND = :v"'),
        ("foo(a) AND ((a = :v))", {"v": 1}, "The expression has redundant parentheses;"),
        ("size(a) = size AND list_append(a, b)", {}, "Invalid function name; function: list_append"),
        ("attribute_exists(name) = foo(a)", {}, "Invalid function name; function: foo"),
        ("name = a AND begins_with(a, b) = :v", {"v": 1},
         "The function is not allowed to be used this way in an expression; function: begins_with"),
        ("a = :none AND size(b)", {}, "The function is not allowed to be used this way in an expression; function: size"),
        ("a = :none AND name = b", {}, "Attribute name is a reserved keyword; reserved keyword: name"),
        ("contains(a) AND #none = b", {},
         "Incorrect number of operands for operator or function; operator or function: contains, number of operands: 1"),
        ("contains(:none) AND #none = b", {},
         "An expression attribute value used in expression is not defined; attribute value: :none"),
        ("a = a AND a = :none", {}, "The first operand must be distinct from the remaining operands for this operator or "
         "function; operator: =, first operand: [a]"),
        ("attribute_exists(:v) AND a = :none", {"v": 1},
         "Operator or function requires a document path; operator or function: attribute_exists"),
        ("begins_with(a, :v) AND a = :none", {"v": 1},
         "Incorrect operand type for operator or function; operator or function: begins_with, operand type: N"),
        ("begins_with(a, size(b))", {},
         "Incorrect operand type for operator or function; operator or function: begins_with, operand type: N"),
        ("size(size(a)) = :v", {"v": 1},
         "Incorrect operand type for operator or function; operator or function: size, operand type: N"),
        ("attribute_type(a, b)", {}, "Incorrect operand type for operator or function; operator or function: "
         "attribute_type, operand type: {NS,SS,L,BS,N,M,B,BOOL,NULL,S}"),
    ],
)  # fmt: skip
def test_a_condition_is_refused_in_this_order(text: str, given: dict[str, Any], sentence: str) -> None:
    assert expression_refusal("ConditionExpression", text, **given) == sentence


@pytest.mark.parametrize(
    ("text", "given", "sentence"),
    [
        ("SET name = foo(a) SET b = :none", {}, "Attribute name is a reserved keyword; reserved keyword: name"),
        ("SET a = size(b) SET c = d", {}, "Invalid function name; function: size"),
        ("SET a = #none SET b = c", {}, 'The "SET" section can only be used once in an update expression;'),
        ("SET a = :none, b = #none", {},
         "An expression attribute name used in the document path is not defined; attribute name: #none"),
        ("SET a = :none, a.b = :none", {},
         "An expression attribute value used in expression is not defined; attribute value: :none"),
        ("SET a.b = c, a[1] = d, a.b.c = e", {}, "Two document paths overlap with each other; must remove or rewrite one of "
         "these paths; path one: [a, b], path two: [a, b, c]"),
        ("SET a = list_append(b) ADD c :v", {"v": "x"}, "Incorrect operand type for operator or function; operator: ADD, "
         "operand type: STRING, typeSet: ALLOWED_FOR_ADD_OPERAND"),
        ("SET a = b + :v, c = list_append(b)", {"v": "x"},
         "Incorrect operand type for operator or function; operator or function: +, operand type: S"),
        ("SET c = list_append(b), a = b + :v", {"v": "x"}, "Incorrect number of operands for operator or function; operator "
         "or function: list_append, number of operands: 1"),
        ("SET c = if_not_exists(:v, b)", {"v": "x"},
         "Operator or function requires a document path; operator or function: if_not_exists"),
    ],
)  # fmt: skip
def test_an_update_is_refused_in_this_order(text: str, given: dict[str, Any], sentence: str) -> None:
    assert expression_refusal("UpdateExpression", text, **given) == sentence


def test_a_projection_is_refused_for_names_before_paths() -> None:
    assert expression_refusal("ProjectionExpression", "a, a, #none, name").endswith("reserved keyword: name")
    assert expression_refusal("ProjectionExpression", "a, a, #none").endswith("attribute name: #none")


def test_put_item_looks_at_values_first(db: Any) -> None:
    bad = {**item(pk="a", sk=1), "x": {"SS": []}}
    rest: dict[str, Any] = {"return_values": "ALL_NEW", "condition_expression": "a ="}
    assert refusal(db.put_item, item=bad, **rest).endswith(EMPTY_SET)
    large = item(pk="a", sk=1, x="y" * 410_000)
    assert refusal(db.put_item, item=large, **rest).endswith("ReturnValues can only be ALL_OLD or NONE")
    del rest["return_values"]
    assert refusal(db.put_item, item=large, **rest).endswith("Item size has exceeded the maximum allowed size")
    assert "Syntax error" in refusal(db.put_item, item=item(pk="a"), **rest)
    rest["expression_attribute_values"] = {"bad": av(1)}
    assert "contains invalid key" in refusal(db.put_item, item=item(pk="a"), **rest)


def test_updates_and_deletes_look_at_the_key_first(db: Any) -> None:
    key = {**item(pk="a"), "x": {"SS": []}}
    assert refusal(db.update_item, key=key, update_expression="SET").endswith(EMPTY_SET)
    assert refusal(db.delete_item, key=key, condition_expression="=", return_values="ALL_NEW").endswith(EMPTY_SET)
    assert refusal(db.get_item, key=key, projection_expression="a,").endswith(EMPTY_SET)
    assert refusal(db.get_item, key=key, attributes_to_get=["a", "a"]).endswith(EMPTY_SET)


def test_values_names_are_read_before_the_values(db: Any) -> None:
    given = {":v": {"SS": []}, "w": av(1)}
    found = refusal(
        db.delete_item, key=item(pk="a"), condition_expression="a = :v", expression_attribute_values=given
    )  # fmt: skip
    assert found.endswith('ExpressionAttributeValues contains invalid key: Syntax error; key: "w"')


def test_no_path_leads_into_a_key(db: Any) -> None:
    key = item(pk="a", sk=1)
    assert refusal(db.get_item, key=key, projection_expression="pk.x") == f"{SCALARS}Key: pk"
    assert refusal(db.get_item, key=key, projection_expression="l[0], g.x") == f"{SCALARS}IndexKey: g"
    batch = {"tab": {"Keys": [key], "ProjectionExpression": "sk[1]"}}
    assert refusal(lambda table_name: db.batch_get_item(request_items=batch)) == f"{SCALARS}Key: sk"
    assert refusal(db.update_item, key=key, update_expression="SET x = l.y") == f"{SCALARS}IndexKey: l"
    assert refusal(db.scan, filter_expression="attribute_exists(pk.x)") == f"{SCALARS}Key: pk"
    query = {"key_condition_expression": "pk = :p", "expression_attribute_values": P}
    assert refusal(db.query, **query, filter_expression="attribute_exists(g[0])") == f"{SCALARS}IndexKey: g"
    assert refusal(db.query, **query, projection_expression="pk.x") == f"{SCALARS}Key: pk"


@pytest.mark.parametrize(
    ("parameters", "sentence"),
    [
        ({"key_condition_expression": "pk =", "filter_expression": "=", "projection_expression": "a,"},
         'Invalid KeyConditionExpression: Syntax error; token: "<EOF>", near: "="'),
        ({"key_condition_expression": "a = b", "filter_expression": "a = b", "projection_expression": "a, a"},
         "Invalid ProjectionExpression: Two document paths overlap with each other; must remove or rewrite one of these "
         "paths; path one: [a], path two: [a]"),
        ({"key_condition_expression": "a = b", "expression_attribute_names": {"#x": "y"}},
         "Value provided in ExpressionAttributeNames unused in expressions: keys: {#x}"),
        ({"key_condition_expression": "a = b"},
         "Invalid condition in KeyConditionExpression: Multiple attribute names used in one condition"),
        ({"key_condition_expression": "a.b = :p"}, "KeyConditionExpressions cannot have conditions on nested attributes"),
        ({"key_condition_expression": "pk = :p AND pk = :p"},
         "KeyConditionExpressions must only contain one condition per key"),
        ({"key_condition_expression": "pk = :p", "expression_attribute_values": {":p": av(None)}},
         "One or more parameter values were invalid: ComparisonOperator EQ is not valid for NULL AttributeValue type"),
        ({"key_condition_expression": "x = :p"}, NO_INDEX),
        ({}, "Either the KeyConditions or KeyConditionExpression parameter must be specified in the request."),
        ({"exclusive_start_key": {"pk": {"SS": []}}, "expression_attribute_names": None},
         f"The provided starting key is invalid: {EMPTY_SET}"),
    ],
)  # fmt: skip
def test_a_query_is_refused_in_this_order(db: Any, parameters: dict[str, Any], sentence: str) -> None:
    text = str(parameters.get("key_condition_expression"))
    given = {"expression_attribute_values": P, **parameters} if ":p" in text else parameters
    assert refusal(db.query, index_name="none", **given) == sentence


def test_what_a_key_condition_means_is_told_in_this_order(db: Any) -> None:
    def told(**conditions: tuple[str, list[Any]]) -> str:
        given = {
            name: {"ComparisonOperator": operator, "AttributeValueList": [av(each) for each in operands]}
            for name, (operator, operands) in conditions.items()
        }
        return refusal(db.query, key_conditions=given)

    assert told(sk=("NE", [1])) == "Query condition missed key schema element: pk"
    assert told(pk=("NE", [1])) == "Attempted conditional constraint is not an indexable operation"
    assert told(pk=("GT", [1])).endswith("Condition parameter type does not match schema type")
    assert told(pk=("GT", ["a"])) == "Query key condition not supported"
    assert told(pk=("EQ", ["a", 1])).endswith("Invalid number of argument(s) for the EQ ComparisonOperator")
    assert told(pk=("BETWEEN", [1, "a"])).endswith("AttributeValues inside AttributeValueList must be of same type")
    assert told(pk=("BETWEEN", [2, 1])) == (
        "The BETWEEN condition was provided a range where the lower bound is greater than the upper bound"
    )


def test_key_conditions_go_with_expressions(db: Any) -> None:
    given = {"pk": {"ComparisonOperator": "EQ", "AttributeValueList": [av("a")]}}
    found = db.query(table_name="tab", key_conditions=given, projection_expression="g", filter_expression="g <> l")
    assert found["Items"] == [item(g="x")]
    text = {"key_condition_expression": "pk = :p", "expression_attribute_values": P}
    assert "Non-expression parameters: {KeyConditions}" in refusal(db.query, key_conditions=given, **text)


def test_segments_come_before_expressions(db: Any) -> None:
    assert "The TotalSegments parameter is required" in refusal(db.scan, segment=1, filter_expression="=")


@pytest.mark.parametrize(
    ("start", "sentence"),
    [
        ({"sk": 9}, "The provided starting key is invalid"),
        ({"pk": "a", "sk": 1}, "The provided starting key does not match the range key predicate"),
        ({"pk": "b", "sk": 5}, "The query can return at most one row and cannot be restarted"),
        ({"pk": "a", "sk": "x"}, MISMATCH),
        ({"pk": "a", "z": 1}, "The provided starting key is invalid"),
    ],
)
def test_a_query_begins_within_its_range(db: Any, start: dict[str, Any], sentence: str) -> None:
    assert sentence == refusal(
        db.query, key_condition_expression="pk = :p AND sk > :s",
        expression_attribute_values={**P, ":s": av(3)}, exclusive_start_key=item(**start),
    )  # fmt: skip


def test_a_scan_begins_within_its_segment(db: Any) -> None:
    assert refusal(db.scan, exclusive_start_key=item(pk="a")) == f"The provided starting key is invalid: {MISMATCH}"
    assert refusal(db.scan, index_name="gsi", exclusive_start_key=item(pk="a", sk=1)) == (
        "The provided starting key is invalid"
    )
    told = [
        refusal(db.scan, exclusive_start_key=item(pk=name, sk=1), segment=at, total_segments=2)
        for name, at in (("a", 0), ("a", 1), ("c", 0), ("c", 1))
        if _is_outside(db, name, at)
    ]
    assert told and all(
        "Please use ExclusiveStartKey with correct Segment. TotalSegments: 2 Segment: " in each for each in told
    )


def _is_outside(db: Any, name: str, at: int) -> bool:
    db.put_item(table_name="tab", item=item(pk=name, sk=1))
    found = db.scan(table_name="tab", segment=at, total_segments=2)["Items"]
    return name not in [each["pk"]["S"] for each in found]


def test_batches_are_refused_in_this_order(db: Any) -> None:
    def gets(*several: dict[str, Any], **more: Any) -> str:
        return refusal(lambda table_name: db.batch_get_item(request_items={"tab": {"Keys": list(several), **more}}))

    def writes(*several: dict[str, Any]) -> str:
        return refusal(lambda table_name: db.batch_write_item(request_items={"tab": list(several)}))

    assert gets(item(pk="a"), item(pk="a")) == DUPLICATES
    assert gets({"x": {"SS": []}}, item(pk="a")) == EMPTY_SET
    assert "Syntax error" in gets({"x": {"SS": []}}, ProjectionExpression="a,")
    bad_put = {"PutRequest": {"Item": {"x": {"SS": []}}}}
    assert writes(bad_put, {}).startswith("Supplied AttributeValue has more than one datatypes set")
    assert writes({"PutRequest": {"Item": item(pk="a")}}, bad_put) == EMPTY_SET
    assert writes({"PutRequest": {"Item": item(pk=1, sk=1)}}) == MISMATCH
    assert writes({"PutRequest": {"Item": item(sk=1)}}) == MISMATCH


def test_a_batch_speaks_in_expressions_or_not(db: Any) -> None:
    key = item(pk="a", sk=1)
    asked = {"tab": {"Keys": [key], "ProjectionExpression": "g"}, "two": {"Keys": [key], "AttributesToGet": ["g"]}}
    assert refusal(lambda table_name: db.batch_get_item(request_items=asked)) == (
        "Can not use both expression and non-expression parameters in the same request: Non-expression parameters: "
        "{AttributesToGet} Expression parameters: {ProjectionExpression}"
    )


def test_expected_is_refused_in_this_order(db: Any) -> None:
    def told(**given: Any) -> str:
        return refusal(db.delete_item, key=item(pk="a", sk=1), expected={"x": given}).split(": ", 1)[1]

    assert "Value and AttributeValueList cannot be used together" in told(
        Value=av(1), AttributeValueList=[], ComparisonOperator="EQ", Exists=True
    )
    assert told(ComparisonOperator="GE").endswith(
        "Value or AttributeValueList must be used with ComparisonOperator: GE for Attribute: x"
    )
    assert "Invalid number of argument(s)" in told(ComparisonOperator="EQ", AttributeValueList=[{"SS": []}, av(1)])


def test_attribute_updates_add_to_lists(db: Any) -> None:
    for _ in range(2):
        updates = {"list": {"Action": "ADD", "Value": av([1])}}
        db.update_item(table_name="tab", key=item(pk="a", sk=1), attribute_updates=updates)
    assert db.get_item(table_name="tab", key=item(pk="a", sk=1))["Item"]["list"] == av([1, 1])
    updates = {"g": {"Action": "ADD", "Value": av([1])}}
    assert refusal(db.update_item, key=item(pk="a", sk=1), attribute_updates=updates) == (
        "Type mismatch for attribute to update"
    )
    updates = {"pk": {"Action": "ADD", "Value": av("x")}}
    assert refusal(db.update_item, key=item(pk="a", sk=1), attribute_updates=updates).endswith(
        "ADD action is not supported for the type S"
    )


def test_writes_of_single_items_say_that_one_error_was_detected(db: Any) -> None:
    """And other operations do not; nor do writes when the table comes in."""
    detected = "1 validation error detected: "
    key = item(pk="a", sk=1)
    unused = {"expression_attribute_values": {":v": av(1)}}
    said = "ExpressionAttributeValues can only be specified when using expressions"
    assert refusal(db.put_item, item=key, **unused) == detected + said
    assert refusal(db.delete_item, key=key, **unused) == detected + said
    assert refusal(db.update_item, key=key, **unused) == detected + said
    assert refusal(db.scan, **unused) == f"{said}: FilterExpression is null"
    bad = {"pk": {"SS": ["a", "a"]}}
    assert '["a", "a"] contains' in refusal(db.delete_item, key=bad)
    assert "[a, a] contains" in refusal(db.get_item, key=bad)
    empty = {"pk": {"NS": [""]}}
    assert refusal(db.put_item, item=empty) == f"{detected}The parameter cannot be converted to a numeric value: "
    assert refusal(db.get_item, key=empty) == "The parameter cannot be converted to a numeric value"
    blobs = {"pk": {"BS": [b"x", b"x"]}}
    assert refusal(db.put_item, item=blobs).endswith('Input collection ["eA==","eA=="]of type BS contains duplicates.')
    given = {"update_expression": "SET pk = :v", **unused}
    assert refusal(db.update_item, key=key, **given).startswith(
        "One or more parameter values were invalid: Cannot update"
    )
    assert refusal(db.delete_item, key=item(pk="a")) == MISMATCH


def test_a_new_table_is_refused_in_this_order(desk: Any) -> None:
    def told(given: dict[str, Any]) -> str:
        units = {"ReadCapacityUnits": 1, "WriteCapacityUnits": 1}
        parameters = {"attribute_definitions": types(a="S", b="S"), "key_schema": keys("a", "b"), **given}
        parameters.setdefault("provisioned_throughput", units)
        found = refusal(desk.ask("dynamodb").create_table, **parameters)
        return found.removeprefix("One or more parameter values were invalid: ")

    huge = {"ReadCapacityUnits": 10**12 + 1, "WriteCapacityUnits": 1}
    assert told({"key_schema": keys("x", "x"), "provisioned_throughput": huge}) == (
        "Given value 1000000000001 for ReadCapacityUnits is out of bounds"
    )
    undefined = (
        "Some index key attributes are not defined in AttributeDefinitions. Keys: [a, x], AttributeDefinitions: [a, b]"
    )
    assert told({"key_schema": keys("a", "x")[::-1]}).startswith(undefined[:40])
    assert told({"key_schema": keys("a", "x"), "local_secondary_indexes": []}) == undefined
    ranges = [{"AttributeName": "a", "KeyType": "RANGE"}] * 2
    assert (
        told({"key_schema": ranges})
        == "Both the Hash Key and the Range Key element in the KeySchema have the same name"
    )
    assert told({"local_secondary_indexes": []}) == "List of LocalSecondaryIndexes is empty"
    local = [index("one", "a", "x", "NONE"), index("one", "b")]
    assert told({"key_schema": keys("a"), "local_secondary_indexes": local}).startswith(
        "Table KeySchema does not have a range"
    )
    assert told({"local_secondary_indexes": local, "global_secondary_indexes": []}) == undefined
    bare = {**index("one", "b"), "Projection": {}}
    assert told({"local_secondary_indexes": [bare]}) == "Index KeySchema does not have a range key for index: one"
    bare["KeySchema"] = keys("b", "a")
    assert told({"local_secondary_indexes": [bare]}).startswith(
        "Index KeySchema does not have the same leading hash key"
    )
    bare["KeySchema"] = keys("a", "b")
    assert told({"local_secondary_indexes": [bare]}) == "Unknown ProjectionType: null"
    same = [index("one", "a", "b"), index("one", "a", "b")]
    assert told({"local_secondary_indexes": same, "global_secondary_indexes": []}) == "Duplicate index name: one"
    paced = [index("one", "b", ProvisionedThroughput={"ReadCapacityUnits": 1, "WriteCapacityUnits": 1})]
    on_demand = {"billing_mode": "PAY_PER_REQUEST", "provisioned_throughput": None, "global_secondary_indexes": paced}
    assert told(on_demand) == (
        "ProvisionedThroughput should not be specified for index: one when BillingMode is PAY_PER_REQUEST"
    )


def test_a_change_of_a_table_is_looked_at_before_the_table(db: Any) -> None:
    update = db.update_table
    assert refusal(update, table_name="none", global_secondary_index_updates=[]).startswith("At least one of")
    assert refusal(update, table_name="none", global_secondary_index_updates=[{}]).endswith("Delete must not be null")
    assert refusal(update, table_name="none", billing_mode="PROVISIONED").endswith(
        "ProvisionedThroughput must be specified when BillingMode is PROVISIONED"
    )
    units = {"ReadCapacityUnits": 1, "WriteCapacityUnits": 10**12 + 1}
    assert refusal(update, table_name="none", provisioned_throughput=units).endswith(
        "WriteCapacityUnits is out of bounds"
    )


def test_an_operator_joins_two_conditions(db: Any) -> None:
    none = "ConditionalOperator cannot be used without Filter or Expected"
    assert refusal(db.scan, conditional_operator="AND", scan_filter={}) == none
    assert refusal(db.query, conditional_operator="AND") == none
    one = {"x": {"ComparisonOperator": "NULL"}}
    assert refusal(db.scan, conditional_operator="OR", scan_filter=one) == (
        "ConditionalOperator can only be used when Filter or Expected has two or more elements"
    )


def test_placeholders_are_measured_before_they_are_read(db: Any) -> None:
    key = item(pk="a", sk=1)
    get = {"key": key, "projection_expression": "#a"}
    long = "The expression attribute map contains a key that is too long;"
    assert refusal(db.get_item, **get, expression_attribute_names={"#" + "a" * 255 + "-x": "g"}) == (
        f"ExpressionAttributeNames contains invalid key: {long} size of key: 258"
    )
    assert refusal(db.get_item, **get, expression_attribute_names={"#a": ""}) == (
        "ExpressionAttributeNames contains invalid value: Empty attribute name for key #a"
    )
    values = {":" + "a" * 255: av(1)}
    assert refusal(db.scan, filter_expression="g = :v", expression_attribute_values=values) == (
        f"ExpressionAttributeValues contains invalid key: {long}"
    )
    assert db.get_item(table_name="tab", **get, expression_attribute_names={"#a": "g"})["Item"] == item(g="x")


def test_a_query_says_of_a_selection_that_it_was_detected(db: Any) -> None:
    count = {"select": "COUNT", "projection_expression": "g"}
    said = "Cannot specify the ProjectionExpression when choosing to get only the Count"
    query = {"key_condition_expression": "pk = :p", "expression_attribute_values": P}
    assert refusal(db.query, **query, **count) == f"1 validation error detected: {said}"
    assert refusal(db.scan, **count) == said
    assert refusal(db.scan, select="ALL_ATTRIBUTES", attributes_to_get=["g"]) == (
        "Cannot specify the AttributesToGet when choosing to get ALL_ATTRIBUTES"
    )


def test_transactions_say_nothing_of_names_without_expressions(db: Any) -> None:
    given = {"ExpressionAttributeNames": {"#n": "x"}, "ExpressionAttributeValues": {":v": av(1)}}
    put = {"TableName": "tab", "Item": item(pk="t", sk=1), **given}
    db.transact_write_items(transact_items=[{"Put": put}])
    get = {"TableName": "tab", "Key": item(pk="t", sk=1), "ExpressionAttributeNames": {"#n": "x"}}
    assert db.transact_get_items(transact_items=[{"Get": get}])["Responses"] == [{"Item": item(pk="t", sk=1)}]
    unused = "Value provided in ExpressionAttributeNames unused in expressions: keys: {#n}"
    get["ProjectionExpression"] = "g"
    assert refusal(lambda table_name: db.transact_get_items(transact_items=[{"Get": get}])) == unused
    put["ConditionExpression"] = "g = :v"
    assert refusal(lambda table_name: db.transact_write_items(transact_items=[{"Put": put}])) == unused


def test_transactions_say_where_a_name_is_wrong(db: Any) -> None:
    get = {"Get": {"TableName": "tab", "Key": {"x": {"SS": []}}}}
    bad = {"TableName": "bad!name", "Key": item(pk="a", sk=1)}
    rule = "failed to satisfy constraint: Member must satisfy regular expression pattern: [a-zA-Z0-9_.-]+"
    assert refusal(lambda table_name: db.transact_get_items(transact_items=[get, {"Get": bad}])) == (
        f"1 validation error detected: Value 'bad!name' at 'transactItems.2.member.get.tableName' {rule}"
    )
    check = {"ConditionCheck": {**bad, "ConditionExpression": "="}}
    assert refusal(lambda table_name: db.transact_write_items(transact_items=[check])) == (
        f"1 validation error detected: Value 'bad!name' at 'transactItems.1.member.conditionCheck.tableName' {rule}"
    )


def test_a_batch_shows_the_names_that_are_wrong(db: Any) -> None:
    asked = {"bad!name": {"Keys": [{"pk": av("a"), "b": {"B": b"x"}}]}}
    assert refusal(lambda table_name: db.batch_get_item(request_items=asked)) == (
        '1 validation error detected: Value \'{"bad!name":{"Keys":[{"pk":{"S":"a"},"b":{"B":"eA=="}}]}}\' at '
        "'requestItems' failed to satisfy constraint: Map keys must satisfy constraint: [Member must have length less than or "
        "equal to 255, Member must have length greater than or equal to 3, Member must satisfy regular expression pattern: "
        "[a-zA-Z0-9_.-]+]"
    )
