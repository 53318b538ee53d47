"""What can be scaled: which resources there are, how much of each there is, and how it is changed.

DynamoDB's tables and global indexes. Every call is the linked role's (`linked_roles.py`), but for the first look, which is
the caller's.
"""

from __future__ import annotations

from typing import Any, NamedTuple

from skyjar.kernel.call import Call
from skyjar.kernel.errors import AWSError, NotImplementedHere
from skyjar.kernel.principals import Principal

from . import linked_roles
from .errors import ValidationException
from .state import Key

UNSUPPORTED = "Unsupported service namespace, resource type or scalable dimension"
_UNITS = {"ReadCapacityUnits": "read capacity units", "WriteCapacityUnits": "write capacity units"}
_NEEDED = ("describe_table", "update_table")


class Throughput(NamedTuple):
    """Where a dimension of a table or of an index of it is; `secondary` is empty for the table."""

    table: str
    secondary: str
    unit: str

    @property
    def words(self) -> str:
        return _UNITS[self.unit]


class Standing(NamedTuple):
    """How much there is, and whether a change of it is still going on."""

    capacity: int
    is_changing: bool


def place(key: Key) -> Throughput:
    """Raises Validation for what AWS does not know either, NotImplementedHere for what is not there yet."""
    namespace, resource, dimension = key
    owner, kind, unit = dimension.split(":", 2)
    if owner != namespace:
        raise ValidationException(UNSUPPORTED)
    if namespace != "dynamodb":
        raise NotImplementedHere(f"Skyjar does not implement the scalable dimension {dimension}.")
    parts = resource.split("/")
    shape = ["table"] if kind == "table" else ["table", "index"]
    if parts[::2] != shape or len(parts) % 2 or not all(parts):
        raise ValidationException(UNSUPPORTED)
    return Throughput(parts[1], parts[3] if kind == "index" else "", unit)


def check(call: Call, who: Principal, key: Key) -> None:
    """Whether it is there, and whether this principal could scale it by itself."""
    found = place(key)
    missing = [
        f"dynamodb:{name.title().replace('_', '')}"
        for name in _NEEDED
        if not call.may("dynamodb", name, who, table_name=found.table)
    ]
    if missing:
        raise ValidationException(f"User is missing the following permissions: {', '.join(missing)}")
    _described(call, call.ask("dynamodb", who), key)


def _described(call: Call, asked: Any, key: Key) -> tuple[dict[str, Any], dict[str, Any]]:
    """The table, and itself again or its index."""
    found = place(key)
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


def standing(call: Call, key: Key) -> Standing:
    found = place(key)
    table, what = _described(call, call.ask("dynamodb", linked_roles.session(call, key[0])), key)
    status = what.get("IndexStatus") or what["TableStatus"]
    is_changing = "ACTIVE" not in (status,) or table["TableStatus"] != "ACTIVE"
    return Standing(what.get("ProvisionedThroughput", {}).get(found.unit, 0), is_changing)


def change(call: Call, key: Key, capacity: int) -> None:
    """Raises what DynamoDB answers."""
    found = place(key)
    asked = call.ask("dynamodb", linked_roles.session(call, key[0]))
    _, what = _described(call, asked, key)
    held = what.get("ProvisionedThroughput", {})
    wanted = {name: held.get(name, 0) for name in _UNITS} | {found.unit: capacity}
    if found.secondary:
        update = {"Update": {"IndexName": found.secondary, "ProvisionedThroughput": wanted}}
        asked.update_table(table_name=found.table, global_secondary_index_updates=[update])
    else:
        asked.update_table(table_name=found.table, provisioned_throughput=wanted)
