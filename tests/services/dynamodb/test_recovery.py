"""Backups, point-in-time recovery and restoring, with the clock in hand."""

from __future__ import annotations

import random
from typing import Any

import pytest

from skyjar.kernel.errors import AWSError
from skyjar.services.dynamodb import copying

from .conftest import Make, index, item

DAY = 86_400


def refused(code: str, call: Any, **given: Any) -> None:
    with pytest.raises(AWSError) as caught:
        call(**given)
    assert caught.value.code == code


def items(db: Any, name: str) -> dict[str, str]:
    return {each["pk"]["S"]: each["n"]["N"] for each in db.scan(table_name=name)["Items"]}


def put(db: Any, pk: str, n: int) -> None:
    db.put_item(table_name="tab", item=item(pk=pk, n=n, g="x"))


def enable(db: Any, **more: Any) -> Any:
    given = {"PointInTimeRecoveryEnabled": True, **more}
    found = db.update_continuous_backups(table_name="tab", point_in_time_recovery_specification=given)
    return found["ContinuousBackupsDescription"]["PointInTimeRecoveryDescription"]


@pytest.fixture
def db(table: Make) -> Any:
    return table(types={"g": "S"}, global_secondary_indexes=[index("gsi", "g")], tags=[{"Key": "a", "Value": "b"}])


