"""Tables are written to in `dynamodb`: their records come here, in the transaction of the write."""

from __future__ import annotations

from typing import Any

from skyjar.kernel.call import Call
from skyjar.kernel.service import on

from . import RecordAdded, jobs, limits, state
from .state import Change, Shard, Stream


@on("dynamodb.StreamEnabled")
def begin(call: Call, event: Any) -> None:
    stream = Stream(
        table=event.table,
        label=event.label,
        view=event.view,
        hash=event.hash,
        range=event.range,
        created_s=call.now,
    )
    opened = tuple(state.new_shard(call, state.id_of(stream), slot).id for slot in range(event.partitions))
    state.streams.add(call, state.replace(stream, open=opened))


@on("dynamodb.StreamDisabled")
def end(call: Call, event: Any) -> None:
    """What it has can be read until it is trimmed."""
    stream = state.streams.get(call, event.table, event.label)
    if stream is None or not stream.is_enabled:
        return
    for name in stream.open:
        shard = state.shards.get(call, state.id_of(stream), name)
        if shard is not None:
            state.close(call, shard)
    state.streams.put(call, state.replace(stream, open=(), is_enabled=False))
    call.later(
        jobs.forget,
        due=call.now + limits.RETENTION_MS / 1000 + limits.TRIM_PAUSE_S,
        key=state.id_of(stream),
        table=stream.table,
        label=stream.label,
    )


@on("dynamodb.ItemChanged")
def add(call: Call, event: Any) -> None:
    stream = state.streams.get(call, event.table, event.label)
    if stream is None or not stream.is_enabled:
        return
    shard = _shard(call, stream, event.partition % len(stream.open))
    sequence = state.sequence_at(call.now_ms)
    floor = state.following(shard.last) if shard.last else shard.starting
    sequence = max(sequence, floor)
    shows_new = stream.view in ("NEW_IMAGE", "NEW_AND_OLD_IMAGES") and event.new is not None
    shows_old = stream.view in ("OLD_IMAGE", "NEW_AND_OLD_IMAGES") and event.old is not None
    state.changes.add(
        call,
        Change(
            stream=shard.stream,
            shard=shard.id,
            sequence=sequence,
            id=call.chance.hex(32),
            event="INSERT" if event.old is None else "REMOVE" if event.new is None else "MODIFY",
            at_s=call.now,
            keys=event.keys,
            new=event.new if shows_new else None,
            old=event.old if shows_old else None,
            size_bytes=event.keys_bytes + shows_new * event.new_bytes + shows_old * event.old_bytes,
            is_expiry=event.is_expiry,
        ),
    )
    if not shard.is_trimming:
        jobs.plan_trim(call, shard, call.now + limits.RETENTION_MS / 1000)
    state.shards.add(call, state.replace(shard, last=sequence, is_trimming=True))
    call.emit(RecordAdded(stream=state.arn_of(call, stream), shard=shard.id))


def _shard(call: Call, stream: Stream, slot: int) -> Shard:
    """The open shard of a slot; one that has been open for its time is followed by a child."""
    name = state.id_of(stream)
    shard = state.shards.get(call, name, stream.open[slot])
    assert shard is not None
    if call.now_ms < shard.began_ms + limits.SHARD_MS:
        return shard
    if not shard.is_trimming:
        jobs.plan_trim(call, shard, call.now + limits.RETENTION_MS / 1000)
    child = state.new_shard(call, name, slot, state.close(call, shard))
    opened = tuple(child.id if at == slot else each for at, each in enumerate(stream.open))
    state.streams.put(call, state.replace(stream, open=opened))
    return child


@on("dynamodb.StreamPolicyChanged")
def keep_policy(call: Call, event: Any) -> None:
    stream = state.streams.get(call, event.table, event.label)
    if stream is not None:
        state.streams.put(call, state.replace(stream, policy=event.document))
