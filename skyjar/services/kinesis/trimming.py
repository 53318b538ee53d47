"""Trimming: reads do not see what is too old from that very moment; the rows go soon after. So do closed shards."""

from __future__ import annotations

from skyjar.kernel.call import Call
from skyjar.kernel.jobs import job
from skyjar.kernel.tables import At, Place

from . import limits, state
from .state import Stream

ROWS = 100  # removed at a time


def plan_trim(call: Call, at: At, stream: Stream, shard: int, due: float) -> None:
    call.later(
        trim,
        due=max(due, call.now) + limits.TRIM_PAUSE_S,
        key=f"{at.account}/{at.region}/{stream.space}/{shard}",
        account=at.account,
        region=at.region,
        stream=stream.name,
        space=stream.space,
        shard=shard,
    )


@job()
def trim(call: Call, *, account: str, region: str, stream: str, space: str, shard: int) -> None:
    """Remove what is too old, and come again when the next record will be."""
    at = Place(call.tx, account, region)
    found, kept = state.streams.get(at, stream), state.shards.get(at, space, shard)
    if found is None or found.space != space or kept is None:
        return
    for chunk in state.chunks.range(at, space, shard, end=(state.horizon(call, found),), limit=ROWS):
        state.chunks.remove(at, chunk)
    following = state.chunks.first(at, space, shard)
    if following is not None:
        plan_trim(call, at, found, shard, following.at_ms / 1000 + found.retention_h * 3600)
    elif state.is_expired(call, found, kept):
        state.shards.remove(at, kept)
        state.heads.forget(at, space, shard)
        state.reads.forget(at, space, shard)
    elif kept.ended_ms:
        plan_trim(call, at, found, shard, kept.ended_ms / 1000 + found.retention_h * 3600)
    else:
        head = state.head_of(at, space, shard)
        state.heads.add(at, state.replace(head, is_trimming=False))
