"""What is done outside of transactions for any service: computations in a thread, and documents that are fetched."""

from __future__ import annotations

import asyncio
import logging
from typing import Any

from skyjar.kernel.errors import AWSError
from skyjar.kernel.outside import Compute, Failed, Fetch

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
