"""Tags of clusters."""

from __future__ import annotations

from typing import Any

from skyjar.kernel.call import Call
from skyjar.kernel.service import operation

from . import limits, state
from .errors import TagNotFoundFault, TagQuotaPerResourceExceeded

Tags = list[dict[str, Any]]


def merged(old: dict[str, str], tags: Tags) -> dict[str, str]:
    new = {**old, **{tag["Key"]: tag.get("Value", "") for tag in tags}}
    if len(new) > limits.TAGS:
        raise TagQuotaPerResourceExceeded
    return new


def _show(tags: dict[str, str]) -> dict[str, Any]:
    return {"Tags": [{"Key": key, "Value": value} for key, value in tags.items()]}


@operation
def tag_resource(call: Call, *, resource_name: str, tags: Tags) -> dict[str, Any]:
    found = state.by_arn(call, resource_name)
    return _show(state.change(call, found, tags=merged(found.tags, tags)).tags)


@operation
def untag_resource(call: Call, *, resource_name: str, tag_keys: list[str]) -> dict[str, Any]:
    found = state.by_arn(call, resource_name)
    if not all(key in found.tags for key in tag_keys):
        raise TagNotFoundFault
    left = {key: value for key, value in found.tags.items() if key not in tag_keys}
    return _show(state.change(call, found, tags=left).tags)


@operation
def list_tags(call: Call, *, resource_name: str) -> dict[str, Any]:
    return _show(state.by_arn(call, resource_name).tags)
