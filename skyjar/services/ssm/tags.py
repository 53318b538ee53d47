"""Tags of parameters."""

from __future__ import annotations

from typing import Any

from skyjar.kernel.call import Call
from skyjar.kernel.errors import NotImplementedHere
from skyjar.kernel.service import operation
from skyjar.kernel.tables import At

from . import state
from .errors import InvalidResourceId, ParameterNotFound
from .parameters import Tags, merged_tags
from .state import Parameter


def _parameter(call: Call, resource_type: str, resource_id: str) -> tuple[At, Parameter]:
    if resource_type != "Parameter":
        raise NotImplementedHere(f"Skyjar does not implement the ResourceType {resource_type} of ssm.")
    try:
        return state.referred(call, resource_id)
    except ParameterNotFound:
        raise InvalidResourceId from None


@operation
def add_tags_to_resource(call: Call, *, resource_type: str, resource_id: str, tags: Tags) -> None:
    at, found = _parameter(call, resource_type, resource_id)
    state.parameters.replace(at, found, state.replace(found, tags=merged_tags(found.tags, tags)))


@operation
def remove_tags_from_resource(call: Call, *, resource_type: str, resource_id: str, tag_keys: list[str]) -> None:
    at, found = _parameter(call, resource_type, resource_id)
    left = {key: value for key, value in found.tags.items() if key not in tag_keys}
    state.parameters.replace(at, found, state.replace(found, tags=left))


@operation
def list_tags_for_resource(call: Call, *, resource_type: str, resource_id: str) -> dict[str, Any]:
    _, found = _parameter(call, resource_type, resource_id)
    return {"TagList": [{"Key": key, "Value": value} for key, value in found.tags.items()]}
