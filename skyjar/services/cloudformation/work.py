"""One resource: created, updated, replaced, deleted, or brought back to what it was."""

from __future__ import annotations

from typing import Any

import orjson

from skyjar.formation import intrinsics, schemas
from skyjar.formation.errors import TemplateError
from skyjar.formation.resources import Physical, Properties, Resource, ResourceType
from skyjar.kernel.call import Call
from skyjar.kernel.outside import Outside

from . import engine, scopes, state
from .errors import ValidationError
from .state import Leftover, Stack, StackResource, Task

_VIA = {"aws:CalledVia": "cloudformation.amazonaws.com"}
_KEPT = ("Retain", "RetainExceptOnCreate")


def nothing_create(call: Call, resource: Resource, properties: Properties) -> Physical:
    return Physical(resource.name(128))


def nothing_update(call: Call, resource: Resource, old: Physical, new: Properties, before: Properties) -> Physical:
    return old


def nothing_delete(call: Call, resource: Resource, physical: Physical, properties: Properties) -> None:
    """There is nothing behind these types, on AWS as here."""


_NOTHING = ResourceType(create=nothing_create, update=nothing_update, delete=nothing_delete)
BUILT_IN = {"AWS::CDK::Metadata": _NOTHING, "AWS::CloudFormation::WaitConditionHandle": _NOTHING}


def type_of(call: Call, name: str) -> ResourceType:
    found: ResourceType | None = BUILT_IN.get(name) or call.resource_types().get(name)
    if found is None:
        raise ValidationError(f"Skyjar does not implement the resource type {name}.")
    return found


