"""How work on a stack goes on: from its task's actions to the next ones, and from phase to phase.

`drive` starts every action whose needs are done, each as a job of its own, and when nothing is left goes to the next
phase. It is called again after every action, and is safe to call at any time.

    create: apply -> CREATE_COMPLETE               or, on failure, delete -> ROLLBACK_COMPLETE
    update: apply -> clean -> UPDATE_COMPLETE      or, on failure, revert -> clean -> UPDATE_ROLLBACK_COMPLETE
    delete: delete -> DELETE_COMPLETE

While an update is applied nothing is deleted: a replacement is made beside what it replaces, and what the new template
lacks stays. So the way back is open until `clean`, which discards every physical resource that does not survive: those
the new template does not have, or, after a rollback, those that the last good state did not have.
"""

from __future__ import annotations

from collections.abc import Iterable

import orjson

from skyjar.formation import graphs
from skyjar.formation.errors import TemplateError
from skyjar.kernel.call import Call
from skyjar.kernel.errors import AWSError

from . import endings, jobs, outputs, state
from .sources import Prepared
from .state import Action, Stack, StackResource, Task

# In these phases an action whose need failed is not begun.
_STRICT = ("apply", "revert", "delete")


# What begins


def begin(call: Call, before: Stack | None, stack: Stack, prepared: Prepared, kind: str, token: str = "") -> None:
    """Start creating or updating a stack, whose row is saved already, to what is prepared."""
    rows = state.resources.range(call, stack.id)
    existing = {row.logical_id for row in rows if row.physical_id}
    paused = state.tasks.get(call, stack.id)
    actions = tuple(
        Action(name, "update" if name in existing else "create", prepared.needs[name])
        for name in graphs.in_order({name: set(needs) for name, needs in prepared.needs.items()})
    )
    task = Task(stack_id=stack.id, kind=kind, phase="apply", actions=actions, before=before, client_token=token)
    if paused is not None and paused.kind == "UPDATE":  # the last good state is older than this update
        task = state.replace(
            task, before=paused.before, resources_before=paused.resources_before, displaced=paused.displaced
        )
    elif kind == "UPDATE":
        task = state.replace(task, resources_before=tuple(row for row in rows if row.physical_id))
    start(call, task)


def begin_deletion(call: Call, stack: Stack, token: str, kept: Iterable[str] = ()) -> None:
    """Delete everything. A creation under way is stopped first, when its running actions have ended."""
    task = state.tasks.get(call, stack.id)
    if task is not None and task.phase == "apply" and not task.is_paused:
        start(call, state.replace(task, kind="DELETE", stop="Delete requested by user.", client_token=token))
        return
    displaced = () if task is None else (*task.displaced, *task.resources_before)
    start(call, deletion(call, stack.id, "DELETE", token, kept=tuple(kept), displaced=displaced))


def deletion(call: Call, stack_id: str, kind: str, token: str, displaced: tuple[StackResource, ...] = (),
             kept: tuple[str, ...] = ()) -> Task:  # fmt: skip
    """The task of deleting everything there is, each after all that needs it. `kind` CREATE is the rollback of one."""
    rows = state.resources.range(call, stack_id)
    current = {row.token for row in rows}
    others = tuple({row.token: row for row in displaced if row.token not in current}.values())
    actions = (*_deletions(rows), *_discards(others))
    return Task(
        stack_id=stack_id, kind=kind, phase="delete", actions=actions, is_rollback=kind == "CREATE",
        client_token=token, displaced=others, kept=kept,
    )  # fmt: skip


def begin_rollback(call: Call, stack: Stack, task: Task, token: str, kept: Iterable[str] = ()) -> None:
    """Go back to the last good state from a task that failed. Resources in `kept` stay as they are."""
    if task.kind == "CREATE":
        start(call, deletion(call, stack.id, "CREATE", token))
        return
    changed = state.replace(task, phase="revert", is_rollback=True, is_paused=False, kept=tuple(kept), stop="")
    start(call, state.replace(changed, actions=_reverts(call, changed)))


