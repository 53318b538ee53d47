"""SubscribeToShard: a shard's records are pushed as they come, for five minutes, or until somebody else takes over or the
shard ends."""

from __future__ import annotations

from typing import Any

import msgspec

from skyjar.kernel.call import Call
from skyjar.kernel.errors import AWSError, Wait
from skyjar.kernel.outside import Events, Next, Outside
from skyjar.kernel.service import operation

from . import iterators, limits, metrics, positions, reading, state, usage
from .errors import DryRunOperationException, ResourceInUseException, ResourceNotFoundException
from .reading import Page
from .state import Subscription

_TOLD = {f"KMS{name}Exception" for name in ("AccessDenied", "Disabled", "InvalidState", "NotFound", "Throttling")}


class _At(msgspec.Struct, frozen=True):
    """How far a subscription has come. Nothing is said before `beat_at` while nothing comes, nor anything before `free_at`."""

    id: str
    consumer: str
    shard: int
    start: int
    ends_at: float
    beat_at: float
    free_at: float = 0.0


@operation
def subscribe_to_shard(
    call: Call, *, consumer_arn: str, shard_id: str, starting_position: dict[str, Any], dry_run: bool = False
) -> Outside:
    at, stream, consumer = state.find_consumer(call, consumer_arn)
    if call.now < consumer.settles_at:
        raise ResourceInUseException(f"Consumer {consumer_arn} is not ACTIVE, instead in state CREATING.")
    shard = state.find_shard(call, at, stream, shard_id)
    held = state.subscriptions.get(at, stream.space, consumer.name, shard.number)
    if held is not None and call.now < held.since_s + limits.SUBSCRIPTION_PAUSE_S:
        raise ResourceInUseException(
            f"Another active subscription exists for this consumer: {at.account}:{stream.name}:{shard_id}:{consumer.name}"
        )
    start = iterators.start_of(
        call,
        at,
        stream,
        shard,
        starting_position["Type"],
        starting_position.get("SequenceNumber"),
        starting_position.get("Timestamp"),
    )
    if dry_run:
        raise DryRunOperationException
    mine = Subscription(
        space=stream.space, consumer=consumer.name, shard=shard.number, id=call.new_id(), since_s=call.now
    )
    state.subscriptions.put(at, mine)
    begun = _At(mine.id, consumer_arn, shard.number, start, call.now + limits.SUBSCRIPTION_S, call.now)
    return Outside(Events(call, follow, begun), lambda call, events: {"EventStream": events})


def follow(call: Call, now: _At) -> Next:
    """The next event of a subscription, and where it is then; the last one has no more to come."""
    try:
        at, stream, consumer = state.find_consumer(call, now.consumer)
        shard = state.find_shard(call, at, stream, positions.shard_id(now.shard))
    except ResourceNotFoundException as error:
        return Next([{"ResourceNotFoundException": {"message": error.message}}], None)
    held = state.subscriptions.get(at, stream.space, consumer.name, now.shard)
    if held is None or held.id != now.id:
        message = f"Another subscription to {positions.shard_id(now.shard)} has taken over."
        return Next([{"ResourceInUseException": {"message": message}}], None)
    if call.now >= now.ends_at:
        state.subscriptions.remove(at, held)
        return Next([], None)
    if call.now < now.free_at:
        raise Wait(on=(), until=now.free_at)
    try:
        page = Page(call, at, stream, shard, now.start, limits.GET_RECORDS, limits.SHARD_READ_BYTES)
    except AWSError as error:  # of the key that the records are under
        name = error.code if error.code in _TOLD else "InternalFailureException"
        return Next([{name: {"message": error.message}}], None)
    if not page.records and not page.is_end and call.now < now.beat_at:
        watched = (
            state.chunks.watched(at, stream.space, now.shard),
            state.shards.watched(at, stream.space, now.shard),
            state.subscriptions.watched(at, stream.space, consumer.name, now.shard),
        )
        raise Wait(on=watched, until=min(now.ends_at, now.beat_at))
    last = max(page.after - 1, shard.starting - 1)
    event: dict[str, Any] = {
        "Records": page.records,
        "ContinuationSequenceNumber": positions.sequence(stream.created_ms, now.shard, last),
        "MillisBehindLatest": page.behind_ms,
    }
    metrics.pushed(call, at, stream, consumer.name, page.records, page.behind_ms)
    usage.pushed(call, at, stream, page.records)
    if page.is_end:
        event["ChildShards"] = reading.children(call, at, stream, shard)
        state.subscriptions.remove(at, held)
        return Next([{"SubscribeToShardEvent": event}], None)
    free_at = call.now + page.size / limits.SHARD_READ_BYTES if call.behaviour.has_aws_timing else 0.0
    following = msgspec.structs.replace(now, start=page.after, beat_at=call.now + limits.HEARTBEAT_S, free_at=free_at)
    return Next([{"SubscribeToShardEvent": event}], following)
