"""SelectObjectContent: rows of one object, chosen by an SQL expression. Read and evaluated in a thread (`selecting/`), and told
meanwhile."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from typing import Any

from skyjar.kernel.call import Call
from skyjar.kernel.outside import Outside, Produce
from skyjar.kernel.service import operation

from . import customer_keys, encryption, reading, rings
from .copies import Whole
from .selecting.errors import Refused
from .selecting.grammar import parse
from .selecting.selections import Selection

_PACKINGS = ("NONE", "GZIP", "BZIP2")


@operation
def select_object_content(
    call: Call,
    *,
    bucket: str,
    key: str,
    expression: str,
    expression_type: str,
    input_serialization: dict[str, Any],
    output_serialization: dict[str, Any],
    request_progress: dict[str, Any] | None = None,
    scan_range: dict[str, Any] | None = None,
    sse_customer_algorithm: str = "",
    sse_customer_key: str = "",
    sse_customer_key_md5: str = "",
    expected_bucket_owner: str = "",
) -> Outside:
    _, where, found = reading.existing(call, bucket, key)
    customer = customer_keys.read(call, sse_customer_algorithm, sse_customer_key, sse_customer_key_md5)
    reading.check_readable(found, call.now)
    ring = encryption.opened(call, where, found, customer)
    if expression_type != "SQL":
        raise Refused("InvalidExpressionType")
    _check(input_serialization, output_serialization)
    span = _span(scan_range, input_serialization, found.size) if scan_range else None
    query = parse(expression)
    pieces: Any = reading.pieces(call, found, ring)
    if not found.blobs:
        whole = reading.body(call, found, ring)
        assert isinstance(whole, bytes)
        pieces = ((Whole(whole), 0, len(whole)),)
    shows_progress = bool((request_progress or {}).get("Enabled"))
    work = Selection(pieces, query, input_serialization, output_serialization, span, call.now, shows_progress)

    def then(after: Call, events: Any) -> dict[str, Any]:
        rings.check_done(events)
        return {"Payload": Told(events)}

    return Outside(Produce(work.events(), work.idle, work.stop), then)


class Told:
    """The events of an answer. `whens` are called with its statistics when these are told, if they ever are."""

    def __init__(self, events: Any) -> None:
        self._events = events
        self.whens: list[Callable[[dict[str, int]], None]] = []

    async def __aiter__(self) -> AsyncIterator[dict[str, Any]]:
        try:
            async for event in self._events:
                if "Stats" in event:
                    for when in self.whens:
                        when(event["Stats"]["Details"])
                yield event
        finally:
            await self._events.aclose()


def _check(reading: dict[str, Any], writing: dict[str, Any]) -> None:
    if len([kind for kind in ("CSV", "JSON", "Parquet") if reading.get(kind) is not None]) != 1:
        raise Refused("ObjectSerializationConflict" if reading.get("CSV") is not None else "InvalidDataSource")
    if len([kind for kind in ("CSV", "JSON") if writing.get(kind) is not None]) != 1:
        raise Refused("ObjectSerializationConflict" if writing else "MissingRequiredParameter")
    packing = reading.get("CompressionType") or "NONE"
    if packing not in _PACKINGS or (packing != "NONE" and reading.get("Parquet") is not None):
        raise Refused("InvalidCompressionFormat")


def _span(given: dict[str, Any], reading: dict[str, Any], size: int) -> tuple[int, int]:
    """Where the range begins, and the first byte behind its last; an end alone means that many of the last bytes."""
    if (reading.get("CompressionType") or "NONE") != "NONE":
        raise Refused("UnsupportedScanRangeInput")
    start, end = given.get("Start"), given.get("End")
    if start is None and end is None:
        raise Refused("MissingRequiredParameter")
    if start is None:
        return max(size - int(end or 0), 0), size
    if start < 0 or (end is not None and end < start):
        raise Refused("InvalidRequestParameter")
    return int(start), min(int(end) + 1, size) if end is not None else size
