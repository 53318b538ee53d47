"""Carries out invocations.

An `Invocation` names its code by blobs; the unpacked directories are a cache by content, made again from the blobs when
they are missing. How many invocations of a function run at this moment is known here and nowhere else, so limits on
concurrency are kept here. Sandboxes are made at the first invocation.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from pathlib import Path

import msgspec

from skyjar.kernel.blobs import Blobs
from skyjar.runtime import interpreters, packages
from skyjar.runtime.functions import Credentials, Function, RuntimeMissing, Stopped
from skyjar.runtime.invocations import (
    Answer,
    Invocation,
    Lines,
    Outcome,
    Package,
    PackageRefused,
    Retire,
    Throttled,
    Unpack,
)
from skyjar.runtime.sandboxes import Sandboxes

KEPT = 4096


class Invoker:
    """Carries out what is asked. `credentials` gives a function's role's, `logs` writes lines that no outcome carries."""

    def __init__(
        self,
        directory: Path,
        blobs: Blobs,
        *,
        credentials: Callable[[Function], Credentials],
        logs: Callable[[Function, str, Lines], None],
        clock: Callable[[], float],
        endpoint: Callable[[], str],
    ) -> None:
        self._directory = directory
        self._endpoint = endpoint
        self._blobs = blobs
        self._credentials, self._write, self._clock = credentials, logs, clock
        self._sandboxes: Sandboxes | None = None
        self._functions: dict[tuple[str, str, str], Function] = {}
        self._running: dict[str, int] = {}
        self._busy: dict[str, int] = {}  # invocations that run, by function
        self._lines: dict[str, tuple[Function, Lines]] = {}
        self._is_writing = False

    @property
    def sandboxes(self) -> Sandboxes:
        if self._sandboxes is None:
            self._sandboxes = Sandboxes(
                directory=self._directory / "sandboxes",
                credentials=self._credentials,
                logs=self._take,
                clock=self._clock,
                node_modules=interpreters.node_packages(),
            )
        return self._sandboxes

    async def invoke(self, request: Invocation) -> Answer:
        limit = request.limit
        running = self._running.get(limit.pool, 0)
        if running >= limit.most:
            return Throttled(limit.reason, request.invoked_arn)
        self._running[limit.pool] = running + 1
        arn = request.key[0]
        busy = self._busy[arn] = self._busy.get(arn, 0) + 1
        try:
            function = self._functions.get(request.key) or await self._describe(request)
            result = await self.sandboxes.invoke(
                function,
                request.payload,
                request_id=request.request_id,
                client_context=request.client_context,
                trace_id=request.trace_id,
                invoked_arn=request.invoked_arn,
            )
        except (RuntimeMissing, Stopped) as error:
            return error
        finally:
            left = self._running[limit.pool] - 1
            if left:
                self._running[limit.pool] = left
            else:
                del self._running[limit.pool]
            self._busy[arn] -= 1
            if not self._busy[arn]:
                del self._busy[arn]
        _, lines = self._lines.pop(result.log_stream, (None, []))
        return Outcome(result, function, lines, request.invoked_arn, busy)

    async def _describe(self, request: Invocation) -> Function:
        for blob in request.blobs:
            if not self._place(blob).exists():
                await asyncio.to_thread(packages.unpack, self._blobs.path(blob), self._place(blob))
        if len(self._functions) > KEPT:
            self._functions.clear()
        described = msgspec.structs.replace(request.describe(self._place), endpoint_url=self._endpoint())
        function = self._functions[request.key] = described
        return function

    def _place(self, blob: str) -> Path:
        return (self._directory / "code" / blob).absolute()

    async def unpack(self, request: Unpack) -> Package | PackageRefused:
        try:
            place = self._place(request.blob)
            return await asyncio.to_thread(packages.unpack, self._blobs.path(request.blob), place)
        except PackageRefused as error:
            return error

    async def retire(self, request: Retire) -> None:
        if self._sandboxes is not None:
            await self._sandboxes.retire(request.arn)

    def _take(self, function: Function, stream: str, lines: Lines) -> None:
        """Keep lines for the outcome that follows at once, or write them when none does; in the cloud's time."""
        offset_ms = round((self._clock() - time.time()) * 1000)
        if abs(offset_ms) > 5:
            lines = [(at_ms + offset_ms, line) for at_ms, line in lines]
        _, kept = self._lines.setdefault(stream, (function, []))
        kept += lines
        if not self._is_writing:
            self._is_writing = True
            asyncio.get_running_loop().call_soon(self._write_kept)

    def _write_kept(self) -> None:
        self._is_writing = False
        kept, self._lines = self._lines, {}
        for stream, (function, lines) in kept.items():
            self._write(function, stream, lines)

    async def stop(self) -> None:
        if self._sandboxes is not None:
            await self._sandboxes.stop()
            self._write_kept()
