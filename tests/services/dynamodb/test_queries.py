from __future__ import annotations

from itertools import count
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from skyjar.services.dynamodb.errors import ValidationException

from .conftest import Make, av, index, item


@pytest.fixture
def filled(table: Make) -> Any:
    """Partition "a" with sort keys -10 … 14, and "b" with one item."""
    db = table(
        sk="N",
        types={"g": "S", "l": "S"},
        global_secondary_indexes=[index("gsi", "g", "sk"), index("slim", "g", projection="KEYS_ONLY")],
        local_secondary_indexes=[index("lsi", "pk", "l", "KEYS_ONLY")],
    )
    for n in range(-10, 15):
        db.put_item(table_name="tab", item=item(pk="a", sk=n, g=f"g{n % 2}", l=f"l{20 - n}", x="y" * (n + 10)))
    db.put_item(table_name="tab", item=item(pk="b", sk=1))
    return db


def ask(db: Any, text: str, **values: Any) -> Any:
    more = {name: values.pop(name) for name in list(values) if len(name) > 2}
    given = {f":{name}": av(value) for name, value in values.items()}
    return db.query(table_name="tab", key_condition_expression=text, expression_attribute_values=given, **more)


def numbers(answer: Any) -> list[int]:
    return [int(each["sk"]["N"]) for each in answer["Items"]]


def refusal(db: Any, text: str, **values: Any) -> str:
    with pytest.raises(ValidationException) as refused:
        ask(db, text, **values)
    return refused.value.message


@pytest.mark.spec("dynamodb-029")
@pytest.mark.parametrize(
    ("text", "values", "found"),
    [
        ("pk = :p", {}, list(range(-10, 15))),
        ("pk = :p AND sk = :a", {"a": 3}, [3]),
        ("pk = :p AND sk < :a", {"a": -8}, [-10, -9]),
        ("pk = :p AND sk <= :a", {"a": -8}, [-10, -9, -8]),
        ("sk > :a AND pk = :p", {"a": 12}, [13, 14]),
        ("(pk = :p) AND (:a <= sk)", {"a": 12}, [12, 13, 14]),
        ("pk = :p AND sk BETWEEN :a AND :b", {"a": -2, "b": 2}, [-2, -1, 0, 1, 2]),
    ],
)
def test_key_conditions_read_one_range_in_order(filled: Any, text: str, values: Any, found: list[int]) -> None:
    assert numbers(ask(filled, text, p="a", **values)) == found
    assert numbers(ask(filled, text, p="a", scan_index_forward=False, **values)) == found[::-1]


@pytest.mark.spec("dynamodb-001")
def test_query_needs_the_partition_key(filled: Any) -> None:
    assert refusal(filled, "sk = :a", a=1) == "Query condition missed key schema element: pk"
    assert refusal(filled, "pk < :a", a="x") == "Query key condition not supported"
    assert refusal(filled, "pk = :a AND x = :b", a="x", b=1) == "Query condition missed key schema element: sk"
    assert "Condition parameter type does not match schema type" in refusal(filled, "pk = :a", a=1)
    assert refusal(filled, "pk = :a OR sk = :b", a="x", b=1) == ("Invalid operator used in KeyConditionExpression: OR")
    assert refusal(filled, "pk = :a AND sk > :b AND sk < :c", a="x", b=1, c=2) == (
        "KeyConditionExpressions must only contain one condition per key"
    )
    with pytest.raises(ValidationException, match="Either the KeyConditions or KeyConditionExpression parameter"):
        filled.query(table_name="tab")


@pytest.mark.spec("dynamodb-036")
@pytest.mark.parametrize("is_forward", [True, False])
@pytest.mark.parametrize("name", [None, "gsi", "lsi"])
def test_pages_meet_without_gap_or_overlap(filled: Any, is_forward: bool, name: str | None) -> None:
    text, value = ("g = :p", "g1") if name == "gsi" else ("pk = :p", "a")
    more: dict[str, Any] = {"scan_index_forward": is_forward} | ({"index_name": name} if name else {})
    whole = ask(filled, text, p=value, **more)
    assert "LastEvaluatedKey" not in whole
    pages: list[Any] = []
    start: dict[str, Any] = {}
    while True:
        page = ask(filled, text, p=value, limit=4, return_consumed_capacity="TOTAL", **more, **start)
        assert page["ConsumedCapacity"]["CapacityUnits"] == 0.5
        pages += page["Items"]
        if "LastEvaluatedKey" not in page:
            break
        start = {"exclusive_start_key": page["LastEvaluatedKey"]}
    assert pages == whole["Items"]


