"""Tags of repositories."""

from __future__ import annotations

from typing import Any

from skyjar.kernel.call import Call
from skyjar.kernel.service import operation

from . import limits, state
from .errors import InvalidTagParameterException, TooManyTagsException

Tags = list[dict[str, str]]


def merged_tags(present: dict[str, str], given: Tags) -> dict[str, str]:
    for tag in given:
        if tag["Key"].lower().startswith("aws:"):
            raise InvalidTagParameterException("Tag keys starting with 'aws:' are reserved for AWS.")
    tags = present | {tag["Key"]: tag["Value"] for tag in given}
    if len(tags) > limits.TAGS:
        raise TooManyTagsException(f"The list of tags on the repository is over the limit of {limits.TAGS}.")
    return tags


@operation
def tag_resource(call: Call, *, resource_arn: str, tags: Tags) -> dict[str, Any]:
    at, repository = state.by_arn(call, resource_arn)
    state.change(at, repository, tags=merged_tags(repository.tags, tags))
    return {}


@operation
def untag_resource(call: Call, *, resource_arn: str, tag_keys: list[str]) -> dict[str, Any]:
    at, repository = state.by_arn(call, resource_arn)
    left = {key: value for key, value in repository.tags.items() if key not in tag_keys}
    state.change(at, repository, tags=left)
    return {}


@operation
def list_tags_for_resource(call: Call, *, resource_arn: str) -> dict[str, Any]:
    _, repository = state.by_arn(call, resource_arn)
    return {"tags": [{"Key": key, "Value": value} for key, value in repository.tags.items()]}
