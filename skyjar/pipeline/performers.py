"""What is done outside of transactions for any service: computations in a thread, documents that are fetched, and
requests to other servers."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from functools import partial
from typing import TYPE_CHECKING, Any

from skyjar.kernel.errors import AWSError
from skyjar.kernel.outside import Compute, Events, Failed, Fetch, Produce, Race, Send

from . import event_streams
from .races import race

if TYPE_CHECKING:
    from .pipeline import Pipeline

log = logging.getLogger("skyjar.pipeline")


async def compute(request: Compute) -> Any:
    try:
        return await asyncio.to_thread(request.function, *request.arguments)
    except AWSError as error:
        return error
    except Exception as error:
        log.exception("a computation failed")
        return Failed(f"{type(error).__name__}: {error}")


async def fetch(request: Fetch) -> Any:
    from . import fetches

    return await fetches.fetch(request)


async def send(request: Send) -> Any:
    from . import sends

    return await sends.send(request)


def performers_of(pipeline: Pipeline) -> dict[type, Callable[[Any], Awaitable[Any]]]:
    """By what they are asked with; services that have more to ask for add theirs (`functions.py`)."""
    return {
        Compute: compute,
        Fetch: fetch,
        Send: send,
        Events: partial(event_streams.begin, pipeline),
        Produce: event_streams.produce,
        Race: partial(race, pipeline),
    }
