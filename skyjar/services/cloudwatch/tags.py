"""Tags of alarms and dashboards."""

from __future__ import annotations

from typing import Any

from skyjar.kernel.call import Call
from skyjar.kernel.service import operation

from . import configuring, state
from .errors import InvalidParameterValueException, ResourceNotFoundException
from .state import Alarm, Dashboard


def find(call: Call, arn: str) -> Alarm | Dashboard:
    parts = arn.split(":", 6)
    if len(parts) < 6 or parts[2] != "cloudwatch":
        raise InvalidParameterValueException(f"Invalid arn syntax: {arn}")
    found: Alarm | Dashboard | None = None
    if parts[5] == "alarm" and len(parts) == 7 and parts[3:5] == [call.region, call.account]:
        found = state.alarms.get(call, parts[6])
    elif parts[5].startswith("dashboard/") and parts[4] == call.account:
        found = state.dashboards.get(call, parts[5].partition("/")[2])
    if found is None:
        raise ResourceNotFoundException(f"Resource {arn} does not exist", ResourceId=arn)
    return found


def _save(call: Call, old: Alarm | Dashboard, tags: dict[str, str]) -> None:
    if isinstance(old, Alarm):
        state.alarms.replace(call, old, state.replace(old, tags=tags))
    else:
        state.dashboards.replace(call, old, state.replace(old, tags=tags))


@operation
def list_tags_for_resource(call: Call, *, resource_arn: str) -> dict[str, Any]:
    found = find(call, resource_arn)
    return {"Tags": [{"Key": key, "Value": value} for key, value in found.tags.items()]}


@operation
def tag_resource(call: Call, *, resource_arn: str, tags: list[dict[str, str]]) -> None:
    found = find(call, resource_arn)
    new = {tag["Key"]: tag["Value"] for tag in tags}
    _save(call, found, configuring.checked_tags({**found.tags, **new}))


@operation
def untag_resource(call: Call, *, resource_arn: str, tag_keys: list[str]) -> None:
    found = find(call, resource_arn)
    _save(call, found, {key: value for key, value in found.tags.items() if key not in tag_keys})
