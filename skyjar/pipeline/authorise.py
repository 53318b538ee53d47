"""May this principal do this? Asks `policy/` with the policies that apply, and keeps the reasons.

What an operation needs follows from its name (`sqs:SendMessage`) unless the service's `permissions.py` says otherwise:
`actions` on all `resources`, and `also` further (action, resource, conditions), such as iam:PassRole on a role that is
handed over. `owner` is the account of a resource whose ARN does not say (S3's). `policy_kind` other than a resource-based policy (a role trust policy, a key policy) must allow by itself.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from skyjar.kernel.call import Call
from skyjar.kernel.principals import Principal
from skyjar.kernel.service import Service
from skyjar.policy.documents import compile_document
from skyjar.policy.evaluation import RESOURCE, Policies, denial_message, evaluate
from skyjar.policy.requests import Principal as Asking
from skyjar.policy.requests import Request as Question

from .identities import Held
from .judgement import NOT_JUDGED, ROOT, Judgement

if TYPE_CHECKING:
    from .exchange import Exchange
    from .pipeline import Pipeline


Also = tuple[str, str, dict[str, Any]]


def authorise(pipeline: Pipeline, x: Exchange) -> None:
    """The step; `judge` is the same for calls from inside."""
    if x.plane is not None or (x.model is not None and x.model.auth == "none"):
        x.judgement = NOT_JUDGED
        return
    assert x.service is not None
    assert x.model is not None
    call = x.call = pipeline.call_of(x)
    x.judgement = judge(pipeline, call, x.service, x.model.snake, x.model.name, x.parameters)


def judge(
    pipeline: Pipeline, call: Call, service: Service, operation: str, aws_name: str, parameters: dict[str, Any]
) -> Judgement:
    """Raises the service's access-denied error, with the judgement as its attribute, when the call is refused."""
    permissions = service.permissions
    caller = call.caller
    actions = _needed(permissions, "actions", call, operation, parameters)
    if actions is None:
        actions = [f"{service.iam}:{aws_name}"]
    document = _needed(permissions, "resource_policy", call, operation, parameters)
    if not actions:
        return NOT_JUDGED
    resources = _needed(permissions, "resources", call, operation, parameters) or ["*"]
    also: list[Also] = _needed(permissions, "also", call, operation, parameters) or []
    owner: str = _needed(permissions, "owner", call, operation, parameters) or ""
    if caller.kind == "root" and document is None:
        concerned = [*resources, *(resource for _, resource, _ in also)] if also else resources
        if all((_account(arn) or owner) in ("", caller.account) for arn in concerned):
            return ROOT
    conditions = _needed(permissions, "conditions", call, operation, parameters) or {}
    kind = _needed(permissions, "policy_kind", call, operation, parameters) or RESOURCE
    held = pipeline.identities.held_by(call.tx, caller)
    last = ROOT
    for action in actions:
        for resource in resources:
            last = _decide(call, service, held, action, resource, document, kind, conditions, owner)
    for action, resource, more in also:
        _decide(call, service, held, action, resource, None, RESOURCE, {**conditions, **more})
    return last


def _needed(permissions: Any, name: str, call: Call, operation: str, parameters: dict[str, Any]) -> Any:
    function: Callable[..., Any] | None = getattr(permissions, name, None)
    return function(call, operation, parameters) if function is not None else None


def _account(arn: str) -> str:
    """Whose the resource is; empty where the ARN does not say, and for what AWS shares with everyone."""
    parts = arn.split(":", 5)
    return parts[4] if len(parts) == 6 and parts[4] != "aws" else ""


def _decide(
    call: Call,
    service: Service,
    held: Held,
    action: str,
    resource: str,
    document: str | None,
    kind: str,
    conditions: dict[str, Any],
    owner: str = "",
) -> Judgement:
    policies = _with_resource(held.policies, document, kind, _account(resource) or owner or call.account)
    asking = asking_of(call.caller, held.tags)
    context = context_of(call, conditions)
    decision = evaluate(Question(asking, action, resource, context), policies)
    if decision.allowed:
        return Judgement(
            is_allowed=True, reason=decision.reason, action=action, resource=resource, policy=decision.kind or ""
        )
    judgement = Judgement(
        is_allowed=False,
        reason=decision.reason,
        action=action,
        resource=resource,
        policy=decision.kind or "",
        trace=tuple(str(verdict) for verdict in decision.explain()),
        context={key: str(value() if callable(value) else value) for key, value in context.items()},
    )
    error = service.access_denied(denial_message(call.caller.arn, action, resource, decision))
    error.judgement = judgement  # type: ignore[attr-defined]
    raise error


def _with_resource(policies: Policies, document: str | None, kind: str, account: str) -> Policies:
    return Policies(
        identity=policies.identity,
        resource=[(kind, compile_document(document))] if document else (),
        boundary=policies.boundary,
        session=policies.session,
        scp=policies.scp,
        rcp=policies.rcp,
        endpoint=policies.endpoint,
        resource_account=account,
        resource_kind=kind,
        resource_required=kind != RESOURCE,
    )


def asking_of(principal: Principal, own_tags: dict[str, str]) -> Asking:
    """The caller, in the policy language's terms. Tags of the session take the place of the user's or role's own."""
    tags = {**own_tags, **dict(principal.session_tags)} if own_tags else dict(principal.session_tags)
    if principal.kind == "service":
        return Asking("service", arn=principal.arn, account=principal.account, service_names=(principal.name,))
    if principal.kind == "role":
        role = f"arn:aws:iam::{principal.account}:role{principal.path}{principal.name}"
        return Asking(
            "assumed-role",
            arn=principal.arn,
            account=principal.account,
            user_id=principal.id,
            session_name=principal.session,
            parent_arn=role,
            tags=tags,
        )
    if principal.kind == "federated-user":
        parent = f"arn:aws:iam::{principal.account}:user{principal.path}{principal.name}"
        return Asking(
            "federated-user",
            arn=principal.arn,
            account=principal.account,
            user_id=principal.id,
            parent_arn=parent,
            tags=tags,
        )
    return Asking(
        principal.kind,
        arn=principal.arn,
        account=principal.account,
        user_id=principal.id,
        tags=tags,
    )


def _iso(at: float) -> str:
    return datetime.fromtimestamp(int(at), UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def context_of(call: Call, conditions: dict[str, Any]) -> dict[str, Any]:
    """The global condition keys that follow from the request; the principal's own follow from the principal."""
    caller = call.caller
    found: dict[str, Any] = {
        "aws:SourceIp": call.source_ip,
        "aws:SecureTransport": "true" if call.secure else "false",
        "aws:CurrentTime": lambda: _iso(call.now),
        "aws:EpochTime": str(int(call.now)),
        "aws:RequestedRegion": call.region,
        "aws:UserAgent": call.user_agent,
        "aws:ViaAWSService": "true" if call.context.get("aws:CalledVia") else "false",
    }
    if caller.is_temporary:
        found["aws:MultiFactorAuthPresent"] = "true" if caller.mfa_at else "false"
        found["aws:TokenIssueTime"] = lambda: _iso(caller.issued_at)
    if caller.mfa_at:
        found["aws:MultiFactorAuthAge"] = str(int(call.now - caller.mfa_at))
    if caller.source_identity:
        found["aws:SourceIdentity"] = caller.source_identity
    found.update(call.context)
    found.update(conditions)
    return found
