"""FIFO queues without high throughput take 300 calls a second per operation; SQS counts them by the second."""

from __future__ import annotations

from skyjar.kernel.call import Call
from skyjar.kernel.tables import At

from . import limits, state
from .errors import RequestThrottled
from .state import Queue, Rate


def count(call: Call, at: At, queue: Queue, operation: str) -> None:
    """Of a FIFO queue."""
    if queue.throughput_limit == "perMessageGroupId":
        return
    second = int(call.now)
    rate = state.rates.get(at, queue.space, operation)
    calls = rate.calls + 1 if rate is not None and rate.second == second else 1
    if calls > limits.FIFO_CALLS_PER_S:
        raise RequestThrottled
    state.rates.put(at, Rate(space=queue.space, operation=operation, second=second, calls=calls))
