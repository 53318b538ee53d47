"""Trimming: records go when they are 24 hours old. Reads do not see them from that very moment; the rows go soon after."""

from __future__ import annotations

from skyjar.kernel.call import Call
from skyjar.kernel.jobs import job

from . import limits, state
from .state import Shard

CHUNK = 500


def plan_trim(call: Call, shard: Shard, due: float) -> None:
    call.later(
        trim,
        due=max(due, call.now) + limits.TRIM_PAUSE_S,
        key=f"{shard.stream}/{shard.id}",
        stream=shard.stream,
        shard=shard.id,
    )


@job()
def trim(call: Call, *, stream: str, shard: str) -> None:
    """Remove what is too old, and come again when the next record will be."""
    found = state.shards.get(call, stream, shard)
    if found is None:
        return
    gone = state.changes.range(call, stream, shard, end=(state.horizon(call),), limit=CHUNK)
    for each in gone:
        state.changes.remove(call, each)
    trimmed = gone[-1].sequence if gone else found.trimmed
    following = state.changes.first(call, stream, shard)
    if following is not None:
        state.shards.put(call, state.replace(found, trimmed=trimmed))
        plan_trim(call, found, following.at_s + limits.RETENTION_MS / 1000)
    elif found.ending:
        state.shards.remove(call, found)
    else:
        state.shards.put(call, state.replace(found, trimmed=trimmed, is_trimming=False))


@job()
def forget(call: Call, *, table: str, label: str) -> None:
    """Remove a disabled stream whose records are trimmed."""
    stream = state.streams.get(call, table, label)
    if stream is None or stream.is_enabled:
        return
    name = state.id_of(stream)
    if state.changes.first(call, name) is not None:
        call.later(forget, due=call.now + limits.TRIM_PAUSE_S, key=name, table=table, label=label)
        return
    for shard in state.shards.range(call, name):
        state.shards.remove(call, shard)
    state.streams.remove(call, stream)
