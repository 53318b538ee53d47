"""Answers wait until what they tell of is safe: one write for all calls that committed in a turn of the loop."""

from __future__ import annotations

import asyncio
import logging

from skyjar.kernel.store import Store
from skyjar.wire.http import Response

from .exchange import Exchange
from .respond import internal_failure, render_error

log = logging.getLogger("skyjar.pipeline")


class Answers:
    """`is_synced`: they also wait until it is on the disk, so that loss of power cannot undo them."""

    def __init__(self, store: Store, *, is_synced: bool) -> None:
        self._store = store
        self._is_synced = is_synced
        self._waiting: list[tuple[Exchange, Response]] = []
        self._losses = 0  # the driver's, when the first of them began to wait
        self.loop: asyncio.AbstractEventLoop

    def send(self, x: Exchange, response: Response) -> None:
        """At once where nothing waits to be written; else a reader might hear of what is lost in the next moment."""
        if not self._store.is_gathering and not self._is_synced:
            assert x.respond is not None
            x.respond(response)
            return
        if not self._waiting:
            self._losses = self._store.driver.losses
            self.loop.call_soon(self._settle)
        self._waiting.append((x, response))

    def _settle(self) -> None:
        waiting, self._waiting = self._waiting, []
        try:
            self._store.flush()
            if self._is_synced:
                self._store.sync()
            is_lost = self._store.driver.losses != self._losses  # when somebody else had it written
        except Exception:
            log.exception("%d calls could not be written", len(waiting))
            is_lost = True
        if is_lost:
            waiting = [(x, render_error(x, internal_failure(x.name))) for x, _ in waiting]
        for x, response in waiting:
            assert x.respond is not None
            x.respond(response)
