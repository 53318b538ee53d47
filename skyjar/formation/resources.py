"""What a CloudFormation resource type is: three functions that a service's `cfn.py` maps onto its own operations.

    RESOURCE_TYPES = {"AWS::SQS::Queue": ResourceType(create=create_queue, update=update_queue, delete=delete_queue)}

Each runs in the transaction that also records its outcome in the stack, so it happens exactly once; `call.caller` is the
stack's service role, or whoever deployed the stack, and everything goes through `call.ask(<service>)`, judged like any
call. A function may return an `Outside` whose last answer is what the function should return, and may `raise Wait`. To wait
for what it has begun, it returns an `Outside`, with which the beginning is committed, whose `then` raises the Wait: the
function is run again when the wait is over, and must find what it began.
Properties arrive with every intrinsic function resolved. An AWSError fails the resource with its code and message.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

import msgspec

from skyjar.kernel.call import Call
from skyjar.kernel.outside import Outside

Properties = dict[str, Any]


class Physical(msgspec.Struct, frozen=True):
    """A created resource: `id` is what Ref gives, `attributes` what Fn::GetAtt gives (by attribute name)."""

    id: str
    attributes: dict[str, Any] = {}


class Resource(msgspec.Struct, frozen=True, kw_only=True):
    """Which resource of which stack is being worked on. `tags` are the stack's, `tags_before` those of the last time."""

    logical_id: str
    type: str
    stack_name: str
    stack_id: str
    token: str
    tags: dict[str, str] = {}
    tags_before: dict[str, str] = {}

    def before(self) -> Resource:
        """The same with the tags that the stack had when the resource was last made or updated."""
        return msgspec.structs.replace(self, tags=self.tags_before)

    def name(self, most: int = 64, *, is_lower: bool = False) -> str:
        """A generated physical name, `<stack>-<logical id>-<12 letters and digits>`, cut to `most` characters."""
        room = most - len(self.token) - 1
        stem = f"{self.stack_name}-{self.logical_id}"
        if len(stem) > room:
            half = room // 2
            stem = f"{self.stack_name[:half]}-{self.logical_id}"[:room]
        name = f"{stem}-{self.token}"
        return name.lower() if is_lower else name


Create = Callable[[Call, Resource, Properties], "Physical | Outside"]
Update = Callable[[Call, Resource, Physical, Properties, Properties], "Physical | Outside"]
Delete = Callable[[Call, Resource, Physical, Properties], "Outside | None"]


class ResourceType:
    """`create(call, resource, properties)`, `update(call, resource, physical, properties, previous_properties)`,
    `delete(call, resource, physical, properties)`. Deleting what is gone already succeeds: catch the not-found error.

    `properties` are those that the functions handle. Others that AWS has fail the resource before any function is
    called: nothing in a template is ignored.

    `update` None replaces the resource whenever a property changes. Which properties force replacement otherwise follows
    from AWS's published schema (`createOnlyProperties`); `replaced_by` adds to them, and `replaced_if(before, after)` says
    whether a change does that does not always.
    """

    __slots__ = ("create", "delete", "properties", "replaced_by", "replaced_if", "update")

    def __init__(
        self,
        *,
        create: Create,
        update: Update | None,
        delete: Delete,
        properties: Iterable[str],
        replaced_by: frozenset[str] = frozenset(),
        replaced_if: Callable[[Properties, Properties], bool] | None = None,
    ) -> None:
        self.create = create
        self.update = update
        self.delete = delete
        self.properties = frozenset(properties)
        self.replaced_by = replaced_by
        self.replaced_if = replaced_if