@pytest.mark.spec("dynamodb-030")
def test_filters_come_after_the_read(filled: Any) -> None:
    answer = ask(filled, "pk = :p", p="a", n=20, filter_expression="size(x) >= :n", limit=23)
    assert (answer["Count"], answer["ScannedCount"], numbers(answer)) == (3, 23, [10, 11, 12])
    assert refusal(filled, "pk = :p", p="a", n=1, filter_expression="sk = :n") == (
        "Filter Expression can only contain non-primary key attributes: Primary key attribute: sk"
    )
    assert ask(filled, "pk = :p", p="a", select="COUNT") == {"Count": 25, "ScannedCount": 25}


@pytest.mark.spec("dynamodb-048")
def test_global_indexes(filled: Any) -> None:
    assert numbers(ask(filled, "g = :g AND sk > :n", g="g1", n=8, index_name="gsi")) == [9, 11, 13]
    assert refusal(filled, "g = :g", g="g1", index_name="gsi", consistent_read=True) == (
        "Consistent reads are not supported on global secondary indexes"
    )
    slim = ask(filled, "g = :g", g="g1", index_name="slim")["Items"]
    assert all(each.keys() == {"pk", "sk", "g"} for each in slim)
    assert "does not project [x]" in refusal(filled, "g = :g", g="g1", index_name="slim", projection_expression="x")
    assert "its projection type is not ALL" in refusal(
        filled, "g = :g", g="g1", index_name="slim", select="ALL_ATTRIBUTES"
    )
    assert refusal(filled, "g = :g", g="g1", index_name="no") == "The table does not have the specified index: no"


@pytest.mark.spec("dynamodb-043", "dynamodb-044")
def test_local_indexes_fetch_what_they_do_not_have(filled: Any) -> None:
    answer = ask(
        filled, "pk = :p AND begins_with(l, :l)", p="a", l="l1", index_name="lsi", consistent_read=True,
        select="ALL_ATTRIBUTES", return_consumed_capacity="INDEXES",
    )  # fmt: skip
    assert numbers(answer) == [10, 9, 8, 7, 6, 5, 4, 3, 2, 1]
    assert all("x" in each for each in answer["Items"])
    assert answer["ConsumedCapacity"] == {
        "TableName": "tab",
        "CapacityUnits": 11.0,
        "Table": {"CapacityUnits": 10.0},
        "LocalSecondaryIndexes": {"lsi": {"CapacityUnits": 1.0}},
    }


def test_index_rows_follow_the_items(filled: Any) -> None:
    filled.update_item(table_name="tab", key=item(pk="a", sk=1), update_expression="REMOVE g")
    filled.put_item(table_name="tab", item=item(pk="a", sk=3, g="g9"))
    filled.delete_item(table_name="tab", key=item(pk="a", sk=5))
    assert numbers(ask(filled, "g = :g AND sk > :n", g="g1", n=0, index_name="gsi")) == [7, 9, 11, 13]
    assert numbers(ask(filled, "g = :g", g="g9", index_name="gsi")) == [3]
    shown = filled.describe_table(table_name="tab")["Table"]
    assert (shown["ItemCount"], shown["GlobalSecondaryIndexes"][0]["ItemCount"]) == (25, 23)
    assert shown["LocalSecondaryIndexes"][0]["ItemCount"] == 23


@pytest.mark.spec("dynamodb-033", "dynamodb-034")
def test_pages_end_at_a_megabyte(table: Make) -> None:
    db = table()
    for n in range(32):
        db.put_item(table_name="tab", item=item(pk=f"k{n}", body="x" * 100_000))
    seen: list[str] = []
    pages, start = 0, {}
    while True:
        page = db.scan(table_name="tab", **start)
        pages += 1
        seen += [each["pk"]["S"] for each in page["Items"]]
        if "LastEvaluatedKey" not in page:
            break
        start = {"exclusive_start_key": page["LastEvaluatedKey"]}
    assert pages == 3
    assert sorted(seen) == sorted(f"k{n}" for n in range(32))
    assert seen != sorted(seen), "a Scan's order means nothing"


