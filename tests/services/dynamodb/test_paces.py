"""What on-demand tables and single partition keys can take in a second, and how that grows."""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import Any

import pytest

from skyjar.kernel import quotas
from skyjar.services.dynamodb.errors import (
    ConditionalCheckFailedException,
    ProvisionedThroughputExceededException,
    RequestLimitExceeded,
    Throttled,
    ThrottlingException,
    TransactionCanceledException,
)

from .conftest import Make, av, index, item

pytestmark = pytest.mark.skipif("SKYJAR_AGAIN" in os.environ, reason="a run in vain counts too")
TABLE = "arn:aws:dynamodb:us-east-1:111122223333:table/tab"
KB = 1024


def put(db: Any, pk: str = "a", size: int = 0, **more: Any) -> None:
    db.put_item(table_name="tab", item=item(pk=pk, **more, **({"body": "x" * (size - 20)} if size else {})))


def set_quota(desk: Any, **values: int) -> None:
    for name, value in values.items():
        desk.store.transact(lambda tx: quotas.change(tx, "dynamodb", name.replace("_", "-"), value, "", ""))  # noqa: B023


def warm(db: Any) -> tuple[int, int]:
    shown = db.describe_table(table_name="tab")["Table"]["WarmThroughput"]
    return shown["ReadUnitsPerSecond"], shown["WriteUnitsPerSecond"]


def reason(caught: Any) -> tuple[str, str]:
    fields = caught.value.fields
    (found,) = fields.get("throttlingReasons") or fields["ThrottlingReasons"]
    return found["reason"], found["resource"]


def most(do: Callable[[int], Any], limit: int = 100_000) -> int:
    """How often something is let in."""
    for n in range(limit):
        try:
            do(n)
        except Throttled:
            return n
    return limit


@pytest.fixture(autouse=True)
def hard(desk: Any) -> None:
    """Keys without a reserve, as on AWS."""
    set_quota(desk, partition_reserve=0)


@pytest.fixture
def small(desk: Any, table: Make) -> Any:
    """A cloud whose new tables do 10 writes and 10 reads a second."""
    set_quota(desk, on_demand_write_units=10, on_demand_read_units=10)
    return table()


def test_a_key_has_1000_writes_and_3000_reads_in_a_second(desk: Any, table: Make) -> None:
    db = table()
    assert most(lambda n: put(db)) == 1000
    with pytest.raises(ThrottlingException, match="check if you have a hot key") as caught:
        put(db)
    assert reason(caught) == ("TableWriteKeyRangeThroughputExceeded", TABLE)
    put(db, "another")
    get = {"table_name": "tab", "key": item(pk="a"), "consistent_read": True}
    assert most(lambda n: db.get_item(**get)) == 3000
    with pytest.raises(ThrottlingException) as caught:
        db.get_item(**get)
    assert reason(caught) == ("TableReadKeyRangeThroughputExceeded", TABLE)
    desk.advance(1)
    put(db)
    db.get_item(**get)


def test_a_key_has_a_reserve(desk: Any, table: Make) -> None:
    """Of two seconds here. It comes back by the second, and is each key's own."""
    set_quota(desk, partition_write_units=10, partition_reserve=2)
    db = table()
    assert most(lambda n: put(db)) == 30
    desk.advance(1)
    assert most(lambda n: put(db)) == 10, "its rate, and none in reserve"
    desk.advance(2)
    assert most(lambda n: put(db)) == 20
    assert most(lambda n: put(db, "b")) == 30
    desk.advance(1)
    put(db, "c")
    desk.advance(5)
    assert [most(lambda n: put(db)), most(lambda n: put(db, "b"))] == [30, 30]


def test_a_quota_lets_a_key_have_more_at_once(desk: Any, table: Make) -> None:
    db = table()
    assert most(lambda n: put(db)) == 1000
    set_quota(desk, partition_write_units=1200)
    assert most(lambda n: put(db)) == 200


