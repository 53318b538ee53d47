"""One sandbox: a process, its Runtime API port, its log stream, and the invocation that it is working on.

Life: starting, then turns of idle (the process waits in /next, and is stopped by SIGSTOP) and working, then dead. A
sandbox whose invocation timed out, used too much memory or ended its process is not used again.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import secrets
import signal
import socket
import time
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import msgspec

from skyjar.runtime import reports
from skyjar.runtime.calls import Call
from skyjar.runtime.functions import INIT_S, RESPONSE_BYTES, Credentials, Function, Result, RuntimeMissing, Stopped
from skyjar.runtime.launchers import Launchers, Process
from skyjar.runtime.output import Output
from skyjar.runtime.runtime_api import Connection

PAGE = os.sysconf("SC_PAGE_SIZE")
SHUTDOWN_S = 2.0  # what extensions get to end in


def discard(starting: asyncio.Task[Process]) -> None:
    """Whoever wanted this process has gone."""
    if not starting.cancelled() and starting.exception() is None:
        process = starting.result()
        process.signal(signal.SIGKILL)
        process.close()


class Extension:
    def __init__(self, name: str, events: list[str]) -> None:
        self.name, self.events = name, events
        self.waiting: Connection | None = None


class Sandbox:
    def __init__(
        self,
        function: Function,
        launchers: Launchers,
        credentials: Credentials,
        logs: Callable[[Function, str, list[tuple[int, str]]], None],
    ) -> None:
        self.function = function
        self.idle_since = 0.0
        self.call: Call | None = None
        self.stream = f"{datetime.now(UTC):%Y/%m/%d}/[{function.version}]{secrets.token_hex(16)}"
        self._launchers, self._credentials = launchers, credentials
        self._loop = asyncio.get_running_loop()
        self._process: Process | None = None
        self._server: asyncio.Server | None = None
        self._connections: list[Connection] = []
        self._waiting: Connection | None = None
        self._extensions: dict[str, Extension] = {}
        self._ready: asyncio.Future[None] = self._loop.create_future()
        self._init_fault: tuple[bytes, str] | None = None
        self._gone = self._loop.create_future()
        self._dead = self._frozen = self._abandoned = False
        self._output = Output(lambda lines: logs(function, self.stream, lines))
        self._peak_mib, self._peak_read = 0, 0.0

    def fit(self, now: float) -> bool:
        """Whether it can take another call, to the end of which its credentials last."""
        return not self._dead and self._credentials.expires > now + self.function.timeout_s + 5

    async def run(self, call: Call) -> Result:
        self.call = call
        init_ms = None
        try:
            if self._process is None:
                init_ms = await self._initialise(call)
            self._output.add(reports.start(self.function, time.time(), call.request_id))
            duration_ms = await self._work(call)
            return self._conclude(call, duration_ms, init_ms)
        except BaseException:
            self.kill()
            raise
        finally:
            self.call = None

    async def warm(self) -> bool:
        """Have the init phase over before any call comes; whether it went well."""
        call = self.call = Call(self.function, b"", "")  # nobody waits for it
        try:
            await self._initialise(call)
        except BaseException:
            self.kill()
            raise
        finally:
            self.call = None
            self._output.hand_over()
        self._freeze()
        return not self._dead

    async def _initialise(self, call: Call) -> float:
        """Start the process and wait until it asks for work or has failed; the milliseconds that took."""
        listener = socket.create_server(("127.0.0.1", 0), backlog=16)
        api = f"127.0.0.1:{listener.getsockname()[1]}"
        self._server = await self._loop.create_server(lambda: Connection(self), sock=listener)
        self._output.add(reports.init_start(self.function, time.time(), self.function.runtime))
        began = time.perf_counter()
        starting = self._loop.create_task(self._launchers.start(self.function, self._credentials, api, self.stream))
        try:
            self._process = await asyncio.shield(starting)
        except asyncio.CancelledError:
            starting.add_done_callback(discard)
            raise
        except RuntimeMissing as error:
            self._output.add(str(error))  # who invoked it asynchronously finds it nowhere else
            raise
        self._process.on_exit = self._exited
        self._output.listen(self._process.output)
        if self._process.exit_code is not None:
            self._exited()
        if self._abandoned:
            raise Stopped
        status = "error"
        try:
            async with asyncio.timeout(INIT_S + self.function.timeout_s):
                await self._ready
        except TimeoutError:
            status = "timeout"
            self.kill()
            call.break_off("Sandbox.Timedout", reports.timed_out(self.function), "timeout")
        init_ms = (time.perf_counter() - began) * 1000
        if self._init_fault or call.answer is not None:
            self._output.read()
            kind = self._init_fault[1] if self._init_fault else call.kind
            self._output.add(reports.init_report(self.function, time.time(), init_ms, status, kind))
        if self._init_fault:
            call.answer, call.kind = self._init_fault
            call.error, call.status = "Unhandled", "error"
            self.kill()
        return init_ms

    async def _work(self, call: Call) -> float:
        """Hand the call to the process and wait for its end; its milliseconds."""
        began = time.perf_counter()
        if call.answer is None:
            timer = self._loop.call_later(self.function.timeout_s, self._time_out, call)
            self._deliver(call)
            try:
                await call.done
            finally:
                timer.cancel()
        if self._abandoned:
            raise Stopped
        return ((call.answered_at or time.perf_counter()) - began) * 1000

    def _deliver(self, call: Call) -> None:
        deadline_ms = int((time.time() + self.function.timeout_s) * 1000)
        headers = (
            f"Lambda-Runtime-Aws-Request-Id: {call.request_id}\r\nLambda-Runtime-Deadline-Ms: {deadline_ms}\r\n"
            f"Lambda-Runtime-Invoked-Function-Arn: {call.arn}\r\nLambda-Runtime-Trace-Id: {call.trace_id}\r\n"
        )
        if call.client_context:
            headers += f"Lambda-Runtime-Client-Context: {call.client_context}\r\n"
        if call.cognito_identity:
            headers += f"Lambda-Runtime-Cognito-Identity: {call.cognito_identity}\r\n"
        self._thaw()
        if self._extensions:
            self._tell_extensions("INVOKE", call.event(deadline_ms))
        connection, self._waiting = self._waiting, None
        if connection is None:
            self._dead = True
            call.break_off("Runtime.ExitError", reports.exited(self._process.exit_code if self._process else None))
        else:
            connection.reply(200, call.payload, headers)

    def _time_out(self, call: Call) -> None:
        message = reports.timed_out(self.function)
        self._output.read()
        if call.answer is None:
            now = time.time()
            self._output.add(f"{reports.stamp(now)} {call.request_id} {message}\n")
        call.break_off("Sandbox.Timedout", message, "timeout")
        self.kill()

    def _conclude(self, call: Call, duration_ms: float, init_ms: float | None) -> Result:
        self._output.read()
        self._output.end_line()
        function, memory = self.function, self._memory_mib()
        if call.status == "timeout":
            duration_ms = function.timeout_s * 1000
        now = time.time()
        if function.log_format != "JSON":
            self._output.add(reports.end(call.request_id))
        self._output.add(
            reports.report(function, now, call.request_id, duration_ms, init_ms, memory, call.status, call.kind)
        )
        tail = self._output.take_tail()
        self._output.hand_over()
        return Result(
            payload=call.answer or b"",
            error=call.error,
            log_tail=tail,
            duration_ms=duration_ms,
            billed_ms=reports.billed(duration_ms, init_ms),
            init_ms=init_ms,
            max_memory_mib=memory,
            log_stream=self.stream,
            content_type=call.content_type,
            init_type=function.init_type,
        )

    # What the Runtime API asks

    def connected(self, connection: Connection) -> None:
        self._connections.append(connection)

    def next(self, connection: Connection) -> None:
        self._waiting = connection
        self._settle()

    def _settle(self) -> None:
        """Once the runtime and all extensions wait for work, the init phase or the invocation is over."""
        if self._waiting is None or any(one.waiting is None for one in self._extensions.values()):
            return
        if not self._ready.done():
            self._ready.set_result(None)
            return
        if self.call and self.call.answer is not None:
            self.call.finish()
            self._freeze()

    def respond(self, request_id: str, headers: dict[str, str], body: bytes) -> str | None:
        call = self.call
        if call is None or call.request_id != request_id or call.answer is not None:
            return "InvalidRequestID"
        call.answered_at = time.perf_counter()
        size = int(headers.get("content-length", len(body)))
        if size > RESPONSE_BYTES:
            kind = "Function.ResponseSizeTooLarge"
            call.answer, call.error, call.kind = reports.payload(kind, reports.TOO_LARGE), "Unhandled", kind
            call.status = "error"
            return "RequestEntityTooLarge"
        call.answer = body
        call.content_type = headers.get("content-type", call.content_type)
        if headers.get("lambda-runtime-function-error-type"):  # a trailer of a streamed response
            call.error = "Unhandled"
        return None

    def fail(self, request_id: str, headers: dict[str, str], body: bytes) -> str | None:
        call = self.call
        if call is None or call.request_id != request_id or call.answer is not None:
            return "InvalidRequestID"
        call.answered_at = time.perf_counter()
        call.answer, call.error = body, "Unhandled"
        if not body:
            call.answer = msgspec.json.encode({"errorType": headers.get("lambda-runtime-function-error-type", "")})
        return None

    def fail_init(self, headers: dict[str, str], body: bytes) -> None:
        kind = headers.get("lambda-runtime-function-error-type", "Runtime.Unknown")
        self._init_fault = self._init_fault or (body, kind)
        self._dead = True
        if not self._ready.done():
            self._ready.set_result(None)

    def register(self, name: str, body: bytes) -> tuple[str, bytes] | None:
        if not name:
            return None
        events = msgspec.json.decode(body or b"{}").get("events", [])
        identifier = secrets.token_hex(16)
        self._extensions[identifier] = Extension(name, events)
        about = {
            "functionName": self.function.name,
            "functionVersion": self.function.version,
            "handler": self.function.handler,
            "accountId": self.function.account,
        }
        return identifier, msgspec.json.encode(about)

    def extension_next(self, connection: Connection, identifier: str) -> bool:
        extension = self._extensions.get(identifier)
        if extension is None:
            return False
        extension.waiting = connection
        self._settle()
        return True

    def _tell_extensions(self, kind: str, event: dict[str, Any]) -> int:
        told = 0
        for identifier, extension in self._extensions.items():
            if kind in extension.events and extension.waiting:
                head = f"Lambda-Extension-Event-Identifier: {secrets.token_hex(16)}\r\n"
                head += f"Lambda-Extension-Identifier: {identifier}\r\n"
                extension.waiting.reply(200, msgspec.json.encode(event), head)
                extension.waiting = None
                told += 1
        return told

    # The process

    def _freeze(self) -> None:
        """As on Lambda, nothing in the sandbox runs between invocations."""
        if self._process and not self._frozen:
            self._process.signal(signal.SIGSTOP)
            self._frozen = True

    def _thaw(self) -> None:
        if self._process and self._frozen:
            self._process.signal(signal.SIGCONT)
            self._frozen = False

    def _exited(self) -> None:
        self._dead = True
        self._output.read()
        code = self._process.exit_code if self._process else None
        if not self._gone.done():
            self._gone.set_result(None)
        if self.call and not self._init_fault:
            self.call.break_off("Runtime.ExitError", reports.exited(code))
        if not self._ready.done():
            self._ready.set_result(None)

    def kill(self) -> None:
        self._dead = True
        if self._process:
            self._process.signal(signal.SIGKILL)

    def abandon(self) -> None:
        """Skyjar is stopping: whoever waits for this sandbox is told so."""
        self._abandoned = True
        self.kill()
        if self.call:
            self.call.finish()
        if not self._ready.done():
            self._ready.set_result(None)

    async def end(self) -> None:
        """Shut down, giving extensions their time, and release everything."""
        if self._process and not self._dead and any("SHUTDOWN" in one.events for one in self._extensions.values()):
            self._thaw()
            deadline_ms = int((time.time() + SHUTDOWN_S) * 1000)
            event = {"eventType": "SHUTDOWN", "shutdownReason": "spindown", "deadlineMs": deadline_ms}
            told = [one for one in self._extensions.values() if "SHUTDOWN" in one.events]
            self._tell_extensions("SHUTDOWN", event)
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(SHUTDOWN_S):
                    while any(one.waiting is None for one in told) and not self._gone.done():
                        if all(connection.transport.is_closing() for connection in self._connections[1:]):
                            break
                        await asyncio.sleep(0.01)
        self.kill()
        if self._process and self._process.exit_code is None:
            await self._gone
        process, self._process = self._process, None  # which somebody else may have released meanwhile
        if process:
            self._output.ignore()
            process.close()
        self._output.hand_over()
        for connection in self._connections:
            connection.transport.abort()
        if self._server:
            self._server.close()

    # Memory

    def check_memory(self) -> None:
        """Kill the process when it holds more than the function's memory (pages of files do not count)."""
        if self._process is None or not self._process.pid or self._dead:
            return
        with contextlib.suppress(OSError, IndexError, ValueError):
            with open(f"/proc/{self._process.pid}/statm", "rb") as file:  # noqa: PTH123 (twice as fast)
                fields = file.read().split()
            held = (int(fields[1]) - int(fields[2])) * PAGE
            if held > self.function.memory_mib << 20:
                self._peak_mib = self.function.memory_mib
                if self.call:
                    self.call.break_off("Runtime.OutOfMemory", reports.exited(-signal.SIGKILL))
                self.kill()

    def _memory_mib(self) -> int:
        """The most it has used, at most what it has; looked up again when the last look is 50 ms old."""
        now = time.monotonic()
        if now - self._peak_read > 0.05 and self._process and self._process.pid:
            self._peak_read = now
            with contextlib.suppress(OSError, ValueError, IndexError):
                with open(f"/proc/{self._process.pid}/status", "rb") as file:  # noqa: PTH123
                    peak = file.read().split(b"VmHWM:", 1)[1].split(None, 1)[0]
                self._peak_mib = max(self._peak_mib, int(peak) // 1024)
        return min(self._peak_mib, self.function.memory_mib)
