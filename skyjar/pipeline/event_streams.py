"""Answers that are streams of events: of `kernel.outside.Events` each step is a transaction, and one that waits is parked; those of
`Produce` come from a thread."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Iterator
from functools import partial
from typing import TYPE_CHECKING, Any

from skyjar.kernel.errors import AWSError, Wait
from skyjar.kernel.outside import Events, Failed, Next, Produce
from skyjar.kernel.store import Transaction

from .respond import InternalError

if TYPE_CHECKING:
    from .pipeline import Pipeline

log = logging.getLogger("skyjar.pipeline")
IDLE_S = 1.0  # without an event, until something is told that keeps the connection open


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


async def produce(request: Produce) -> AsyncIterator[dict[str, Any]] | Exception:
    step = _begin(request)
    done, _ = await asyncio.wait({step}, timeout=IDLE_S)
    first = step.result() if done else None
    return first if isinstance(first, Exception) else _produced(request, step)


def _begin(request: Produce) -> asyncio.Task[Any]:
    return asyncio.ensure_future(asyncio.to_thread(_next, request.events))


def _next(events: Iterator[dict[str, Any]]) -> dict[str, Any] | Exception | None:
    try:
        return next(events, None)
    except AWSError as error:
        return error
    except Exception as error:
        log.exception("a computation failed")
        return Failed(f"{type(error).__name__}: {error}")


async def _produced(request: Produce, step: asyncio.Task[Any]) -> AsyncIterator[dict[str, Any]]:
    try:
        while True:
            while not (await asyncio.wait({step}, timeout=IDLE_S))[0]:
                yield request.idle()
            found = step.result()
            if isinstance(found, dict):
                yield found
                step = _begin(request)
                continue
            if found is not None:
                error = found if isinstance(found, AWSError) else InternalError()
                yield {error.code: {"message": error.message}}
            return
    finally:
        request.stop()
