"""Tags of tables."""

from __future__ import annotations

from typing import Any

from skyjar.kernel.call import Call
from skyjar.kernel.service import operation

from . import limits, schemas, state
from .errors import ResourceNotFoundException, ValidationException
from .state import Definition


def merge(old: dict[str, str], given: list[dict[str, str]]) -> dict[str, str]:
    keys = [tag["Key"] for tag in given]
    if len(set(keys)) != len(keys):
        raise ValidationException("One or more parameter values were invalid: Duplicate tag keys found")
    if any(key.lower().startswith("aws:") and not key.startswith("aws:cloudformation:") for key in keys):
        raise ValidationException("One or more parameter values were invalid: Tag keys must not start with aws:")
    tags = {**old, **{tag["Key"]: tag["Value"] for tag in given}}
    if len(tags) > limits.TAGS:
        raise ValidationException("One or more parameter values were invalid: Too many tags: the limit is 50")
    return tags


def _tagged(call: Call, arn: str) -> Definition:
    try:
        name = schemas.name_of(call, arn) if arn.startswith("arn:") else ""
    except ResourceNotFoundException:
        name = ""
    definition = state.tables.get(call, name) if name else None
    if definition is None:
        raise ResourceNotFoundException(f"Requested resource not found: ResourcArn: {arn} not found")
    return definition


@operation
def tag_resource(call: Call, *, resource_arn: str, tags: list[dict[str, str]]) -> None:
    definition = _tagged(call, resource_arn)
    state.tables.replace(call, definition, state.replace(definition, tags=merge(definition.tags, tags)))


@operation
def untag_resource(call: Call, *, resource_arn: str, tag_keys: list[str]) -> None:
    definition = _tagged(call, resource_arn)
    left = {key: value for key, value in definition.tags.items() if key not in tag_keys}
    state.tables.replace(call, definition, state.replace(definition, tags=left))


@operation
def list_tags_of_resource(call: Call, *, resource_arn: str, next_token: str | None = None) -> dict[str, Any]:
    tags = _tagged(call, resource_arn).tags
    return {"Tags": [{"Key": key, "Value": value} for key, value in tags.items()]}
