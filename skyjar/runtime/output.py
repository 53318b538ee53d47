"""What a sandbox writes: lines from its pipe and from the platform, gathered and handed over in batches.

The bootstraps write an event of several lines as one line with NUL for each inner newline; it is turned back here.
"""

from __future__ import annotations

import asyncio
import os
import time
from collections.abc import Callable

from skyjar.runtime.functions import TAIL_BYTES

FLUSH_S = 0.25  # how long a line of a long invocation may wait to be delivered
CHUNK = 65536


class Output:
    """`deliver` takes batches of (epoch ms, line with its newline)."""

    def __init__(self, deliver: Callable[[list[tuple[int, str]]], None]) -> None:
        self._deliver = deliver
        self._loop = asyncio.get_running_loop()
        self._pipe: int | None = None
        self._partial = b""
        self._lines: list[tuple[int, str]] = []
        self._tail = bytearray()
        self._flush: asyncio.TimerHandle | None = None

    def listen(self, pipe: int) -> None:
        self._pipe = pipe
        self._loop.add_reader(pipe, self.read)

    def ignore(self) -> None:
        """Take what there is and stop listening; the pipe may be closed after that."""
        if self._pipe is not None:
            self.read()
        if self._pipe is not None:
            self._loop.remove_reader(self._pipe)
            self._pipe = None
        self.hand_over()

    def read(self) -> None:
        """Take everything that has been written so far."""
        while self._pipe is not None:
            try:
                data = os.read(self._pipe, CHUNK)
            except BlockingIOError:
                return
            if not data:
                self._loop.remove_reader(self._pipe)
                self._pipe = None
                self.end_line()
                return
            *lines, self._partial = (self._partial + data).split(b"\n")
            for line in lines:
                self._take(line)
            if self._flush is None and self._lines:
                self._flush = self._loop.call_later(FLUSH_S, self.hand_over)
            if len(data) < CHUNK:
                return

    def end_line(self) -> None:
        """What was written without a newline is a line too, once the invocation is over."""
        if self._partial:
            self._take(self._partial)
            self._partial = b""

    def _take(self, line: bytes) -> None:
        self.add(line.decode("utf-8", "replace").replace("\0", "\n"))

    def add(self, line: str) -> None:
        """Add one event; a newline ends it, as in CloudWatch Logs."""
        line += "\n"
        self._lines.append((int(time.time() * 1000), line))
        self._tail += line.encode()
        if len(self._tail) > 16 * TAIL_BYTES:
            del self._tail[:-TAIL_BYTES]

    def take_tail(self) -> bytes:
        """The last 4 KiB since this was last asked."""
        tail = bytes(self._tail[-TAIL_BYTES:])
        self._tail.clear()
        return tail

    def hand_over(self) -> None:
        if self._flush:
            self._flush.cancel()
            self._flush = None
        if self._lines:
            lines, self._lines = self._lines, []
            self._deliver(lines)