@pytest.mark.spec("dynamodb-033")
@pytest.mark.parametrize("is_forward", [True, False])
def test_a_query_ends_at_a_megabyte_before_its_filter(table: Make, is_forward: bool) -> None:
    db = table(sk="N")
    for n in range(32):
        db.put_item(table_name="tab", item=item(pk="a", sk=n, body="x" * 100_000))
    given = {"n": -1, "filter_expression": "sought = :n", "scan_index_forward": is_forward}
    pages, start, read = 0, {}, 0
    while True:
        page = ask(db, "pk = :p", p="a", **given, **start)
        pages, read = pages + 1, read + page["ScannedCount"]
        assert page["Items"] == [], "an empty page may have others after it"
        if "LastEvaluatedKey" not in page:
            break
        start = {"exclusive_start_key": page["LastEvaluatedKey"]}
    assert (pages, read) == (3, 32)


@pytest.mark.spec("dynamodb-035")
def test_segments_share_the_table(table: Make) -> None:
    db = table()
    for n in range(200):
        db.put_item(table_name="tab", item=item(pk=str(n)))
    parts = [db.scan(table_name="tab", segment=n, total_segments=4)["Items"] for n in range(4)]
    assert all(len(part) > 20 for part in parts)
    assert sorted(int(each["pk"]["S"]) for part in parts for each in part) == list(range(200))
    with pytest.raises(ValidationException, match="zero-based and must be less than parameter TotalSegments"):
        db.scan(table_name="tab", segment=4, total_segments=4)


def test_starting_keys_must_fit(filled: Any) -> None:
    assert "outside query boundaries" in refusal(filled, "pk = :p", p="a", exclusive_start_key=item(pk="b", sk=1))
    assert refusal(filled, "pk = :p", p="a", exclusive_start_key=item(pk="a")) == "The provided starting key is invalid"
    assert "The provided starting key is invalid" in refusal(
        filled, "pk = :p", p="a", exclusive_start_key=item(pk="a", z="z")
    )


def test_legacy_conditions(filled: Any) -> None:
    answer = filled.query(
        table_name="tab",
        key_conditions={
            "pk": {"ComparisonOperator": "EQ", "AttributeValueList": [av("a")]},
            "sk": {"ComparisonOperator": "GT", "AttributeValueList": [av(9)]},
        },
        query_filter={"g": {"ComparisonOperator": "EQ", "AttributeValueList": [av("g1")]}},
    )
    assert (numbers(answer), answer["ScannedCount"]) == ([11, 13], 5)
    found = filled.scan(
        table_name="tab",
        scan_filter={
            "x": {"ComparisonOperator": "NULL"},
            "sk": {"ComparisonOperator": "IN", "AttributeValueList": [av(14)]},
        },
        conditional_operator="OR",
    )
    assert sorted(numbers(found)) == [1, 14]


_counter = count()
KEYS = {
    "S": st.text(st.characters(exclude_categories=("Cs",)), min_size=1, max_size=6),
    "B": st.binary(min_size=1, max_size=6),
}


@pytest.mark.parametrize("kind", ["S", "B"])
@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_text_and_binary_sort_by_their_bytes(table: Make, kind: str, data: Any) -> None:
    values = data.draw(st.lists(KEYS[kind], min_size=1, max_size=12, unique=True))
    name = f"tab{next(_counter)}"
    db = table(name, sk=kind)
    for value in values:
        db.put_item(table_name=name, item={"pk": av("p"), "sk": {kind: value}})
    answer = db.query(table_name=name, key_condition_expression="pk = :p", expression_attribute_values={":p": av("p")})
    order = [each["sk"][kind] for each in answer["Items"]]
    assert order == sorted(values, key=lambda value: value.encode() if kind == "S" else value)
    start = values[0][:1]
    answer = db.query(
        table_name=name,
        key_condition_expression="pk = :p AND begins_with(sk, :s)",
        expression_attribute_values={":p": av("p"), ":s": {kind: start}},
    )
    assert [each["sk"][kind] for each in answer["Items"]] == [value for value in order if value.startswith(start)]


@pytest.mark.spec("dynamodb-049")
def test_global_indexes_show_what_was_written(filled: Any) -> None:
    filled.put_item(table_name="tab", item=item(pk="new", sk=7, g="fresh"))
    assert numbers(ask(filled, "g = :g", g="fresh", index_name="gsi")) == [7]