def start(call: Call, task: Task) -> None:
    state.tasks.put(call, task)
    call.later(jobs.drive, key=task.stack_id, stack_id=task.stack_id)


# What is to be done


def _deletions(rows: list[StackResource]) -> tuple[Action, ...]:
    there = {row.logical_id for row in rows}
    needed_by: dict[str, list[str]] = {row.logical_id: [] for row in rows}
    for row in rows:
        for need in there.intersection(row.needs):
            needed_by[need].append(row.logical_id)
    return tuple(Action(name, "delete", tuple(others)) for name, others in needed_by.items())


def _discards(rows: Iterable[StackResource]) -> tuple[Action, ...]:
    all_rows = list(rows)
    return tuple(
        Action(row.token, "discard", tuple(other.token for other in all_rows if row.logical_id in other.needs))
        for row in all_rows
    )


def _reverts(call: Call, task: Task) -> tuple[Action, ...]:
    """What differs from the last good state, each after what it needs."""
    now = {row.logical_id: row for row in state.resources.range(call, task.stack_id)}
    changed = [row for row in task.resources_before if now.get(row.logical_id) != row]
    names = {row.logical_id for row in changed}
    return tuple(Action(row.logical_id, "revert", tuple(names.intersection(row.needs))) for row in changed)


# What goes on


def drive(call: Call, stack_id: str) -> None:
    task, stack = state.tasks.get(call, stack_id), state.stacks.get(call, stack_id)
    if task is None or stack is None or task.is_paused:
        return
    is_running = any(action.state == "running" for action in task.actions)
    has_failed = any(action.state == "failed" for action in task.actions)
    if task.phase == "apply" and (task.stop or has_failed):
        if not is_running:
            _stopped(call, stack, task)
        return
    names = _ready(task)
    if not names and not is_running and not has_failed:  # needs in a circle: mixed from two templates
        names = {action.name for action in task.actions if action.state == "waiting"}
    for action in task.actions:
        if action.name in names:
            if action.kind == "create":
                _announce(call, stack, task, action.name)
            call.later(jobs.work, stack_id=stack_id, name=action.name)
    if names:
        actions = tuple(state.replace(a, state="running") if a.name in names else a for a in task.actions)
        state.tasks.put(call, state.replace(task, actions=actions))
    elif not is_running:
        _PHASES[task.phase](call, stack, task)


def _announce(call: Call, stack: Stack, task: Task, name: str) -> None:
    """A resource is about to be created: it is shown from now on."""
    row = state.resources.get(call, stack.id, name)
    template = orjson.loads(stack.template)
    new = StackResource(
        stack_id=stack.id,
        logical_id=name,
        type=template["Resources"][name]["Type"],
        status="CREATE_IN_PROGRESS",
        at_s=call.now,
        token=row.token if row is not None else call.chance.base32(12),
    )
    state.resources.put(call, new)
    state.tell_of(call, stack, new, "CREATE_IN_PROGRESS", "", task.client_token)


def _ready(task: Task) -> set[str]:
    ended = ("done",) if task.phase in _STRICT else ("done", "failed")
    known = {action.name for action in task.actions}
    done = {action.name for action in task.actions if action.state in ended}
    return {
        action.name
        for action in task.actions
        if action.state == "waiting" and done.issuperset(known.intersection(action.needs))
    }


def finish(call: Call, stack_id: str, name: str, how: str = "done", displaced: Iterable[StackResource] = ()) -> None:
    """An action ended: `how` is done or failed. The stack goes on."""
    task = state.tasks.get(call, stack_id)
    if task is None:
        return
    actions = tuple(
        state.replace(action, state=how) if action.name == name and action.state == "running" else action
        for action in task.actions
    )
    start(call, state.replace(task, actions=actions, displaced=(*task.displaced, *displaced)))


