"""Global indexes with keys of several attributes."""

from __future__ import annotations

from typing import Any

import pytest

from skyjar.kernel.errors import NotImplementedHere
from skyjar.services.dynamodb.errors import ValidationException

from .conftest import Make, av, item, keys, types
from .test_cfn import PLAIN, TYPE, run

PARTS = [("tournament", "HASH"), ("region", "HASH"), ("round", "RANGE"), ("bracket", "RANGE"), ("game", "RANGE")]
TYPES = {"tournament": "S", "region": "S", "round": "N", "bracket": "S", "game": "S"}


def schema(*parts: tuple[str, str]) -> list[dict[str, str]]:
    return [{"AttributeName": name, "KeyType": kind} for name, kind in parts]


def several(*parts: tuple[str, str], projection: str = "ALL") -> dict[str, Any]:
    return {"IndexName": "gsi", "KeySchema": schema(*parts), "Projection": {"ProjectionType": projection}}


@pytest.fixture
def db(table: Make) -> Any:
    made = table(types=TYPES, global_secondary_indexes=[several(*PARTS)])
    for n in range(24):
        made.put_item(
            table_name="tab",
            item=item(
                pk=f"k{n:02}", tournament="winter", region="na" if n % 2 else "eu", round=n // 8, bracket="ab"[n // 4 % 2],
                game=f"m{n:02}",
            ),
        )  # fmt: skip
    made.put_item(table_name="tab", item=item(pk="sparse", tournament="winter", region="na", round=1, game="m"))
    return made


def found(db: Any, text: str, index: str = "gsi", **more: Any) -> list[str]:
    given = {f":{name}": av(value) for name, value in more.pop("v", {}).items()}
    answer = db.query(
        table_name="tab", index_name=index, key_condition_expression=text, expression_attribute_values=given,
        expression_attribute_names={"#r": "region"}, **more,
    )  # fmt: skip
    return [each["pk"]["S"] for each in answer["Items"]]


BOTH = "tournament = :t AND #r = :r"
WHO = {"t": "winter", "r": "na"}
NA = [f"k{n:02}" for n in range(24) if n % 2]


def test_a_partition_is_all_of_its_attributes_and_sorts_from_left_to_right(db: Any) -> None:
    shown = db.describe_table(table_name="tab")["Table"]["GlobalSecondaryIndexes"][0]
    assert shown["KeySchema"] == schema(*PARTS)
    assert shown["ItemCount"] == 24, "an item without one of them is not there"
    assert found(db, BOTH, v=WHO) == NA
    assert found(db, BOTH, v=WHO, scan_index_forward=False) == NA[::-1]
    assert found(db, f"{BOTH} AND round = :n", v={**WHO, "n": 1}) == ["k09", "k11", "k13", "k15"]
    assert found(db, f"bracket = :b AND {BOTH} AND round = :n", v={**WHO, "n": 1, "b": "b"}) == ["k13", "k15"]
    assert found(db, f"{BOTH} AND round >= :n", v={**WHO, "n": 1}) == NA[4:]
    assert found(db, f"{BOTH} AND round = :n AND bracket < :b", v={**WHO, "n": 0, "b": "b"}) == ["k01", "k03"]
    text = f"{BOTH} AND round = :n AND bracket = :b AND begins_with(game, :m)"
    assert found(db, text, v={**WHO, "n": 2, "b": "b", "m": "m2"}) == ["k21", "k23"]
    text = f"{BOTH} AND round = :n AND bracket = :b AND game BETWEEN :m AND :o"
    assert found(db, text, v={**WHO, "n": 2, "b": "b", "m": "m20", "o": "m22"}) == ["k21"]


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("tournament = :t", "Query condition missed key schema element: region"),
        (f"{BOTH} AND bracket = :b", "Query condition missed key schema element: round"),
        (f"{BOTH} AND round > :n AND bracket = :b", "Query key condition not supported"),
        ("tournament = :t AND #r > :r", "Query key condition not supported"),
        (f"{BOTH} AND pk = :b", "Query condition missed key schema element: round"),
        (f"{BOTH} AND round = :b", "Condition parameter type does not match schema type"),
    ],
)
def test_conditions_that_no_range_has(db: Any, text: str, sentence: str) -> None:
    used = {name: value for name, value in {**WHO, "n": 1, "b": "b"}.items() if f":{name}" in text}
    with pytest.raises(ValidationException, match=sentence):
        db.query(
            table_name="tab", index_name="gsi", key_condition_expression=text,
            expression_attribute_values={f":{name}": av(value) for name, value in used.items()},
            **({"expression_attribute_names": {"#r": "region"}} if "#r" in text else {}),
        )  # fmt: skip


