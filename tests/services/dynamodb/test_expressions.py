from __future__ import annotations

from typing import Any

import pytest

from skyjar.services.dynamodb.errors import ValidationException
from skyjar.services.dynamodb.expressions import Expressions
from skyjar.services.dynamodb.grammar import RESERVED

from .conftest import av, item

ITEM = item(
    pk="a", n=5, s="hello", b=b"bytes", t=True, z=None, l=[1, "two", {"x": 3}], m={"k": {"deep": "v"}, "n": 7},
    ss={"a", "b"}, ns={1, 2},
)  # fmt: skip


def bind(kind: str, text: str, names: dict[str, str] | None = None, **given: Any) -> Any:
    values = {f":{name}": av(value) for name, value in given.items()} or None
    expressions = Expressions(names, values, **{kind: text})
    compiled = expressions.bind(kind, text)
    expressions.close()
    return compiled.result, expressions.values


def test(text: str, names: dict[str, str] | None = None, **given: Any) -> bool:
    result, values = bind("ConditionExpression", text, names, **given)
    return bool(result(ITEM, values))


def updated(text: str, before: dict[str, Any] = ITEM, names: dict[str, str] | None = None, **given: Any) -> Any:
    result, values = bind("UpdateExpression", text, names, **given)
    return result.apply(before, values)


def refusal(kind: str, text: str, names: dict[str, str] | None = None, **given: Any) -> str:
    with pytest.raises(ValidationException) as refused:
        bind(kind, text, names, **given)
    return refused.value.message


@pytest.mark.parametrize(
    ("text", "given", "holds"),
    [
        ("n = :v", {"v": 5}, True),
        ("n <> :v", {"v": 5}, False),
        ("absent <> :v", {"v": 5}, True),
        ("absent = :v", {"v": 5}, False),
        ("n < :v", {"v": 10}, True),
        ("n < :v", {"v": "10"}, False),
        ("n >= :v AND s <= :w", {"v": 5, "w": "hello"}, True),
        ("n between :a and :b", {"a": 1, "b": 5}, True),
        ("n IN (:a, :b)", {"a": 1, "b": 5}, True),
        ("NOT n IN (:a)", {"a": 1}, True),
        ("attribute_exists(m.k.deep)", {}, True),
        ("attribute_exists(l[2].x)", {}, True),
        ("attribute_exists(l[3])", {}, False),
        ("attribute_not_exists(m.q.r)", {}, True),
        ("attribute_type(l, :v)", {"v": "L"}, True),
        ("attribute_type(z, :v)", {"v": "NULL"}, True),
        ("begins_with(s, :v)", {"v": "he"}, True),
        ("begins_with(b, :v)", {"v": b"by"}, True),
        ("begins_with(n, :v)", {"v": "5"}, False),
        ("contains(s, :v)", {"v": "ell"}, True),
        ("contains(l, :v)", {"v": "two"}, True),
        ("contains(ss, :v)", {"v": "a"}, True),
        ("contains(ns, :v)", {"v": 3}, False),
        ("size(s) = :v", {"v": 5}, True),
        ("size(l) > :v", {"v": 2}, True),
        ("size(n) > :v", {"v": 0}, False),
        ("s = :v OR n = :w AND t = :f", {"v": "hello", "w": 0, "f": False}, True),
        ("(s = :v OR n = :w) AND t = :f", {"v": "hello", "w": 0, "f": False}, False),
        ("ss = :v", {"v": {"b", "a"}}, True),
        (":v = n", {"v": 5}, True),
        ("m.n > n", {}, True),
    ],
)
def test_conditions(text: str, given: dict[str, Any], holds: bool) -> None:
    assert test(text, **given) is holds


