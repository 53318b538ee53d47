"""What EventBridge bills: custom events, one for each 64 KB. Those of AWS's own services are free. Source: "Amazon EventBridge pricing"."""

from __future__ import annotations

from collections.abc import Callable

from skyjar.kernel import usage
from skyjar.kernel.metrics import Ended, Tallies

from . import deliveries, sizes

CHUNK_BYTES = 64 * 1024


def counts(operation: str) -> Callable[[Ended, Tallies], None] | None:
    return _put if operation == "put_events" else None


def _put(ended: Ended, tallies: Tallies) -> None:
    if ended.error_code:
        return
    pairs = zip(ended.parameters["entries"], ended.result["Entries"], strict=True)
    taken = [entry for entry, said in pairs if "ErrorCode" not in said and deliveries.ORIGINAL not in entry]
    chunks = sum(max(1, -(-sizes.size_of(entry) // CHUNK_BYTES)) for entry in taken)
    if chunks:
        key = (ended.account, ended.region, "events", "Event-64K-Chunks", "PutEvents")
        usage.count(tallies, ended.clock_began, key, float(chunks))
