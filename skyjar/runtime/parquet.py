"""Rows of a Parquet file, read and written by DuckDB. Slow: for a thread.

The file lies in memory (where the system has such files; else in a file without a name), so that what is sealed on the disk is
not written there in plain. DuckDB is given one fixed statement, may not load extensions, and has limits.
"""

from __future__ import annotations

import os
import sys
import tempfile
from collections.abc import Iterable, Iterator
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import orjson

MEMORY = "256MB"
ROWS = 1024  # held at a time


class Damaged(Exception):
    """It is no Parquet, or damaged."""


SETTINGS: dict[str, Any] = {
    "memory_limit": MEMORY,
    "threads": 1,
    "autoinstall_known_extensions": False,
    "autoload_known_extensions": False,
}


def written(columns: dict[str, str], found: Iterable[dict[str, Any]]) -> bytes:
    """A Parquet file of rows by their columns' names; a value that a row lacks is null. `columns` are their types as DuckDB
    calls them; values are what JSON has, points in time ISO 8601 in UTC."""
    import duckdb

    source = _copied(orjson.dumps(row) + b"\n" for row in found)
    target = _copied(iter(()))
    connection = duckdb.connect(":memory:", config=SETTINGS)
    types = ", ".join(f"'{name}': '{kind}'" for name, kind in columns.items())
    try:
        connection.execute(  # the names of columns are the caller's own
            f"COPY (SELECT * FROM read_json('/dev/fd/{source}', format = 'newline_delimited', columns = {{{types}}}))"  # noqa: S608
            f" TO '/dev/fd/{target}' (FORMAT parquet, USE_TMP_FILE false)"
        )
        os.lseek(target, 0, os.SEEK_SET)
        with os.fdopen(os.dup(target), "rb") as file:
            return file.read()
    finally:
        connection.close()
        os.close(source)
        os.close(target)


def rows(chunks: Iterator[bytes]) -> Iterator[dict[str, Any]]:
    """Each row by its columns' names; nested values as dictionaries and lists, points in time in UTC."""
    import duckdb

    handle = _copied(chunks)
    connection = duckdb.connect(":memory:", config=SETTINGS)
    try:
        found = connection.execute("SELECT * FROM read_parquet(?)", [f"/dev/fd/{handle}"])
        names = [column[0] for column in found.description or ()]
        while page := found.fetchmany(ROWS):
            for row in page:
                yield {name: _plain(value) for name, value in zip(names, row, strict=True)}
    except duckdb.Error as error:
        raise Damaged(str(error)) from None
    finally:
        connection.close()
        os.close(handle)


def _copied(chunks: Iterator[bytes]) -> int:
    if sys.platform == "linux":
        handle = os.memfd_create("parquet")
    else:
        handle, path = tempfile.mkstemp()
        os.unlink(path)  # noqa: PTH108 - it goes with its handle
    try:
        for chunk in chunks:
            os.write(handle, chunk)
    except BaseException:
        os.close(handle)
        raise
    return handle


def _plain(value: Any) -> Any:
    if isinstance(value, dict):
        return {str(name): _plain(each) for name, each in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(each) for each in value]
    if isinstance(value, Decimal):
        return int(value) if value == value.to_integral_value() else float(value)
    if isinstance(value, datetime):
        return value if value.tzinfo is not None else value.replace(tzinfo=UTC)
    if isinstance(value, date):
        return datetime(value.year, value.month, value.day, tzinfo=UTC)
    if isinstance(value, bytes):
        return value.decode("utf-8", "replace")
    return value if value is None or isinstance(value, bool | int | float | str) else str(value)
