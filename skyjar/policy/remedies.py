"""What would have to change so that a denied request is allowed: the fewest statements to lift and to add.

Every explicit deny that applies must be lifted, and every kind of policy that limits must allow. Where an identity-based or
a resource-based policy of the same account would do, the identity-based one is proposed: it is the caller's own, and
stays within boundary and session policies. Statements to add are the narrowest: this action on this resource.
"""

from __future__ import annotations

from typing import Any, NamedTuple

from .evaluation import IDENTITY, RCP, SCP, TRUST, Policies
from .principals import Grant
from .requests import Principal, Request
from .statements import Statement
from .traces import Considered, Verdict, trace

_NO_IDENTITY = ("service", "federated", "anonymous")


class Change(NamedTuple):
    """To a policy of a `kind`: the statement `lift` of the policy `source` must no longer apply, or `add` is added.

    `source` is empty where several policies, or a new one, may be added to; of a level of an organization it names them all.
    `near` says, of the statement that comes closest to allowing the request already, what keeps it from that.
    """

    kind: str
    source: str
    lift: str = ""
    add: dict[str, Any] | None = None
    near: str = ""

    def public(self) -> dict[str, Any]:
        return {name: value for name, value in self._asdict().items() if value}


def changes(request: Request, policies: Policies) -> tuple[Change, ...]:
    """What together allows the request; nothing when it is allowed."""
    principal = request.principal
    considered = policies.considered(principal)
    judged = [(group, trace(request, [group])) for group in considered]
    lifts = [
        Change(verdict.kind, verdict.source, lift=verdict.statement)
        for _, verdicts in judged
        for verdict in verdicts
        if verdict.matched and verdict.effect == "Deny"
    ]
    limits = len(policies.limiting(principal))
    missing = [_missing(request, group, verdicts) for group, verdicts in judged[:limits] if not _allows(verdicts)]
    return (*lifts, *missing, *_grants(request, policies, judged[limits:]))


Judged = tuple[Considered, tuple[Verdict, ...]]


def _grants(request: Request, policies: Policies, judged: list[Judged]) -> list[Change]:
    """The policies that grant: the resource's, then the caller's own."""
    principal = request.principal
    on_resource, own = judged[0], judged[1:]
    grant = _closest(request, policies, on_resource[1])
    is_same = policies.resource_account in ("", principal.account)
    is_needed = principal.kind in _NO_IDENTITY or not is_same or policies.resource_required
    found = [_missing(request, *on_resource)] if is_needed and not grant else []
    if not own or (is_same and grant == Grant.DIRECT):
        return found
    if found and is_same and principal.kind in ("user", "federated-user"):
        return found  # the statement that is added names the caller, and so allows by itself
    has_role = is_same and (grant == Grant.ROLE or bool(found))
    for group, verdicts in own:
        if not _allows(verdicts) and not (group[0] == IDENTITY and has_role):
            found.append(_missing(request, group, verdicts))
    return found


def _closest(request: Request, policies: Policies, verdicts: tuple[Verdict, ...]) -> Grant:
    statements = [statement for _, document in policies.resource for statement in document.statements]
    return max((_grant(each, verdict, request.principal) for each, verdict in zip(statements, verdicts, strict=True)),
               default=Grant.NONE)  # fmt: skip


def _grant(statement: Statement, verdict: Verdict, principal: Principal) -> Grant:
    if not verdict.matched or not statement.is_allow or statement.principal is None:
        return Grant.NONE
    return statement.principal.grant(principal)


def _allows(verdicts: tuple[Verdict, ...]) -> bool:
    return any(verdict.matched and verdict.effect == "Allow" for verdict in verdicts)


def _missing(request: Request, group: Considered, verdicts: tuple[Verdict, ...]) -> Change:
    kind, policies, names_principals = group
    near = next((each for each in verdicts if each.effect == "Allow" and each.failed == "Condition"), None)
    is_level = kind in (SCP, RCP)  # any policy of that level will do
    source = ", ".join(name for name, _ in policies) if is_level or len(policies) == 1 else ""
    said = f"{near.statement} of {near.source} would allow it, but for {near.why}" if near is not None else ""
    return Change(kind, source, add=_statement(request, kind, names_principals), near=said)


def _statement(request: Request, kind: str, names_principal: bool) -> dict[str, Any]:
    statement: dict[str, Any] = {"Effect": "Allow"}
    if names_principal:
        statement["Principal"] = principal_element(request.principal)
    statement["Action"] = request.action
    return statement if kind == TRUST else {**statement, "Resource": request.resource}


def principal_element(principal: Principal) -> str | dict[str, str]:
    """Who a resource-based policy would name: of a session its role, so that it holds for the next session as well."""
    if principal.kind == "service":
        return {"Service": principal.service_names[0]} if principal.service_names else "*"
    if principal.kind == "federated":
        return {"Federated": principal.arn}
    if principal.kind == "anonymous" or not principal.arn:
        return "*"
    is_session = principal.kind == "assumed-role" and principal.parent_arn
    return {"AWS": principal.parent_arn if is_session else principal.arn}
