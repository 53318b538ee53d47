"""In which status a stack ends."""

from __future__ import annotations

from skyjar.kernel.call import Call

from . import state
from .state import Stack, Task

_VERBS = {"create": "create", "update": "update", "revert": "update", "delete": "delete", "discard": "delete"}


def reason_of(task: Task) -> str:
    """Which resources failed, as CloudFormation says it."""
    failed: dict[str, list[str]] = {}
    for action in task.actions:
        if action.state == "failed":
            failed.setdefault(_VERBS[action.kind], []).append(_logical_id(task, action))
    return "".join(
        f"The following resource(s) failed to {verb}: [{', '.join(sorted(names))}]. " for verb, names in failed.items()
    )


def _logical_id(task: Task, action: state.Action) -> str:
    if action.kind != "discard":
        return action.name
    return next((row.logical_id for row in task.displaced if row.token == action.name), action.name)


def complete(call: Call, stack: Stack, task: Task) -> None:
    """A leftover that could not be deleted does not change the outcome, as on AWS."""
    has_failed = any(action.state == "failed" for action in task.actions)
    reason = "Update successful. One or more resources could not be deleted." if has_failed else ""
    state.tasks.delete(call, stack.id)
    status = "UPDATE_ROLLBACK_COMPLETE" if task.is_rollback else f"{task.kind}_COMPLETE"
    state.set_status(call, stack, status, reason)


def failed(call: Call, stack: Stack, task: Task, reason: str) -> None:
    """The stack stays as it is until somebody does something about it."""
    if task.phase == "delete":
        status = "ROLLBACK_FAILED" if task.is_rollback else "DELETE_FAILED"
    elif task.is_rollback:
        status = "UPDATE_ROLLBACK_FAILED"
    else:
        status = f"{task.kind}_FAILED"
    state.tasks.put(call, state.replace(task, is_paused=True))
    state.set_status(call, stack, status, reason)


def deleted(call: Call, stack: Stack, task: Task) -> None:
    if any(action.state == "failed" for action in task.actions):
        failed(call, stack, task, reason_of(task))
        return
    state.tasks.delete(call, stack.id)
    if task.is_rollback:
        state.set_status(call, stack, "ROLLBACK_COMPLETE")
        return
    for _, _, _, export in stack.outputs:
        if export:
            state.exports.delete(call, export)
    state.current.delete(call, stack.name)
    for change_set in state.change_sets.range(call, stack.id):
        state.change_sets.remove(call, change_set)
    state.set_status(call, stack, "DELETE_COMPLETE", deleted_s=call.now, imports=())
