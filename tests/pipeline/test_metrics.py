"""Counters of services: when they count, and when what they have counted is kept."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from skyjar.kernel.store import Transaction
from skyjar.services.cloudwatch import state
from tests.conftest import NOON, Desk

NAMESPACE, OWN = "AWS/Test", (("Name", "x"),)


def count(desk: Any, value: float = 1.0) -> None:
    desk.store.transact(lambda tx: desk.call(tx).count(NAMESPACE, OWN, "m", "Count", value))


def kept(desk: Any) -> list[tuple[int, float]]:
    """(minute after noon, sum) of what is in the store."""
    series = state.series_of(NAMESPACE, "m", OWN)

    def read(tx: Transaction) -> list[tuple[int, float]]:
        points = state.points.range(desk.call(tx), series, 60)
        return [(int(point.at_s - NOON) // 60, point.sample.total) for point in points]

    found: list[tuple[int, float]] = desk.store.transact(read)
    return found


def test_a_minute_is_kept_when_it_is_over(desk: Any) -> None:
    count(desk, 2.0)
    desk.advance(59)
    count(desk, 3.0)
    assert kept(desk) == []
    desk.advance(1)
    assert kept(desk) == [(0, 5.0)]
    desk.advance(3600)
    count(desk)
    desk.advance(60)
    assert kept(desk) == [(0, 5.0), (61, 1.0)]


def test_a_jump_of_the_clock_does_not_move_what_was_counted(desk: Any) -> None:
    count(desk)
    desk.clock.set(NOON + 600)
    count(desk, 7.0)
    desk.settle()
    desk.pipeline.metrics.flush()
    assert kept(desk) == [(0, 1.0), (10, 7.0)]


def test_what_is_dropped_does_not_count(desk: Any) -> None:
    tx = desk.store.begin()
    desk.call(tx).count(NAMESPACE, OWN, "m", "Count", 1.0)
    tx.abort()
    desk.pipeline.metrics.flush()
    assert kept(desk) == []


def test_a_clean_stop_keeps_the_minute_that_is_not_over(tmp_path: Path) -> None:
    desk = Desk(tmp_path)
    count(desk)
    desk.loop.run_until_complete(desk.pipeline.stop())
    assert kept(desk) == [(0, 1.0)]
    desk.loop.close()


def test_so_does_what_comes_before_a_snapshot(desk: Any) -> None:
    count(desk)
    desk.loop.run_until_complete(desk.pipeline.quiesce())
    assert kept(desk) == [(0, 1.0)]
    desk.pipeline.resume()


def test_nothing_waits_for_the_clock_when_nothing_was_counted(desk: Any) -> None:
    before = desk.clock.next_due()
    count(desk)
    assert desk.clock.next_due() == NOON + 60
    desk.advance(120)
    assert desk.clock.next_due() != NOON + 180
    assert before is None or before > NOON + 60