def test_queries_batches_and_transactions_count_what_they_take(desk: Any, table: Make) -> None:
    db = table(sk="N")
    for n in range(60):
        put(db, sk=n, size=16 * KB)
    query = {"table_name": "tab", "key_condition_expression": "pk = :p", "expression_attribute_values": {":p": av("a")}}
    assert most(lambda n: db.query(**query, consistent_read=True)) == 3000 // 240
    with pytest.raises(ThrottlingException):
        db.scan(table_name="tab", consistent_read=True)
    desk.advance(1)
    check = {"Put": {"TableName": "tab", "Item": item(pk="b", sk=1, body="x" * 100 * KB)}}
    for _ in range(4):
        db.transact_write_items(transact_items=[check])  # 202 units each
    with pytest.raises(TransactionCanceledException, match=r"\[ThrottlingError\]"):
        db.transact_write_items(transact_items=[check])
    requests = [{"PutRequest": {"Item": item(pk=pk, sk=n, body="x" * 90 * KB)}} for n in (2, 3, 4) for pk in ("b", "c")]
    left = db.batch_write_item(request_items={"tab": requests})["UnprocessedItems"]["tab"]
    assert left == [requests[4]], "two more of b, and all of c"
    with pytest.raises(ThrottlingException) as caught:
        db.batch_write_item(request_items={"tab": [requests[4]]})
    assert reason(caught)[0] == "TableWriteKeyRangeThroughputExceeded"
    desk.advance(1)
    keys = {"tab": {"Keys": [item(pk="b", sk=1)], "ConsistentRead": True}}
    assert most(lambda n: db.batch_get_item(request_items=keys)) == 3000 // 26
    with pytest.raises(TransactionCanceledException, match="ThrottlingError"):
        db.transact_get_items(transact_items=[{"Get": {"TableName": "tab", "Key": item(pk="b", sk=1)}}])


def test_a_provisioned_table_has_no_more_for_one_key(desk: Any, table: Make) -> None:
    units = {"ReadCapacityUnits": 12_000, "WriteCapacityUnits": 5_000}
    db = table(billing_mode="PROVISIONED", provisioned_throughput=units)
    assert most(lambda n: put(db)) == 1000
    with pytest.raises(ProvisionedThroughputExceededException) as caught:
        put(db)
    assert reason(caught) == ("TableWriteKeyRangeThroughputExceeded", TABLE)


def test_a_hot_key_of_an_index_holds_up_its_table(desk: Any, table: Make) -> None:
    db = table(types={"g": "S"}, global_secondary_indexes=[index("gsi", "g")])
    assert most(lambda n: put(db, f"{n}", g="hot")) == 1000
    with pytest.raises(ThrottlingException, match="for one or more global secondary indexes") as caught:
        put(db, "x", g="hot")
    assert reason(caught) == ("IndexWriteKeyRangeThroughputExceeded", f"{TABLE}/index/gsi")
    put(db, "x", g="cold")
    with pytest.raises(ThrottlingException):
        db.batch_write_item(request_items={"tab": [{"PutRequest": {"Item": item(pk="y", g="hot")}}]})


def test_a_reserve_of_300_seconds_and_then_the_rate(desk: Any, small: Any) -> None:
    """The reserve is full at first. A load of 500 a second is more than twice of any peak before, so it is throttled at last."""
    done = 0
    for _ in range(8):
        done += most(lambda n: put(small, f"{n}"), 500)
        desk.advance(1)
    assert 3000 <= done <= 3000 + 8 * 20
    assert most(lambda n: put(small, f"{n}"), 500) == 20, "its rate has grown to twice of what it was, and no further"
    with pytest.raises(ThrottlingException, match="automatically scaling") as caught:
        put(small, "x")
    assert reason(caught) == ("TableWriteKeyRangeThroughputExceeded", TABLE)
    small.get_item(table_name="tab", key=item(pk="x"))
    desk.advance(60)
    assert most(lambda n: put(small, f"{n}")) == 60 * 20


def test_half_an_hour_later_it_does_twice_its_peak(desk: Any, small: Any) -> None:
    assert warm(small) == (10, 10)
    assert most(lambda n: put(small, f"{n}"), 500) == 500
    assert warm(small) == (10, 20), "at once, as far as twice of what it could do"
    desk.advance(1800)
    assert warm(small) == (10, 1000)
    put(small)
    desk.advance(1800)
    assert warm(small) == (10, 1000), "what was is not forgotten"


def test_growth_takes_half_an_hour_with_aws_timing(desk: Any, small: Any) -> None:
    desk.pipeline.behaviour.has_aws_timing = True
    put(small, size=40 * KB)
    desk.advance(1)
    put(small)
    assert warm(small) == (10, 10)
    desk.advance(1800)
    assert warm(small) == (10, 80)


def test_a_peak_outlives_the_process(desk: Any, small: Any) -> None:
    assert most(lambda n: put(small, f"{n}"), 500) == 500
    desk.advance(1)
    put(small)
    desk.pipeline.inside.memory.clear()
    desk.advance(1800)
    assert warm(small) == (10, 1000)


def test_warm_throughput_is_there_at_once(desk: Any, small: Any) -> None:
    small.update_table(table_name="tab", warm_throughput={"WriteUnitsPerSecond": 12})
    assert most(lambda n: put(small, f"{n}")) == 3600
    assert warm(small) == (10, 24)