class Worker:
    """One action on one resource, in one transaction (or several, when it reaches outside)."""

    def __init__(self, call: Call, stack: Stack, task: Task, logical_id: str) -> None:
        self.call = call
        call.context = _VIA
        self.stack = stack
        self.task = task
        self.logical_id = logical_id

    def resource(self, type_name: str, token: str) -> Resource:
        return Resource(
            logical_id=self.logical_id,
            type=type_name,
            stack_name=self.stack.name,
            stack_id=self.stack.id,
            token=token.removeprefix("new:"),
            tags=self.stack.tags,
        )

    def resolve(self) -> tuple[dict[str, Any], Properties]:
        """The resource's definition, and its properties with every function resolved."""
        template = orjson.loads(self.stack.template)
        definition: dict[str, Any] = template["Resources"][self.logical_id]
        scope = scopes.StackScope(self.call, self.stack, template, orjson.loads(self.task.values))
        try:
            properties = intrinsics.evaluate(definition.get("Properties", {}), scope)
            schemas.check(self.logical_id, definition["Type"], properties)
        except TemplateError as error:
            raise ValidationError(str(error)) from error
        return definition, properties

    def create(self) -> Outside | None:
        definition, properties = self.resolve()
        row = state.resources.get(self.call, self.stack.id, self.logical_id)
        token = row.token if row is not None and row.token else self.call.chance.base32(12)
        kind = type_of(self.call, definition["Type"])
        made = kind.create(self.call, self.resource(definition["Type"], token), properties)
        return self._then(made, lambda call, new: self._created(call, definition, properties, new, token, "CREATE", ()))

    def update(self) -> Outside | None:
        definition, properties = self.resolve()
        row = state.resources.get(self.call, self.stack.id, self.logical_id)
        assert row is not None
        before = orjson.loads(row.properties)
        if row.type == definition["Type"] and before == properties:
            self._keep(row, definition)
            return None
        kind = type_of(self.call, definition["Type"])
        fixed = schemas.replacing(row.type, before, properties) if row.type == definition["Type"] else ["Type"]
        fixed += [name for name in kind.replaced_by if before.get(name) != properties.get(name)]
        if fixed or kind.update is None:
            return self._replace(kind, row, definition, properties)
        self._tell(row.type, "UPDATE_IN_PROGRESS", row.physical_id)
        changed = kind.update(self.call, self.resource(row.type, row.token), _physical(row), properties, before)
        return self._then(
            changed, lambda call, new: self._created(call, definition, properties, new, row.token, "UPDATE", ())
        )

    def _replace(
        self, kind: ResourceType, row: StackResource, definition: dict[str, Any], properties: Properties
    ) -> Outside | None:
        self._tell(
            definition["Type"],
            "UPDATE_IN_PROGRESS",
            row.physical_id,
            "Requested update requires the creation of a new physical resource; hence creating one.",
        )
        token = self.call.chance.base32(12)
        made = kind.create(self.call, self.resource(definition["Type"], token), properties)
        policy = definition.get("UpdateReplacePolicy", "Delete")
        left = () if policy in _KEPT else (engine.leftover_of(row),)
        return self._then(
            made, lambda call, new: self._created(call, definition, properties, new, token, "UPDATE", left)
        )

    def undo(self) -> Outside | None:
        """Bring the resource back to what it was before the update. A replaced one is simply taken back."""
        old = next(row for row in self.task.resources_before if row.logical_id == self.logical_id)
        row = state.resources.get(self.call, self.stack.id, self.logical_id)
        assert row is not None
        if row.physical_id != old.physical_id:
            fresh = engine.leftover_of(row)
            left = (Leftover(*[*_fields(fresh)[:-1], f"new:{fresh.token}"]),) if row.physical_id else ()
            self._restored(self.call, old, _physical(old), left)
            return None
        kind = type_of(self.call, old.type)
        now, then = orjson.loads(row.properties), orjson.loads(old.properties)
        if now == then or kind.update is None:
            self._restored(self.call, old, _physical(old), ())
            return None
        self._tell(old.type, "UPDATE_IN_PROGRESS", old.physical_id)
        changed = kind.update(self.call, self.resource(old.type, old.token), _physical(row), then, now)
        return self._then(changed, lambda call, new: self._restored(call, old, new, ()))

    def _restored(self, call: Call, old: StackResource, physical: Physical, left: tuple[Leftover, ...]) -> None:
        state.resources.put(
            call,
            state.replace(
                old,
                physical_id=physical.id,
                attributes=orjson.dumps(physical.attributes).decode(),
                status="UPDATE_COMPLETE",
                at_s=call.now,
            ),
        )
        self._tell(old.type, "UPDATE_COMPLETE", physical.id, call=call)
        engine.finish(call, self.stack.id, self.logical_id, "done", left)

    def delete(self) -> Outside | None:
        row = state.resources.get(self.call, self.stack.id, self.logical_id)
        assert row is not None
        # RetainExceptOnCreate keeps what a finished stack had, not what a failed creation made.
        kept = ("Retain",) if self.task.phase == "undo" else _KEPT
        if not row.physical_id or row.deletion_policy in kept or self.logical_id in self.task.retained:
            self._deleted(self.call, row, "DELETE_SKIPPED" if row.physical_id else "")
            return None
        self._tell(row.type, "DELETE_IN_PROGRESS", row.physical_id)
        kind = type_of(self.call, row.type)
        properties = orjson.loads(row.properties)
        gone = kind.delete(self.call, self.resource(row.type, row.token), _physical(row), properties)
        return self._then(gone, lambda call, _: self._deleted(call, row, "DELETE_COMPLETE"))

    def _deleted(self, call: Call, row: StackResource, status: str) -> None:
        state.resources.remove(call, row)
        if status:
            self._tell(row.type, status, row.physical_id, call=call)
        engine.finish(call, self.stack.id, self.logical_id, "done")

    def _then(self, made: Any, follow: Any) -> Outside | None:
        if isinstance(made, Outside):
            return made.map(follow)
        follow(self.call, made)
        return None

    def _keep(self, row: StackResource, definition: dict[str, Any]) -> None:
        state.resources.put(self.call, state.replace(row, **self._policies(definition)))
        engine.finish(self.call, self.stack.id, self.logical_id, "done")

    def _policies(self, definition: dict[str, Any]) -> dict[str, Any]:
        needs = next((a.needs for a in self.task.actions if a.logical_id == self.logical_id), ())
        return {
            "deletion_policy": definition.get("DeletionPolicy", "Delete"),
            "update_replace_policy": definition.get("UpdateReplacePolicy", "Delete"),
            "needs": needs,
        }

    def _created(
        self,
        call: Call,
        definition: dict[str, Any],
        properties: Properties,
        physical: Physical,
        token: str,
        how: str,
        left: tuple[Leftover, ...],
    ) -> None:
        state.resources.put(
            call,
            StackResource(
                stack_id=self.stack.id,
                logical_id=self.logical_id,
                type=definition["Type"],
                status=f"{how}_COMPLETE",
                at_s=call.now,
                physical_id=physical.id,
                properties=orjson.dumps(properties).decode(),
                attributes=orjson.dumps(physical.attributes).decode(),
                token=token,
                **self._policies(definition),
            ),
        )
        if how == "CREATE":
            self._tell(definition["Type"], "CREATE_IN_PROGRESS", physical.id, "Resource creation Initiated", call=call)
        self._tell(definition["Type"], f"{how}_COMPLETE", physical.id, call=call)
        engine.finish(call, self.stack.id, self.logical_id, "done", left)

    def _tell(self, kind: str, status: str, physical_id: str, reason: str = "", call: Call | None = None) -> None:
        state.tell(
            call or self.call,
            self.stack,
            logical_id=self.logical_id,
            physical_id=physical_id,
            type=kind,
            status=status,
            reason=reason,
            token=self.task.client_token,
        )


def _physical(row: StackResource) -> Physical:
    return Physical(row.physical_id, orjson.loads(row.attributes))


def _fields(left: Leftover) -> list[Any]:
    return [left.logical_id, left.type, left.physical_id, left.properties, left.attributes, left.token]
