"""Item collections of tables with local indexes."""

from __future__ import annotations

from typing import Any

import pytest

from skyjar.kernel.errors import AWSError
from skyjar.services.dynamodb import limits, numbers, schemas, state

from .conftest import Make, index, item

GB = 1024**3


@pytest.fixture
def db(table: Make) -> Any:
    return table(sk="N", types={"l": "N"}, local_secondary_indexes=[index("lsi", "pk", "l", "KEYS_ONLY")])


def size(desk: Any, pk: str = "a") -> int:
    def held(tx: Any) -> int:
        call = desk.call(tx)
        schema = schemas.schema_of(call, "tab")
        found = state.collection_sizes.get(call, schema.space, schemas.KEY_ENCODERS["S"](pk))
        return found.size_bytes if found is not None else 0

    return desk.store.transact(held)  # type: ignore[no-any-return]


def grow(desk: Any, to: int) -> None:
    """As if the collection had grown to that size."""

    def write(tx: Any) -> None:
        call = desk.call(tx)
        schema = schemas.schema_of(call, "tab")
        partition = schemas.KEY_ENCODERS["S"]("a")
        state.collection_sizes.put(call, state.Collection(space=schema.space, partition=partition, size_bytes=to))

    desk.store.transact(write)


def test_collections_count_items_and_their_index_rows(desk: Any, db: Any) -> None:
    whole = item(pk="a", sk=1, l=2, x="y" * 100)
    keys_bytes = 2 + 1 + 2 + numbers.size("1") + 1 + numbers.size("2")
    db.put_item(table_name="tab", item=whole)
    assert size(desk) == keys_bytes + 101 + keys_bytes
    db.update_item(table_name="tab", key=item(pk="a", sk=1), update_expression="REMOVE l, x")
    assert size(desk) == 2 + 1 + 2 + numbers.size("1")
    db.put_item(table_name="tab", item=item(pk="b", sk=1))
    db.delete_item(table_name="tab", key=item(pk="a", sk=1))
    assert size(desk) == 0


@pytest.mark.spec("dynamodb-042")
def test_a_collection_ends_at_10_gb(desk: Any, db: Any) -> None:
    given = {"table_name": "tab", "return_item_collection_metrics": "SIZE"}
    put = {**given, "item": item(pk="a", sk=1)}
    metrics = db.put_item(**put)["ItemCollectionMetrics"]
    assert metrics == {"ItemCollectionKey": item(pk="a"), "SizeEstimateRangeGB": [0.0, 1.0]}
    grow(desk, 7 * GB)
    assert db.put_item(**put)["ItemCollectionMetrics"]["SizeEstimateRangeGB"] == [7.0, 8.0]
    assert limits.COLLECTION_BYTES == 10 * GB
    grow(desk, 10 * GB - 5)
    more = item(pk="a", sk=2)
    for refused in (
        lambda: db.put_item(table_name="tab", item=more),
        lambda: db.batch_write_item(request_items={"tab": [{"PutRequest": {"Item": more}}]}),
        lambda: db.batch_execute_statement(statements=[{"Statement": "INSERT INTO tab VALUE {'pk': 'a', 'sk': 2}"}]),
    ):
        with pytest.raises(AWSError, match="Item collection size limit of 10 gigabytes exceeded") as caught:
            refused()
        assert caught.value.code == "ItemCollectionSizeLimitExceededException"
    with pytest.raises(AWSError, match=r"\[ItemCollectionSizeLimitExceeded\]"):
        db.transact_write_items(transact_items=[{"Put": {"TableName": "tab", "Item": more}}])
    assert db.query(table_name="tab", key_condition_expression="pk = :p", expression_attribute_values={":p": {"S": "a"}})[
        "Count"
    ] == 1  # fmt: skip
    db.put_item(table_name="tab", item=item(pk="b", sk=2))
    db.delete_item(table_name="tab", key=item(pk="a", sk=1))
