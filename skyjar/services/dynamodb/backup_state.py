"""Backups as they are stored."""

from __future__ import annotations

from skyjar.kernel.tables import Record, Table

from .state import Definition


class Backup(Record, frozen=True):
    """`definition` is the table as it was. `expires_s` is 0 for those that are kept until they are deleted."""

    id: str
    name: str
    table: str
    space: str
    created_s: float
    definition: Definition
    status: str = "CREATING"
    kind: str = "USER"
    expires_s: float = 0.0
    items: int = 0
    size_bytes: int = 0


backups = Table("dynamodb.backups", Backup, key=("id",), indexes={"table": ("table",)})
