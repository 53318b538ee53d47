"""What is done outside of transactions for any service: computations in a thread, documents that are fetched, and
requests to other servers."""

from __future__ import annotations

import asyncio
import logging
from typing import Any

from skyjar.kernel.errors import AWSError
from skyjar.kernel.outside import Compute, Failed, Fetch, Send

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
