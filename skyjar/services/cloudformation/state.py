"""Stacks, their resources, events, change sets and exports as they are stored.

A stack that is being worked on has a `Task`: which phase it is in and, for each resource, what is to be done and how far
that is. Everything that the work needs is in these rows, so a process that dies leaves a stack that goes on.
"""

from __future__ import annotations

from typing import Any

import msgspec

from skyjar.kernel.call import Call
from skyjar.kernel.tables import Record, Table

from .errors import ValidationError


class Stack(Record, frozen=True):
    """`template` is the processed template as JSON, `body` the text as given. `outputs`: (key, value, description,
    export). `parameters` are shown, `values` (as JSON) are what Ref gives for them."""

    id: str
    name: str
    status: str
    created_s: float
    template: str = ""
    body: str = ""
    reason: str = ""
    updated_s: float = 0.0
    deleted_s: float = 0.0
    parameters: dict[str, str] = {}
    hidden: tuple[str, ...] = ()
    tags: dict[str, str] = {}
    outputs: tuple[tuple[str, str, str, str], ...] = ()
    capabilities: tuple[str, ...] = ()
    role_arn: str = ""
    description: str = ""
    change_set_id: str = ""
    disables_rollback: bool = False
    on_failure: str = "ROLLBACK"
    is_protected: bool = False
    imports: tuple[str, ...] = ()
    values: str = "{}"


class Current(Record, frozen=True):
    """The stack that has a name now; a deleted one is found by its id alone."""

    name: str
    id: str


class StackResource(Record, frozen=True):
    """`properties` are those applied last, resolved, as JSON; so are `attributes`, what Fn::GetAtt gives.

    `token` names this physical resource: a replacement has another. Without `physical_id` nothing was made yet.
    `attempted` are properties that an update began to apply (as JSON) and did not finish; `tags` are the stack's tags
    that were applied.
    """

    stack_id: str
    logical_id: str
    type: str
    status: str
    at_s: float
    physical_id: str = ""
    properties: str = "{}"
    attributes: str = "{}"
    reason: str = ""
    token: str = ""
    needs: tuple[str, ...] = ()
    deletion_policy: str = "Delete"
    attempted: str = ""
    tags: dict[str, str] = {}


class Event(Record, frozen=True):
    stack_id: str
    number: int
    id: str
    logical_id: str
    physical_id: str
    type: str
    status: str
    at_s: float
    reason: str = ""
    properties: str = ""
    token: str = ""


class Action(msgspec.Struct, frozen=True, array_like=True):
    """`kind`: create | update | revert | delete, of the resource with the logical id `name`; or discard, of the physical
    resource with the token `name`. `state`: waiting | running | done | failed. `needs` are names of other actions."""

    name: str
    kind: str
    needs: tuple[str, ...] = ()
    state: str = "waiting"


class Task(Record, frozen=True):
    """What is being done with a stack.

    `kind`: CREATE | UPDATE | DELETE; `phase`: apply | revert | clean | delete. `before` and `resources_before` are the
    stack and its resources at the last good state, which a rollback brings back. `displaced` are physical resources
    that another has taken the place of; those that do not survive are discarded in the end.

    `stop`, when not empty, ends the apply phase: why. A paused task belongs to a stack that failed and was left as it
    is: what follows (an update, a rollback) goes on from there.
    """

    stack_id: str
    kind: str
    phase: str
    actions: tuple[Action, ...] = ()
    is_rollback: bool = False
    is_paused: bool = False
    stop: str = ""
    before: Stack | None = None
    resources_before: tuple[StackResource, ...] = ()
    displaced: tuple[StackResource, ...] = ()
    client_token: str = ""
    kept: tuple[str, ...] = ()


class ChangeSet(Record, frozen=True):
    stack_id: str
    name: str
    id: str
    stack_name: str
    kind: str
    status: str
    execution: str
    created_s: float
    reason: str = ""
    description: str = ""
    body: str = ""
    template: str = ""
    parameters: dict[str, str] = {}
    values: str = "{}"
    hidden: tuple[str, ...] = ()
    tags: dict[str, str] = {}
    capabilities: tuple[str, ...] = ()
    role_arn: str = ""
    changes: str = "[]"
    on_failure: str = ""
    disables_rollback: bool = False
    includes_nested: bool = False
    imports_existing: bool = False
    client_token: str = ""


class Export(Record, frozen=True):
    name: str
    value: str
    stack_id: str


class CustomRequest(Record, frozen=True):
    """What a custom resource's function was asked; `answer` is its response as JSON, empty until it came."""

    key: str
    id: str
    secret: str
    until_s: float
    answer: str = ""


stacks = Table("cloudformation.stacks", Stack, key=("id",), indexes={"created": ("created_s",)})
current = Table("cloudformation.current", Current, key=("name",))
resources = Table("cloudformation.resources", StackResource, key=("stack_id", "logical_id"))
events = Table("cloudformation.events", Event, key=("stack_id", "number"))
tasks = Table("cloudformation.tasks", Task, key=("stack_id",))
change_sets = Table("cloudformation.change_sets", ChangeSet, key=("stack_id", "name"), indexes={"id": ("id",)})
requests = Table("cloudformation.requests", CustomRequest, key=("key",), scope="cloud")
exports = Table("cloudformation.exports", Export, key=("name",))


def find(call: Call, name: str) -> Stack | None:
    """By name or id; a deleted stack only by its id."""
    if name.startswith("arn:"):
        return stacks.get(call, name)
    here = current.get(call, name)
    return stacks.get(call, here.id) if here is not None else None


def existing(call: Call, name: str) -> Stack:
    stack = find(call, name)
    if stack is None:
        raise ValidationError(f"Stack with id {name} does not exist")
    return stack


def save(call: Call, old: Stack, new: Stack) -> Stack:
    stacks.replace(call, old, new)
    return new


def replace(record: Any, **changes: Any) -> Any:
    return msgspec.structs.replace(record, **changes)


def tell(call: Call, stack: Stack, **event: Any) -> None:
    """Add an event to the stack's history."""
    last = events.range(call, stack.id, limit=1, reverse=True)
    number = last[0].number + 1 if last else 1
    logical_id = event.pop("logical_id", stack.name)
    status = event.pop("status", stack.status)
    identity = call.new_id() if logical_id == stack.name else f"{logical_id}-{status}-{int(call.now * 1000)}"
    events.add(
        call,
        Event(
            stack_id=stack.id,
            number=number,
            id=identity,
            logical_id=logical_id,
            physical_id=event.pop("physical_id", stack.id if logical_id == stack.name else ""),
            type=event.pop("type", "AWS::CloudFormation::Stack"),
            status=status,
            at_s=call.now,
            **event,
        ),
    )


def tell_of(call: Call, stack: Stack, row: StackResource, status: str, reason: str, token: str) -> None:
    """An event about a resource."""
    tell(
        call, stack, logical_id=row.logical_id, physical_id=row.physical_id, type=row.type, status=status,
        reason=reason, token=token,
    )  # fmt: skip


def set_status(call: Call, stack: Stack, status: str, reason: str = "", **changes: Any) -> Stack:
    """A new status of the stack, with its event."""
    new: Stack = replace(stack, status=status, reason=reason, **changes)
    stacks.replace(call, stack, new)
    tell(call, new, reason=reason)
    return new
