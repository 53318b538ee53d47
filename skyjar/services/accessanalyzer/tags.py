"""Tags of analyzers."""

from __future__ import annotations

from typing import Any

from skyjar.kernel.call import Call
from skyjar.kernel.service import operation

from . import limits, state
from .errors import ValidationException


def checked_tags(given: dict[str, str], present: dict[str, str] | None = None) -> dict[str, str]:
    if any(key.lower().startswith("aws:") for key in given):
        raise ValidationException("Tag keys that begin with aws: are reserved.")
    found = (present or {}) | given
    if len(found) > limits.TAGS:
        raise ValidationException(f"An analyzer can have at most {limits.TAGS} tags.")
    return found


@operation
def tag_resource(call: Call, *, resource_arn: str, tags: dict[str, str]) -> dict[str, Any]:
    found = state.by_arn(call, resource_arn)
    state.change(call, found, tags=checked_tags(tags, found.tags))
    return {}


@operation
def untag_resource(call: Call, *, resource_arn: str, tag_keys: list[str]) -> dict[str, Any]:
    found = state.by_arn(call, resource_arn)
    state.change(call, found, tags={key: value for key, value in found.tags.items() if key not in tag_keys})
    return {}


@operation
def list_tags_for_resource(call: Call, *, resource_arn: str) -> dict[str, Any]:
    return {"tags": state.by_arn(call, resource_arn).tags}
