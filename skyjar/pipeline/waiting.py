"""A call that waits (a long poll) is parked: it costs nothing until what it waits for is touched, or its time is over."""

from __future__ import annotations

from typing import TYPE_CHECKING

from skyjar.kernel.clock import Alarm
from skyjar.kernel.errors import Wait
from skyjar.kernel.store import Watch

if TYPE_CHECKING:
    from .exchange import Exchange
    from .pipeline import Pipeline


def park(pipeline: Pipeline, x: Exchange, wait: Wait) -> None:
    """Run the operation again when a watch is touched, or the deadline comes by the cloud's or the machine's clock."""
    x.waited = True
    has_left = False
    watches: list[Watch] = []

    def release() -> bool:
        if not watches:
            return False
        for watch in watches:
            watch.cancel()
        watches.clear()
        alarm.cancel()
        timer.cancel()
        return True

    def wake() -> None:
        if release():
            pipeline.wake(again)

    def again() -> None:
        if not has_left:  # what it would take is for somebody who is there
            pipeline.attempt_again(x)

    def leave() -> None:
        nonlocal has_left
        has_left = True
        release()

    watches += [pipeline.store.watch(prefix, wake) for prefix in wait.on]
    alarm: Alarm = pipeline.clock.call_at(wait.until, wake)
    timer = pipeline.loop.call_later(max(0.0, wait.until - pipeline.clock.now()), wake)
    if x.respond is not None:
        x.respond.on_close = leave
