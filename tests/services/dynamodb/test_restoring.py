"""What may be overridden when a table is restored, and what AWS says when it may not."""

from __future__ import annotations

from typing import Any

import pytest

from skyjar.kernel.errors import AWSError

from .conftest import Make, index, item

UNITS = {"ReadCapacityUnits": 2, "WriteCapacityUnits": 3}
PAID = {"billing_mode_override": "PROVISIONED", "provisioned_throughput_override": UNITS}
GSI = index("gsi", "g")


@pytest.fixture
def db(desk: Any, table: Make) -> Any:
    made = table(types={"g": "S"}, global_secondary_indexes=[GSI])
    made.put_item(table_name="tab", item=item(pk="a", g="x"))
    return made


@pytest.fixture
def backup(desk: Any, db: Any) -> str:
    made = db.create_backup(table_name="tab", backup_name="one")["BackupDetails"]["BackupArn"]
    desk.settle()
    return str(made)


def restore(desk: Any, db: Any, backup: str, name: str = "new", **overrides: Any) -> dict[str, Any]:
    db.restore_table_from_backup(target_table_name=name, backup_arn=backup, **overrides)
    desk.settle()
    assert db.scan(table_name=name)["Items"] == [item(pk="a", g="x")]
    found: dict[str, Any] = db.describe_table(table_name=name)["Table"]
    return found


def test_throughput_and_encryption_are_overridden(desk: Any, db: Any, backup: str) -> None:
    paid = restore(desk, db, backup, **PAID, global_secondary_index_override=[{**GSI, "ProvisionedThroughput": UNITS}])
    for bought in (paid, paid["GlobalSecondaryIndexes"][0]):
        assert bought["ProvisionedThroughput"]["WriteCapacityUnits"] == 3
    renamed = restore(desk, db, backup, "renamed", global_secondary_index_override=[index("other", "g")])
    assert [each["IndexName"] for each in renamed["GlobalSecondaryIndexes"]] == ["other"]
    assert db.scan(table_name="renamed", index_name="other")["Count"] == 1
    few = restore(desk, db, backup, "few", on_demand_throughput_override={"MaxReadRequestUnits": 50},
                  global_secondary_index_override=[])  # fmt: skip
    assert few["OnDemandThroughput"] == {"MaxReadRequestUnits": 50}
    assert "GlobalSecondaryIndexes" not in few
    sealed = restore(desk, db, backup, "sealed", sse_specification_override={"Enabled": True, "SSEType": "KMS"})
    assert sealed["SSEDescription"]["SSEType"] == "KMS"
    again = db.create_backup(table_name="sealed", backup_name="two")["BackupDetails"]["BackupArn"]
    desk.settle()
    assert "SSEDescription" in restore(desk, db, again, "same")
    assert "SSEDescription" not in restore(desk, db, again, "open", sse_specification_override={"Enabled": False})


@pytest.mark.parametrize(
    ("overrides", "sentence"),
    [
        ({"global_secondary_index_override": [index("gsi", "g", projection="KEYS_ONLY")]}, "Index gsi does not match a second"),
        ({"provisioned_throughput_override": UNITS}, "Cannot override ProvisionedThroughput unless BillingMode is PROVISIONED"),
        ({**PAID, "billing_mode_override": "PAY_PER_REQUEST"},
         "Cannot override ProvisionedThroughput if BillingMode is overridden to PAY_PER_REQUEST"),
        ({"billing_mode_override": "PROVISIONED"}, "Must override ProvisionedThroughput if BillingMode is overridden to PROV"),
        (PAID, "Must specify provisioned throughput for index gsi"),
        ({**PAID, "on_demand_throughput_override": {"MaxReadRequestUnits": 1}}, "unless BillingModeOverride is PAY_PER_REQUEST"),
        ({"global_secondary_index_override": [index("none", "pk", "g")]},
         "Index none does not match a secondary index that existed in the source table and cannot be created"),
        ({"local_secondary_index_override": [index("gsi", "pk", "g")]}, "Index gsi does not match a secondary index"),
        ({"on_demand_throughput_override": {"MaxReadRequestUnits": 0}}, "outside of valid range"),
    ],
)  # fmt: skip
def test_overrides_that_make_no_sense(db: Any, backup: str, overrides: Any, sentence: str) -> None:
    with pytest.raises(AWSError, match=sentence) as caught:
        db.restore_table_from_backup(target_table_name="new", backup_arn=backup, **overrides)
    assert caught.value.code == "ValidationException"
    assert db.list_tables()["TableNames"] == ["tab"]


