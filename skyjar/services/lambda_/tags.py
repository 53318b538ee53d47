"""Tags of functions and event source mappings."""

from __future__ import annotations

from typing import Any

from skyjar.kernel.call import Call
from skyjar.kernel.service import operation
from skyjar.kernel.tables import At, Record, Table

from . import limits, mapping_state, state
from .errors import InvalidParameterValueException


@operation
def tag_resource(call: Call, *, resource: str, tags: dict[str, str]) -> None:
    at, table, record = _find(call, resource)
    both = record.tags | tags
    check(both)
    table.replace(at, record, state.replace(record, tags=both))


@operation
def untag_resource(call: Call, *, resource: str, tag_keys: list[str]) -> None:
    at, table, record = _find(call, resource)
    left = {key: value for key, value in record.tags.items() if key not in tag_keys}
    table.replace(at, record, state.replace(record, tags=left))


@operation
def list_tags(call: Call, *, resource: str) -> dict[str, dict[str, str]]:
    return {"Tags": _find(call, resource)[2].tags}


def check(tags: dict[str, str]) -> None:
    if len(tags) > limits.TAGS:
        raise InvalidParameterValueException(f"The number of tags exceeds the limit of {limits.TAGS}.")
    if any(key.startswith("aws:") and not key.startswith("aws:cloudformation:") for key in tags):
        raise InvalidParameterValueException("Tag keys may not start with aws:.")


def _find(call: Call, arn: str) -> tuple[At, Table[Any], Any]:
    if ":event-source-mapping:" in arn:
        mapping: Record = mapping_state.find(call, arn.rpartition(":")[2])
        return call, mapping_state.mappings, mapping
    at, function = state.head(call, arn)
    return at, state.functions, function
