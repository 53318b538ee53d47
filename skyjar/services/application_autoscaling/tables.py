"""DynamoDB's tables and global indexes: how much is provisioned, and how that is changed."""

from __future__ import annotations

from typing import Any, NamedTuple

from skyjar.kernel.errors import AWSError

from .errors import ValidationException
from .state import Key

NEEDED = ("describe_table", "update_table")
DIMENSIONS = tuple(
    f"dynamodb:{kind}:{unit}" for kind in ("table", "index") for unit in ("ReadCapacityUnits", "WriteCapacityUnits")
)
LEAST = 1
WORDS = {"ReadCapacityUnits": "read capacity units", "WriteCapacityUnits": "write capacity units"}


class Throughput(NamedTuple):
    """Where a dimension of a table or of an index of it is; `secondary` is empty for the table."""

    table: str
    secondary: str
    unit: str


def place(key: Key) -> Throughput | None:
    """None where the resource is none of that dimension."""
    _, kind, unit = key[2].split(":", 2)
    parts = key[1].split("/")
    shape = ["table"] if kind == "table" else ["table", "index"]
    if parts[::2] != shape or len(parts) % 2 or not all(parts):
        return None
    return Throughput(parts[1], parts[3] if kind == "index" else "", unit)


def words(key: Key) -> str:
    return WORDS[key[2].rpartition(":")[2]]


def parameters(key: Key) -> dict[str, str]:
    """Which resource the calls in NEEDED are about."""
    return {"table_name": key[1].split("/")[1]}


def _described(asked: Any, key: Key) -> tuple[dict[str, Any], dict[str, Any]]:
    """The table, and itself again or its index."""
    found = place(key)
    assert found is not None
    try:
        table = asked.describe_table(table_name=found.table)["Table"]
    except AWSError as error:
        if error.code != "ResourceNotFoundException":
            raise
        raise ValidationException(f"DynamoDB table does not exist: table/{found.table}") from None
    if not found.secondary:
        return table, table
    for index in table.get("GlobalSecondaryIndexes", ()):
        if index["IndexName"] == found.secondary:
            return table, index
    raise ValidationException(f"DynamoDB index does not exist: {key[1]}")


def standing(asked: Any, key: Key) -> tuple[int, bool]:
    table, what = _described(asked, key)
    status = what.get("IndexStatus") or what["TableStatus"]
    unit = key[2].rpartition(":")[2]
    is_changing = status != "ACTIVE" or table["TableStatus"] != "ACTIVE"
    return what.get("ProvisionedThroughput", {}).get(unit, 0), is_changing


def change(asked: Any, key: Key, capacity: int) -> None:
    found = place(key)
    assert found is not None
    _, what = _described(asked, key)
    held = what.get("ProvisionedThroughput", {})
    wanted = {name: held.get(name, 0) for name in WORDS} | {found.unit: capacity}
    if found.secondary:
        update = {"Update": {"IndexName": found.secondary, "ProvisionedThroughput": wanted}}
        asked.update_table(table_name=found.table, global_secondary_index_updates=[update])
    else:
        asked.update_table(table_name=found.table, provisioned_throughput=wanted)
