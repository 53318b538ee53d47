"""On-demand backups: whole copies of a table, kept until they are deleted. They are made by jobs while the table is in use."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from skyjar.kernel.call import Call
from skyjar.kernel.jobs import job
from skyjar.kernel.service import operation

from . import copying, definitions, descriptions, item_rows, jobs, limits, schemas, state, tables
from .backup_state import Backup, backups
from .copying import Copied
from .errors import BackupInUseException, BackupNotFoundException, TableNotFoundException, ValidationException
from .state import Definition

DAY_S = 86_400


def arn_of(call: Call, backup: Backup) -> str:
    return f"{schemas.arn_of(call, backup.table)}/backup/{backup.id}"


def find(call: Call, arn: str) -> Backup:
    if arn.startswith("arn:") and "/backup/" not in arn:
        raise ValidationException("Invalid Backup ARN")
    found = backups.get(call, arn.rpartition("/")[2])
    if found is None or arn_of(call, found) != arn:
        raise BackupNotFoundException(f"Backup not found: {arn}")
    return found


def _new(call: Call, definition: Definition, **given: Any) -> Backup:
    identity = f"{call.now_ms:014}-{call.chance.hex(8)}"
    plain = state.replace(definition, copies=())
    return Backup(id=identity, table=definition.name, created_s=call.now, definition=plain, **given)


@operation
def create_backup(call: Call, *, table_name: str, backup_name: str) -> dict[str, Any]:
    definition = existing(call, table_name)
    definitions.check_characters(backup_name)
    backup = _new(call, definition, name=backup_name, space="")
    space = copying.begin(call, definition, "backup", backup.id)
    backup = state.replace(backup, space=space)
    backups.add(call, backup)
    return {"BackupDetails": _details(call, backup)}


def existing(call: Call, table_name: str) -> Definition:
    """The table, for the operations that have an error of their own where there is none."""
    name = schemas.name_of(call, table_name)
    definition = state.tables.get(call, name)
    if definition is None:
        raise TableNotFoundException(f"Table not found: {name}")
    tables.check_ready(definition)
    return definition


@copying.finishes("backup")
def _finish(call: Call, subject: str, copied: Copied) -> None:
    backup = backups.get(call, subject)
    if backup is None:
        call.later(jobs.clear, key=copied.space, space=copied.space)
        return
    done = state.replace(backup, status="AVAILABLE", items=copied.items, size_bytes=copied.size_bytes)
    backups.replace(call, backup, done)


def keep_deleted(call: Call, definition: Definition) -> None:
    """A table that could be recovered is kept as a backup when it is deleted: its items stay where they are."""
    items, size = item_rows.counts(call, definition.space)
    backup = _new(
        call,
        definition,
        name=f"{definition.name}$DeletedTableBackup",
        space=definition.space,
        status="AVAILABLE",
        kind="SYSTEM",
        expires_s=call.now + limits.RECOVERY_DAYS * DAY_S,
        items=items,
        size_bytes=size,
    )
    backups.add(call, backup)
    call.later(expire, due=backup.expires_s, backup=backup.id)


@job()
def expire(call: Call, *, backup: str) -> None:
    found = backups.delete(call, backup)
    if found is not None:
        call.later(jobs.clear, key=found.space, space=found.space)


@operation
def describe_backup(call: Call, *, backup_arn: str) -> dict[str, Any]:
    return {"BackupDescription": _describe(call, find(call, backup_arn))}


@operation
def delete_backup(call: Call, *, backup_arn: str) -> dict[str, Any]:
    backup = find(call, backup_arn)
    if backup.kind == "SYSTEM":
        ends = datetime.fromtimestamp(backup.expires_s, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
        raise ValidationException(
            f"Invalid Request: User is not allowed to delete the system backup with arn {backup_arn}. It will automatically "
            f"expire on {ends}"
        )
    if backup.status == "CREATING" or _is_being_restored(call, backup):
        raise BackupInUseException(f"Backup is being used by another control plane operation: {backup_arn}")
    backups.remove(call, backup)
    call.later(jobs.clear, key=backup.space, space=backup.space)
    return {"BackupDescription": _describe(call, state.replace(backup, status="DELETED"))}


def _is_being_restored(call: Call, backup: Backup) -> bool:
    arn = arn_of(call, backup)
    return any(
        each.status == "CREATING" and each.restored is not None and each.restored.backup == arn
        for each in state.tables.range(call)
    )


@operation
def list_backups(
    call: Call,
    *,
    table_name: str | None = None,
    limit: int = 100,
    time_range_lower_bound: float | None = None,
    time_range_upper_bound: float | None = None,
    exclusive_start_backup_arn: str | None = None,
    backup_type: str = "USER",
) -> dict[str, Any]:
    low, high = time_range_lower_bound or 0.0, time_range_upper_bound or float("inf")
    if low > high:
        raise definitions.invalid("Time range lower bound must be less than or equal to upper bound")
    start = exclusive_start_backup_arn.rpartition("/")[2] if exclusive_start_backup_arn else ""
    name = schemas.name_of(call, table_name) if table_name is not None else None
    found = [
        backup
        for backup in backups.range(call, start=(start + "\0",) if start else ())
        if (name is None or backup.table == name)
        and backup_type in ("ALL", backup.kind)
        and low <= backup.created_s < high
    ]
    answer: dict[str, Any] = {"BackupSummaries": [_summary(call, backup) for backup in found[:limit]]}
    if len(found) > limit:
        answer["LastEvaluatedBackupArn"] = arn_of(call, found[limit - 1])
    return answer


def _details(call: Call, backup: Backup) -> dict[str, Any]:
    shown = {
        "BackupArn": arn_of(call, backup),
        "BackupName": backup.name,
        "BackupSizeBytes": backup.size_bytes,
        "BackupStatus": backup.status,
        "BackupType": backup.kind,
        "BackupCreationDateTime": backup.created_s,
    }
    return {**shown, "BackupExpiryDateTime": backup.expires_s} if backup.expires_s else shown


def _summary(call: Call, backup: Backup) -> dict[str, Any]:
    table = {"TableName": backup.table, "TableId": backup.definition.id, "TableArn": schemas.arn_of(call, backup.table)}
    return {**table, **_details(call, backup)}


def _describe(call: Call, backup: Backup) -> dict[str, Any]:
    definition = backup.definition
    shown = descriptions.describe(call, definition, "ACTIVE")
    source = {
        "TableName": backup.table,
        "TableId": definition.id,
        "TableArn": schemas.arn_of(call, backup.table),
        "TableSizeBytes": backup.size_bytes,
        "KeySchema": shown["KeySchema"],
        "TableCreationDateTime": definition.created_s,
        "ProvisionedThroughput": descriptions.units_of(definition),
        "ItemCount": backup.items,
        "BillingMode": definition.billing,
    }
    features: dict[str, Any] = {}
    if backup.kind == "SYSTEM":
        return {
            "BackupDetails": _details(call, backup),
            "SourceTableDetails": source,
            "SourceTableFeatureDetails": features,
        }
    for label in ("LocalSecondaryIndexes", "GlobalSecondaryIndexes"):
        if label in shown:
            kept = ("IndexName", "KeySchema", "Projection")
            features[label] = [{name: each[name] for name in kept} for each in shown[label]]
            if label == "GlobalSecondaryIndexes":
                for each, index in zip(features[label], (i for i in definition.indexes if i.is_global), strict=True):
                    each["ProvisionedThroughput"] = descriptions.units_of(index)
    if definition.stream_view:
        features["StreamDescription"] = {"StreamEnabled": True, "StreamViewType": definition.stream_view}
    if definition.ttl_attribute:
        features["TimeToLiveDescription"] = {
            "TimeToLiveStatus": "ENABLED", "AttributeName": definition.ttl_attribute
        }  # fmt: skip
    return {
        "BackupDetails": _details(call, backup),
        "SourceTableDetails": source,
        "SourceTableFeatureDetails": features,
    }
