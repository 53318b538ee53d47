"""Consumers: who has throughput of his own (enhanced fan-out)."""

from __future__ import annotations

from typing import Any

from skyjar.kernel import durations, quotas
from skyjar.kernel.call import Call
from skyjar.kernel.service import operation
from skyjar.kernel.tables import At

from . import account, limits, state, tokens
from . import tags as tagging
from .errors import (
    InvalidArgumentException,
    LimitExceededException,
    ResourceInUseException,
    ResourceNotFoundException,
)
from .state import Consumer, Stream


@operation
def register_stream_consumer(
    call: Call, *, stream_arn: str, consumer_name: str, tags: dict[str, str] | None = None
) -> dict[str, Any]:
    at, stream = state.find_active(call, None, stream_arn)
    others = state.consumers.range(at, stream.space)
    if any(other.name == consumer_name for other in others):
        raise ResourceInUseException(
            f"Consumer {consumer_name} under stream {stream.name} already exists for account {at.account}."
        )
    most = quotas.of(at, "kinesis", "consumers", limits.QUOTAS)
    if stream.is_on_demand and account.is_committed(at):
        most = max(most, limits.CONSUMERS_ADVANTAGE)
    if len(others) >= most:
        raise LimitExceededException(
            f"Max number of consumers {most} registered for stream {stream.name} under account {at.account}."
        )
    if sum(call.now < other.settles_at for other in others) >= limits.CONSUMERS_CREATING:
        raise LimitExceededException(
            f"Stream {stream.name} under account {at.account} has {limits.CONSUMERS_CREATING} consumers in status CREATING."
        )
    made = Consumer(
        space=stream.space,
        name=consumer_name,
        created_s=int(call.now),
        stream=stream_arn,
        settles_at=call.now + durations.of(call, "kinesis.RegisterConsumer"),
        tags=tagging.added({}, tags or {}),
    )
    state.consumers.put(at, made)
    return {"Consumer": _show(made, call.now) | {"ConsumerStatus": "CREATING"}}


def _show(consumer: Consumer, now: float) -> dict[str, Any]:
    return {
        "ConsumerName": consumer.name,
        "ConsumerARN": state.consumer_arn(consumer),
        "ConsumerStatus": "CREATING" if now < consumer.settles_at else "ACTIVE",
        "ConsumerCreationTimestamp": float(consumer.created_s),
    }


def _named(call: Call, stream_arn: str | None, name: str | None, arn: str | None) -> tuple[At, Stream, Consumer]:
    """By its ARN, or by its name and its stream's ARN; both, where they agree."""
    if arn is not None:
        at, stream, consumer = state.find_consumer(call, arn)
        if name not in (None, consumer.name) or stream_arn not in (None, consumer.stream):
            raise InvalidArgumentException(f"ConsumerARN {arn} does not match the given StreamARN and ConsumerName.")
        return at, stream, consumer
    if stream_arn is None or name is None:
        raise InvalidArgumentException("Must specify either ConsumerARN or both StreamARN and ConsumerName.")
    at, stream = state.find(call, None, stream_arn)
    found = state.consumers.get(at, stream.space, name)
    if found is None:
        raise ResourceNotFoundException(
            f"Consumer {name} under stream {stream.name} in account {at.account} not found."
        )
    return at, stream, found


@operation
def deregister_stream_consumer(
    call: Call, *, stream_arn: str | None = None, consumer_name: str | None = None, consumer_arn: str | None = None
) -> None:
    at, stream, consumer = _named(call, stream_arn, consumer_name, consumer_arn)
    state.consumers.remove(at, consumer)
    for subscription in state.subscriptions.range(at, stream.space, consumer.name):
        state.subscriptions.remove(at, subscription)


@operation
def describe_stream_consumer(
    call: Call, *, stream_arn: str | None = None, consumer_name: str | None = None, consumer_arn: str | None = None
) -> dict[str, Any]:
    _, _, consumer = _named(call, stream_arn, consumer_name, consumer_arn)
    return {"ConsumerDescription": _show(consumer, call.now) | {"StreamARN": consumer.stream}}


@operation
def list_stream_consumers(
    call: Call,
    *,
    stream_arn: str,
    next_token: str | None = None,
    max_results: int = limits.LIST_CONSUMERS,
    stream_creation_timestamp: float | None = None,
) -> dict[str, Any]:
    at, stream = state.find(call, None, stream_arn)
    if stream_creation_timestamp is not None and int(stream_creation_timestamp) != stream.created_ms // 1000:
        raise ResourceNotFoundException(
            f"Stream {stream.name} under account {at.account} with the given creation timestamp not found."
        )
    most = min(max_results, limits.LIST_CONSUMERS)
    found = state.consumers.range(at, stream.space, start=(tokens.read(next_token) + "\0",), limit=most + 1)
    answer: dict[str, Any] = {"Consumers": [_show(consumer, call.now) for consumer in found[:most]]}
    return answer | ({"NextToken": tokens.write(found[most - 1].name)} if len(found) > most else {})
