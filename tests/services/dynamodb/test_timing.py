"""States that last as long as on AWS, where that is asked for."""

from __future__ import annotations

from typing import Any

import pytest

from skyjar.formation.resources import Resource
from skyjar.services.dynamodb.cfn import RESOURCE_TYPES
from skyjar.services.dynamodb.errors import ResourceInUseException, ResourceNotFoundException

from .conftest import Make, index, item, keys, types
from .test_cfn import settled


@pytest.fixture
def slow(desk: Any) -> Any:
    desk.pipeline.behaviour.has_aws_timing = True
    return desk


def status(db: Any, name: str = "tab") -> str:
    return str(db.describe_table(table_name=name)["Table"]["TableStatus"])


def test_a_table_comes_changes_and_goes(slow: Any, table: Make) -> None:
    db = table()
    assert status(db) == "CREATING"
    with pytest.raises(ResourceNotFoundException):
        db.put_item(table_name="tab", item=item(pk="a"))
    with pytest.raises(ResourceInUseException, match="Table is being created: tab"):
        db.delete_table(table_name="tab")
    slow.advance(8)
    assert status(db) == "ACTIVE"
    db.update_table(table_name="tab", table_class="STANDARD")
    assert status(db) == "UPDATING"
    db.put_item(table_name="tab", item=item(pk="a"))
    with pytest.raises(ResourceInUseException, match="Table: tab is in the process of being updated"):
        db.update_table(table_name="tab", table_class="STANDARD")
    slow.advance(10)
    assert status(db) == "ACTIVE"
    db.delete_table(table_name="tab")
    assert status(db) == "DELETING"
    with pytest.raises(ResourceInUseException, match="Table is being deleted: tab"):
        db.delete_table(table_name="tab")
    with pytest.raises(ResourceInUseException, match="Table already exists"):
        table()
    slow.advance(5)
    with pytest.raises(ResourceNotFoundException):
        status(db)
    table()
    assert status(db) == "CREATING"


def test_an_index_takes_minutes_and_a_backup_seconds(slow: Any, table: Make) -> None:
    db = table()
    slow.advance(8)
    db.update_table(
        table_name="tab",
        attribute_definitions=types(pk="S", g="S"),
        global_secondary_index_updates=[{"Create": index("gsi", "g")}],
    )
    backup = db.create_backup(table_name="tab", backup_name="one")["BackupDetails"]["BackupArn"]
    slow.advance(11)

    def shown() -> tuple[str, str]:
        indexes = db.describe_table(table_name="tab")["Table"]["GlobalSecondaryIndexes"]
        details = db.describe_backup(backup_arn=backup)["BackupDescription"]["BackupDetails"]
        return indexes[0]["IndexStatus"], details["BackupStatus"]

    assert shown() == ("CREATING", "AVAILABLE")
    slow.advance(290)
    assert shown()[0] == "ACTIVE"


def test_a_stack_waits_for_its_table(slow: Any) -> None:
    resource = Resource(logical_id="T", type="AWS::DynamoDB::Table", stack_name="s", stack_id="id", token="ABC")
    properties = {
        "KeySchema": keys("pk"),
        "AttributeDefinitions": types(pk="S"),
        "BillingMode": "PAY_PER_REQUEST",
        "PointInTimeRecoverySpecification": {"PointInTimeRecoveryEnabled": True},
    }
    made = settled(slow, RESOURCE_TYPES["AWS::DynamoDB::Table"].create, properties, resource=resource, tries=20)
    assert status(slow.ask("dynamodb"), made.id) == "ACTIVE"


def test_contributor_insights_are_enabled_and_disabled(slow: Any, table: Make) -> None:
    db = table()
    slow.advance(8)

    def shown() -> tuple[str, float]:
        found = db.describe_contributor_insights(table_name="tab")
        return found["ContributorInsightsStatus"], found["LastUpdateDateTime"]

    began = slow.clock.now()
    made = db.update_contributor_insights(table_name="tab", contributor_insights_action="ENABLE")
    assert made["ContributorInsightsStatus"] == "ENABLING"
    assert shown() == ("ENABLING", began)
    slow.advance(3)
    assert shown() == ("ENABLED", began + 3)
    db.update_contributor_insights(table_name="tab", contributor_insights_action="DISABLE")
    assert shown()[0] == "DISABLING"
    assert len(db.list_contributor_insights()["ContributorInsightsSummaries"]) == 1
    slow.advance(3)
    assert shown()[0] == "DISABLED"
    assert db.list_contributor_insights()["ContributorInsightsSummaries"] == []


def test_items_are_counted_every_six_hours(slow: Any, table: Make) -> None:
    db = table()
    slow.advance(8)

    def counted() -> int:
        return int(db.describe_table(table_name="tab")["Table"]["ItemCount"])

    db.put_item(table_name="tab", item=item(pk="a"))
    assert counted() == 0
    slow.advance(6 * 3600)
    assert counted() == 1
    db.put_item(table_name="tab", item=item(pk="b"))
    slow.advance(5 * 3600)
    assert counted() == 1
    slow.advance(3600)
    assert counted() == 2
