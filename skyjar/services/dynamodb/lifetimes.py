"""Time to live: items that say when they expire are deleted some time afterwards."""

from __future__ import annotations

from typing import Any

from skyjar.kernel.call import Call
from skyjar.kernel.service import operation

from . import jobs, limits, state
from .errors import ValidationException
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
    changed = state.replace(definition, ttl_attribute=attribute if is_enabled else "", ttl_changed_s=call.now)
    state.tables.replace(call, definition, changed)
    if is_enabled:
        call.later(jobs.note_expiries, table=definition.name, attribute=attribute, start=b"")
    else:
        call.later(jobs.clear_expiries, table=definition.name)
    return {"TimeToLiveSpecification": time_to_live_specification}


@operation
def describe_time_to_live(call: Call, *, table_name: str) -> dict[str, Any]:
    attribute = described(call, table_name).ttl_attribute
    if not attribute:
        return {"TimeToLiveDescription": {"TimeToLiveStatus": "DISABLED"}}
    return {"TimeToLiveDescription": {"TimeToLiveStatus": "ENABLED", "AttributeName": attribute}}
