"""Tags of scalable targets."""

from __future__ import annotations

from typing import Any

from skyjar.kernel.call import Call
from skyjar.kernel.service import operation

from . import limits, state
from .errors import ResourceNotFoundException, TooManyTagsException, ValidationException
from .state import Target


def merged(before: dict[str, str], given: dict[str, str]) -> dict[str, str]:
    if any(key.lower().startswith("aws:") for key in given):
        raise ValidationException("Tag keys that begin with aws: are reserved.")
    tags = before | given
    if len(tags) > limits.TAGS:
        raise TooManyTagsException(f"A scalable target can have at most {limits.TAGS} tags.")
    return tags


def find(call: Call, arn: str) -> Target | None:
    return state.targets.first(call, arn.rpartition("/")[2], via="id")


def _existing(call: Call, arn: str) -> Target:
    found = find(call, arn)
    if found is None or state.target_arn(call, found) != arn:
        raise ResourceNotFoundException(f"The resource {arn} does not exist.")
    return found


@operation
def tag_resource(call: Call, *, resource_arn: str, tags: dict[str, str]) -> dict[str, Any]:
    found = _existing(call, resource_arn)
    state.targets.put(call, state.replace(found, tags=merged(found.tags, tags)))
    return {}


@operation
def untag_resource(call: Call, *, resource_arn: str, tag_keys: list[str]) -> dict[str, Any]:
    found = _existing(call, resource_arn)
    left = {key: value for key, value in found.tags.items() if key not in tag_keys}
    state.targets.put(call, state.replace(found, tags=left))
    return {}


@operation
def list_tags_for_resource(call: Call, *, resource_arn: str) -> dict[str, Any]:
    return {"Tags": _existing(call, resource_arn).tags}
