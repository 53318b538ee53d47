"""Exports to S3 and imports from it, as they are stored."""

from __future__ import annotations

from typing import Any

from skyjar.kernel.tables import Record, Table


class Export(Record, frozen=True):
    """`request` is what the client asked for, to be shown again and compared with what comes with the same token."""

    id: str
    table: str
    table_id: str
    token: str
    request: dict[str, Any]
    started_s: float
    at_s: float
    status: str = "IN_PROGRESS"
    ended_s: float = 0.0
    items: int = 0
    size_bytes: int = 0
    manifest: str = ""
    files: tuple[dict[str, Any], ...] = ()
    failure_code: str = ""
    failure: str = ""


class Import(Record, frozen=True):
    """`length` is that of the object that is being read, in bytes; `unpacked` the blob that it was unpacked to, if it was compressed."""

    id: str
    table: str
    table_id: str
    token: str
    request: dict[str, Any]
    started_s: float
    status: str = "IN_PROGRESS"
    ended_s: float = 0.0
    processed: int = 0
    imported: int = 0
    errors: int = 0
    size_bytes: int = 0
    failure_code: str = ""
    failure: str = ""
    length: int = 0
    unpacked: str = ""
    secrets: tuple[bytes, ...] = ()


exports = Table("dynamodb.exports", Export, key=("id",), indexes={"token": ("token",)})
imports = Table("dynamodb.imports", Import, key=("id",), indexes={"token": ("token",)}, blobs=("unpacked",))
