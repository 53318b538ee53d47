"""The clock: frozen, set, resumed, and its alarms."""

from __future__ import annotations

import time

import pytest

from skyjar.kernel.clock import Clock


def test_running_it_is_the_machine_clock_plus_an_offset() -> None:
    assert abs(Clock().now() - time.time()) < 1
    assert abs(Clock(offset_s=3600).now() - time.time() - 3600) < 1


def test_frozen_it_stands_and_resumed_it_goes_on_from_there() -> None:
    clock = Clock()
    clock.freeze(1000.0)
    assert clock.now() == clock.now() == 1000.0
    clock.set(2000.0)
    assert clock.now() == 2000.0
    clock.resume()
    assert 2000.0 <= clock.now() < 2001
    assert not clock.is_frozen


def test_a_running_clock_that_is_set_runs_on() -> None:
    clock = Clock()
    clock.set(5000.0)
    assert 5000.0 <= clock.now() < 5001
    clock.freeze()
    assert 5000.0 <= clock.now() < 5001


def test_alarms_ring_in_order_of_their_due_time_then_of_their_making() -> None:
    clock, rung = Clock(frozen_at=0.0), []
    for due, name in ((3.0, "c"), (1.0, "a"), (2.0, "b1"), (2.0, "b2"), (9.0, "late")):
        clock.call_at(due, lambda name=name: rung.append(name))  # type: ignore[misc]
    assert clock.ring() == 0
    clock.set(3.0)
    assert clock.ring() == 4
    assert rung == ["a", "b1", "b2", "c"]
    assert clock.next_due() == 9.0


def test_a_cancelled_alarm_does_not_ring_and_is_not_due() -> None:
    clock, rung = Clock(frozen_at=0.0), []
    alarm = clock.call_at(1.0, lambda: rung.append("no"))
    clock.call_at(2.0, lambda: rung.append("yes"))
    alarm.cancel()
    assert clock.next_due() == 2.0
    clock.set(5.0)
    clock.ring()
    assert rung == ["yes"]
    assert clock.next_due() is None


def test_an_alarm_may_set_another_that_is_due_at_once() -> None:
    clock, rung = Clock(frozen_at=0.0), []
    clock.call_at(1.0, lambda: clock.call_at(0.5, lambda: rung.append("inner")) and None)
    clock.set(1.0)
    assert clock.ring() == 2
    assert rung == ["inner"]


def test_an_alarm_that_fails_is_not_rung_again() -> None:
    clock = Clock(frozen_at=2.0)
    clock.call_at(1.0, lambda: 1 // 0)  # type: ignore[arg-type,return-value]
    with pytest.raises(ZeroDivisionError):
        clock.ring()
    assert clock.ring() == 0


def test_whoever_drives_it_hears_of_each_change_of_the_earliest() -> None:
    clock, heard = Clock(frozen_at=0.0), []
    clock.changed = lambda: heard.append(clock.next_due())
    clock.call_at(5.0, lambda: None)
    clock.call_at(9.0, lambda: None)
    clock.call_at(1.0, lambda: None)
    clock.freeze(0.0)
    assert heard == [5.0, 1.0, 1.0]


def test_it_says_how_long_it_has_been_standing() -> None:
    machine = [10.0]
    clock = Clock(machine=lambda: machine[0])
    machine[0] = 12.0
    assert clock.stands_for_s() == 0
    clock.freeze(100.0)
    machine[0] = 15.0
    assert (clock.now(), clock.stands_for_s()) == (100.0, 3.0)
    clock.set(101.0)
    assert clock.stands_for_s() == 0
    clock.resume()
    machine[0] = 20.0
    assert clock.stands_for_s() == 0
