"""Point-in-time recovery, and restoring: a new table from a backup, or as a table was at a second."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from skyjar.kernel import durations, usage
from skyjar.kernel.call import Call
from skyjar.kernel.jobs import job
from skyjar.kernel.keys import after
from skyjar.kernel.service import operation

from . import backups, copying, descriptions, history, limits, restoring, schemas, state
from .backups import DAY_S
from .copying import Copied
from .errors import (
    BackupInUseException,
    InvalidRestoreTimeException,
    PointInTimeRecoveryUnavailableException,
    ValidationException,
)
from .restoring import wrong
from .state import Definition, Restored


@operation
def describe_continuous_backups(call: Call, *, table_name: str) -> dict[str, Any]:
    return _described(call, backups.existing(call, table_name))


@operation
def update_continuous_backups(
    call: Call, *, table_name: str, point_in_time_recovery_specification: dict[str, Any]
) -> dict[str, Any]:
    definition = backups.existing(call, table_name)
    is_on = point_in_time_recovery_specification["PointInTimeRecoveryEnabled"]
    days = point_in_time_recovery_specification.get("RecoveryPeriodInDays")
    if not is_on and days is not None:
        raise wrong("Cannot specify RecoveryPeriodInDays when disabling point-in-time recovery.")
    since_s = (definition.recovery_since_s or float(int(call.now))) if is_on else 0.0
    kept = definition.recovery_days if is_on else limits.RECOVERY_DAYS
    changed = state.replace(definition, recovery_since_s=since_s, recovery_days=days or kept)
    state.tables.replace(call, definition, changed)
    call.later(trim_history, due=call.now + DAY_S if is_on else None, key=definition.space, table=definition.name)
    return _described(call, changed)


@job()
def trim_history(call: Call, *, table: str) -> None:
    """Once a day: forget what can no longer be restored, or everything once recovery is off."""
    definition = state.tables.get(call, table)
    if definition is None:
        return
    root = history.history_root(call, definition.space)
    end = root + history.moment(_earliest(call, definition)) if definition.recovery_since_s else after(root)
    gone = call.tx.scan(root, end, copying.CHUNK)
    for row, _ in gone:
        call.tx.delete(row)
    if len(gone) == copying.CHUNK:
        call.later(trim_history, key=definition.space, table=table)
    elif definition.recovery_since_s:
        call.later(trim_history, due=call.now + DAY_S, key=definition.space, table=table)


def _earliest(call: Call, definition: Definition) -> float:
    return max(definition.recovery_since_s, call.now - definition.recovery_days * DAY_S)


def _latest(call: Call, definition: Definition) -> float:
    """AWS can restore to five minutes ago."""
    return max(_earliest(call, definition), call.now - limits.RECOVERY_LAG_S)


def _described(call: Call, definition: Definition) -> dict[str, Any]:
    point: dict[str, Any] = {"PointInTimeRecoveryStatus": "DISABLED"}
    if definition.recovery_since_s:
        point = {
            "PointInTimeRecoveryStatus": "ENABLED",
            "RecoveryPeriodInDays": definition.recovery_days,
            "EarliestRestorableDateTime": _earliest(call, definition),
            "LatestRestorableDateTime": _latest(call, definition),
        }
    return {
        "ContinuousBackupsDescription": {
            "ContinuousBackupsStatus": "ENABLED",
            "PointInTimeRecoveryDescription": point,
        }
    }


def _shown(at_s: float) -> str:
    return datetime.fromtimestamp(at_s, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def recoverable(
    call: Call, definition: Definition, at_s: float | None, *, lag_s: float = limits.RECOVERY_LAG_S
) -> float:
    """The moment to go back to, which its history covers; None is the latest."""
    if not definition.recovery_since_s:
        raise PointInTimeRecoveryUnavailableException(
            f"Point in time recovery is not enabled for table '{definition.name}'"
        )
    latest = max(_earliest(call, definition), call.now - lag_s)
    if at_s is None:
        return latest
    if not int(_earliest(call, definition)) <= at_s <= latest:
        raise InvalidRestoreTimeException(
            f"RestoreDateTime '{_shown(at_s)}' must be within EarliestRestorableDateTime "
            f"'{_shown(_earliest(call, definition))}' and LatestRestorableDateTime '{_shown(latest)}'"
        )
    return at_s


@operation
def restore_table_from_backup(
    call: Call,
    *,
    target_table_name: str,
    backup_arn: str,
    billing_mode_override: str | None = None,
    global_secondary_index_override: list[dict[str, Any]] | None = None,
    local_secondary_index_override: list[dict[str, Any]] | None = None,
    provisioned_throughput_override: dict[str, int] | None = None,
    on_demand_throughput_override: dict[str, int] | None = None,
    sse_specification_override: dict[str, Any] | None = None,
) -> dict[str, Any]:
    backup = backups.find(call, backup_arn)
    if backup.status != "AVAILABLE":
        raise BackupInUseException(f"Backup is being used by another control plane operation: {backup_arn}")
    overrides = restoring.Overrides(
        billing_mode_override, provisioned_throughput_override, on_demand_throughput_override,
        global_secondary_index_override, local_secondary_index_override, sse_specification_override,
    )  # fmt: skip
    made = restoring.target(call, target_table_name, backup.definition, overrides)
    source = schemas.arn_of(call, backup.table)
    made = state.replace(made, restored=Restored(backup=backup_arn, table=source, at_s=backup.created_s))
    state.tables.add(call, made)
    usage.begin(call)
    due = call.now + durations.of(call, "dynamodb.RestoreTable")
    call.later(copying.load, due=due, key=made.name, table=made.name, space=backup.space, start=b"", is_passing=False)
    return {"TableDescription": descriptions.describe(call, made, "CREATING")}


@operation
def restore_table_to_point_in_time(
    call: Call,
    *,
    source_table_arn: str | None = None,
    source_table_name: str | None = None,
    target_table_name: str,
    use_latest_restorable_time: bool = False,
    restore_date_time: float | None = None,
    billing_mode_override: str | None = None,
    global_secondary_index_override: list[dict[str, Any]] | None = None,
    local_secondary_index_override: list[dict[str, Any]] | None = None,
    provisioned_throughput_override: dict[str, int] | None = None,
    on_demand_throughput_override: dict[str, int] | None = None,
    sse_specification_override: dict[str, Any] | None = None,
) -> dict[str, Any]:
    if source_table_arn is not None and source_table_name is not None:
        raise wrong("Must provide exactly one of: sourceTableArn, sourceTableName")
    if source_table_arn is None and source_table_name is None:
        raise ValidationException("The parameter 'TableName' is required but was not present in the request")
    if use_latest_restorable_time and restore_date_time is not None:
        raise wrong("Both RestoreDateTime and UseLatestRestorableTime cannot be set for point-in-time restore request.")
    if not use_latest_restorable_time and restore_date_time is None:
        raise wrong("Either one of RestoreDateTime or UseLatestRestorableTime must be specified, but not both")
    definition = backups.existing(call, source_table_arn or source_table_name or "")
    at_s = recoverable(call, definition, restore_date_time)
    overrides = restoring.Overrides(
        billing_mode_override, provisioned_throughput_override, on_demand_throughput_override,
        global_secondary_index_override, local_secondary_index_override, sse_specification_override,
    )  # fmt: skip
    made = restoring.target(call, target_table_name, definition, overrides)
    made = state.replace(made, restored=Restored(backup="", table=schemas.arn_of(call, definition.name), at_s=at_s))
    state.tables.add(call, made)
    usage.begin(call)
    copying.begin(call, definition, "restore", made.name, at_s)
    return {"TableDescription": descriptions.describe(call, made, "CREATING")}


@copying.finishes("restore")
def _finish(call: Call, subject: str, copied: Copied) -> None:
    due = call.now + durations.of(call, "dynamodb.RestoreTable")
    call.later(copying.load, due=due, key=subject, table=subject, space=copied.space, start=b"", is_passing=True)
