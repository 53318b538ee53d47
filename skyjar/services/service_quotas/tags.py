"""Tags of applied quotas."""

from __future__ import annotations

from typing import Any

from skyjar.kernel.call import Call
from skyjar.kernel.service import operation

from . import catalogue, limits, state
from .errors import IllegalArgumentException, NoSuchResourceException, TooManyTagsException
from .state import Tagged


def _check(call: Call, arn: str) -> None:
    service, _, code = arn.rpartition(":")[2].partition("/")
    known = catalogue.everything().get(service, {}).get(code)
    if known is None or catalogue.arn_of(call, known) != arn:
        raise NoSuchResourceException(f"The resource {arn} does not exist.")


def tags_of(call: Call, arn: str) -> dict[str, str]:
    found = state.tagged.get(call, arn)
    return found.tags if found is not None else {}


@operation
def tag_resource(call: Call, *, resource_arn: str, tags: list[dict[str, str]]) -> dict[str, Any]:
    _check(call, resource_arn)
    if any(tag["Key"].lower().startswith("aws:") for tag in tags):
        raise IllegalArgumentException("Tag keys that begin with aws: are reserved.")
    merged = tags_of(call, resource_arn) | {tag["Key"]: tag["Value"] for tag in tags}
    if len(merged) > limits.TAGS:
        raise TooManyTagsException(f"You cannot have more than {limits.TAGS} tags on a quota.")
    state.tagged.put(call, Tagged(arn=resource_arn, tags=merged))
    return {}


@operation
def untag_resource(call: Call, *, resource_arn: str, tag_keys: list[str]) -> dict[str, Any]:
    _check(call, resource_arn)
    left = {key: value for key, value in tags_of(call, resource_arn).items() if key not in tag_keys}
    state.tagged.put(call, Tagged(arn=resource_arn, tags=left))
    return {}


@operation
def list_tags_for_resource(call: Call, *, resource_arn: str) -> dict[str, Any]:
    _check(call, resource_arn)
    return {"Tags": [{"Key": key, "Value": value} for key, value in tags_of(call, resource_arn).items()]}
