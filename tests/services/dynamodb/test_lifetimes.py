from __future__ import annotations

from typing import Any

import pytest

from skyjar.services.dynamodb.errors import ValidationException

from .conftest import Make, index, item

HOUR = 3600


def enable(db: Any, attribute: str = "ttl", *, enabled: bool = True) -> Any:
    return db.update_time_to_live(
        table_name="tab", time_to_live_specification={"Enabled": enabled, "AttributeName": attribute}
    )


def names(db: Any) -> set[str]:
    return {each["pk"]["S"] for each in db.scan(table_name="tab")["Items"]}


@pytest.mark.spec("dynamodb-051", "dynamodb-052")
def test_items_are_deleted_some_time_after_they_expire(desk: Any, table: Make) -> None:
    db = table(types={"g": "S"}, global_secondary_indexes=[index("gsi", "g")])
    now = int(desk.clock.now())
    db.put_item(table_name="tab", item=item(pk="before", ttl=now + 10))
    enable(db)
    desk.settle()
    db.put_item(table_name="tab", item=item(pk="soon", ttl=now + 10, g="g"))
    db.put_item(table_name="tab", item=item(pk="later", ttl=now + HOUR))
    db.put_item(table_name="tab", item=item(pk="text", ttl="1"))
    db.put_item(table_name="tab", item=item(pk="ancient", ttl=5))
    db.put_item(table_name="tab", item=item(pk="saved", ttl=now + 10))
    db.update_item(table_name="tab", key=item(pk="saved"), update_expression="REMOVE #t",
                   expression_attribute_names={"#t": "ttl"})  # fmt: skip
    desk.advance(11)
    assert "soon" in names(db), "still readable"
    desk.advance(100)
    assert names(db) == {"later", "text", "ancient", "saved"}
    assert db.scan(table_name="tab", index_name="gsi")["Count"] == 0
    desk.advance(HOUR)
    assert names(db) == {"text", "ancient", "saved"}


def test_switching_it_off_keeps_the_items(desk: Any, table: Make) -> None:
    db = table()
    enable(db)
    assert db.describe_time_to_live(table_name="tab")["TimeToLiveDescription"] == {
        "TimeToLiveStatus": "ENABLED",
        "AttributeName": "ttl",
    }
    db.put_item(table_name="tab", item=item(pk="a", ttl=int(desk.clock.now()) + 2 * HOUR))
    for change, sentence in (
        ({}, "TimeToLive is already enabled"),
        ({"attribute": "q"}, "TimeToLive is active on a different AttributeName: current AttributeName is ttl"),
        ({"enabled": False}, "Time to live has been modified multiple times within a fixed interval"),
    ):
        with pytest.raises(ValidationException, match=sentence):
            enable(db, **change)
    desk.advance(HOUR + 1)
    enable(db, enabled=False)
    desk.advance(3 * HOUR)
    assert names(db) == {"a"}
    assert db.describe_time_to_live(table_name="tab")["TimeToLiveDescription"] == {"TimeToLiveStatus": "DISABLED"}
