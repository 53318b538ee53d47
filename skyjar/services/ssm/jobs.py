"""What Parameter Store does by itself: it enforces the policies of parameters, at the moment that each names.

AWS looks for what is due from time to time. Notifications are events (see `PolicyActed`), for EventBridge to hand on.
"""

from __future__ import annotations

from skyjar.kernel.call import Call
from skyjar.kernel.jobs import job

from . import PolicyActed, policies, state
from .state import Parameter, Policy


def plan(call: Call, parameter: Parameter) -> None:
    """Have the parameter's policies enforced when the next of them is due."""
    due = policies.next_due(parameter.policies)
    if due is not None:
        call.later(enforce, key=parameter.name, due=max(due, call.now), name=parameter.name)


@job()
def enforce(call: Call, *, name: str) -> None:
    """One that was put off, or whose parameter is gone or another one, finds nothing due."""
    from . import parameters

    found = state.parameters.get(call, name)
    if found is None:
        return
    due = policies.due(found.policies, call.now)
    for policy in due:
        call.emit(_acted(call, found, policy))
    if any(policy.type == policies.EXPIRATION for policy in due):
        parameters.drop(call, found)
        return
    changed = state.replace(found, policies=policies.acted(found.policies, due))
    state.change(call, found, changed)
    plan(call, changed)


def _acted(call: Call, parameter: Parameter, policy: Policy) -> PolicyActed:
    return PolicyActed(
        arn=state.arn_of(call, parameter.name),
        name=parameter.name,
        type=parameter.type,
        policy=policy.type,
        content=policy.text,
    )
