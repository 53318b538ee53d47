"""Quotas of an account in a Region, as they are set."""

from __future__ import annotations

from typing import Any

import pytest

from skyjar.kernel import quotas
from skyjar.services.dynamodb.errors import LimitExceededException

from .conftest import Make, index

ACCOUNT = "111122223333"


def allow(desk: Any, name: str, value: int | None, account: str = "", region: str = "") -> None:
    desk.store.transact(lambda tx: quotas.change(tx, "dynamodb", name, value, account, region))
    desk.pipeline.heed_quotas()


def units(read: int, write: int) -> dict[str, Any]:
    given = {"ReadCapacityUnits": read, "WriteCapacityUnits": write}
    return {"billing_mode": "PROVISIONED", "provisioned_throughput": given}


@pytest.mark.spec("dynamodb-016")
def test_the_number_of_tables_is_a_quota(desk: Any, table: Make) -> None:
    allow(desk, "tables", 2)
    table("one")
    db = table("two")
    with pytest.raises(LimitExceededException, match="There is a limit of 2 tables per subscriber"):
        table("three")
    allow(desk, "tables", 3, ACCOUNT)
    table("three")
    allow(desk, "tables", 1, ACCOUNT, "us-east-1")
    with pytest.raises(LimitExceededException, match="limit of 1 tables"):
        table("four")
    for account, region in ((ACCOUNT, "us-east-1"), (ACCOUNT, ""), ("", "")):
        allow(desk, "tables", None, account, region)
    table("four")
    assert len(db.list_tables()["TableNames"]) == 4


@pytest.mark.spec("dynamodb-016")
def test_provisioned_units_are_quotas_of_table_and_account(desk: Any, table: Make) -> None:
    allow(desk, "table-read-units", 50)
    allow(desk, "account-write-units", 30)
    db = table("one", **units(50, 10))
    assert db.describe_limits() == {
        "AccountMaxReadCapacityUnits": 80_000,
        "AccountMaxWriteCapacityUnits": 30,
        "TableMaxReadCapacityUnits": 50,
        "TableMaxWriteCapacityUnits": 40_000,
    }
    with pytest.raises(LimitExceededException, match="requested ReadCapacityUnits, 51, is above the per table maximum"):
        table("two", **units(51, 1))
    gsi = index("gsi", "g", ProvisionedThroughput={"ReadCapacityUnits": 1, "WriteCapacityUnits": 15})
    with pytest.raises(LimitExceededException, match=r"reserved by the account: 10\. Limit: 30\. Requested: 21\."):
        table("two", **units(1, 6), types={"g": "S"}, global_secondary_indexes=[gsi])
    table("two", **units(1, 5), types={"g": "S"}, global_secondary_indexes=[gsi])
    with pytest.raises(LimitExceededException, match=r"reserved by the account: 30\. Limit: 30\. Requested: 11\."):
        db.update_table(table_name="one", provisioned_throughput=units(50, 11)["provisioned_throughput"])
    allow(desk, "account-write-units", 5)
    db.update_table(table_name="one", provisioned_throughput=units(50, 9)["provisioned_throughput"])


def test_a_restored_table_counts_too(desk: Any, table: Make) -> None:
    db = table()
    backup = db.create_backup(table_name="tab", backup_name="one")["BackupDetails"]["BackupArn"]
    desk.settle()
    allow(desk, "tables", 1)
    restore = {"target_table_name": "new", "backup_arn": backup}
    with pytest.raises(LimitExceededException, match="limit of 1 tables"):
        db.restore_table_from_backup(**restore)
    allow(desk, "tables", 2)
    allow(desk, "table-read-units", 10)
    units_of = {"ReadCapacityUnits": 11, "WriteCapacityUnits": 1}
    override = {"billing_mode_override": "PROVISIONED", "provisioned_throughput_override": units_of}
    with pytest.raises(LimitExceededException, match="ReadCapacityUnits, 11, is above the per table maximum"):
        db.restore_table_from_backup(**restore, **override)
    db.restore_table_from_backup(**restore)
