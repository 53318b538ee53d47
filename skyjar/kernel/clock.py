"""The one clock of the cloud. Seconds since the epoch, as floats; it can be frozen, advanced and set.

Running, it is the machine's clock plus an offset; frozen, it stands (and says for how long, by the machine's). Alarms are kept in order of their due time. The
real timer behind the earliest one belongs to whoever drives the clock (`wake` says when), so tests need no event loop.
"""

from __future__ import annotations

import heapq
import time
from collections.abc import Callable
from itertools import count


class Alarm:
    __slots__ = ("callback", "due")

    def __init__(self, due: float, callback: Callable[[], None]) -> None:
        self.due = due
        self.callback: Callable[[], None] | None = callback

    def cancel(self) -> None:
        self.callback = None


class Clock:
    def __init__(
        self, frozen_at: float | None = None, offset_s: float = 0.0, machine: Callable[[], float] = time.monotonic
    ) -> None:
        self.frozen_at = frozen_at
        self._machine = machine
        self._stands_since = machine()
        self.offset_s = offset_s
        self._alarms: list[tuple[float, int, Alarm]] = []
        self._order = count()
        self.changed: Callable[[], None] = lambda: None

    def now(self) -> float:
        return self.frozen_at if self.frozen_at is not None else time.time() + self.offset_s

    @property
    def is_frozen(self) -> bool:
        return self.frozen_at is not None

    def stands_for_s(self) -> float:
        """How long it has been standing where it is, by the machine's clock; 0 while it runs."""
        return 0.0 if self.frozen_at is None else self._machine() - self._stands_since

    def freeze(self, at: float | None = None) -> None:
        self.frozen_at = self.now() if at is None else at
        self._stands_since = self._machine()
        self.changed()

    def resume(self) -> None:
        """Let a frozen clock run on from where it stands."""
        if self.frozen_at is not None:
            self.offset_s = self.frozen_at - time.time()
            self.frozen_at = None
            self.changed()

    def set(self, at: float) -> None:
        """Jump without running what falls due in between; `jobs.Runner.advance` does that."""
        if self.frozen_at is not None:
            self.frozen_at = at
            self._stands_since = self._machine()
        else:
            self.offset_s = at - time.time()
        self.changed()

    def call_at(self, due: float, callback: Callable[[], None]) -> Alarm:
        alarm = Alarm(due, callback)
        heapq.heappush(self._alarms, (due, next(self._order), alarm))
        if self._alarms[0][2] is alarm:
            self.changed()
        return alarm

    def next_due(self) -> float | None:
        while self._alarms and self._alarms[0][2].callback is None:
            heapq.heappop(self._alarms)
        return self._alarms[0][0] if self._alarms else None

    def ring(self) -> int:
        """Call every alarm that is due now, in order; returns how many."""
        rung = 0
        while (due := self.next_due()) is not None and due <= self.now():
            alarm = heapq.heappop(self._alarms)[2]
            if alarm.callback is not None:
                callback, alarm.callback = alarm.callback, None
                callback()
                rung += 1
        return rung
