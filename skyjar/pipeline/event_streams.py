"""Answers that are streams of events (`kernel.outside.Events`): each step is a transaction, and one that waits is parked."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from functools import partial
from typing import TYPE_CHECKING, Any

from skyjar.kernel.errors import AWSError, Wait
from skyjar.kernel.outside import Events, Next
from skyjar.kernel.store import Transaction

if TYPE_CHECKING:
    from .pipeline import Pipeline


async def begin(pipeline: Pipeline, request: Events) -> AsyncIterator[dict[str, Any]]:
    return _events(pipeline, request)


async def _events(pipeline: Pipeline, request: Events) -> AsyncIterator[dict[str, Any]]:
    state = request.state
    while state is not None:
        try:
            found = pipeline.store.transact(partial(_step, pipeline, request, state))
        except Wait as wait:
            await _wait(pipeline, wait)
            continue
        except AWSError as error:
            yield {error.code: {"message": error.message}}
            return
        for event in found.events:
            yield event
        state = found.state
        await asyncio.sleep(0)  # others have their turn, however much there is to send


def _step(pipeline: Pipeline, request: Events, state: Any, tx: Transaction) -> Next:
    return request.step(request.call.at(tx, pipeline.clock.now()), state)


async def _wait(pipeline: Pipeline, wait: Wait) -> None:
    """Until a watch is touched, or the time has come by the cloud's or the machine's clock."""
    woken: asyncio.Future[None] = pipeline.loop.create_future()

    def wake() -> None:
        if not woken.done():
            woken.set_result(None)

    watches = [pipeline.store.watch(prefix, wake) for prefix in wait.on]
    alarm = pipeline.clock.call_at(wait.until, wake)
    timer = pipeline.loop.call_later(max(0.0, wait.until - pipeline.clock.now()), wake)
    try:
        await woken
    finally:
        for watch in watches:
            watch.cancel()
        alarm.cancel()
        timer.cancel()
