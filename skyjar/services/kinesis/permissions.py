"""What the operations need: on the stream, whether named, given by ARN or said by an iterator; on the consumer; or on all."""

from __future__ import annotations

from typing import Any

from skyjar.kernel.call import Call
from skyjar.kernel.errors import AWSError

from . import iterators, shards, state
from .state import Consumer, Stream

_ON_ALL = ("list_streams", "describe_limits", "describe_account_settings", "update_account_settings")


def resources(call: Call, operation: str, parameters: dict[str, Any]) -> list[str]:
    if operation in _ON_ALL:
        return ["*"]
    return [_arn(call, operation, parameters)]


def _arn(call: Call, operation: str, parameters: dict[str, Any]) -> str:
    given = parameters.get("consumer_arn") or parameters.get("resource_arn")
    if given:
        return str(given)
    stream: str | None = parameters.get("stream_arn")
    if operation in ("describe_stream_consumer", "deregister_stream_consumer"):
        return _consumer_arn(call, stream, parameters.get("consumer_name"))
    if stream is not None:
        return stream
    if operation == "get_records":
        iterator = iterators.read(parameters["shard_iterator"])
        return iterator.arn if iterator is not None else state.arn_of(call, "*")
    if operation == "list_shards" and parameters.get("next_token"):
        return shards.token_arn(parameters["next_token"]) or state.arn_of(call, "*")
    return state.arn_of(call, parameters.get("stream_name") or "*")


def _consumer_arn(call: Call, stream_arn: str | None, name: str | None) -> str:
    """Of one that is named; when it was made is not known of one that is not there."""
    if stream_arn is None or name is None:
        return state.arn_of(call, "*/consumer/*")
    try:
        at, _, stream = state.seek(call, None, stream_arn)
    except AWSError:
        return f"{stream_arn}/consumer/{name}:*"
    found = state.consumers.get(at, stream.space, name) if stream is not None else None
    return state.consumer_arn(found) if found is not None else f"{stream_arn}/consumer/{name}:*"


def also(call: Call, operation: str, parameters: dict[str, Any]) -> list[tuple[str, str, dict[str, Any]]]:
    """Who tags what he makes needs to be allowed to."""
    if operation == "create_stream" and parameters.get("tags"):
        return [("kinesis:AddTagsToStream", resources(call, operation, parameters)[0], {})]
    if operation == "register_stream_consumer" and parameters.get("tags"):
        return [("kinesis:TagResource", f"{parameters['stream_arn']}/consumer/{parameters['consumer_name']}:*", {})]
    return []


def _held(call: Call, operation: str, parameters: dict[str, Any]) -> Stream | Consumer | None:
    if operation in _ON_ALL or operation == "create_stream":
        return None
    try:
        if operation not in ("get_records", "list_shards") and not (
            parameters.get("consumer_arn") or parameters.get("consumer_name") or parameters.get("resource_arn")
        ):
            return state.seek(call, parameters.get("stream_name"), parameters.get("stream_arn"))[2]
        arn = _arn(call, operation, parameters)
        if operation == "register_stream_consumer":
            return state.seek(call, None, parameters["stream_arn"])[2]
        _, stream, consumer = state.find_resource(call, arn)
    except AWSError:
        return None
    return consumer or stream


def resource_policy(call: Call, operation: str, parameters: dict[str, Any]) -> str | None:
    found = _held(call, operation, parameters)
    return found.policy or None if found is not None else None


def conditions(call: Call, operation: str, parameters: dict[str, Any]) -> dict[str, Any]:
    held = _held(call, operation, parameters)
    found: dict[str, Any] = {f"aws:ResourceTag/{key}": value for key, value in held.tags.items()} if held else {}
    tags = parameters.get("tags")
    if isinstance(tags, dict):
        found["aws:TagKeys"] = list(tags)
        found.update({f"aws:RequestTag/{key}": value for key, value in tags.items()})
    elif parameters.get("tag_keys"):
        found["aws:TagKeys"] = list(parameters["tag_keys"])
    return found
