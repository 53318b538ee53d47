"""One action on one resource: create, update (in place or by replacement), revert, delete, discard.

Each runs in the transaction that also records its outcome; one that reaches outside records it in the transaction of
the last answer.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import orjson

from skyjar.formation import intrinsics, schemas
from skyjar.formation.errors import TemplateError
from skyjar.formation.resources import Physical, Properties, Resource
from skyjar.kernel.call import Call
from skyjar.kernel.outside import Outside

from . import custom, engine, kinds, scopes, state
from .errors import ValidationError
from .state import Action, Stack, StackResource, Task

KEPT = ("Retain", "RetainExceptOnCreate")


class Worker:
    def __init__(self, call: Call, stack: Stack, task: Task, action: Action) -> None:
        self.call = call
        call.context = {"aws:CalledVia": "cloudformation.amazonaws.com"}
        self.stack = stack
        self.task = task
        self.action = action

    def run(self) -> Outside | None:
        done: Outside | None = getattr(self, self.action.kind)()
        return done

    def create(self) -> Outside | None:
        """The row is there already: begun (see `begun`), or of an earlier creation that failed."""
        row = self._row()
        definition, properties = self._resolved()
        return self._make(row, definition, properties, "CREATE", ())

    def update(self) -> Outside | None:
        row = self._row()
        definition, properties = self._resolved()
        is_resumed = row.status == "UPDATE_IN_PROGRESS"  # begun, and not finished, by a process that died
        before = orjson.loads(row.properties if is_resumed else row.attempted or row.properties)
        kind = kinds.of(self.call, row.type)
        has_tags = kind.update is not None and "Tags" in kind.properties
        if not is_resumed and before == properties and (row.tags == self.stack.tags or not has_tags):
            self._put(self.call, row, definition, status=row.status.replace("FAILED", "COMPLETE"))
            self._finish(self.call)
            return None
        replacing = [] if custom.is_custom(row.type) else schemas.replacing(row.type, before, properties)
        replacing += [name for name in kind.replaced_by if before.get(name) != properties.get(name)]
        is_other = kind.replaced_if is not None and kind.replaced_if(before, properties)
        if replacing or is_other:
            _check_name(row, before, properties)
        if replacing or is_other or kind.update is None:
            return self._replace(row, definition, properties)
        if not is_resumed:
            self._begin(row, properties)
        changed = kind.update(self.call, self._resource(row), _physical(row), properties, before)
        return self._then(changed, lambda call, new: self._updated(call, row, definition, properties, new))

    def _updated(
        self, call: Call, row: StackResource, definition: dict[str, Any], properties: Properties, new: Physical
    ) -> None:
        """An update that answers with another id made another resource, as custom resources may."""
        is_same = new.id == row.physical_id
        token = row.token if is_same else call.chance.base32(12)
        old = () if is_same else (self._displaced(row, definition),)
        made = state.replace(row, token=token)
        self._put(call, made, definition, properties=properties, physical=new, status="UPDATE_COMPLETE")
        self._finish(call, *old)

    def _replace(self, row: StackResource, definition: dict[str, Any], properties: Properties) -> Outside | None:
        sentence = "Requested update requires the creation of a new physical resource; hence creating one."
        state.tell_of(self.call, self.stack, row, "UPDATE_IN_PROGRESS", sentence, self.task.client_token)
        fresh = state.replace(row, token=self.call.chance.base32(12))
        return self._make(fresh, definition, properties, "UPDATE", (self._displaced(row, definition),))

    def _displaced(self, row: StackResource, definition: dict[str, Any]) -> StackResource:
        """The old resource, with what its replacement says shall become of it."""
        old: StackResource = state.replace(row, deletion_policy=definition.get("UpdateReplacePolicy", "Delete"))
        return old

    def _make(
        self,
        row: StackResource,
        definition: dict[str, Any],
        properties: Properties,
        how: str,
        displaced: tuple[StackResource, ...],
    ) -> Outside | None:
        kind = kinds.of(self.call, row.type)
        made = kind.create(self.call, self._resource(row), properties)

        def follow(call: Call, new: Physical) -> None:
            if how == "CREATE":
                initiated = state.replace(row, physical_id=new.id)
                state.tell_of(
                    call, self.stack, initiated, "CREATE_IN_PROGRESS", "Resource creation Initiated",
                    self.task.client_token,
                )  # fmt: skip
            self._put(call, row, definition, properties=properties, physical=new, status=f"{how}_COMPLETE")
            self._finish(call, *displaced)

        return self._then(made, follow)

    def revert(self) -> Outside | None:
        """Bring the resource back to what it was at the last good state. A replaced one is simply taken back."""
        old = next(row for row in self.task.resources_before if row.logical_id == self.action.name)
        row = state.resources.get(self.call, self.stack.id, self.action.name)
        if row is None or row.token != old.token:
            self._restore(self.call, old, _physical(old), (row,) if row is not None and row.physical_id else ())
            return None
        kind = kinds.of(self.call, old.type)
        now, then = orjson.loads(row.attempted or row.properties), orjson.loads(old.properties)
        is_same = now == then and row.tags == old.tags
        if is_same or kind.update is None or self.action.name in self.task.kept:
            self._restore(self.call, old, _physical(old), ())
            return None
        state.tell_of(self.call, self.stack, row, "UPDATE_IN_PROGRESS", "", self.task.client_token)
        resource = self._resource(row, tags=old.tags, tags_before=self.stack.tags)
        changed = kind.update(self.call, resource, _physical(row), then, now)
        return self._then(changed, lambda call, new: self._restore(call, old, new, ()))

    def _restore(
        self, call: Call, old: StackResource, physical: Physical, displaced: tuple[StackResource, ...]
    ) -> None:
        attributes = orjson.dumps(physical.attributes).decode()
        row = state.replace(
            old, physical_id=physical.id, attributes=attributes, status="UPDATE_COMPLETE", at_s=call.now
        )
        state.resources.put(call, row)
        state.tell_of(call, self.stack, row, "UPDATE_COMPLETE", "", self.task.client_token)
        self._finish(call, *displaced)

    def delete(self) -> Outside | None:
        row = self._row()
        is_kept = row.deletion_policy in self._kept() or self.action.name in self.task.kept
        if row.physical_id and not is_kept:
            return self._delete(row)
        self._gone(self.call, row, "DELETE_SKIPPED" if row.physical_id else "")
        return None

    def discard(self) -> Outside | None:
        row = next(row for row in self.task.displaced if row.token == self.action.name)
        if row.deletion_policy not in self._kept():
            return self._delete(row)
        self._gone(self.call, row, "DELETE_SKIPPED")
        return None

    def _kept(self) -> tuple[str, ...]:
        """RetainExceptOnCreate keeps what a finished stack had, not what an operation made that is rolled back."""
        return ("Retain",) if self.task.is_rollback else KEPT

    def _delete(self, row: StackResource) -> Outside | None:
        begun = state.replace(row, status="DELETE_IN_PROGRESS", at_s=self.call.now)
        if self.action.kind == "delete":
            state.resources.put(self.call, begun)
        state.tell_of(self.call, self.stack, row, "DELETE_IN_PROGRESS", "", self.task.client_token)
        kind = kinds.of(self.call, row.type)
        gone = kind.delete(self.call, self._resource(row), _physical(row), orjson.loads(row.properties))
        return self._then(gone, lambda call, _: self._gone(call, begun, "DELETE_COMPLETE"))

    def _gone(self, call: Call, row: StackResource, status: str) -> None:
        if self.action.kind == "delete":
            state.resources.remove(call, row)
        if status:
            state.tell_of(call, self.stack, row, status, "", self.task.client_token)
        self._finish(call)

    # What they share

    def _row(self) -> StackResource:
        row = state.resources.get(self.call, self.stack.id, self.action.name)
        assert row is not None
        return row

    def _resolved(self) -> tuple[dict[str, Any], Properties]:
        """The resource's definition, and its properties with every function resolved."""
        template = orjson.loads(self.stack.template)
        definition: dict[str, Any] = template["Resources"][self.action.name]
        scope = scopes.StackScope(self.call, self.stack, template, orjson.loads(self.stack.values))
        try:
            properties = intrinsics.evaluate(definition.get("Properties", {}), scope)
            if not isinstance(properties, dict):
                raise TemplateError("Properties must be an object.")
            if not custom.is_custom(definition["Type"]):
                schemas.check(self.action.name, definition["Type"], properties)
        except TemplateError as error:
            raise ValidationError(str(error)) from error
        kinds.check_properties(kinds.of(self.call, definition["Type"]), definition["Type"], properties)
        return definition, properties

    def _resource(
        self, row: StackResource, tags: dict[str, str] | None = None, tags_before: dict[str, str] | None = None
    ) -> Resource:
        return Resource(
            logical_id=row.logical_id,
            type=row.type,
            stack_name=self.stack.name,
            stack_id=self.stack.id,
            token=row.token,
            tags=self.stack.tags if tags is None else tags,
            tags_before=row.tags if tags_before is None else tags_before,
        )

    def _begin(self, row: StackResource, properties: Properties) -> None:
        """Kept only when the update reaches outside, or succeeds: then it must be known what was begun."""
        attempted = orjson.dumps(properties).decode()
        changed = state.replace(row, status="UPDATE_IN_PROGRESS", at_s=self.call.now, attempted=attempted, reason="")
        state.resources.put(self.call, changed)
        state.tell_of(self.call, self.stack, row, "UPDATE_IN_PROGRESS", "", self.task.client_token)

    def _put(
        self,
        call: Call,
        row: StackResource,
        definition: dict[str, Any],
        *,
        status: str,
        properties: Properties | None = None,
        physical: Physical | None = None,
    ) -> None:
        """The resource as the template has it now, with an event when it was made or changed."""
        changes: dict[str, Any] = {}
        if physical is not None:
            changes = {
                "physical_id": physical.id,
                "attributes": orjson.dumps(physical.attributes).decode(),
                "properties": orjson.dumps(properties).decode(),
                "at_s": call.now,
            }
        new = state.replace(
            row,
            status=status,
            reason="",
            attempted="",
            needs=self.action.needs,
            deletion_policy=definition.get("DeletionPolicy", "Delete"),
            tags=self.stack.tags,
            **changes,
        )
        state.resources.put(call, new)
        if physical is not None:
            state.tell_of(call, self.stack, new, status, "", self.task.client_token)

    def _then(self, made: Any, follow: Callable[[Call, Any], None]) -> Outside | None:
        if isinstance(made, Outside):
            return made.map(follow)
        follow(self.call, made)
        return None

    def _finish(self, call: Call, *displaced: StackResource) -> None:
        engine.finish(call, self.stack.id, self.action.name, "done", displaced)