def test_more_than_the_quota_of_a_table_is_refused_otherwise(desk: Any, table: Make) -> None:
    set_quota(desk, table_write_units=100)
    db = table()
    put(db, size=150 * KB)  # what is larger passes alone
    with pytest.raises(RequestLimitExceeded, match="throughput limit for your account") as caught:
        put(db, "b")
    assert reason(caught) == ("TableWriteAccountLimitExceeded", TABLE)
    desk.advance(1)
    put(db, "b")


def test_a_clock_that_stands_does_not_starve(desk: Any, table: Make) -> None:
    machine = [0.0]
    desk.clock._machine = lambda: machine[0]
    desk.clock.freeze()
    db = table()
    assert most(lambda n: put(db)) == 1000
    machine[0] = 0.9
    assert most(lambda n: put(db)) == 0
    machine[0] = 1.0
    assert most(lambda n: put(db)) == 1000
    machine[0] = 500.0
    put(db)
    desk.advance(1)
    assert most(lambda n: put(db)) == 1000, "and turning it begins another second as well"


def test_a_standing_clock_refills_what_is_provisioned(desk: Any, table: Make) -> None:
    machine = [0.0]
    desk.clock._machine = lambda: machine[0]
    desk.clock.freeze()
    units = {"ReadCapacityUnits": 1, "WriteCapacityUnits": 1}
    db = table(billing_mode="PROVISIONED", provisioned_throughput=units)
    assert most(lambda n: put(db)) == 300
    machine[0] = 2.0
    assert most(lambda n: put(db)) == 2
    desk.clock.set(desk.clock.now() - 3600)
    put(db)


def test_what_fails_its_condition_takes_its_units(desk: Any, table: Make) -> None:
    units = {"ReadCapacityUnits": 1, "WriteCapacityUnits": 1}
    db = table(billing_mode="PROVISIONED", provisioned_throughput=units)
    put(db, size=40 * KB)
    failing = {"table_name": "tab", "item": item(pk="a"), "condition_expression": "attribute_not_exists(pk)"}
    for _ in range(6):
        with pytest.raises(ConditionalCheckFailedException):
            db.put_item(**failing)
    assert most(lambda n: put(db, "b")) == 300 - 7 * 40
    desk.advance(100)
    assert most(lambda n: put(db, "b")) == 100, "and only once"


def told(desk: Any, name: str, **index_name: str) -> float:
    """The sum of a metric in the last minutes."""
    dimensions = {"TableName": "tab", **index_name}
    found = desk.ask("cloudwatch").get_metric_statistics(
        namespace="AWS/DynamoDB", metric_name=name, statistics=["Sum"], period=60,
        dimensions=[{"Name": key, "Value": value} for key, value in dimensions.items()],
        start_time=desk.clock.now() - 600, end_time=desk.clock.now() + 60,
    )["Datapoints"]  # fmt: skip
    return float(sum(each["Sum"] for each in found))


def test_cloudwatch_is_told_by_which_limit(desk: Any, table: Make) -> None:
    set_quota(desk, partition_write_units=5, partition_read_units=5)
    db = table(types={"g": "S"}, global_secondary_indexes=[index("gsi", "g")])
    assert most(lambda n: put(db)) == 5
    requests = [{"PutRequest": {"Item": item(pk=pk)}} for pk in ("a", "b")]
    db.batch_write_item(request_items={"tab": requests})
    assert most(lambda n: put(db, f"k{n}", g="hot")) == 5
    assert most(lambda n: db.get_item(table_name="tab", key=item(pk="a"))) == 10
    desk.advance(60)
    assert told(desk, "WriteThrottleEvents") == told(desk, "WriteKeyRangeThroughputThrottleEvents") == 2
    assert told(desk, "WriteKeyRangeThroughputThrottleEvents", GlobalSecondaryIndexName="gsi") == 1
    assert told(desk, "ReadKeyRangeThroughputThrottleEvents") == 1
    assert told(desk, "ConsumedWriteCapacityUnits") == 5 + 1 + 5


def test_what_fails_its_condition_is_throttled_too(desk: Any, table: Make) -> None:
    set_quota(desk, partition_write_units=5)
    db = table()
    put(db)
    failing = {"table_name": "tab", "item": item(pk="a"), "condition_expression": "attribute_not_exists(pk)"}
    for _ in range(4):
        with pytest.raises(ConditionalCheckFailedException):
            db.put_item(**failing)
    with pytest.raises(ThrottlingException):
        db.put_item(**failing)