def test_a_name_that_is_taken(desk: Any, db: Any, backup: str) -> None:
    given = {"target_table_name": "new", "backup_arn": backup}
    db.restore_table_from_backup(**given)
    with pytest.raises(AWSError, match=f"Table: new is already being restored from backup: {backup}") as caught:
        db.restore_table_from_backup(**given)
    assert caught.value.code == "TableInUseException"
    desk.settle()
    with pytest.raises(AWSError, match="Table already exists: new") as caught:
        db.restore_table_from_backup(**given)
    assert caught.value.code == "TableAlreadyExistsException"


def test_what_a_point_in_time_may_be(desk: Any, db: Any) -> None:
    source = {"source_table_name": "tab", "target_table_name": "new"}
    for given, code, sentence in (
        ({**source, "source_table_arn": "arn:x"}, "ValidationException", "Must provide exactly one of: sourceTableArn"),
        ({"target_table_name": "new"}, "ValidationException", "The parameter 'TableName' is required"),
        ({**source, "use_latest_restorable_time": True, "restore_date_time": 1.0}, "ValidationException",
         "Both RestoreDateTime and UseLatestRestorableTime cannot be set"),
        (source, "ValidationException", "must be specified, but not both"),
        ({**source, "restore_date_time": 1.0}, "PointInTimeRecoveryUnavailableException", "not enabled for table 'tab'"),
    ):  # fmt: skip
        with pytest.raises(AWSError, match=sentence) as caught:
            db.restore_table_to_point_in_time(**given)
        assert caught.value.code == code
    on = {"PointInTimeRecoveryEnabled": True}
    db.update_continuous_backups(table_name="tab", point_in_time_recovery_specification=on)
    desk.advance(3_600)
    with pytest.raises(AWSError, match="RestoreDateTime '1970-01-01T00:00:01Z' must be within EarliestRestorableDateTime "
                                       "'2027-01-15T08:00:00Z' and LatestRestorableDateTime '2027-01-15T08:55:00Z'"):  # fmt: skip
        db.restore_table_to_point_in_time(**source, restore_date_time=1.0)


def test_a_period_is_forgotten_when_recovery_ends(db: Any) -> None:
    def set_to(**given: Any) -> Any:
        found = db.update_continuous_backups(table_name="tab", point_in_time_recovery_specification=given)
        return found["ContinuousBackupsDescription"]["PointInTimeRecoveryDescription"].get("RecoveryPeriodInDays")

    assert set_to(PointInTimeRecoveryEnabled=True) == 35
    assert set_to(PointInTimeRecoveryEnabled=True, RecoveryPeriodInDays=7) == 7
    assert set_to(PointInTimeRecoveryEnabled=True) == 7
    with pytest.raises(AWSError, match="Cannot specify RecoveryPeriodInDays when disabling point-in-time recovery"):
        set_to(PointInTimeRecoveryEnabled=False, RecoveryPeriodInDays=7)
    assert set_to(PointInTimeRecoveryEnabled=False) is None
    assert set_to(PointInTimeRecoveryEnabled=True) == 35


def test_the_backup_of_a_deleted_table_stays(desk: Any, db: Any) -> None:
    on = {"PointInTimeRecoveryEnabled": True}
    db.update_continuous_backups(table_name="tab", point_in_time_recovery_specification=on)
    db.delete_table(table_name="tab")
    desk.settle()
    (held,) = db.list_backups(backup_type="SYSTEM")["BackupSummaries"]
    assert db.describe_backup(backup_arn=held["BackupArn"])["BackupDescription"]["SourceTableFeatureDetails"] == {}
    with pytest.raises(
        AWSError, match=r"not allowed to delete the system backup .* expire on 2027-02-19T08:00:00\.000Z"
    ):
        db.delete_backup(backup_arn=held["BackupArn"])
    with pytest.raises(AWSError, match="Invalid Backup ARN"):
        db.describe_backup(backup_arn="arn:aws:dynamodb:us-east-1:111122223333:table/tab")
    desk.advance(35 * 86_400 + 1)
    assert db.list_backups(backup_type="ALL")["BackupSummaries"] == []
