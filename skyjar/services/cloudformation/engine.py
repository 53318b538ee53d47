"""How work on a stack goes on: from its task's actions to the next ones, and from phase to phase.

`drive` starts every action whose needs are done, each as a job of its own, and when nothing is left moves the stack to
its next phase: apply -> (outputs) -> clean -> done, or apply -> undo -> clean -> done when something failed. It is called
again after every action, and is safe to call at any time.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import orjson

from skyjar.formation import graphs, intrinsics
from skyjar.formation.errors import TemplateError
from skyjar.kernel.call import Call

from . import jobs, scopes, state
from .sources import Prepared
from .state import Action, Leftover, Stack, StackResource, Task

DONE = ("CREATE_COMPLETE", "UPDATE_COMPLETE", "UPDATE_ROLLBACK_COMPLETE", "IMPORT_COMPLETE")
_KEPT = ("Retain", "RetainExceptOnCreate")


def begin(call: Call, before: Stack | None, stack: Stack, prepared: Prepared, kind: str, token: str = "") -> None:
    """Start creating or updating a stack, whose row is saved already, to what is prepared."""
    existing = {row.logical_id: row for row in state.resources.range(call, stack.id)}
    actions = tuple(
        Action(name, "update" if name in existing else "create", prepared.needs[name])
        for name in graphs.in_order({name: set(needs) for name, needs in prepared.needs.items()})
    )
    _start(
        call,
        Task(
            stack_id=stack.id,
            kind=kind,
            phase="apply",
            actions=actions,
            values=orjson.dumps(prepared.values).decode(),
            before=before,
            resources_before=tuple(existing.values()),
            client_token=token,
            caller=call.caller,
        ),
    )


def begin_deletion(call: Call, stack: Stack, token: str, retained: Iterable[str] = ()) -> None:
    _start(
        call,
        Task(
            stack_id=stack.id,
            kind="DELETE",
            phase="clean",
            actions=deletions(call, stack),
            client_token=token,
            caller=call.caller,
            retained=tuple(retained),
        ),
    )


def deletions(call: Call, stack: Stack) -> tuple[Action, ...]:
    """Everything there is, each after all that needs it."""
    rows = state.resources.range(call, stack.id)
    there = {row.logical_id for row in rows}
    needed_by: dict[str, list[str]] = {row.logical_id: [] for row in rows}
    for row in rows:
        for need in row.needs:
            if need in there:
                needed_by[need].append(row.logical_id)
    return tuple(Action(name, "delete", tuple(others)) for name, others in needed_by.items())


def _start(call: Call, task: Task) -> None:
    state.tasks.put(call, task)
    call.later(jobs.drive, key=task.stack_id, stack_id=task.stack_id)


def drive(call: Call, stack_id: str) -> None:
    task = state.tasks.get(call, stack_id)
    stack = state.stacks.get(call, stack_id)
    if task is None or stack is None:
        return
    if any(action.state == "failed" for action in task.actions) and task.phase == "apply":
        if not any(action.state == "running" for action in task.actions):
            _apply_failed(call, stack, task)
        return
    done = {action.logical_id for action in task.actions if action.state in ("done", "failed")}
    actions = list(task.actions)
    for index, action in enumerate(actions):
        if action.state == "waiting" and done.issuperset(action.needs):
            actions[index] = state.replace(action, state="running")
            call.later(jobs.work, stack_id=stack_id, logical_id=action.logical_id, kind=action.kind)
    if any(action.state != "done" and action.state != "failed" for action in actions):
        state.tasks.put(call, state.replace(task, actions=tuple(actions)))
        return
    if task.leftovers and task.phase == "clean":
        call.later(jobs.clean, stack_id=stack_id)
        return
    _PHASES[task.phase](call, stack, task)


def _applied(call: Call, stack: Stack, task: Task) -> None:
    """All resources are there: outputs and exports, then what is left over goes."""
    try:
        outputs, imports = _outputs(call, stack, task)
    except TemplateError as error:
        _apply_failed(call, stack, state.replace(task, reason=str(error)))
        return
    stack = state.save(call, stack, state.replace(stack, outputs=outputs, imports=imports))
    if task.kind == "CREATE":
        state.set_status(call, stack, "CREATE_COMPLETE")
        state.tasks.delete(call, stack.id)
        return
    state.set_status(call, stack, "UPDATE_COMPLETE_CLEANUP_IN_PROGRESS", updated_s=call.now)
    kept = {action.logical_id for action in task.actions}
    gone = [row for row in state.resources.range(call, stack.id) if row.logical_id not in kept]
    leftovers = list(task.leftovers)
    for row in _dependents_first(gone):
        state.resources.remove(call, row)
        if row.deletion_policy not in _KEPT:
            leftovers.append(leftover_of(row))
    _clean(call, task, leftovers)


def leftover_of(row: StackResource) -> Leftover:
    return Leftover(row.logical_id, row.type, row.physical_id, row.properties, row.attributes, row.token)


def _dependents_first(rows: list[StackResource]) -> list[StackResource]:
    by_name = {row.logical_id: row for row in rows}
    needs = {row.logical_id: {need for need in row.needs if need in by_name} for row in rows}
    return [by_name[name] for name in reversed(graphs.in_order(needs))]


def _clean(call: Call, task: Task, leftovers: Iterable[Leftover]) -> None:
    _start(call, state.replace(task, phase="clean", actions=(), leftovers=tuple(leftovers)))


def _outputs(call: Call, stack: Stack, task: Task) -> tuple[tuple[tuple[str, str, str, str], ...], tuple[str, ...]]:
    template = orjson.loads(stack.template)
    scope = scopes.StackScope(call, stack, template, orjson.loads(task.values))
    outputs: list[tuple[str, str, str, str]] = []
    for name, output in (template.get("Outputs") or {}).items():
        if "Condition" in output and not scope.condition(output["Condition"]):
            continue
        value = intrinsics.evaluate(output.get("Value"), scope)
        if value is None or isinstance(value, dict | list):
            raise TemplateError(
                f"Template format error: Output {name} is malformed. The Value field of every Outputs member must evaluate to a String."
            )
        export = intrinsics.evaluate((output.get("Export") or {}).get("Name", ""), scope)
        text = str(value).lower() if isinstance(value, bool) else str(value)
        outputs.append((name, text, str(output.get("Description", "")), str(export)))
    _export(call, stack, outputs)
    for resource in template["Resources"].values():
        _find_imports(resource, scope)
    return tuple(outputs), tuple(sorted(set(scope.imported)))


def _find_imports(value: Any, scope: scopes.StackScope) -> None:
    if isinstance(value, dict):
        for key, item in value.items():
            if key == "Fn::ImportValue":
                scope.import_value(str(intrinsics.evaluate(item, scope)))
            else:
                _find_imports(item, scope)
    elif isinstance(value, list):
        for item in value:
            _find_imports(item, scope)


def _export(call: Call, stack: Stack, outputs: list[tuple[str, str, str, str]]) -> None:
    wanted = {export: value for _, value, _, export in outputs if export}
    for _, _, _, name in stack.outputs:
        if name and name not in wanted:
            user = importer(call, name, stack.id)
            if user:
                raise TemplateError(f"Export {name} cannot be deleted as it is in use by {user}")
            state.exports.delete(call, name)
    for name, value in wanted.items():
        known = state.exports.get(call, name)
        if known is not None and known.stack_id != stack.id:
            raise TemplateError(f"Export with name {name} is already exported by stack {known.stack_id.split('/')[1]}.")
        if known is not None and known.value != value:
            user = importer(call, name, stack.id)
            if user:
                raise TemplateError(f"Export {name} cannot be updated as it is in use by {user}")
        state.exports.put(call, state.Export(name=name, value=value, stack_id=stack.id))


def importer(call: Call, export: str, besides: str) -> str:
    """The name of a stack that imports it; empty when none does."""
    for stack in state.stacks.each(call):
        if export in stack.imports and stack.status != "DELETE_COMPLETE" and stack.id != besides:
            return stack.name
    return ""


def _apply_failed(call: Call, stack: Stack, task: Task) -> None:
    failed = [action.logical_id for action in task.actions if action.state == "failed"]
    reason = task.reason or f"The following resource(s) failed to {task.kind.lower()}: [{', '.join(failed)}]. "
    if task.kind == "CREATE" and (stack.disables_rollback or stack.on_failure == "DO_NOTHING"):
        state.set_status(call, stack, "CREATE_FAILED", reason)
        state.tasks.delete(call, stack.id)
    elif task.kind == "CREATE":
        deletes = stack.on_failure == "DELETE"
        status = "DELETE_IN_PROGRESS" if deletes else "ROLLBACK_IN_PROGRESS"
        state.set_status(call, stack, status, reason + "Rollback requested by user." if task.reason else reason)
        kind = "DELETE" if deletes else "CREATE"
        _start(call, state.replace(task, kind=kind, phase="undo", actions=deletions(call, stack)))
    elif stack.disables_rollback:
        state.set_status(call, stack, "UPDATE_FAILED", reason)
        state.tasks.delete(call, stack.id)
    else:
        state.set_status(call, stack, "UPDATE_ROLLBACK_IN_PROGRESS", reason)
        _start(call, state.replace(task, phase="undo", actions=_undoings(call, task)))


def _undoings(call: Call, task: Task) -> tuple[Action, ...]:
    """Bring back what was changed, in the order of needs; what was created anew becomes a leftover afterwards."""
    before = {row.logical_id: row for row in task.resources_before}
    touched = {
        row.logical_id
        for row in state.resources.range(call, task.stack_id)
        if row.logical_id in before and row != before[row.logical_id]
    }
    return tuple(
        Action(name, "undo", tuple(need for need in before[name].needs if need in touched)) for name in sorted(touched)
    )


def _undone(call: Call, stack: Stack, task: Task) -> None:
    if task.kind in ("CREATE", "DELETE"):
        _cleaned(call, stack, task)
        return
    before = {row.logical_id: row for row in task.resources_before}
    replaced = {left.physical_id for left in task.leftovers}
    leftovers: list[Leftover] = []
    for row in _dependents_first(state.resources.range(call, stack.id)):
        old = before.get(row.logical_id)
        if old is None:
            state.resources.remove(call, row)
            if row.physical_id:
                leftovers.append(leftover_of(row))
    leftovers += [left for left in task.leftovers if left.logical_id not in before or left.physical_id not in replaced]
    old_stack = task.before
    if old_stack is not None:
        stack = state.save(
            call, stack, state.replace(old_stack, status=stack.status, reason=stack.reason, updated_s=call.now)
        )
    state.set_status(call, stack, "UPDATE_ROLLBACK_COMPLETE_CLEANUP_IN_PROGRESS")
    keep = [left for left in task.leftovers if left.token.startswith("new:")]
    _clean(call, state.replace(task, kind="ROLLBACK"), [*leftovers, *keep])


def _cleaned(call: Call, stack: Stack, task: Task) -> None:
    failed = [action.logical_id for action in task.actions if action.state == "failed"]
    state.tasks.delete(call, stack.id)
    if task.kind == "UPDATE":
        state.set_status(call, stack, "UPDATE_COMPLETE")
    elif task.kind == "ROLLBACK":
        state.set_status(call, stack, "UPDATE_ROLLBACK_COMPLETE")
    elif task.kind == "CREATE":
        if failed:
            state.set_status(
                call, stack, "ROLLBACK_FAILED", f"The following resource(s) failed to delete: [{', '.join(failed)}]. "
            )
        else:
            state.set_status(call, stack, "ROLLBACK_COMPLETE")
    elif failed:
        state.set_status(
            call, stack, "DELETE_FAILED", f"The following resource(s) failed to delete: [{', '.join(failed)}]. "
        )
    else:
        _deleted(call, stack)


def _deleted(call: Call, stack: Stack) -> None:
    for _, _, _, export in stack.outputs:
        if export:
            state.exports.delete(call, export)
    state.current.delete(call, stack.name)
    for change_set in state.change_sets.range(call, stack.id):
        state.change_sets.remove(call, change_set)
    state.set_status(call, stack, "DELETE_COMPLETE", deleted_s=call.now, imports=())


_PHASES = {"apply": _applied, "clean": _cleaned, "undo": _undone}


def finish(call: Call, stack_id: str, logical_id: str, how: str, leftovers: Iterable[Leftover] = ()) -> None:
    """An action ended: `how` is done or failed. The stack goes on."""
    task = state.tasks.get(call, stack_id)
    if task is None:
        return
    actions = tuple(
        state.replace(action, state=how) if action.logical_id == logical_id and action.state == "running" else action
        for action in task.actions
    )
    new = state.replace(task, actions=actions, leftovers=(*task.leftovers, *leftovers))
    state.tasks.put(call, new)
    call.later(jobs.drive, key=stack_id, stack_id=stack_id)
