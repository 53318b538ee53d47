"""Time to live: items that say when they expire are deleted some time afterwards."""

from __future__ import annotations

from typing import Any

from skyjar.kernel.call import Call
from skyjar.kernel.service import operation

from . import jobs, limits, replication, state
from .errors import ValidationException
from .state import Definition
from .tables import described


@operation
def update_time_to_live(call: Call, *, table_name: str, time_to_live_specification: dict[str, Any]) -> dict[str, Any]:
    definition = described(call, table_name)
    is_enabled, attribute = time_to_live_specification["Enabled"], time_to_live_specification["AttributeName"]
    if is_enabled and definition.ttl_attribute == attribute:
        raise ValidationException("TimeToLive is already enabled")
    if not is_enabled and not definition.ttl_attribute:
        raise ValidationException("TimeToLive is already disabled")
    if definition.ttl_attribute and definition.ttl_attribute != attribute:
        raise ValidationException(
            f"TimeToLive is active on a different AttributeName: current AttributeName is {definition.ttl_attribute}"
        )
    if definition.ttl_changed_s and call.now < definition.ttl_changed_s + limits.TTL_CHANGE_S:
        raise ValidationException("Time to live has been modified multiple times within a fixed interval")
    for at, each in ((call, definition), *replication.others(call, definition)):
        _change(at, each, attribute if is_enabled else "")
    return {"TimeToLiveSpecification": time_to_live_specification}


def _change(call: Call, definition: Definition, attribute: str) -> None:
    changed = state.replace(definition, ttl_attribute=attribute, ttl_changed_s=call.now)
    state.tables.replace(call, definition, changed)
    if attribute:
        call.later(jobs.note_expiries, table=definition.name, attribute=attribute, start=b"")
    else:
        call.later(jobs.clear_expiries, table=definition.name)


@operation
def describe_time_to_live(call: Call, *, table_name: str) -> dict[str, Any]:
    attribute = described(call, table_name).ttl_attribute
    if not attribute:
        return {"TimeToLiveDescription": {"TimeToLiveStatus": "DISABLED"}}
    return {"TimeToLiveDescription": {"TimeToLiveStatus": "ENABLED", "AttributeName": attribute}}
