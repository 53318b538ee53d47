"""Tags of topics."""

from __future__ import annotations

from typing import Any

from skyjar.kernel.call import Call
from skyjar.kernel.service import operation
from skyjar.kernel.tables import At

from . import limits, state
from .errors import InvalidParameterException, ResourceNotFoundException, TagLimitExceededException
from .state import Topic


def checked(before: dict[str, str], given: list[dict[str, str]]) -> dict[str, str]:
    """The tags with those given added."""
    keys = [tag["Key"] for tag in given]
    if len(set(keys)) != len(keys):
        raise InvalidParameterException("Duplicated keys are not allowed.")
    for tag in given:
        if not 1 <= len(tag["Key"]) <= limits.TAG_KEY_LENGTH or len(tag["Value"]) > limits.TAG_VALUE_LENGTH:
            raise InvalidParameterException("Tags Reason: the length of a tag's key or value is out of range")
        if tag["Key"].lower().startswith("aws:"):
            raise InvalidParameterException("Tags Reason: aws: prefixed tag key names are not allowed for external use")
    found = {**before, **{tag["Key"]: tag["Value"] for tag in given}}
    if len(found) > limits.TAGS:
        raise TagLimitExceededException
    return found


def _topic(call: Call, arn: str) -> tuple[At, Topic]:
    at, _, topic = state.find(call, arn, "ResourceArn")
    if topic is None:
        raise ResourceNotFoundException("Resource does not exist")
    return at, topic


@operation
def tag_resource(call: Call, *, resource_arn: str, tags: list[dict[str, str]]) -> dict[str, Any]:
    at, topic = _topic(call, resource_arn)
    state.topics.replace(at, topic, state.replace(topic, tags=checked(topic.tags, tags)))
    return {}


@operation
def untag_resource(call: Call, *, resource_arn: str, tag_keys: list[str]) -> dict[str, Any]:
    at, topic = _topic(call, resource_arn)
    left = {key: value for key, value in topic.tags.items() if key not in tag_keys}
    state.topics.replace(at, topic, state.replace(topic, tags=left))
    return {}


@operation
def list_tags_for_resource(call: Call, *, resource_arn: str) -> dict[str, Any]:
    _, topic = _topic(call, resource_arn)
    return {"Tags": [{"Key": key, "Value": value} for key, value in topic.tags.items()]}