@pytest.mark.spec("dynamodb-015")
def test_a_sharded_partition_is_read_shard_by_shard(table: Make) -> None:
    db = table(sk="N")
    for n in range(40):
        db.put_item(table_name="tab", item=item(pk=f"day#{n % 4}", sk=n))
    merged = [n for shard in range(4) for n in numbers(ask(db, "pk = :p", p=f"day#{shard}"))]
    assert sorted(merged) == list(range(40))


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("pk = :a AND sk IN (:b)", "Invalid operator used in KeyConditionExpression: IN"),
        ("pk = :a AND sk <> :b", "Invalid operator used in KeyConditionExpression: <>"),
        ("pk = :a AND contains(sk, :b)", "Invalid operator used in KeyConditionExpression: contains"),
        ("pk = :a AND size(sk) = :b", "KeyConditionExpressions cannot contain nested operations"),
        ("pk = :a AND m.sk = :b", "KeyConditionExpressions cannot have conditions on nested attributes"),
        ("pk = :a AND begins_with(:b, sk)", "Invalid condition in KeyConditionExpression: begins_with operator must have "
         "the key attribute as its first operand"),
        ("pk = :a AND :b BETWEEN sk AND sk", "Invalid condition in KeyConditionExpression: BETWEEN operator must have the "
         "key attribute as its first operand"),
        ("pk = :a AND :b = :b", "Invalid condition in KeyConditionExpression: No key attribute specified"),
    ],
)  # fmt: skip
def test_key_conditions_that_are_refused(filled: Any, text: str, sentence: str) -> None:
    value: Any = "x" if "begins_with" in text else 1
    assert refusal(filled, text, a="x", b=value) == sentence


def test_a_conditional_operator_joins_two(filled: Any) -> None:
    one = {"x": {"ComparisonOperator": "NOT_NULL"}}
    key = item(pk="a", sk=1)
    for ask in (
        lambda **given: filled.scan(table_name="tab", conditional_operator="OR", **_as("scan_filter", given)),
        lambda **given: filled.put_item(
            table_name="tab", item=key, conditional_operator="OR", **_as("expected", given)
        ),
        lambda **given: filled.update_item(
            table_name="tab", key=key, conditional_operator="OR", **_as("expected", given)
        ),
    ):
        with pytest.raises(ValidationException, match="ConditionalOperator cannot be used without Filter or Expected"):
            ask()
        with pytest.raises(ValidationException, match="only be used when Filter or Expected has two or more elements"):
            ask(given=one)
        ask(given={**one, "pk": {"ComparisonOperator": "NOT_NULL"}})


def _as(name: str, given: dict[str, Any]) -> dict[str, Any]:
    return {name: given["given"]} if given else {}


@pytest.mark.parametrize("name", ["gsi", "lsi"])
def test_a_query_filters_by_what_its_index_has(table: Make, name: str) -> None:
    keyed = {"global_secondary_indexes": [index("gsi", "g", projection="INCLUDE")], "local_secondary_indexes": [
        index("lsi", "pk", "g", projection="INCLUDE")]}  # fmt: skip
    for each in (*keyed["global_secondary_indexes"], *keyed["local_secondary_indexes"]):
        each["Projection"]["NonKeyAttributes"] = ["kept"]
    db = table(sk="N", types={"g": "S"}, **keyed)
    db.put_item(table_name="tab", item=item(pk="a", sk=1, g="a", kept=1, n=1))
    text = "g = :p" if name == "gsi" else "pk = :p"
    assert ask(db, text, p="a", v=1, index_name=name, filter_expression="kept = :v")["Count"] == 1
    assert refusal(db, text, p="a", v=1, index_name=name, filter_expression="n = :v OR m.x = :v") == (
        f"One or more parameter values were invalid: Secondary index {name} does not project one or more filter "
        "attributes: [n, m]"
    )
    with pytest.raises(ValidationException, match="does not project one or more filter attributes"):
        db.query(
            table_name="tab",
            index_name=name,
            key_conditions={
                "g" if name == "gsi" else "pk": {"ComparisonOperator": "EQ", "AttributeValueList": [av("a")]}
            },
            query_filter={"n": {"ComparisonOperator": "NOT_NULL"}},
        )
    assert db.scan(table_name="tab", index_name=name, filter_expression="attribute_exists(n)")["Count"] == 0


@pytest.mark.parametrize("select", ["COUNT", "ALL_ATTRIBUTES"])
@pytest.mark.parametrize("name", ["ProjectionExpression", "AttributesToGet"])
def test_what_is_selected_is_named_once(filled: Any, select: str, name: str) -> None:
    named: Any = {"projection_expression": "x"} if name == "ProjectionExpression" else {"attributes_to_get": ["x"]}
    with pytest.raises(ValidationException) as refused:
        filled.scan(table_name="tab", select=select, **named)
    end = "only the Count" if select == "COUNT" else select
    assert refused.value.message == f"Cannot specify the {name} when choosing to get {end}"
