"""The work on stacks, as jobs: it survives anything, and goes on where it was."""

from __future__ import annotations

from typing import Any

import orjson

from skyjar.formation.resources import Physical
from skyjar.kernel.call import Call
from skyjar.kernel.errors import AWSError
from skyjar.kernel.jobs import job
from skyjar.kernel.outside import Outside

from . import state


@job()
def drive(call: Call, *, stack_id: str) -> None:
    from . import engine

    engine.drive(call, stack_id)


def _failed(call: Call, error: Exception, *, stack_id: str, logical_id: str, kind: str) -> None:
    """What the action wrote is dropped; the resource is marked with the reason and the stack goes on from there."""
    from . import engine

    stack = state.stacks.get(call, stack_id)
    if stack is None:
        return
    how = {"create": "CREATE", "delete": "DELETE"}.get(kind, "UPDATE")
    if isinstance(error, AWSError):
        reason = f'Resource handler returned message: "{error.message}" (HandlerErrorCode: {error.code})'
    else:
        reason = f"Internal failure: {type(error).__name__}: {error}"
    row = state.resources.get(call, stack_id, logical_id)
    template = orjson.loads(stack.template or "{}")
    definition = template.get("Resources", {}).get(logical_id, {})
    if row is not None:
        state.resources.put(call, state.replace(row, status=f"{how}_FAILED", reason=reason, at_s=call.now))
    state.tell(
        call,
        stack,
        logical_id=logical_id,
        physical_id=row.physical_id if row is not None else "",
        type=row.type if row is not None else definition.get("Type", ""),
        status=f"{how}_FAILED",
        reason=reason,
    )
    engine.finish(call, stack_id, logical_id, "failed")


@job(tries=2, otherwise=_failed)
def work(call: Call, *, stack_id: str, logical_id: str, kind: str) -> Outside | None:
    """One action on one resource."""
    from .work import Worker

    stack = state.stacks.get(call, stack_id)
    task = state.tasks.get(call, stack_id)
    if stack is None or task is None:
        return None
    worker = Worker(call, stack, task, logical_id)
    if kind == "create":
        definition = orjson.loads(stack.template)["Resources"][logical_id]
        state.tell(
            call, stack, logical_id=logical_id, type=definition["Type"], status="CREATE_IN_PROGRESS",
            token=task.client_token,
        )  # fmt: skip
    done: Outside | None = getattr(worker, kind)()
    return done


def _left_behind(call: Call, error: Exception, *, stack_id: str) -> None:
    """A leftover could not be deleted: AWS says so in an event and lets the stack be complete all the same."""
    stack, task = state.stacks.get(call, stack_id), state.tasks.get(call, stack_id)
    if stack is None or task is None:
        return
    left = task.leftovers[0]
    state.tell(
        call, stack, logical_id=left.logical_id, physical_id=left.physical_id, type=left.type, status="DELETE_FAILED",
        reason=str(error),
    )  # fmt: skip
    _next_leftover(call, stack_id)


def _next_leftover(call: Call, stack_id: str) -> None:
    task = state.tasks.get(call, stack_id)
    if task is not None:
        state.tasks.put(call, state.replace(task, leftovers=task.leftovers[1:]))
        call.later(drive, key=stack_id, stack_id=stack_id)


@job(tries=2, otherwise=_left_behind)
def clean(call: Call, *, stack_id: str) -> Outside | None:
    """Delete one thing that is no part of the stack any more."""
    from .work import Worker, type_of

    stack, task = state.stacks.get(call, stack_id), state.tasks.get(call, stack_id)
    if stack is None or task is None or not task.leftovers:
        return None
    left = task.leftovers[0]
    worker = Worker(call, stack, task, left.logical_id)
    physical = Physical(left.physical_id, orjson.loads(left.attributes))
    state.tell(
        call, stack, logical_id=left.logical_id, physical_id=left.physical_id, type=left.type,
        status="DELETE_IN_PROGRESS",
    )  # fmt: skip

    def gone(call: Call, _: Any) -> None:
        state.tell(
            call, stack, logical_id=left.logical_id, physical_id=left.physical_id, type=left.type,
            status="DELETE_COMPLETE",
        )  # fmt: skip
        _next_leftover(call, stack_id)

    resource = worker.resource(left.type, left.token)
    done = type_of(call, left.type).delete(call, resource, physical, orjson.loads(left.properties))
    if isinstance(done, Outside):
        return done.map(gone)
    gone(call, None)
    return None


def _change_set_failed(call: Call, error: Exception, *, stack_id: str, name: str) -> None:
    from . import change_sets

    change_sets.fail(call, stack_id, name, error)


@job(tries=1, otherwise=_change_set_failed)
def make_change_set(call: Call, *, stack_id: str, name: str) -> Outside | None:
    """Work out what a change set would change."""
    from . import change_sets

    return change_sets.make(call, stack_id, name)
