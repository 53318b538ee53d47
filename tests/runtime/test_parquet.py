"""Parquet files read by DuckDB."""

from __future__ import annotations

import os
from datetime import UTC, datetime
from pathlib import Path

import duckdb
import pytest

from skyjar.runtime import parquet


def made(path: Path, select: str) -> bytes:
    duckdb.connect(":memory:").execute(f"COPY ({select}) TO '{path}' (FORMAT PARQUET)")
    return path.read_bytes()


def test_values_of_every_kind(tmp_path: Path) -> None:
    select = (
        "SELECT 1 AS i, 2.50::DECIMAL(9,2) AS d, 1.5::DOUBLE AS f, 'ü' AS t, true AS b, NULL::INT AS n, "
        "TIMESTAMP '2026-01-02 03:04:05' AS at, DATE '2026-01-02' AS day, {'x': [1, 2]} AS nested, 'ab'::BLOB AS raw"
    )
    data = made(tmp_path / "p", select)
    (row,) = parquet.rows(iter((data[:10], data[10:])))
    assert row == {
        "i": 1, "d": 2.5, "f": 1.5, "t": "ü", "b": True, "n": None,
        "at": datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC), "day": datetime(2026, 1, 2, tzinfo=UTC),
        "nested": {"x": [1, 2]}, "raw": "ab",
    }  # fmt: skip


def test_what_is_no_parquet_is_said_and_nothing_is_left_open(tmp_path: Path) -> None:
    data = made(tmp_path / "p", "SELECT range AS n FROM range(100000)")
    before = len(os.listdir("/dev/fd"))
    for wrong in (b"", b"PAR1", data[:-200], b"x" * 100):
        with pytest.raises(parquet.Damaged):
            list(parquet.rows(iter((wrong,))))
    rows = parquet.rows(iter((data,)))
    assert next(rows) == {"n": 0}
    rows.close()
    assert len(os.listdir("/dev/fd")) == before
