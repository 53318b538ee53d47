"""Capacity units as DynamoDB counts them, and how a response shows them. Pure.

A read unit is 4 KB strongly consistent, half of one eventually consistent; a write unit is 1 KB. Transactions cost double.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from . import limits
from .item_rows import IndexChange
from .schemas import Schema


def read_units(size: int, is_consistent: bool) -> float:
    """Of one read of that many bytes: an item, or all that a Query or Scan read."""
    blocks = -(-size // limits.READ_UNIT_BYTES) or 1
    return float(blocks) if is_consistent else blocks / 2


def write_units(size: int) -> float:
    return float(-(-size // limits.WRITE_UNIT_BYTES) or 1)


def index_units(changes: Iterable[IndexChange], factor: int = 1) -> dict[str, float]:
    """What each changed index took, by name."""
    units: dict[str, float] = {}
    for change in changes:
        name = change.index.name
        units[name] = units.get(name, 0.0) + factor * sum(map(write_units, change.sizes))
    return units


class Usage:
    """What a request consumed of one table."""

    __slots__ = ("indexes", "reads", "schema", "table")

    def __init__(self, schema: Schema, table: float = 0.0, indexes: dict[str, float] | None = None) -> None:
        self.schema = schema
        self.table = table
        self.indexes = indexes or {}

    def add(self, table: float, indexes: dict[str, float]) -> None:
        self.table += table
        for name, units in indexes.items():
            self.indexes[name] = self.indexes.get(name, 0.0) + units

    def show(self, mode: str, kind: str = "") -> dict[str, Any]:
        """The ConsumedCapacity member; `kind` Read or Write in transactions, which say so."""
        total = self.table + sum(self.indexes.values())
        shown: dict[str, Any] = {"TableName": self.schema.name, "CapacityUnits": total}
        if kind:
            shown[f"{kind}CapacityUnits"] = total
        if mode == "INDEXES":
            shown["Table"] = self._units(self.table, kind)
            for label, is_global in (("LocalSecondaryIndexes", False), ("GlobalSecondaryIndexes", True)):
                found = {
                    index.name: self._units(self.indexes[index.name], kind)
                    for index in self.schema.indexes
                    if index.is_global is is_global and index.name in self.indexes
                }
                if found:
                    shown[label] = found
        return shown

    def _units(self, units: float, kind: str) -> dict[str, float]:
        return {"CapacityUnits": units, f"{kind}CapacityUnits": units} if kind else {"CapacityUnits": units}
