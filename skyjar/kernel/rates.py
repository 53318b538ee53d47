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

    def admits(self, what: Hashable, most: int) -> bool:
        """Whether it may happen once more in this second, and that it does."""
        second = int(self.time())
        if second != self._second:
            self._second, self._counts = second, {}
        count = self._counts.get(what, 0)
        if count >= most:
            return False
        self._counts[what] = count + 1
        return True
