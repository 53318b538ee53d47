"""Reads that may be stale, where that is switched on (`skyjar up --stale-reads SECONDS`).

A write keeps what it replaces, with a moment until which eventually consistent reads go on seeing that: a lag of its own, drawn by
chance, for each row of the table and of its indexes. What is seen never goes back in time. `View` reads as a transaction does.
"""

from __future__ import annotations

from skyjar.kernel import keys
from skyjar.kernel.call import Call
from skyjar.kernel.jobs import job

CHUNK = 500
MOMENT_BYTES = 8
STEPS = 1000
_ROOT = keys.text("dynamodb.stale")


def keep(call: Call, row: bytes, stored: bytes | None) -> None:
    """`stored` is about to be replaced in that row, or None: something is about to be added."""
    kept = _ROOT + row
    before = call.tx.get(kept)
    if before is not None and _until(before) > call.now_ms:
        return
    most = call.behaviour.stale_reads_s
    until = call.now_ms + int(most * 1000 * call.chance.integer(STEPS + 1) / STEPS)
    call.tx.put(kept, until.to_bytes(MOMENT_BYTES, "big") + (stored or b""))
    call.later(forget, due=call.now + 2 * most, key="forget", start=b"")


def _until(kept: bytes) -> int:
    return int.from_bytes(kept[:MOMENT_BYTES], "big")


class View:
    """The store as an eventually consistent read sees it."""

    __slots__ = ("_call",)

    def __init__(self, call: Call) -> None:
        self._call = call

    def get(self, row: bytes) -> bytes | None:
        kept = self._call.tx.get(_ROOT + row)
        if kept is not None and _until(kept) > self._call.now_ms:
            return kept[MOMENT_BYTES:] or None
        return self._call.tx.get(row)

    def get_many(self, rows: list[bytes]) -> list[bytes | None]:
        return [self.get(row) for row in rows]

    def scan(
        self, start: bytes, end: bytes, limit: int | None = None, reverse: bool = False
    ) -> list[tuple[bytes, bytes]]:
        now_ms = self._call.now_ms
        kept = {
            row[len(_ROOT) :]: value[MOMENT_BYTES:]
            for row, value in self._call.tx.scan(_ROOT + start, _ROOT + end)
            if _until(value) > now_ms
        }
        if not kept:
            return self._call.tx.scan(start, end, limit, reverse)
        more = None if limit is None else limit + len(kept)  # each may hide one
        fresh = self._call.tx.scan(start, end, more, reverse)
        if more is not None and len(fresh) == more:  # what is kept beyond the page belongs to a later one
            last = fresh[-1][0]
            kept = {row: value for row, value in kept.items() if (row >= last if reverse else row <= last)}
        seen = {**dict(fresh), **kept}
        merged = sorted(((row, value) for row, value in seen.items() if value), reverse=reverse)
        return merged if limit is None else merged[:limit]


@job()
def forget(call: Call, *, start: bytes) -> None:
    """Remove what nobody sees any more, a part at a time."""
    page = call.tx.scan(start or _ROOT, keys.after(_ROOT), CHUNK)
    for row, kept in page:
        if _until(kept) <= call.now_ms:
            call.tx.delete(row)
    if len(page) == CHUNK:
        call.later(forget, key="forget", start=page[-1][0] + b"\0")
