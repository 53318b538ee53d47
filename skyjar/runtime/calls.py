"""One invocation on its way through a sandbox."""

from __future__ import annotations

import asyncio
import secrets
import time
from typing import Any

from skyjar.runtime import reports
from skyjar.runtime.functions import Function


class Call:
    """One invocation, and what is known of its outcome so far."""

    def __init__(
        self,
        function: Function,
        payload: bytes,
        request_id: str,
        client_context: str | None = None,
        trace_id: str | None = None,
        cognito_identity: str | None = None,
        invoked_arn: str | None = None,
    ) -> None:
        self.payload = payload
        self.request_id = request_id
        self.client_context = client_context
        self.trace_id = trace_id or new_trace_id()
        self.cognito_identity = cognito_identity
        self.arn = invoked_arn or function.arn
        self.answer: bytes | None = None
        self.content_type = "application/json"
        self.error: str | None = None
        self.kind: str | None = None  # the error's type, when the sandbox is at fault
        self.status = "success"
        self.answered_at = 0.0
        self.done: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    def event(self, deadline_ms: int) -> dict[str, Any]:
        """What extensions are told of it."""
        return {
            "eventType": "INVOKE",
            "deadlineMs": deadline_ms,
            "requestId": self.request_id,
            "invokedFunctionArn": self.arn,
            "tracing": {"type": "X-Amzn-Trace-Id", "value": self.trace_id},
        }

    def finish(self) -> None:
        if not self.done.done():
            self.done.set_result(None)

    def break_off(self, kind: str, message: str, status: str = "error") -> None:
        """The sandbox failed under this call."""
        if self.answer is None:
            self.answer = reports.payload(kind, f"RequestId: {self.request_id} Error: {message}")
            self.error, self.kind, self.status = "Unhandled", kind, status
        self.finish()


def new_trace_id() -> str:
    return f"Root=1-{int(time.time()):08x}-{secrets.token_hex(12)};Parent={secrets.token_hex(8)};Sampled=0"
