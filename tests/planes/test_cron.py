"""AWS's cron expressions: when they fall due next."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from skyjar.planes.cron import BadCron, Cron

START = datetime(2027, 1, 15, 8, 0, 30, tzinfo=UTC).timestamp()  # a Friday


def next_of(fields: str) -> str | None:
    found = Cron(tuple(fields.split())).next_after(START)
    return datetime.fromtimestamp(found, UTC).strftime("%Y-%m-%d %H:%M:%S") if found is not None else None


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ("0 12 * * ? *", "2027-01-15 12:00:00"),
        ("0/15 * * * ? *", "2027-01-15 08:15:00"),
        ("*/10 8 ? * FRI *", "2027-01-15 08:10:00"),
        ("0 8 ? * MON-FRI *", "2027-01-18 08:00:00"),
        ("5,35 14 * * ? *", "2027-01-15 14:05:00"),
        ("0 0 L * ? *", "2027-01-31 00:00:00"),
        ("0 0 16W * ? *", "2027-02-16 00:00:00"),
        ("0 0 15W 5 ? *", "2027-05-14 00:00:00"),
        ("30 9 ? 1 2#1 2028", "2028-01-03 09:30:00"),
        ("30 9 ? * 6L *", "2027-01-29 09:30:00"),
        ("0 0 ? * L *", "2027-01-16 00:00:00"),
        ("0 0 29 2 ? *", "2028-02-29 00:00:00"),
        ("0 0 1 1 ? 2100", "2100-01-01 00:00:00"),
        ("0 0 1 1 ? 2026", None),
        ("0 0 30 2 ? *", None),
        ("59 23 31 12 ? 2199", "2199-12-31 23:59:00"),
    ],
)
def test_the_next_moment(fields: str, expected: str | None) -> None:
    assert next_of(fields) == expected


@pytest.mark.parametrize(
    "fields",
    [
        "0 12 * * * *",
        "0 12 ? * ? *",
        "60 12 * * ? *",
        "0 24 * * ? *",
        "0 12 32 * ? *",
        "0 12 ? * 8 *",
        "0 12 * FOO ? *",
        "0 12 * * ? 1969",
        "5-1 12 * * ? *",
        "0/0 12 * * ? *",
        "x 12 * * ? *",
    ],
)
def test_what_is_no_expression(fields: str) -> None:
    with pytest.raises(BadCron):
        Cron(tuple(fields.split()))
