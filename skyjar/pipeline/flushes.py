"""When that which accompanies calls, such as their records, is written: a moment later, together, and not within a call, which
would fail for its record where the disk is full."""

from __future__ import annotations

import asyncio
import logging
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from .pipeline import Pipeline

log = logging.getLogger("skyjar.pipeline")
AFTER_S = 0.2
AGAIN_S = 1.0  # where it could not be written


class Flushes:
    def __init__(self, pipeline: Pipeline) -> None:
        self._pipeline = pipeline
        self.timer: asyncio.TimerHandle | None = None

    def later(self, after_s: float = AFTER_S) -> None:
        """Asked where there is no timer."""
        self.timer = self._pipeline.loop.call_later(after_s, self.flush)

    def soon(self) -> None:
        self._pipeline.loop.call_soon(self.flush)

    def flush(self) -> None:
        if self.timer is not None:
            self.timer.cancel()
            self.timer = None
        pipeline = self._pipeline
        for what in (pipeline.records, pipeline.history, pipeline.access_logs):
            try:
                what.flush()
            except Exception as error:  # noqa: BLE001 - it waits until there is room again
                log.error("%s could not be written: %s", type(what).__name__, error)
                if self.timer is None:
                    self.later(AGAIN_S)