def test_a_backup_is_the_table_as_it_was(desk: Any, db: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(copying, "CHUNK", 3)
    for n in range(10):
        put(db, f"k{n}", n)
    made = db.create_backup(table_name="tab", backup_name="first")["BackupDetails"]
    assert made["BackupStatus"] == "CREATING"
    arn = made["BackupArn"]
    refused("ResourceInUseException", db.delete_table, table_name="tab")
    refused("BackupInUseException", db.delete_backup, backup_arn=arn)
    put(db, "k3", 33)
    put(db, "k3", 34)
    put(db, "late", 1)
    db.delete_item(table_name="tab", key=item(pk="k9"))
    desk.settle()
    put(db, "k0", 99)
    shown = db.describe_backup(backup_arn=arn)["BackupDescription"]
    assert shown["BackupDetails"]["BackupStatus"] == "AVAILABLE"
    assert shown["SourceTableDetails"]["ItemCount"] == 10
    db.delete_table(table_name="tab")
    assert [each["BackupName"] for each in db.list_backups(table_name="tab")["BackupSummaries"]] == ["first"]
    restored = db.restore_table_from_backup(target_table_name="again", backup_arn=arn)["TableDescription"]
    assert restored["TableStatus"] == "CREATING" and restored["RestoreSummary"]["SourceBackupArn"] == arn
    refused("ResourceNotFoundException", db.scan, table_name="again")
    refused("BackupInUseException", db.delete_backup, backup_arn=arn)
    desk.settle()
    assert items(db, "again") == {f"k{n}": str(n) for n in range(10)}
    assert db.query(table_name="again", index_name="gsi", key_condition_expression="g = :g",
                    expression_attribute_values={":g": {"S": "x"}})["Count"] == 10  # fmt: skip
    table = db.describe_table(table_name="again")["Table"]
    assert table["TableStatus"] == "ACTIVE" and table["ItemCount"] == 10
    assert table["RestoreSummary"]["RestoreInProgress"] is False
    refused("TableAlreadyExistsException", db.restore_table_from_backup, target_table_name="again", backup_arn=arn)
    db.restore_table_from_backup(
        target_table_name="bare", backup_arn=arn, global_secondary_index_override=[], billing_mode_override="PROVISIONED",
        provisioned_throughput_override={"ReadCapacityUnits": 5, "WriteCapacityUnits": 5},
    )  # fmt: skip
    desk.settle()
    bare = db.describe_table(table_name="bare")["Table"]
    assert "GlobalSecondaryIndexes" not in bare and bare["ProvisionedThroughput"]["ReadCapacityUnits"] == 5
    assert len(items(db, "bare")) == 10
    assert db.delete_backup(backup_arn=arn)["BackupDescription"]["BackupDetails"]["BackupStatus"] == "DELETED"
    refused("BackupNotFoundException", db.describe_backup, backup_arn=arn)


def test_backups_are_listed_by_page_and_time(desk: Any, db: Any) -> None:
    arns = []
    for name in ("one", "two", "three"):
        arns.append(db.create_backup(table_name="tab", backup_name=name)["BackupDetails"]["BackupArn"])
        desk.advance(10)
    page = db.list_backups(limit=2)
    assert page["LastEvaluatedBackupArn"] == arns[1]
    rest = db.list_backups(exclusive_start_backup_arn=arns[1])["BackupSummaries"]
    assert [each["BackupArn"] for each in rest] == [arns[2]]
    late = db.list_backups(time_range_lower_bound=desk.clock.now() - 15)["BackupSummaries"]
    assert [each["BackupName"] for each in late] == ["three"]
    assert db.list_backups(backup_type="SYSTEM")["BackupSummaries"] == []
    refused("TableNotFoundException", db.create_backup, table_name="none", backup_name="abc")


def test_a_table_goes_back_to_a_second(desk: Any, db: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(copying, "CHUNK", 4)
    refused("PointInTimeRecoveryUnavailableException", db.restore_table_to_point_in_time, source_table_name="tab",
            target_table_name="new", use_latest_restorable_time=True)  # fmt: skip
    put(db, "old", 0)
    enable(db)
    chance, now = random.Random(3), {"old": "0"}
    states: list[tuple[float, dict[str, str]]] = []
    for _ in range(25):
        desk.advance(60)
        for _ in range(chance.randrange(4)):
            name = f"k{chance.randrange(6)}"
            if name in now and chance.random() < 0.4:
                db.delete_item(table_name="tab", key=item(pk=name))
                del now[name]
            else:
                now[name] = str(chance.randrange(1000))
                put(db, name, int(now[name]))
        states.append((desk.clock.now(), dict(now)))
    desk.advance(400)
    for at, (moment, held) in enumerate(states[::6]):
        for late in (0, 30):
            name = f"new{at}-{late}"
            db.restore_table_to_point_in_time(
                source_table_name="tab", target_table_name=name, restore_date_time=moment + late
            )
            put(db, "k0", 7)
            desk.settle()
            assert items(db, name) == held, name
    shown = db.describe_table(table_name="new0-0")["Table"]["RestoreSummary"]
    assert shown["RestoreDateTime"] == states[0][0] and "SourceBackupArn" not in shown
    assert desk.store.transact(lambda tx: db.list_tags_of_resource(
        resource_arn="arn:aws:dynamodb:us-east-1:111122223333:table/new0-0"))["Tags"] == []  # fmt: skip


def test_the_window_moves_with_the_clock(desk: Any, db: Any) -> None:
    start = float(int(desk.clock.now()))
    shown = enable(db, RecoveryPeriodInDays=2)
    assert shown == {"PointInTimeRecoveryStatus": "ENABLED", "RecoveryPeriodInDays": 2,
                     "EarliestRestorableDateTime": start, "LatestRestorableDateTime": start}  # fmt: skip
    put(db, "a", 1)
    desk.advance(3 * DAY)
    shown = db.describe_continuous_backups(table_name="tab")["ContinuousBackupsDescription"]
    point = shown["PointInTimeRecoveryDescription"]
    now = desk.clock.now()
    assert (point["EarliestRestorableDateTime"], point["LatestRestorableDateTime"]) == (now - 2 * DAY, now - 300)
    for moment in (now - 2 * DAY - 2, now - 299):
        refused("InvalidRestoreTimeException", db.restore_table_to_point_in_time, source_table_name="tab",
                target_table_name="new", restore_date_time=moment)  # fmt: skip
    db.update_continuous_backups(
        table_name="tab", point_in_time_recovery_specification={"PointInTimeRecoveryEnabled": False}
    )
    desk.settle()
    enable(db)
    db.delete_table(table_name="tab")
    (kept,) = db.list_backups(backup_type="SYSTEM")["BackupSummaries"]
    assert kept["BackupName"] == "tab$DeletedTableBackup" and kept["BackupExpiryDateTime"] == now + 35 * DAY
    db.restore_table_from_backup(target_table_name="tab", backup_arn=kept["BackupArn"])
    desk.settle()
    assert items(db, "tab") == {"a": "1"}
    desk.advance(36 * DAY)
    assert db.list_backups(backup_type="ALL")["BackupSummaries"] == []
    assert items(db, "tab") == {"a": "1"}