test.__test__ = False  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    ("text", "given", "changes"),
    [
        ("SET n = n + :v", {"v": 2}, {"n": 7}),
        ("set n = :v - n", {"v": 2}, {"n": -3}),
        ("SET q = if_not_exists(q, :v)", {"v": 0}, {"q": 0}),
        ("SET n = if_not_exists(n, :v) + :v", {"v": 1}, {"n": 6}),
        ("SET l = list_append(l, :v)", {"v": [9]}, {"l": [1, "two", {"x": 3}, 9]}),
        ("SET l = list_append(:v, l)", {"v": [9]}, {"l": [9, 1, "two", {"x": 3}]}),
        ("SET l[1] = :v", {"v": "2"}, {"l": [1, "2", {"x": 3}]}),
        ("SET l[50] = :v, l[40] = :w", {"v": "b", "w": "a"}, {"l": [1, "two", {"x": 3}, "a", "b"]}),
        ("REMOVE l[0], l[1]", {}, {"l": [{"x": 3}]}),
        ("REMOVE l[7]", {}, {}),
        ("SET m.k.deep = :v REMOVE m.n", {"v": 1}, {"m": {"k": {"deep": 1}}}),
        ("SET a = s, s = :v", {"v": "new"}, {"a": "hello", "s": "new"}),
        ("ADD n :v", {"v": -6}, {"n": -1}),
        ("ADD fresh :v", {"v": 3}, {"fresh": 3}),
        ("ADD ss :v", {"v": {"c", "a"}}, {"ss": {"a", "b", "c"}}),
        ("DELETE ss :v", {"v": {"a", "q"}}, {"ss": {"b"}}),
    ],
)
def test_updates(text: str, given: dict[str, Any], changes: dict[str, Any]) -> None:
    kept = item() | ITEM
    assert updated(text, **given) == ITEM | item(**changes)
    assert kept == ITEM, "the item itself is left as it was"


def test_deleting_a_whole_set_removes_the_attribute() -> None:
    assert "ss" not in updated("DELETE ss :v", v={"a", "b"})


def test_moved_values_are_copies() -> None:
    changed = updated("SET twin = m, m.n = :v", v=1)
    assert changed["twin"] == av({"k": {"deep": "v"}, "n": 7})


@pytest.mark.parametrize(
    ("text", "given", "sentence"),
    [
        ("SET q = absent", {}, "The provided expression refers to an attribute that does not exist in the item"),
        ("SET q = s + :v", {"v": 1}, "An operand in the update expression has an incorrect data type"),
        ("ADD s :v", {"v": 1}, "An operand in the update expression has an incorrect data type"),
        ("SET q.r = :v", {"v": 1}, "The document path provided in the update expression is invalid for update"),
        ("SET s[0] = :v", {"v": 1}, "The document path provided in the update expression is invalid for update"),
        ("REMOVE q.r", {}, "The document path provided in the update expression is invalid for update"),
    ],
)
def test_updates_that_do_not_fit_the_item(text: str, given: dict[str, Any], sentence: str) -> None:
    with pytest.raises(ValidationException) as refused:
        updated(text, **given)
    assert refused.value.message == sentence


@pytest.mark.parametrize(
    ("kind", "text", "names", "given", "sentence"),
    [
        ("ConditionExpression", "", None, {}, "The expression can not be empty;"),
        ("ConditionExpression", "a =", None, {}, 'Syntax error; token: "<EOF>", near: "="'),
        ("ConditionExpression", "a = = :v", None, {"v": 1}, 'Syntax error; token: "=", near: "= = :v"'),
        ("ConditionExpression", "a ! :v", None, {"v": 1}, 'Syntax error; token: "!", near: "a ! :v"'),
        ("ConditionExpression", "((a = :v))", None, {"v": 1}, "The expression has redundant parentheses;"),
        ("ConditionExpression", "name = :v", None, {"v": 1},
         "Attribute name is a reserved keyword; reserved keyword: name"),
        ("ConditionExpression", "a = :w", None, {"v": 1},
         "An expression attribute value used in expression is not defined; attribute value: :w"),
        ("ConditionExpression", "#a = :v", None, {"v": 1},
         "An expression attribute name used in the document path is not defined; attribute name: #a"),
        ("ConditionExpression", "foo(a)", None, {}, "Invalid function name; function: foo"),
        ("ConditionExpression", "begins_with(a)", None, {},
         "Incorrect number of operands for operator or function; operator or function: begins_with, number of "
         "operands: 1"),
        ("ConditionExpression", "begins_with(a, :v)", None, {"v": 1},
         "Incorrect operand type for operator or function; operator or function: begins_with, operand type: N"),
        ("ConditionExpression", "attribute_exists(:v)", None, {"v": 1},
         "Operator or function requires a document path; operator or function: attribute_exists"),
        ("ConditionExpression", "size(a)", None, {},
         "The function is not allowed to be used this way in an expression; function: size"),
        ("ConditionExpression", "a < :v", None, {"v": True},
         "Incorrect operand type for operator or function; operator or function: <, operand type: BOOL"),
        ("ConditionExpression", "attribute_type(a, :v)", None, {"v": "X"},
         "Invalid attribute type name found; type: X, valid types: {B,NULL,SS,BOOL,L,BS,N,NS,S,M}"),
        ("ConditionExpression", "a BETWEEN :v AND :w", None, {"v": 2, "w": 1},
         "The BETWEEN operator requires upper bound to be greater than or equal to lower bound; lower bound operand: "
         "AttributeValue: {N:2}, upper bound operand: AttributeValue: {N:1}"),
        ("ConditionExpression", "a = a", None, {},
         "The first operand must be distinct from the remaining operands for this operator or function; operator: =, "
         "first operand: [a]"),
        ("UpdateExpression", "SET a = :v SET b = :v", None, {"v": 1},
         'The "SET" section can only be used once in an update expression;'),
        ("UpdateExpression", "SET a = :v, a.b = :v", None, {"v": 1},
         "Two document paths overlap with each other; must remove or rewrite one of these paths; path one: [a], path "
         "two: [a, b]"),
        ("UpdateExpression", "SET a[0] = :v REMOVE a.b", None, {"v": 1},
         "Two document paths conflict with each other; must remove or rewrite one of these paths; path one: [a, [0]], "
         "path two: [a, b]"),
        ("UpdateExpression", "ADD a :v", None, {"v": "x"},
         "Incorrect operand type for operator or function; operator: ADD, operand type: STRING, typeSet: "
         "ALLOWED_FOR_ADD_OPERAND"),
        ("UpdateExpression", "SET a = b + :v", None, {"v": "x"},
         "Incorrect operand type for operator or function; operator or function: +, operand type: S"),
        ("UpdateExpression", "SET a = attribute_exists(b)", None, {}, "Invalid function name; function: attribute_exists"),
        ("UpdateExpression", "a = :v", None, {"v": 1}, 'Syntax error; token: "a", near: "a ="'),
        ("ProjectionExpression", "a, a", None, {},
         "Two document paths overlap with each other; must remove or rewrite one of these paths; path one: [a], path "
         "two: [a]"),
    ],
)  # fmt: skip
def test_refusals(kind: str, text: str, names: Any, given: dict[str, Any], sentence: str) -> None:
    assert refusal(kind, text, names, **given) == f"Invalid {kind}: {sentence}"