def break_off(call: Call, stack_id: str, reason: str) -> None:
    """What the stack as a whole had to do failed."""
    task, stack = state.tasks.get(call, stack_id), state.stacks.get(call, stack_id)
    if task is None or stack is None:
        return
    if task.phase == "apply" and not task.stop:
        _stopped(call, stack, state.replace(task, stop=reason))
    else:
        endings.failed(call, stack, task, reason)


def _stopped(call: Call, stack: Stack, task: Task) -> None:
    """The apply phase ended before it was complete, and nothing runs any more."""
    if task.kind == "DELETE":
        start(call, deletion(call, stack.id, "DELETE", task.client_token))
        return
    reason = task.stop or endings.reason_of(task)
    if task.kind == "CREATE" and stack.on_failure == "DELETE":
        state.set_status(call, stack, "DELETE_IN_PROGRESS", f"{reason}Delete requested by user.")
        start(call, deletion(call, stack.id, "DELETE", task.client_token))
    elif stack.disables_rollback or (task.kind == "CREATE" and stack.on_failure == "DO_NOTHING"):
        state.set_status(call, stack, f"{task.kind}_FAILED", reason)
        state.tasks.put(call, state.replace(task, is_paused=True))
    else:
        status = "ROLLBACK_IN_PROGRESS" if task.kind == "CREATE" else "UPDATE_ROLLBACK_IN_PROGRESS"
        stack = state.set_status(
            call, stack, status, f"{reason}Rollback requested by user." if task.kind == "CREATE" else reason
        )
        begin_rollback(call, stack, task, task.client_token)


# What follows a phase


def _applied(call: Call, stack: Stack, task: Task) -> None:
    """All resources are there: outputs and exports, then what does not survive goes."""
    try:
        found, imports = outputs.of(call, stack)
        outputs.export(call, stack, found)
    except (TemplateError, AWSError) as error:
        _stopped(call, stack, state.replace(task, stop=f"{error} "))
        return
    stack = state.save(call, stack, state.replace(stack, outputs=found, imports=imports))
    if task.kind == "CREATE":
        endings.complete(call, stack, task)
        return
    stack = state.set_status(call, stack, "UPDATE_COMPLETE_CLEANUP_IN_PROGRESS", updated_s=call.now)
    _clean(call, task, {action.name for action in task.actions})


def _reverted(call: Call, stack: Stack, task: Task) -> None:
    if any(action.state == "failed" for action in task.actions):
        endings.failed(call, stack, task, endings.reason_of(task))
        return
    assert task.before is not None
    stack = state.save(
        call, stack, state.replace(task.before, status=stack.status, reason=stack.reason, updated_s=call.now)
    )
    state.set_status(call, stack, "UPDATE_ROLLBACK_COMPLETE_CLEANUP_IN_PROGRESS")
    _clean(call, task, {row.logical_id for row in task.resources_before})


def _clean(call: Call, task: Task, survivors: set[str]) -> None:
    """Discard what is not one of the stack's resources with these logical ids."""
    rows = state.resources.range(call, task.stack_id)
    living = [row for row in rows if row.logical_id in survivors and row.physical_id]
    gone: list[StackResource] = []
    for row in rows:
        if row.logical_id not in survivors or not row.physical_id:
            state.resources.remove(call, row)
            gone.append(row)
    kept = {row.token for row in living}
    same = {(row.type, row.physical_id) for row in living}
    discarded = {
        row.token: row
        for row in (*task.displaced, *gone)
        if row.physical_id and row.token not in kept and (row.type, row.physical_id) not in same
    }
    rows_left = tuple(discarded.values())
    start(call, state.replace(task, phase="clean", actions=_discards(rows_left), displaced=rows_left))


_PHASES = {"apply": _applied, "revert": _reverted, "clean": endings.complete, "delete": endings.deleted}
