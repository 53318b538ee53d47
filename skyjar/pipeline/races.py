"""What is done outside while its caller waits for it or for a change of state, whatever comes first (`kernel.outside.Race`)."""

from __future__ import annotations

import asyncio
import logging
from functools import partial
from typing import TYPE_CHECKING, Any

from skyjar.kernel.errors import AWSError
from skyjar.kernel.outside import Failed, Outside, Race
from skyjar.kernel.store import Transaction

if TYPE_CHECKING:
    from .pipeline import Pipeline

log = logging.getLogger("skyjar.pipeline")


async def race(pipeline: Pipeline, request: Race) -> Any:
    woken: asyncio.Future[None] = pipeline.loop.create_future()

    def wake() -> None:
        if not woken.done():
            woken.set_result(None)

    watches = [pipeline.store.watch(prefix, wake) for prefix in request.on]  # before anything can happen
    work = pipeline.loop.create_task(_done(pipeline, request))
    pipeline.tasks.add(work)
    work.add_done_callback(pipeline.tasks.discard)
    work.add_done_callback(lambda _: wake())
    try:
        await woken
    finally:
        for watch in watches:
            watch.cancel()
    return work.result() if work.done() else None


async def _done(pipeline: Pipeline, request: Race) -> Any:
    pending: Any = request.outside
    try:
        while isinstance(pending, Outside):
            result = await pipeline.perform(pending.request)
            pending = pipeline.store.transact(partial(_concluded, pipeline, request, pending, result))
    except AWSError as error:
        return error
    except Exception as error:
        log.exception("what goes on while its caller does not wait has failed")
        return Failed(f"{type(error).__name__}: {error}")
    return pending


def _concluded(pipeline: Pipeline, request: Race, outside: Outside, result: Any, tx: Transaction) -> Any:
    return outside.then(request.call.at(tx, pipeline.clock.now()), result)
