"""What one UpdateTable may change, and how often."""

from __future__ import annotations

from typing import Any

import pytest

from skyjar.services.dynamodb.errors import LimitExceededException, ValidationException

from .conftest import Make, index, types

UNITS = {"ReadCapacityUnits": 3, "WriteCapacityUnits": 3}
ALONE = {
    "sse_specification": ({"Enabled": True}, "Server-Side Encryption modification"),
    "table_class": ("STANDARD_INFREQUENT_ACCESS", "TableClass modification"),
    "deletion_protection_enabled": (True, "DeletionProtection modification"),
    "warm_throughput": ({"ReadUnitsPerSecond": 20_000}, "WarmThroughput"),
}
STREAM = {"StreamEnabled": True, "StreamViewType": "KEYS_ONLY"}
CREATE = [{"Create": index("late", "g")}]


def test_hardly_any_two_changes_are_made_at_once(table: Make) -> None:
    db = table()
    names = list(ALONE)
    for at, name in enumerate(names):
        value, what = ALONE[name]
        others = {each: ALONE[each][0] for each in names[at + 1 :]}
        for more in (
            {"billing_mode": "PAY_PER_REQUEST"},
            {"stream_specification": STREAM},
            *([others] if others else []),
        ):
            with pytest.raises(ValidationException, match=f"{what} must be the only operation in the request"):
                db.update_table(table_name="tab", **{name: value}, **more)
    with pytest.raises(ValidationException, match="OnDemandThroughput can only be combined with BillingMode"):
        db.update_table(table_name="tab", on_demand_throughput={"MaxReadRequestUnits": 1},
                        warm_throughput={"ReadUnitsPerSecond": 20_000})  # fmt: skip
    with pytest.raises(ValidationException, match="At least one of ProvisionedThroughput, BillingMode"):
        db.update_table(table_name="tab", attribute_definitions=types(pk="S"))
    db.update_table(
        table_name="tab",
        billing_mode="PAY_PER_REQUEST",
        stream_specification=STREAM,
    )
    assert db.describe_table(table_name="tab")["Table"]["StreamSpecification"] == STREAM


@pytest.mark.parametrize(
    ("more", "sentence"),
    [
        ({"provisioned_throughput": UNITS}, "You cannot create or delete index while updating table IOPS"),
        ({"stream_specification": STREAM}, "You cannot create or delete index while changing stream status"),
        ({"warm_throughput": {}}, "Create global secondary index cannot be specified when updating WarmThroughput"),
        ({"provisioned_throughput": UNITS, "stream_specification": STREAM}, "modify stream status while updating table IOPS"),
    ],
)  # fmt: skip
def test_an_index_comes_by_itself(table: Make, more: dict[str, Any], sentence: str) -> None:
    db = table(billing_mode="PROVISIONED", provisioned_throughput={"ReadCapacityUnits": 1, "WriteCapacityUnits": 1})
    create = [{"Create": index("late", "g", ProvisionedThroughput=UNITS)}]
    given = {"table_name": "tab", "attribute_definitions": types(pk="S", g="S")}
    with pytest.raises(ValidationException, match=sentence):
        db.update_table(**given, global_secondary_index_updates=create, **more)
    db.update_table(**given, billing_mode="PAY_PER_REQUEST", global_secondary_index_updates=CREATE)
    assert db.describe_table(table_name="tab")["Table"]["GlobalSecondaryIndexes"][0]["IndexName"] == "late"


def test_who_provisions_a_table_provisions_its_indexes(table: Make) -> None:
    db = table(types={"g": "S"}, global_secondary_indexes=[index("gsi", "g")])
    paid = {"table_name": "tab", "billing_mode": "PROVISIONED", "provisioned_throughput": UNITS}
    with pytest.raises(ValidationException, match="ProvisionedThroughput must be specified for index: gsi"):
        db.update_table(**paid)
    db.update_table(**paid, global_secondary_index_updates=[
        {"Update": {"IndexName": "gsi", "ProvisionedThroughput": UNITS}}])  # fmt: skip


def test_a_table_goes_to_on_demand_four_times_a_day(desk: Any, table: Make) -> None:
    db = table()

    def switch() -> None:
        db.update_table(table_name="tab", billing_mode="PROVISIONED", provisioned_throughput=UNITS)
        desk.advance(3_600)
        db.update_table(table_name="tab", billing_mode="PAY_PER_REQUEST")

    for _ in range(4):
        switch()
    sentence = (
        r"Update to PayPerRequest mode are limited to 4 times in 1 day\(s\)\. Last update at Fri Jan 15 12:00:00 UTC 2027\. "
        r"Next update can be made at Sat Jan 16 09:00:00 UTC 2027"
    )
    with pytest.raises(LimitExceededException, match=sentence):
        switch()
    desk.advance(20 * 3_600)
    db.update_table(table_name="tab", billing_mode="PAY_PER_REQUEST")


def test_a_class_is_changed_twice_in_thirty_days(desk: Any, table: Make) -> None:
    db = table()
    for kind in ("STANDARD", "STANDARD_INFREQUENT_ACCESS", "STANDARD", "STANDARD"):
        db.update_table(table_name="tab", table_class=kind)
    with pytest.raises(LimitExceededException, match="limited to 2 times in 30 day"):
        db.update_table(table_name="tab", table_class="STANDARD_INFREQUENT_ACCESS")
    desk.advance(30 * 86_400)
    db.update_table(table_name="tab", table_class="STANDARD_INFREQUENT_ACCESS")


def test_a_new_table_hears_other_sentences_about_its_throughput(table: Make) -> None:
    db = table("empty", on_demand_throughput={}, warm_throughput={})
    assert "OnDemandThroughput" not in db.describe_table(table_name="empty")["Table"]
    for given, sentence in (
        ({"on_demand_throughput": {"MaxReadRequestUnits": -1}},
         "Requested MaxReadRequestUnits for OnDemandThroughput for table is outside of valid range"),
        ({"billing_mode": "PROVISIONED", "provisioned_throughput": UNITS, "on_demand_throughput": {"MaxWriteRequestUnits": 5}},
         r"MaxWriteRequestUnits for OnDemandThroughput cannot be specified when table BillingMode is PROVISIONED\."),
        ({"warm_throughput": {"ReadUnitsPerSecond": 1}}, "lower than initial throughput for OnDemand. See: https://docs"),
        ({"billing_mode": "PROVISIONED", "provisioned_throughput": UNITS, "warm_throughput": {"WriteUnitsPerSecond": 2}},
         "WriteUnitsPerSecond for WarmThroughput for table is lower than WriteCapacityUnits of ProvisionedThroughput"),
    ):  # fmt: skip
        with pytest.raises(ValidationException, match=sentence):
            table("other", **given)
