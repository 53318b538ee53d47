"""Going back: cancelling an update, rolling back what failed, going on with a rollback that failed."""

from __future__ import annotations

from typing import Any

from skyjar.kernel.call import Call
from skyjar.kernel.service import operation

from . import deploying, engine, state
from .errors import ValidationError
from .state import Stack


@operation
def cancel_update_stack(call: Call, *, stack_name: str, client_request_token: str = "") -> None:
    """The update is broken off when what runs now has ended, and rolled back."""
    stack = state.existing(call, stack_name)
    task = state.tasks.get(call, stack.id)
    if stack.status != "UPDATE_IN_PROGRESS" or task is None or task.phase != "apply":
        raise ValidationError(f"CancelUpdateStack cannot be called from current stack status: {stack.status}")
    engine.start(call, state.replace(task, stop="Update cancelled by user. ", client_token=client_request_token))


@operation
def continue_update_rollback(
    call: Call,
    *,
    stack_name: str,
    role_arn: str = "",
    resources_to_skip: list[str] | None = None,
    client_request_token: str = "",
) -> dict[str, Any]:
    """Skipped resources count as rolled back, whatever they are like."""
    stack = state.existing(call, stack_name)
    task = state.tasks.get(call, stack.id)
    if stack.status != "UPDATE_ROLLBACK_FAILED" or task is None:
        raise ValidationError(f"Stack:{stack.id} is in {stack.status} state and can not continue update rollback.")
    failed = {action.name for action in task.actions if action.state == "failed"}
    wrong = sorted(set(resources_to_skip or ()) - failed)
    if wrong:
        raise ValidationError(
            f"Resources [{', '.join(wrong)}] cannot be skipped: only resources whose rollback failed can be."
        )
    stack = state.set_status(call, stack, "UPDATE_ROLLBACK_IN_PROGRESS", "User Initiated")
    actor = deploying.actor(call, role_arn or stack.role_arn)
    engine.begin_rollback(actor, stack, task, client_request_token, resources_to_skip or ())
    return {}


@operation
def rollback_stack(
    call: Call, *, stack_name: str, role_arn: str = "", client_request_token: str = ""
) -> dict[str, Any]:
    """Of a stack that failed and was left as it was, because rollback was disabled."""
    stack: Stack = state.existing(call, stack_name)
    task = state.tasks.get(call, stack.id)
    if stack.status not in ("CREATE_FAILED", "UPDATE_FAILED") or task is None:
        raise ValidationError(f"Stack:{stack.id} is in {stack.status} state and can not be rolled back.")
    status = "ROLLBACK_IN_PROGRESS" if task.kind == "CREATE" else "UPDATE_ROLLBACK_IN_PROGRESS"
    stack = state.set_status(call, stack, status, "User Initiated")
    engine.begin_rollback(deploying.actor(call, role_arn or stack.role_arn), stack, task, client_request_token)
    return {"StackId": stack.id}