def test_pages_name_all_attributes(db: Any) -> None:
    query = {"table_name": "tab", "index_name": "gsi", "key_condition_expression": BOTH, "limit": 5,
             "expression_attribute_values": {":t": av("winter"), ":r": av("na")}, "expression_attribute_names": {"#r": "region"}}  # fmt: skip
    seen: list[str] = []
    start: dict[str, Any] = {}
    while True:
        page = db.query(**query, **start)
        seen += [each["pk"]["S"] for each in page["Items"]]
        if "LastEvaluatedKey" not in page:
            break
        assert page["LastEvaluatedKey"].keys() == {"pk", *TYPES}
        start = {"exclusive_start_key": page["LastEvaluatedKey"]}
    assert seen == NA
    with pytest.raises(ValidationException, match="The provided starting key is invalid"):
        db.query(**query, exclusive_start_key={**page["Items"][0], "game": av("m"), "more": av("x")})
    assert db.scan(table_name="tab", index_name="gsi")["Count"] == 24
    with pytest.raises(ValidationException, match="non-primary key attributes: Primary key attribute: bracket"):
        db.query(**query, filter_expression="bracket = :t")


def test_an_item_moves_with_any_of_its_attributes(db: Any) -> None:
    db.update_item(
        table_name="tab", key=item(pk="k01"), update_expression="SET #r = :r",
        expression_attribute_values={":r": av("asia")}, expression_attribute_names={"#r": "region"},
    )  # fmt: skip
    assert found(db, BOTH, v={"t": "winter", "r": "asia"}) == ["k01"]
    assert found(db, BOTH, v=WHO) == NA[1:]
    db.update_item(table_name="tab", key=item(pk="k03"), update_expression="REMOVE bracket")
    assert found(db, BOTH, v=WHO) == NA[2:]
    with pytest.raises(
        ValidationException, match="Type mismatch for Index Key round Expected: N Actual: S IndexName: gsi"
    ):
        db.put_item(table_name="tab", item=item(pk="x", round="one"))
    with pytest.raises(ValidationException, match=r"empty string value\. IndexName: gsi, IndexKey: bracket"):
        db.put_item(table_name="tab", item=item(pk="x", bracket=""))


def test_partiql_reads_the_range(db: Any) -> None:
    where = "tournament = 'winter' AND region IN ['na', 'eu'] AND round = 1"
    statement = f'SELECT pk FROM "tab"."gsi" WHERE {where}'
    read = db.execute_statement(statement=statement, return_consumed_capacity="TOTAL")
    assert sorted(each["pk"]["S"] for each in read["Items"]) == [f"k{n:02}" for n in range(8, 16)]
    assert read["ConsumedCapacity"]["CapacityUnits"] == 1.0, "two ranges"


def test_keys_only_has_all_keys_and_a_later_index_is_filled(desk: Any, table: Make) -> None:
    db = table()
    db.put_item(table_name="tab", item=item(pk="a", b="1", c=2, other="x"))
    db.put_item(table_name="tab", item=item(pk="b", b="1", other="x"))
    create = {**several(("b", "HASH"), ("c", "HASH"), projection="KEYS_ONLY")}
    db.update_table(
        table_name="tab", attribute_definitions=types(b="S", c="N"), global_secondary_index_updates=[{"Create": create}]
    )
    desk.settle()
    assert db.scan(table_name="tab", index_name="gsi")["Items"] == [item(pk="a", b="1", c=2)]
    with pytest.raises(NotImplementedHere, match="contributor insights"):
        db.update_contributor_insights(table_name="tab", index_name="gsi", contributor_insights_action="ENABLE")
    db.update_table(table_name="tab", global_secondary_index_updates=[{"Delete": {"IndexName": "gsi"}}])
    desk.settle()
    assert db.describe_table(table_name="tab")["Table"]["AttributeDefinitions"] == types(pk="S")


