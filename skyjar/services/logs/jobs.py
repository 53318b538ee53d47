"""What Logs does by itself: expire events, clear what deleted groups and streams leave behind."""

from __future__ import annotations

from skyjar.kernel.call import Call
from skyjar.kernel.jobs import job

from . import limits, state

CHUNK = 200


@job()
def expire(call: Call, *, name: str) -> None:
    """Delete the batches of a group that have expired wholly, and come again when the next one will have."""
    group = state.groups.get(call, name)
    if group is None or not group.retention_days:
        return
    oldest_ms = state.oldest_kept_ms(call, group)
    kept_ms = group.retention_days * limits.DAY_MS
    due_ms, gone = call.now_ms + kept_ms, 0
    for stream in state.streams.range(call, group.space):
        for batch in state.batches.range(call, group.space, stream.name, limit=CHUNK):
            if batch.last_ms >= oldest_ms:
                due_ms = min(due_ms, batch.last_ms + kept_ms + 1)
                break
            state.batches.remove(call, batch)
            gone += 1
            due_ms = min(due_ms, call.now_ms + limits.DAY_MS) if gone % CHUNK else call.now_ms
    call.later(expire, key=name, due=max(due_ms, call.now_ms + (0 if gone else 1_000)) / 1000, name=name)


@job()
def clear(call: Call, *, space: str) -> None:
    """Remove what is left of a deleted group, a part at a time."""
    left = 0
    for batch in state.batches.range(call, space, limit=CHUNK):
        state.batches.remove(call, batch)
        left += 1
    for stream in state.streams.range(call, space, limit=CHUNK):
        state.streams.remove(call, stream)
        left += 1
    if left:
        call.later(clear, key=space, space=space)


def clear_stream(call: Call, space: str, stream: str, before: int = 1 << 60) -> bool:
    """Remove a part of a stream's batches; whether any may be left."""
    found = state.batches.range(call, space, stream, limit=CHUNK)
    for batch in found:
        if batch.number < before:
            state.batches.remove(call, batch)
    return len(found) == CHUNK


@job()
def clear_rest(call: Call, *, space: str, stream: str, before: int) -> None:
    if clear_stream(call, space, stream, before):
        call.later(clear_rest, space=space, stream=stream, before=before)
