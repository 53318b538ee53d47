"""May this principal do this? Asks `policy/` with the policies that apply, and keeps the reasons.

What an operation needs follows from its name (`sqs:SendMessage`) unless the service's `permissions.py` says otherwise:
`actions` on all `resources`, and `also` further (action, resource, conditions), such as iam:PassRole on a role that is
handed over. `owner` is the account of a resource whose ARN does not say (S3's). `policy_kind` other than a
resource-based policy (a role trust policy, a key policy) must allow by itself.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from types import ModuleType
from typing import TYPE_CHECKING, Any

from skyjar.kernel.call import Call
from skyjar.kernel.service import Service

from .judgement import NOT_JUDGED, ROOT, Judgement

if TYPE_CHECKING:
    from .exchange import Exchange
    from .pipeline import Pipeline


Also = tuple[str, str, dict[str, Any]]
Needs = Callable[[Call, str, dict[str, Any]], Any]


def authorise(pipeline: Pipeline, x: Exchange) -> None:
    """The step; `judge` is the same for calls from inside."""
    if x.plane is not None or (x.model is not None and x.model.auth == "none"):
        x.judgement = NOT_JUDGED
        return
    assert x.service is not None
    assert x.model is not None
    call = x.call = pipeline.call_of(x)
    x.judgement = judge(pipeline, call, x.service, x.model.snake, x.model.name, x.parameters)


class Rules:
    """What a service's `permissions.py` has; what it lacks answers None."""

    __slots__ = ("actions", "also", "conditions", "owner", "policy_kind", "resource_policy", "resources")

    def __init__(self, permissions: ModuleType | None) -> None:
        for name in self.__slots__:
            setattr(self, name, getattr(permissions, name, _nothing))

    actions: Needs
    also: Needs
    conditions: Needs
    owner: Needs
    policy_kind: Needs
    resource_policy: Needs
    resources: Needs


def _nothing(call: Call, operation: str, parameters: dict[str, Any]) -> None:
    return None


rules_of = cache(Rules)


def judge(
    pipeline: Pipeline, call: Call, service: Service, operation: str, aws_name: str, parameters: dict[str, Any]
) -> Judgement:
    """Raises the service's access-denied error, with the judgement as its attribute, when the call is refused."""
    rules = rules_of(service.permissions)
    caller = call.caller
    actions = rules.actions(call, operation, parameters)
    if actions is None:
        actions = [f"{service.iam}:{aws_name}"]
    document = rules.resource_policy(call, operation, parameters)
    if not actions:
        return NOT_JUDGED
    resources = rules.resources(call, operation, parameters) or ["*"]
    also: list[Also] = rules.also(call, operation, parameters) or []
    owner: str = rules.owner(call, operation, parameters) or ""
    if caller.kind == "root" and document is None:
        concerned = [*resources, *(resource for _, resource, _ in also)] if also else resources
        for arn in concerned:
            if (account_of(arn) or owner) not in ("", caller.account):
                break
        else:
            return ROOT
    from .decide import RESOURCE, decide

    conditions = rules.conditions(call, operation, parameters) or {}
    kind = rules.policy_kind(call, operation, parameters) or RESOURCE
    held = pipeline.identities.held_by(call.tx, caller)
    last = ROOT
    try:
        for action in actions:
            for resource in resources:
                last = decide(call, service, held, action, resource, document, kind, conditions, owner)
        for action, resource, more in also:
            decide(call, service, held, action, resource, None, RESOURCE, {**conditions, **more})
    except service.access_denied as denied:
        if not pipeline.is_auditing or not hasattr(denied, "judgement"):
            raise
        last = denied.judgement.let_through()
    if also or len(actions) > 1 or len(resources) > 1:
        return last.with_further(actions, resources, also)
    return last


def account_of(arn: str) -> str:
    """Whose the resource is; empty where the ARN does not say, and for what AWS shares with everyone."""
    parts = arn.split(":", 5)
    return parts[4] if len(parts) == 6 and parts[4] != "aws" else ""
