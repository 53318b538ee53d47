"""The work on stacks, as jobs: it survives anything, and goes on where it was."""

from __future__ import annotations

from skyjar.kernel.call import Call
from skyjar.kernel.jobs import job
from skyjar.kernel.outside import Outside

from . import errors, state


def _broken_off(call: Call, error: Exception, *, stack_id: str) -> None:
    from . import engine

    engine.break_off(call, stack_id, f"{errors.reason_of(error)} ")


@job(tries=2, otherwise=_broken_off)
def drive(call: Call, *, stack_id: str) -> None:
    from . import engine

    engine.drive(call, stack_id)


def _failed(call: Call, error: Exception, *, stack_id: str, name: str) -> None:
    from .work import fail

    stack, task, action = _find(call, stack_id, name)
    if stack is not None and task is not None and action is not None:
        fail(call, stack, task, action, errors.reason_of(error))


@job(tries=2, otherwise=_failed)
def work(call: Call, *, stack_id: str, name: str) -> Outside | None:
    """One action on one resource."""
    from .work import Worker

    stack, task, action = _find(call, stack_id, name)
    if stack is None or task is None or action is None:
        return None
    return Worker(call, stack, task, action).run()


def _find(call: Call, stack_id: str, name: str) -> tuple[state.Stack | None, state.Task | None, state.Action | None]:
    task = state.tasks.get(call, stack_id)
    running = (action for action in (task.actions if task is not None else ()) if action.state == "running")
    return state.stacks.get(call, stack_id), task, next((action for action in running if action.name == name), None)


def _change_set_failed(call: Call, error: Exception, *, stack_id: str, name: str) -> None:
    from . import change_sets

    change_sets.fail(call, stack_id, name, error)


@job(tries=1, otherwise=_change_set_failed)
def make_change_set(call: Call, *, stack_id: str, name: str) -> Outside | None:
    """Work out what a change set would change."""
    from . import change_sets

    return change_sets.make(call, stack_id, name)
