"""Has the blobs that nothing names any more deleted, a few at a time, between calls."""

from __future__ import annotations

import asyncio
import logging
import time

from skyjar.kernel.blobs import Blobs, Collector
from skyjar.kernel.store import Store

log = logging.getLogger("skyjar.pipeline")
EVERY_S = 5.0
FILES = 200  # about two milliseconds


class Sweeping:
    def __init__(self, store: Store, blobs: Blobs) -> None:
        self._store = store
        self._collector = Collector(blobs)
        self._timer: asyncio.TimerHandle | None = None

    def start(self, loop: asyncio.AbstractEventLoop) -> None:
        self._timer = loop.call_later(EVERY_S, self._turn, loop)

    def stop(self) -> None:
        if self._timer is not None:
            self._timer.cancel()

    def _turn(self, loop: asyncio.AbstractEventLoop) -> None:
        try:
            self.sweep(time.time())
        except Exception as error:  # noqa: BLE001 - of the disk: the next turn may fare better
            log.error("unnamed blobs could not be collected: %s", error)
        self.start(loop)

    def sweep(self, now: float) -> int:
        """One step, at a time of the machine; how many blobs went."""
        tx = self._store.begin()
        try:
            return self._collector.step(tx, now, FILES)
        finally:
            tx.abort()
