"""How tables and indexes are described."""

from __future__ import annotations

from typing import Any

from skyjar.kernel.call import Call

from . import change_capture, encryption, item_rows, limits, on_demand, replicas, schemas, state
from .state import Counted, Definition, IndexDefinition

DAY_S = 86_400


def _counts(call: Call, definition: Definition, space: str) -> tuple[int, int]:
    """Items and their bytes; with AWS's timing as they were when they were counted last, which is about every six hours."""
    if not call.behaviour.has_aws_timing:
        return item_rows.counts(call, space)
    period = int((call.now - definition.created_s) // limits.COUNT_S)
    if period <= 0:
        return 0, 0
    found = state.counted.get(call, space)
    if found is None or found.period != period:
        items, size = item_rows.counts(call, space)
        found = Counted(space=space, period=period, items=items, size_bytes=size)
        state.counted.put(call, found)
    return found.items, found.size_bytes


def describe(call: Call, definition: Definition, status: str) -> dict[str, Any]:
    items, size = _counts(call, definition, definition.space)
    if status == "IMPORTING":
        status = "CREATING"  # on AWS too; here, its time of creation does not end it
    if status == "ACTIVE" and is_updating(call, definition):
        status = "UPDATING"
    if status == "ACTIVE" and definition.inaccessible_since_s:
        status = "INACCESSIBLE_ENCRYPTION_CREDENTIALS"
    arn = schemas.arn_of(call, definition.name)
    shown: dict[str, Any] = {
        "AttributeDefinitions": [
            {"AttributeName": name, "AttributeType": kind} for name, kind in sorted(definition.types.items())
        ],
        "TableName": definition.name,
        "KeySchema": _keys((definition.hash,), (definition.range,) if definition.range else ()),
        "TableStatus": status,
        "CreationDateTime": definition.created_s,
        "ProvisionedThroughput": _throughput(call, definition),
        "TableSizeBytes": size,
        "ItemCount": items,
        "TableArn": arn,
        "TableId": definition.id,
        "DeletionProtectionEnabled": definition.is_protected,
    }
    shown |= on_demand.shown(call, definition, definition.billing == "PROVISIONED")
    if definition.on_demand_since_s:
        shown["BillingModeSummary"] = {
            "BillingMode": definition.billing,
            "LastUpdateToPayPerRequestDateTime": definition.on_demand_since_s,
        }
    shown |= change_capture.shown(call, definition) | encryption.shown(definition) | replicas.shown(call, definition)
    if definition.restored is not None:
        shown["RestoreSummary"] = {
            "SourceTableArn": definition.restored.table,
            "RestoreDateTime": definition.restored.at_s,
            "RestoreInProgress": definition.status == "CREATING",
        }
        if definition.restored.backup:
            shown["RestoreSummary"]["SourceBackupArn"] = definition.restored.backup
    if definition.table_class:
        shown["TableClassSummary"] = {"TableClass": definition.table_class}
    for label, is_global in (("LocalSecondaryIndexes", False), ("GlobalSecondaryIndexes", True)):
        found = [
            _index(call, definition, index, arn, status) for index in definition.indexes if index.is_global is is_global
        ]
        if found:
            shown[label] = found
    return shown


def is_updating(call: Call, definition: Definition) -> bool:
    is_changing = bool(definition.replicas) and replicas.is_changing(call, definition)
    return is_changing or call.now < definition.updating_until_s


def _keys(hashes: tuple[str, ...], ranges: tuple[str, ...]) -> list[dict[str, str]]:
    return [
        {"AttributeName": name, "KeyType": kind}
        for kind, names in (("HASH", hashes), ("RANGE", ranges))
        for name in names
    ]


def units_of(bought: Definition | IndexDefinition) -> dict[str, int]:
    return {"ReadCapacityUnits": bought.read_units, "WriteCapacityUnits": bought.write_units}


def decreases_today(definition: Definition, now: float) -> int:
    return definition.decreases if definition.decreased_s // DAY_S == now // DAY_S else 0


def _throughput(call: Call, definition: Definition) -> dict[str, Any]:
    shown: dict[str, Any] = {
        "NumberOfDecreasesToday": decreases_today(definition, call.now),
        "ReadCapacityUnits": definition.read_units,
        "WriteCapacityUnits": definition.write_units,
    }
    if definition.increased_s:
        shown["LastIncreaseDateTime"] = definition.increased_s
    if definition.decreased_s:
        shown["LastDecreaseDateTime"] = definition.decreased_s
    return shown


def _index(call: Call, definition: Definition, index: IndexDefinition, table_arn: str, status: str) -> dict[str, Any]:
    items, size = _counts(call, definition, index.space)
    projection: dict[str, Any] = {"ProjectionType": index.projection}
    if index.non_key:
        projection["NonKeyAttributes"] = list(index.non_key)
    shown: dict[str, Any] = {
        "IndexName": index.name,
        "KeySchema": _keys(index.hashes, index.ranges),
        "Projection": projection,
        "IndexSizeBytes": size,
        "ItemCount": items,
        "IndexArn": f"{table_arn}/index/{index.name}",
    }
    if index.is_global:
        shown |= on_demand.shown(call, index, definition.billing == "PROVISIONED")
        shown["IndexStatus"] = status if status in ("CREATING", "DELETING") else index.status
        if index.status == "CREATING":
            shown["Backfilling"] = True
        shown["ProvisionedThroughput"] = {
            "NumberOfDecreasesToday": 0,
            "ReadCapacityUnits": index.read_units,
            "WriteCapacityUnits": index.write_units,
        }
    return shown
