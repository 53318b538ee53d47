"""Answers wait until what they tell of is safe: one write for all calls that committed in a turn of the loop.

Those that have nothing to wait for wait for the others of their turn while there are several, so that the client is woken once for
all of them: to wake it for each costs as much as a small operation. Whether there are several is found out by waiting now and then.
"""

from __future__ import annotations

import asyncio
import logging

from skyjar.kernel.store import Store
from skyjar.wire.http import Response

from .exchange import Exchange
from .respond import internal_failure, render_error

log = logging.getLogger("skyjar.pipeline")
PROBE = 16  # answers sent at once between two that wait for company


class Answers:
    """`is_synced`: they also wait until it is on the disk, so that loss of power cannot undo them."""

    def __init__(self, store: Store, *, is_synced: bool) -> None:
        self._store = store
        self._is_synced = is_synced
        self._waiting: list[tuple[Exchange, Response]] = []
        self._losses = 0  # the driver's, when the first of them began to wait
        self._alone = PROBE  # answers to be sent at once before one waits for company again
        self.loop: asyncio.AbstractEventLoop

    def send(self, x: Exchange, response: Response) -> None:
        """At once where nothing waits to be written (else a reader might hear of what is lost in the next moment), and
        nobody else is about to be answered."""
        if self._alone and not self._store.is_gathering and not self._is_synced:
            self._alone -= 1
            assert x.respond is not None
            x.respond(response)
            return
        if not self._waiting:
            self._losses = self._store.driver.losses
            self.loop.call_soon(self._settle)
        self._waiting.append((x, response))

    def write(self) -> None:
        """Have written what was committed so far, and on the disk where that is asked for."""
        self._store.flush()
        if self._is_synced:
            self._store.sync()

    def _settle(self) -> None:
        waiting, self._waiting = self._waiting, []
        self._alone = 0 if len(waiting) > 1 else PROBE
        try:
            self.write()
            is_lost = self._store.driver.losses != self._losses  # when somebody else had it written
        except Exception:
            log.exception("%d calls could not be written", len(waiting))
            is_lost = True
        if is_lost:
            waiting = [(x, render_error(x, internal_failure(x.name))) for x, _ in waiting]
        for x, response in waiting:
            assert x.respond is not None
            x.respond(response)