def test_long_and_deep_expressions_are_refused() -> None:
    assert "maximum allowed size; expression size: 4" in refusal("ConditionExpression", "a" * 4097 + " = b")
    assert "nested too deeply" in refusal("ConditionExpression", "(" * 2000 + "a = b" + ")" * 2000)
    assert "too many operators" in refusal("ConditionExpression", "NOT " * 400 + "a = b")


@pytest.mark.parametrize(
    ("names", "given", "text", "sentence"),
    [
        ({"#x": "a"}, {":v": av(1)}, "b = :v", "Value provided in ExpressionAttributeNames unused in expressions: keys: {#x}"),
        (None, {":v": av(1), ":x": av(1)}, "b = :v",
         "Value provided in ExpressionAttributeValues unused in expressions: keys: {:x}"),
        ({"x": "a"}, None, "attribute_exists(b)", 'ExpressionAttributeNames contains invalid key: Syntax error; key: "x"'),
        (None, {"v": av(1)}, "b = :v", 'ExpressionAttributeValues contains invalid key: Syntax error; key: "v"'),
        (None, {}, "attribute_exists(b)", "ExpressionAttributeValues must not be empty"),
        ({}, None, "attribute_exists(b)", "ExpressionAttributeNames must not be empty"),
        (None, {":v": {}}, "b = :v", "ExpressionAttributeValues contains invalid value: Supplied AttributeValue is "
         "empty, must contain exactly one of the supported datatypes for key :v"),
        (None, {":v": av(1)}, None,
         "ExpressionAttributeValues can only be specified when using expressions: ConditionExpression is null"),
        ({"#a": "b"}, None, None, "ExpressionAttributeNames can only be specified when using expressions"),
    ],
)  # fmt: skip
def test_names_and_values(names: Any, given: Any, text: str | None, sentence: str) -> None:
    with pytest.raises(ValidationException) as refused:
        expressions = Expressions(names, given, ConditionExpression=text)
        expressions.admit()
        expressions.test("ConditionExpression", text)
        expressions.close()
    assert refused.value.message == sentence


def test_projections_keep_the_shape() -> None:
    project, _ = bind("ProjectionExpression", "s, l[2], l[0], m.#k.deep, nothing", {"#k": "k"})
    assert project(ITEM) == item(s="hello", l=[1, {"x": 3}], m={"k": {"deep": "v"}})


def test_reserved_words_are_all_there() -> None:
    assert len(RESERVED) == 573
    assert {"NAME", "STATUS", "TTL", "ZONE"} <= RESERVED