FIVE = [(name, "HASH") for name in "abcde"]


@pytest.mark.parametrize(
    ("parts", "sentence"),
    [
        (FIVE, "exceeds the maximum allowed number of HASH key attributes"),
        ([("a", "HASH"), ("b", "RANGE"), ("c", "HASH")], "All HASH key attributes must precede RANGE key attributes"),
        ([("a", "RANGE"), ("b", "RANGE"), ("c", "RANGE")], "first KeySchemaElement is not a HASH"),
        ([("a", "HASH"), ("b", "HASH"), ("a", "RANGE")], "contains multiple key attributes with the same name"),
        ([("a", "HASH"), ("b", "HASH"), ("z", "RANGE")], "not defined in AttributeDefinitions"),
    ],
)
def test_schemas_that_are_refused(table: Make, parts: list[tuple[str, str]], sentence: str) -> None:
    with pytest.raises(ValidationException, match=sentence):
        table(types=dict.fromkeys("abcde", "S"), global_secondary_indexes=[several(*parts)])


def test_tables_and_local_indexes_have_one_of_each(desk: Any, table: Make) -> None:
    three = schema(("pk", "HASH"), ("a", "RANGE"), ("b", "RANGE"))
    with pytest.raises(ValidationException, match="length less than or equal to 2"):
        desk.ask("dynamodb").create_table(
            table_name="tab",
            key_schema=three,
            attribute_definitions=types(pk="S", a="S", b="S"),
            billing_mode="PAY_PER_REQUEST",
        )
    with pytest.raises(ValidationException, match="length less than or equal to 2"):
        table(sk="S", types={"a": "S", "b": "S"}, local_secondary_indexes=[{**several(), "KeySchema": three}])
    assert keys("pk")


def test_eight_attributes(table: Make) -> None:
    parts = [(name, "HASH") for name in "abcd"] + [(name, "RANGE") for name in "efgh"]
    db = table(types=dict.fromkeys("abcdefgh", "S"), global_secondary_indexes=[several(*parts)])
    db.put_item(table_name="tab", item=item(pk="k", **{name: name for name in "abcdefgh"}))
    text = " AND ".join(f"{name} = :{name}" for name in "abcdefgh")
    values = {f":{name}": av(name) for name in "abcdefgh"}
    answer = db.query(
        table_name="tab", index_name="gsi", key_condition_expression=text, expression_attribute_values=values
    )
    assert answer["Count"] == 1


def test_cloudformation_makes_and_adds_such_indexes(desk: Any) -> None:
    before = {
        **PLAIN,
        "AttributeDefinitions": types(pk="S", a="S", b="S", c="N"),
        "GlobalSecondaryIndexes": [several(("a", "HASH"), ("b", "HASH"), ("c", "RANGE"))],
    }
    made = run(desk, TYPE.create, before)
    other = {**several(("a", "HASH"), ("b", "RANGE"), ("c", "RANGE")), "IndexName": "other"}
    run(
        desk,
        TYPE.update,
        made,
        {**before, "GlobalSecondaryIndexes": [*before["GlobalSecondaryIndexes"], other]},
        before,
    )
    shown = desk.ask("dynamodb").describe_table(table_name=made.id)["Table"]["GlobalSecondaryIndexes"]
    assert [each["KeySchema"] for each in shown] == [
        schema(("a", "HASH"), ("b", "HASH"), ("c", "RANGE")),
        schema(("a", "HASH"), ("b", "RANGE"), ("c", "RANGE")),
    ]
