"""Tags of streams and of consumers."""

from __future__ import annotations

from typing import Any

from skyjar.kernel.call import Call
from skyjar.kernel.service import operation

from . import limits, state
from .errors import InvalidArgumentException, LimitExceededException


def added(held: dict[str, str], more: dict[str, str]) -> dict[str, str]:
    for key in more:
        if key.lower().startswith("aws:"):
            raise InvalidArgumentException(f"Tag keys starting with 'aws:' are reserved for system use: {key}")
    found = held | more
    if len(found) > limits.TAGS:
        raise LimitExceededException(
            f"Failed to add tags. The number of tags for the resource would exceed the limit of {limits.TAGS}."
        )
    return found


def without(held: dict[str, str], keys: list[str]) -> dict[str, str]:
    return {key: value for key, value in held.items() if key not in keys}


def listed(held: dict[str, str]) -> list[dict[str, str]]:
    return [{"Key": key, "Value": value} for key, value in sorted(held.items())]


@operation
def add_tags_to_stream(
    call: Call, *, tags: dict[str, str], stream_name: str | None = None, stream_arn: str | None = None
) -> None:
    at, stream = state.find(call, stream_name, stream_arn)
    state.streams.replace(at, stream, state.replace(stream, tags=added(stream.tags, tags)))


@operation
def remove_tags_from_stream(
    call: Call, *, tag_keys: list[str], stream_name: str | None = None, stream_arn: str | None = None
) -> None:
    at, stream = state.find(call, stream_name, stream_arn)
    state.streams.replace(at, stream, state.replace(stream, tags=without(stream.tags, tag_keys)))


@operation
def list_tags_for_stream(
    call: Call,
    *,
    stream_name: str | None = None,
    stream_arn: str | None = None,
    exclusive_start_tag_key: str | None = None,
    limit: int = limits.TAGS,
) -> dict[str, Any]:
    _, stream = state.find(call, stream_name, stream_arn)
    found = [tag for tag in listed(stream.tags) if tag["Key"] > (exclusive_start_tag_key or "")]
    return {"Tags": found[:limit], "HasMoreTags": len(found) > limit}


@operation
def tag_resource(call: Call, *, resource_arn: str, tags: dict[str, str]) -> None:
    at, stream, consumer = state.find_resource(call, resource_arn)
    if consumer is not None:
        state.consumers.put(at, state.replace(consumer, tags=added(consumer.tags, tags)))
    else:
        state.streams.replace(at, stream, state.replace(stream, tags=added(stream.tags, tags)))


@operation
def untag_resource(call: Call, *, resource_arn: str, tag_keys: list[str]) -> None:
    at, stream, consumer = state.find_resource(call, resource_arn)
    if consumer is not None:
        state.consumers.put(at, state.replace(consumer, tags=without(consumer.tags, tag_keys)))
    else:
        state.streams.replace(at, stream, state.replace(stream, tags=without(stream.tags, tag_keys)))


@operation
def list_tags_for_resource(call: Call, *, resource_arn: str) -> dict[str, Any]:
    _, stream, consumer = state.find_resource(call, resource_arn)
    return {"Tags": listed((consumer or stream).tags)}
