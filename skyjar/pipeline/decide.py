"""One decision: the question in the policy language's terms, put to `policy/`, and what is said when the answer is no.

Loaded with the first call whose caller is not simply root over its own account.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from skyjar.kernel.call import Call
from skyjar.kernel.principals import Principal
from skyjar.kernel.service import Service
from skyjar.policy.documents import compile_document
from skyjar.policy.evaluation import Policies, denial_message, evaluate, with_grant
from skyjar.policy.requests import Principal as Asking
from skyjar.policy.requests import Request as Question

from .authorise import account_of
from .identities import Held
from .judgement import RESOURCE, Judgement
from .memberships import Levels
from .verdicts import Varying, Verdicts

Granted = Callable[[str, str], str]


def decide(
    call: Call,
    service: Service,
    held: Held,
    action: str,
    resource: str,
    document: str | None,
    kind: str,
    conditions: Callable[[], dict[str, Any]],
    owner: str,
    verdicts: Verdicts,
    granted: Granted | None = None,
) -> Judgement:
    """`conditions` is asked only when a policy at hand depends on the circumstances; `granted` names what else allows
    the action on the resource, and is asked only when no policy does."""
    caller = call.caller
    owner = account_of(resource) or owner or call.account
    asked = (caller, held, action, resource, document, kind, owner)
    before = verdicts.recall(asked)
    if type(before) is Judgement:
        return before
    context = context_of(call, conditions())
    context.setdefault("aws:ResourceAccount", owner)
    scp: Levels = ()
    rcp: Levels = ()
    members = verdicts.members
    if members.known:
        scp, rcp = members.limits(caller, owner)
        context |= members.conditions(caller, owner, call.context.get("aws:SourceAccount", ""))
    question = Question(asking_of(caller, held.tags), action, resource, context)
    if type(before) is Varying:
        known = before.by_values.get(tuple([question.lookup(key) for key in before.keys]))
        if known is not None:
            return known
    policies = _with_resource(held.policies, document, kind, owner, scp, rcp)
    decision = evaluate(question, policies)
    if decision.allowed:
        judgement = Judgement(
            is_allowed=True,
            reason=decision.reason,
            action=action,
            resource=resource,
            policy=decision.kind or "",
            source=decision.source,
            statement=decision.statement.label if decision.statement is not None else "",
        )
        verdicts.remember(asked, judgement, policies.context_keys(), question.lookup)
        return judgement
    if granted is not None and (grant := granted(action, resource)):
        decision = with_grant(question, policies, decision, grant)
        if decision.allowed:
            by = (f"{decision.kind} ({grant}) allows it",)
            return Judgement(
                is_allowed=True, reason="allow", action=action, resource=resource, policy=decision.kind, trace=by
            )
    from .explain import denied

    error = service.access_denied(denial_message(caller.arn, action, resource, decision))
    error.judgement = denied(question, policies, decision, context)  # type: ignore[attr-defined]
    error.statement = decision.statement  # type: ignore[attr-defined]
    raise error


def _with_resource(
    policies: Policies, document: str | None, kind: str, account: str, scp: Levels, rcp: Levels
) -> Policies:
    return Policies(
        identity=policies.identity,
        resource=[(kind, compile_document(document))] if document else (),
        boundary=policies.boundary,
        session=policies.session,
        scp=scp,
        rcp=rcp,
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
        "aws:SecureTransport": "true" if call.origin.secure else "false",
        "aws:CurrentTime": lambda: _iso(call.now),
        "aws:EpochTime": lambda: str(int(call.now)),
        "aws:RequestedRegion": call.region,
        "aws:UserAgent": call.origin.user_agent,
        "aws:Referer": lambda: call.origin.referer or None,
        "aws:ViaAWSService": "false",
    }
    if caller.is_temporary:
        found["aws:MultiFactorAuthPresent"] = "true" if caller.mfa_at else "false"
        found["aws:TokenIssueTime"] = lambda: _iso(caller.issued_at)
    if caller.mfa_at:
        found["aws:MultiFactorAuthAge"] = str(int(call.now - caller.mfa_at))
    if caller.source_identity:
        found["aws:SourceIdentity"] = caller.source_identity
    found.update(caller.session_context)
    if call.context:
        found.update(call.context)
        via = call.context.get("aws:CalledVia")
        if via:
            found |= {"aws:ViaAWSService": "true", "aws:CalledViaFirst": via, "aws:CalledViaLast": via}
    found.update(conditions)
    return found
