"""Invoking functions: the sandboxes there are, who gets which, and when each ends.

A sandbox serves one invocation at a time and the most recently used one is taken first. It is retired when it has been
idle for long, when another revision of its function is invoked, when its credentials would expire during a call, when it
misbehaved, and when the limit is reached and another function needs the place.

Of a function with provisioned concurrency so many are kept: begun before any call comes, not retired when idle, and made
anew when one is lost. They are of a `Function` of their own, whose `init_type` says so.
"""

from __future__ import annotations

import asyncio
import time
from collections import deque
from collections.abc import Callable
from pathlib import Path

from skyjar.runtime import interpreters
from skyjar.runtime.calls import Call
from skyjar.runtime.functions import PROVISIONED, Credentials, Function, Result, Stopped
from skyjar.runtime.interpreters import Interpreter
from skyjar.runtime.launchers import Launchers
from skyjar.runtime.sandbox import Sandbox

WATCH_S = 0.02  # how often the memory of working sandboxes is looked at


def _seen(task: asyncio.Task[bool]) -> None:
    """What went wrong is told to those who wait for it, if anybody does."""
    if not task.cancelled():
        task.exception()


class Sandboxes:
    """Runs Lambda functions. All methods belong to the event loop in which the first one is called.

    `credentials` gives a function's role's temporary credentials; `logs` takes batches of (epoch ms, line with its newline)
    for a function's log stream, the last of an invocation before `invoke` returns. `directory` is scratch space. `clock` is
    the time (epoch seconds) by which credentials expire; logs and deadlines are in real time.
    """

    def __init__(
        self,
        *,
        directory: Path,
        credentials: Callable[[Function], Credentials],
        logs: Callable[[Function, str, list[tuple[int, str]]], None],
        idle_s: float = 300.0,
        limit: int = 256,
        lenient: bool = False,
        isolate: bool = True,
        node_modules: Path | None = None,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._launchers = Launchers(directory, lenient=lenient, isolate=isolate, node_modules=node_modules)
        self._credentials, self._logs = credentials, logs
        self._idle_s, self._limit, self._clock = idle_s, limit, clock
        self._all: set[Sandbox] = set()
        self._idle: dict[Function, list[Sandbox]] = {}
        self._current: dict[tuple[str, str, str], Function] = {}
        self._kept: dict[Function, int] = {}
        self._warming: dict[Function, set[asyncio.Task[bool]]] = {}
        self._queue: deque[asyncio.Future[None]] = deque()
        self._sweep: asyncio.TimerHandle | None = None
        self._watch: asyncio.TimerHandle | None = None
        self._ending: set[asyncio.Task[None]] = set()
        self._stopped = False

    def __len__(self) -> int:
        return len(self._all)

    def check(self, runtime: str) -> None:
        """Raise RuntimeMissing when this machine cannot run `runtime`."""
        self._launchers.check(runtime)

    async def prepare(self, runtime: str) -> None:
        """Start what makes the first cold start of a runtime fast, such as the zygote or an idle Node."""
        await self._launchers.prepare(runtime)

    async def invoke(
        self,
        function: Function,
        payload: bytes,
        *,
        request_id: str,
        client_context: str | None = None,
        trace_id: str | None = None,
        cognito_identity: str | None = None,
        invoked_arn: str | None = None,
        ready: Function | None = None,
    ) -> Result:
        """Run the function once, in one of the sandboxes that are kept `ready` while one of them is free. Raises
        RuntimeMissing, or Stopped; a failure of the function is a Result.

        `client_context` and `cognito_identity` are JSON texts, `trace_id` an X-Amzn-Trace-Id.
        """
        call = Call(function, payload, request_id, client_context, trace_id, cognito_identity, invoked_arn)
        sandbox = (self._free(ready) if ready is not None else None) or await self._take(function)
        try:
            if self._watch is None:
                self._watch = asyncio.get_running_loop().call_later(WATCH_S, self._look)
            return await sandbox.run(call)
        finally:
            self._release(sandbox)

    async def _take(self, function: Function) -> Sandbox:
        self._supersede(function)
        while not self._stopped:
            free = self._free(function)
            if free is not None:
                return free
            if len(self._all) < self._limit:
                sandbox = Sandbox(function, self._launchers, self._credentials(function), self._logs)
                self._all.add(sandbox)
                return sandbox
            if not self._make_room():
                place: asyncio.Future[None] = asyncio.get_running_loop().create_future()
                self._queue.append(place)
                try:
                    await place
                except asyncio.CancelledError:
                    if not place.cancelled():
                        self._wake()
                    raise
        raise Stopped

    def _free(self, function: Function) -> Sandbox | None:
        idle = self._idle.get(function)
        while idle:
            sandbox = idle.pop()
            if sandbox.fit(self._clock()):
                return sandbox
            self._discard(sandbox)
        return None

    def keep(self, function: Function, count: int) -> None:
        """Begin what is missing to have so many sandboxes of a function ready, and end what is too much."""
        self._supersede(function)
        if not count:
            self._kept.pop(function, None)
        else:
            self._kept[function] = count
        there = sum(sandbox.function == function for sandbox in self._all)
        idle = self._idle.get(function, [])
        for _ in range(min(there - count, len(idle))):
            self._discard(idle.pop())
        for _ in range(count - there):
            if self._stopped or (len(self._all) >= self._limit and not self._make_room()):
                return
            sandbox = Sandbox(function, self._launchers, self._credentials(function), self._logs)
            self._all.add(sandbox)
            task = asyncio.get_running_loop().create_task(self._warm(sandbox))
            warming = self._warming.setdefault(function, set())
            warming.add(task)
            task.add_done_callback(warming.discard)
            task.add_done_callback(_seen)

    async def _warm(self, sandbox: Sandbox) -> bool:
        is_good = False
        try:
            is_good = await sandbox.warm()
        finally:
            if is_good:
                self._release(sandbox)
            else:
                self._discard(sandbox)
        return is_good

    async def provision(self, function: Function, count: int) -> int:
        """As `keep`, and wait for them; how many are there then. Raises RuntimeMissing, or Stopped."""
        self.keep(function, count)
        await asyncio.gather(*self._warming.get(function, ()))
        if not self._warming.get(function):
            self._warming.pop(function, None)
        return self.ready(function)

    def ready(self, function: Function) -> int:
        """How many sandboxes of a function there are, working ones included."""
        return sum(sandbox.function == function for sandbox in self._all)

    def working(self, function: Function) -> int:
        return sum(sandbox.function == function and sandbox.call is not None for sandbox in self._all)

    def _supersede(self, function: Function) -> None:
        """Retire the sandboxes of what this function was before it changed."""
        key = function.arn, function.version, function.init_type
        before = self._current.get(key)
        if before is not function and before != function:
            self._current[key] = function
            if before is not None:
                self._kept.pop(before, None)
            for sandbox in self._idle.pop(before, ()) if before else ():
                self._discard(sandbox)

    def _make_room(self) -> bool:
        waiting = [one for function, idle in self._idle.items() if function not in self._kept for one in idle]
        if not waiting:
            return False
        oldest = min(waiting, key=lambda sandbox: sandbox.idle_since)
        self._idle[oldest.function].remove(oldest)
        self._discard(oldest)
        return True

    def _release(self, sandbox: Sandbox) -> None:
        function = sandbox.function
        wanted = self._current.get((function.arn, function.version, function.init_type)) == function
        kept = self._kept.get(function, 0)
        if function.init_type == PROVISIONED:
            wanted = wanted and self.ready(function) <= kept
        if self._stopped or not wanted or not sandbox.fit(self._clock()):
            self._discard(sandbox)
            if kept and not self._stopped:
                self.keep(function, kept)
        else:
            sandbox.idle_since = time.monotonic()
            self._idle.setdefault(function, []).append(sandbox)
            if self._sweep is None:
                self._sweep = asyncio.get_running_loop().call_later(self._idle_s, self._retire_idle)
        self._wake()

    def _wake(self) -> None:
        while self._queue:
            place = self._queue.popleft()
            if not place.done():
                place.set_result(None)
                return

    def _discard(self, sandbox: Sandbox) -> None:
        self._all.discard(sandbox)
        task = asyncio.get_running_loop().create_task(sandbox.end())
        self._ending.add(task)
        task.add_done_callback(self._ending.discard)

    def _retire_idle(self) -> None:
        self._sweep = None
        now = time.monotonic()
        idle = [(function, sandboxes) for function, sandboxes in self._idle.items() if function not in self._kept]
        for function, sandboxes in idle:
            for sandbox in [one for one in sandboxes if one.idle_since + self._idle_s <= now]:
                sandboxes.remove(sandbox)
                self._discard(sandbox)
            if not sandboxes:
                del self._idle[function]
        if left := [sandbox.idle_since for _, sandboxes in idle for sandbox in sandboxes]:
            delay = max(0.01, min(left) + self._idle_s - now)
            self._sweep = asyncio.get_running_loop().call_later(delay, self._retire_idle)

    def _look(self) -> None:
        """Kill what uses more memory than it has; goes on while anything works."""
        self._watch = None
        working = [sandbox for sandbox in self._all if sandbox.call]
        for sandbox in working:
            sandbox.check_memory()
        if working:
            self._watch = asyncio.get_running_loop().call_later(WATCH_S, self._look)

    async def retire(self, arn: str) -> None:
        """End the idle sandboxes of a function, all versions; working ones end after their invocation."""
        for key in [key for key in self._current if key[0] == arn]:
            self._kept.pop(self._current.pop(key), None)
        for function in [function for function in self._idle if function.arn == arn]:
            for sandbox in self._idle.pop(function):
                self._discard(sandbox)
        await self._ended()

    async def _ended(self) -> None:
        if self._ending:
            await asyncio.gather(*self._ending)

    async def stop(self) -> None:
        """End everything; invocations under way raise Stopped. Nothing is left running."""
        self._stopped = True
        for timer in (self._sweep, self._watch):
            if timer:
                timer.cancel()
        while self._queue:
            self._wake()
        for sandbox in list(self._all):
            sandbox.abandon()
            self._discard(sandbox)
        self._idle.clear()
        await self._ended()
        await self._launchers.stop()

    async def found(self) -> list[Interpreter]:
        """What this machine can run and, as `sandbox`, how well it is separated, for `skyjar doctor`."""
        everything = await asyncio.to_thread(interpreters.found)
        launcher = await self._launchers.launcher()
        return [*everything, Interpreter("sandbox", Path("/proc/self/ns"), launcher.isolation)]
