"""Random operations against a plain dictionary and against the service: they never differ."""

from __future__ import annotations

from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from skyjar.services.dynamodb.errors import ConditionalCheckFailedException, TransactionCanceledException

from .conftest import Make, av, index, item

PARTITIONS, SORTS, GROUPS = st.sampled_from("ab"), st.integers(-2, 2), st.sampled_from(["g", "h", None])
BODY = st.fixed_dictionaries({"n": st.integers(0, 3), "g": GROUPS})
STEP = st.one_of(
    st.tuples(st.just("put"), PARTITIONS, SORTS, BODY),
    st.tuples(st.just("put_new"), PARTITIONS, SORTS, BODY),
    st.tuples(st.just("add"), PARTITIONS, SORTS, st.integers(-3, 3)),
    st.tuples(st.just("move"), PARTITIONS, SORTS, GROUPS),
    st.tuples(st.just("delete_low"), PARTITIONS, SORTS, st.integers(0, 3)),
    st.tuples(st.just("both"), PARTITIONS, SORTS, st.tuples(SORTS, BODY, st.integers(0, 3))),
)
Model = dict[tuple[str, int], dict[str, Any]]


def whole(pk: str, sk: int, body: dict[str, Any]) -> dict[str, Any]:
    return item(pk=pk, sk=sk, **{name: value for name, value in body.items() if value is not None})


class Pair:
    """The service and the model side by side."""

    def __init__(self, db: Any) -> None:
        self.db = db
        self.model: Model = {}

    def put(self, pk: str, sk: int, body: Any) -> None:
        answer = self.db.put_item(table_name="tab", item=whole(pk, sk, body), return_values="ALL_OLD")
        old = self.model.get((pk, sk))
        assert answer.get("Attributes") == (whole(pk, sk, old) if old is not None else None)
        self.model[pk, sk] = dict(body)

    def put_new(self, pk: str, sk: int, body: Any) -> None:
        try:
            condition = "attribute_not_exists(pk)"
            self.db.put_item(table_name="tab", item=whole(pk, sk, body), condition_expression=condition)
        except ConditionalCheckFailedException:
            assert (pk, sk) in self.model
            return
        assert (pk, sk) not in self.model
        self.model[pk, sk] = dict(body)

    def add(self, pk: str, sk: int, by: int) -> None:
        answer = self.db.update_item(
            table_name="tab",
            key=item(pk=pk, sk=sk),
            update_expression="ADD n :by",
            expression_attribute_values={":by": av(by)},
            return_values="ALL_NEW",
        )
        body = self.model.setdefault((pk, sk), {})
        body["n"] = body.get("n", 0) + by
        assert answer["Attributes"] == whole(pk, sk, body)

    def move(self, pk: str, sk: int, group: str | None) -> None:
        change = "REMOVE g" if group is None else "SET g = :g"
        values = None if group is None else {":g": av(group)}
        self.db.update_item(
            table_name="tab", key=item(pk=pk, sk=sk), update_expression=change, expression_attribute_values=values
        )
        self.model.setdefault((pk, sk), {})["g"] = group

    def delete_low(self, pk: str, sk: int, below: int) -> None:
        try:
            self.db.delete_item(
                table_name="tab",
                key=item(pk=pk, sk=sk),
                condition_expression="attribute_not_exists(n) OR n < :n",
                expression_attribute_values={":n": av(below)},
            )
        except ConditionalCheckFailedException:
            assert self.model[pk, sk]["n"] >= below
            return
        old = self.model.pop((pk, sk), {})
        assert old.get("n", below - 1) < below

    def both(self, pk: str, sk: int, more: Any) -> None:
        other, body, at_least = more
        if other == sk:
            return
        check = {"TableName": "tab", "Key": item(pk=pk, sk=sk), "ConditionExpression": "n >= :n",
                 "ExpressionAttributeValues": {":n": av(at_least)}}  # fmt: skip
        put = {"TableName": "tab", "Item": whole(pk, other, body)}
        holds = self.model.get((pk, sk), {}).get("n", at_least - 1) >= at_least
        try:
            self.db.transact_write_items(transact_items=[{"Put": put}, {"Delete": check}])
        except TransactionCanceledException:
            assert not holds
            return
        assert holds
        self.model[pk, other] = dict(body)
        del self.model[pk, sk]

    def compare(self) -> None:
        for pk in "ab":
            for forward in (True, False):
                found = self.query("pk = :p", pk, scan_index_forward=forward)
                places = sorted((key for key in self.model if key[0] == pk), reverse=not forward)
                assert found == [whole(*key, self.model[key]) for key in places]
        for group in ("g", "h"):
            members = [key for key, body in self.model.items() if body.get("g") == group]
            found = self.query("g = :p", group, index_name="gsi")
            assert [each["sk"] for each in found] == [av(sk) for sk in sorted(key[1] for key in members)]
            assert {(each["pk"]["S"], int(each["sk"]["N"])): each for each in found} == {
                key: whole(*key, self.model[key]) for key in members
            }
        shown = self.db.describe_table(table_name="tab")["Table"]
        assert shown["ItemCount"] == len(self.model)
        assert shown["GlobalSecondaryIndexes"][0]["ItemCount"] == sum(bool(b.get("g")) for b in self.model.values())

    def query(self, text: str, value: str, **more: Any) -> list[Any]:
        found: list[Any] = []
        start: dict[str, Any] = {}
        while True:
            page = self.db.query(
                table_name="tab", key_condition_expression=text, expression_attribute_values={":p": av(value)},
                limit=3, **more, **start,
            )  # fmt: skip
            found += page["Items"]
            if "LastEvaluatedKey" not in page:
                return found
            start = {"exclusive_start_key": page["LastEvaluatedKey"]}


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(steps=st.lists(STEP, max_size=25))
def test_the_service_and_a_dictionary_agree(table: Make, steps: list[tuple[str, str, int, Any]]) -> None:
    db = table(sk="N", types={"g": "S"}, global_secondary_indexes=[index("gsi", "g", "sk")])
    try:
        pair = Pair(db)
        for operation, pk, sk, argument in steps:
            getattr(pair, operation)(pk, sk, argument)
        pair.compare()
    finally:
        db.delete_table(table_name="tab")
