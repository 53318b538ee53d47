"""How often something happened within the present second, in memory.

The second is one of the machine's clock, not of the cloud's: who is refused for having come too often comes again after a moment of
his own time, and would be refused for ever while the cloud's clock stands.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable


class Rates:
    """Nothing is kept beyond the second."""

    __slots__ = ("_counts", "_second", "time")

    def __init__(self, time: Callable[[], float]) -> None:
        self.time = time
        self._second = 0
        self._counts: dict[Hashable, int] = {}

    def of(self, what: Hashable) -> int:
        """How often in this second."""
        return self._counts.get(what, 0) if int(self.time()) == self._second else 0

    def add(self, what: Hashable) -> None:
        """Once more. An operation may run again, so this is for a call's follower (`metrics.py`)."""
        second = int(self.time())
        if second != self._second:
            self._second, self._counts = second, {}
        self._counts[what] = self._counts.get(what, 0) + 1
