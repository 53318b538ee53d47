"""Counting what is used."""

from __future__ import annotations

from typing import Any

import pytest

from skyjar.kernel import usage

DAY = 86_400


@pytest.mark.parametrize(
    ("since", "until", "wanted"), [(0, 3600, 1), (0, DAY, 24), (0, 1, 1), (3599, 3601, 2), (1800, 7200, 2), (5, 5, 0)]
)
def test_begun_hours(since: float, until: float, wanted: float) -> None:
    assert usage.clock_hours(since, until) == wanted


def rows(desk: Any) -> dict[tuple[str, str], float]:
    desk.pipeline.metrics.flush()
    found = desk.store.transact(lambda tx: usage.days(tx, 0, 10**6))
    return {(each.usage_type, each.operation): each.amount for each in found}


def test_usage_adds_up_over_minutes(desk: Any) -> None:
    for _ in range(3):
        desk.store.transact(lambda tx: usage.use(desk.call(tx), "s3", "a", "b", 2.0))
        desk.store.transact(lambda tx: usage.use(desk.call(tx), "s3", "a", "c"))
        desk.advance(90)
    assert rows(desk) == {("a", "b"): 6.0, ("a", "c"): 3.0}


def test_usage_after_a_reading_in_the_same_minute_counts_once(desk: Any) -> None:
    desk.store.transact(lambda tx: usage.use(desk.call(tx), "s3", "a", "b"))
    assert rows(desk) == {("a", "b"): 1.0}
    assert rows(desk) == {("a", "b"): 1.0}
    desk.store.transact(lambda tx: usage.use(desk.call(tx), "s3", "a", "b"))
    assert rows(desk) == {("a", "b"): 2.0}


def test_what_is_refused_is_not_used(desk: Any) -> None:
    def body(tx: Any) -> None:
        usage.use(desk.call(tx), "s3", "a", "b")
        raise LookupError

    with pytest.raises(LookupError):
        desk.store.transact(body)
    assert rows(desk) == {}


def test_a_year_over_what_is_stored_is_a_moment_a_day(desk: Any) -> None:
    s3 = desk.ask("s3")
    s3.create_bucket(bucket="first")
    s3.put_object(bucket="first", key="a", body=b"x" * 1024)
    desk.advance(365 * DAY)
    found = desk.store.transact(lambda tx: usage.days(tx, 0, 10**6))
    stored = [each for each in found if each.usage_type == "TimedStorage-ByteHrs"]
    assert len(stored) == 365
    assert sum(each.amount for each in stored) == pytest.approx(12 * 1024 / 2**30, rel=0.01)
    assert desk.store.transact(usage.measured).is_waiting
