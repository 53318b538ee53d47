"""Tags of keys."""

from __future__ import annotations

from typing import Any

from skyjar.kernel.call import Call
from skyjar.kernel.service import operation

from . import limits, references, showing, state, states
from .errors import LimitExceededException, TagException

Tags = list[dict[str, str]]


def merged(present: dict[str, str], given: Tags) -> dict[str, str]:
    names = [tag["TagKey"] for tag in given]
    if len(set(names)) != len(names):
        raise TagException("Duplicate tag keys")
    if any(name.lower().startswith("aws:") for name in names):
        raise TagException("Tag keys that begin with aws: are reserved for AWS.")
    tags = present | {tag["TagKey"]: tag["TagValue"] for tag in given}
    if len(tags) > limits.TAGS:
        raise LimitExceededException("Too many tags")
    return tags


@operation
def tag_resource(call: Call, *, key_id: str, tags: Tags) -> None:
    found = references.find(call, key_id, takes_alias=False)
    states.check_not_deleted(found.key, found.arn)
    state.change(found.at, found.key, tags=merged(found.key.tags, tags))


@operation
def untag_resource(call: Call, *, key_id: str, tag_keys: list[str]) -> None:
    found = references.find(call, key_id, takes_alias=False)
    states.check_not_deleted(found.key, found.arn)
    left = {name: value for name, value in found.key.tags.items() if name not in tag_keys}
    state.change(found.at, found.key, tags=left)


@operation
def list_resource_tags(call: Call, *, key_id: str, limit: int = limits.LISTED_TAGS, marker: str = "") -> dict[str, Any]:
    found = references.find(call, key_id, takes_alias=False)
    pairs = ((name, (name, value)) for name, value in sorted(found.key.tags.items()))
    return showing.page("Tags", pairs, marker, limit, lambda pair: {"TagKey": pair[0], "TagValue": pair[1]})
