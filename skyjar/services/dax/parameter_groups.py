"""Parameter groups: how long items, and the answers of queries, stay cached."""

from __future__ import annotations

from typing import Any

import msgspec

from skyjar.kernel.call import Call
from skyjar.kernel.service import operation

from . import limits, paging, state
from .errors import (
    InvalidParameterGroupStateFault,
    InvalidParameterValueException,
    ParameterGroupAlreadyExistsFault,
    ParameterGroupQuotaExceededFault,
)
from .state import ParameterGroup

_DESCRIPTIONS = {
    limits.QUERY_TTL: "Duration in milliseconds for queries to remain cached",
    limits.RECORD_TTL: "Duration in milliseconds for records to remain valid in cache (Default: 0 = infinite)",
}


@operation
def create_parameter_group(call: Call, *, parameter_group_name: str, description: str = "") -> dict[str, Any]:
    name = parameter_group_name
    if name == limits.DEFAULT_GROUP or state.parameter_groups.get(call, name) is not None:
        raise ParameterGroupAlreadyExistsFault
    if state.parameter_groups.count(call, limit=limits.PARAMETER_GROUPS) >= limits.PARAMETER_GROUPS:
        raise ParameterGroupQuotaExceededFault
    made = ParameterGroup(name=name, description=description)
    state.parameter_groups.add(call, made)
    state.note(call, name, "PARAMETER_GROUP", "Parameter group created")
    return {"ParameterGroup": _show(made)}


@operation
def update_parameter_group(
    call: Call, *, parameter_group_name: str, parameter_name_values: list[dict[str, str]]
) -> dict[str, Any]:
    found = state.parameter_group(call, parameter_group_name)
    if found.name == limits.DEFAULT_GROUP:
        raise InvalidParameterGroupStateFault("The default parameter group cannot be modified.")
    values = dict(found.values)
    for each in parameter_name_values:
        name, text = each.get("ParameterName", ""), each.get("ParameterValue", "")
        if name not in _DESCRIPTIONS:
            raise InvalidParameterValueException(f"Invalid parameter name: {name}")
        if not text.isdigit() or not text.isascii() or int(text) >= limits.FOREVER_MS:
            raise InvalidParameterValueException(f"Invalid value for parameter {name}: {text}")
        values[name] = int(text)
    changed = msgspec.structs.replace(found, values=values)
    state.parameter_groups.replace(call, found, changed)
    return {"ParameterGroup": _show(changed)}


@operation
def delete_parameter_group(call: Call, *, parameter_group_name: str) -> dict[str, Any]:
    found = state.parameter_group(call, parameter_group_name)
    if found.name == limits.DEFAULT_GROUP:
        raise InvalidParameterGroupStateFault("The default parameter group cannot be deleted.")
    if any(each.parameter_group == found.name for each in state.clusters.each(call)):
        raise InvalidParameterGroupStateFault("One or more parameters in a parameter group are in an invalid state.")
    state.parameter_groups.remove(call, found)
    return {"DeletionMessage": f"Parameter group {found.name} has been deleted."}


@operation
def describe_parameter_groups(
    call: Call, *, parameter_group_names: list[str] | None = None, max_results: int | None = None, next_token: str = ""
) -> dict[str, Any]:
    if parameter_group_names:
        return {"ParameterGroups": [_show(state.parameter_group(call, name)) for name in parameter_group_names]}
    found = paging.page(call, "ParameterGroups", state.parameter_groups, max_results, next_token, _show)
    if not next_token:
        found["ParameterGroups"].insert(0, _show(state.parameter_group(call, limits.DEFAULT_GROUP)))
    return found


@operation
def describe_parameters(call: Call, *, parameter_group_name: str, source: str = "") -> dict[str, Any]:
    """There are two, so there are no pages. `source`: user, or system (of which there are none)."""
    values = state.parameter_group(call, parameter_group_name).values
    return {"Parameters": _parameters(values) if source in ("", "user") else []}


@operation
def describe_default_parameters(call: Call) -> dict[str, Any]:
    return {"Parameters": _parameters({})}


def _parameters(values: dict[str, int]) -> list[dict[str, Any]]:
    return [
        {
            "ParameterName": name,
            "ParameterType": "DEFAULT",
            "ParameterValue": str(values.get(name, limits.TTL_MS)),
            "NodeTypeSpecificValues": [],
            "Description": description,
            "Source": "user",
            "DataType": "integer",
            "AllowedValues": "0-",
            "IsModifiable": "TRUE",
            "ChangeType": "IMMEDIATE",
        }
        for name, description in _DESCRIPTIONS.items()
    ]


def _show(found: ParameterGroup) -> dict[str, Any]:
    return {"ParameterGroupName": found.name, "Description": found.description}
