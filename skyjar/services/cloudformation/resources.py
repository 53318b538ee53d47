"""Operations on a stack's resources and events."""

from __future__ import annotations

from typing import Any

from skyjar.kernel.call import Call
from skyjar.kernel.service import operation

from . import state
from .errors import ValidationError
from .state import Event, Stack, StackResource

PAGE = 100


@operation
def describe_stack_resources(
    call: Call, *, stack_name: str = "", logical_resource_id: str = "", physical_resource_id: str = ""
) -> dict[str, Any]:
    if physical_resource_id and not stack_name:
        rows = [
            (stack, row)
            for stack in state.stacks.each(call)
            for row in state.resources.range(call, stack.id)
            if row.physical_id == physical_resource_id
        ]
        if not rows:
            raise ValidationError(f"Stack for {physical_resource_id} does not exist")
        stack = rows[0][0]
    else:
        stack = state.existing(call, stack_name)
    found = state.resources.range(call, stack.id)
    if logical_resource_id:
        found = [row for row in found if row.logical_id == logical_resource_id]
    return {"StackResources": [_show(stack, row, "Timestamp") for row in found[:PAGE]]}


@operation
def describe_stack_resource(call: Call, *, stack_name: str, logical_resource_id: str) -> dict[str, Any]:
    stack = state.existing(call, stack_name)
    row = state.resources.get(call, stack.id, logical_resource_id)
    if row is None:
        raise ValidationError(f"Resource {logical_resource_id} does not exist for stack {stack.name}")
    return {"StackResourceDetail": _show(stack, row, "LastUpdatedTimestamp")}


@operation
def list_stack_resources(call: Call, *, stack_name: str, next_token: str = "") -> dict[str, Any]:
    stack = state.existing(call, stack_name)
    rows = state.resources.range(call, stack.id, start=(next_token,) if next_token else (), limit=PAGE + 1)
    more = {"NextToken": rows[PAGE].logical_id} if len(rows) > PAGE else {}
    shown = [_show(stack, row, "LastUpdatedTimestamp") for row in rows[:PAGE]]
    for row in shown:
        del row["StackId"], row["StackName"]
    return {"StackResourceSummaries": shown, **more}


def _show(stack: Stack, row: StackResource, time_name: str) -> dict[str, Any]:
    shown = {
        "StackName": stack.name,
        "StackId": stack.id,
        "LogicalResourceId": row.logical_id,
        "ResourceType": row.type,
        time_name: row.at_s,
        "ResourceStatus": row.status,
        "DriftInformation": {"StackResourceDriftStatus": "NOT_CHECKED"},
    }
    if row.physical_id:
        shown["PhysicalResourceId"] = row.physical_id
    if row.reason:
        shown["ResourceStatusReason"] = row.reason
    return shown


@operation
def describe_stack_events(call: Call, *, stack_name: str, next_token: str = "") -> dict[str, Any]:
    """Newest first."""
    stack = state.find(call, stack_name)
    if stack is None:
        raise ValidationError(f"Stack [{stack_name}] does not exist")
    if next_token and not (next_token.isascii() and next_token.isdigit()):
        raise ValidationError(f"Invalid NextToken: {next_token[:64]}")
    end = (int(next_token),) if next_token else ()
    found = state.events.range(call, stack.id, end=end, limit=PAGE + 1, reverse=True)
    more = {"NextToken": str(found[PAGE - 1].number)} if len(found) > PAGE else {}
    return {"StackEvents": [_show_event(stack, event) for event in found[:PAGE]], **more}


def _show_event(stack: Stack, event: Event) -> dict[str, Any]:
    shown = {
        "StackId": stack.id,
        "StackName": stack.name,
        "EventId": event.id,
        "LogicalResourceId": event.logical_id,
        "PhysicalResourceId": event.physical_id,
        "ResourceType": event.type,
        "Timestamp": event.at_s,
        "ResourceStatus": event.status,
    }
    if event.reason:
        shown["ResourceStatusReason"] = event.reason
    if event.token:
        shown["ClientRequestToken"] = event.token
    return shown