def _physical(row: StackResource) -> Physical:
    return Physical(row.physical_id, orjson.loads(row.attributes))


_HOW = {"create": "CREATE", "delete": "DELETE", "discard": "DELETE"}


def _check_name(row: StackResource, before: Properties, properties: Properties) -> None:
    name = schemas.custom_name(row.type, before, properties)
    if name:
        raise ValidationError(
            f"CloudFormation cannot update a stack when a custom-named resource requires replacing. Rename {name} and update the "
            "stack again."
        )


def fail(call: Call, stack: Stack, task: Task, action: Action, reason: str) -> None:
    """What the action wrote is dropped; the resource is marked with the reason and the stack goes on from there."""
    how = _HOW.get(action.kind, "UPDATE")
    if action.kind == "discard":
        row = next((row for row in task.displaced if row.token == action.name), None)
    else:
        row = state.resources.get(call, stack.id, action.name)
    if row is not None:
        if how != "CREATE" and row.status != f"{how}_IN_PROGRESS":
            state.tell_of(call, stack, row, f"{how}_IN_PROGRESS", "", task.client_token)
        failed = state.replace(row, status=f"{how}_FAILED", reason=reason, at_s=call.now)
        if action.kind != "discard":
            state.resources.put(call, failed)
        state.tell_of(call, stack, failed, f"{how}_FAILED", reason, task.client_token)
    engine.finish(call, stack.id, action.name, "failed")
