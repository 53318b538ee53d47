"""Tags of trails."""

from __future__ import annotations

from typing import Any

from skyjar.kernel.call import Call
from skyjar.kernel.service import operation

from . import limits, state
from .errors import (
    InvalidTagParameterException,
    ResourceNotFoundException,
    TagsLimitExceededException,
    TrailNotFoundException,
)
from .state import Trail

Tags = list[dict[str, str]]


def merged(present: dict[str, str], given: Tags) -> dict[str, str]:
    keys = [tag["Key"] for tag in given]
    if len(set(keys)) < len(keys) or any(key.lower().startswith("aws:") for key in keys):
        raise InvalidTagParameterException("Tag keys must be unique, and may not begin with aws:.")
    found = present | {tag["Key"]: tag.get("Value", "") for tag in given}
    if len(found) > limits.TAGS:
        raise TagsLimitExceededException
    return found


def _trail(call: Call, arn: str) -> tuple[Any, Trail]:
    try:
        return state.own(call, arn)
    except TrailNotFoundException:
        raise ResourceNotFoundException(arn) from None


@operation
def add_tags(call: Call, *, resource_id: str, tags_list: Tags) -> None:
    at, trail = _trail(call, resource_id)
    state.trails.replace(at, trail, state.replace(trail, tags=merged(trail.tags, tags_list)))


@operation
def remove_tags(call: Call, *, resource_id: str, tags_list: Tags) -> None:
    at, trail = _trail(call, resource_id)
    gone = {tag["Key"] for tag in tags_list}
    left = {key: value for key, value in trail.tags.items() if key not in gone}
    state.trails.replace(at, trail, state.replace(trail, tags=left))


@operation
def list_tags(call: Call, *, resource_id_list: list[str], next_token: str = "") -> dict[str, Any]:
    return {"ResourceTagList": [_show(call, arn) for arn in resource_id_list]}


def _show(call: Call, arn: str) -> dict[str, Any]:
    _, trail = _trail(call, arn)
    return {"ResourceId": arn, "TagsList": [{"Key": key, "Value": value} for key, value in trail.tags.items()]}
