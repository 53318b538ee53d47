"""What is left of deleted streams is cleaned up."""

from __future__ import annotations

from skyjar.kernel.call import Call
from skyjar.kernel.jobs import job
from skyjar.kernel.tables import At, Place

from . import state
from .state import Stream

ROWS = 100  # removed at a time


@job()
def remove(call: Call, *, account: str, region: str, name: str, space: str) -> None:
    """End the deletion of a stream."""
    at = Place(call.tx, account, region)
    found = state.streams.get(at, name)
    if found is not None and found.space == space:
        forget(call, at, found)


def forget(call: Call, at: At, stream: Stream) -> None:
    """The stream is gone; what it held goes after it."""
    state.streams.remove(at, stream)
    for consumer in state.consumers.range(at, stream.space):
        state.consumers.remove(at, consumer)
    _plan_cleaning(call, at, stream.space)


def _plan_cleaning(call: Call, at: At, space: str) -> None:
    call.later(clean, key=space, account=at.account, region=at.region, space=space)


@job()
def clean(call: Call, *, account: str, region: str, space: str) -> None:
    at = Place(call.tx, account, region)
    left = state.chunks.range(at, space, limit=ROWS)
    for chunk in left:
        state.chunks.remove(at, chunk)
    if len(left) == ROWS:
        _plan_cleaning(call, at, space)
        return
    for shard in state.shards.range(at, space):
        state.shards.remove(at, shard)
        state.heads.forget(at, space, shard.number)
        state.reads.forget(at, space, shard.number)
    for subscription in state.subscriptions.range(at, space):
        state.subscriptions.remove(at, subscription)
    for key in state.data_keys.range(at, space):
        state.data_keys.remove(at, key)
