"""Whether a request is allowed, in the order that AWS documents ("Policy evaluation logic").

1. An explicit deny in any policy ends it. 2. Each level of RCPs and SCPs, and the VPC endpoint's policy, must allow.
3. A resource-based policy of the same account that names the caller, or everyone, allows by itself; naming the caller's
role, it stands in for an identity-based policy, within boundary and session policies; naming only the account, it leaves
the decision to identity-based policies. 4. Identity-based policies, boundary and session policies must all allow.
Across accounts, both 3 (any naming) and 4 are needed. Services, federated and anonymous callers have only 3; an
account's root user has no 4 to pass.
"""

from collections.abc import Sequence
from typing import Final, Literal

from .denials import denial_message
from .documents import Document
from .principals import Grant
from .requests import Principal, Request
from .statements import Statement
from .traces import Considered, Verdict, trace

__all__ = ["Decision", "Named", "Policies", "denial_message", "evaluate", "with_grant"]

Named = tuple[str, Document]  # the name of the policy's source, for people, and the policy
Reason = Literal["explicit-deny", "implicit-deny", "allow", "root"]

IDENTITY: Final = "identity-based policy"
RESOURCE: Final = "resource-based policy"
TRUST: Final = "role trust policy"
KEY: Final = "key policy"
GRANT: Final = "grant"
BOUNDARY: Final = "permissions boundary"
SESSION: Final = "session policy"
SCP: Final = "service control policy"
RCP: Final = "resource control policy"
ENDPOINT: Final = "VPC endpoint policy"

_NO_IDENTITY = ("service", "federated", "anonymous")
_LINKED = "/aws-service-role/"


class Policies:
    """Everything that has a say. None says that there is no such limit; an empty sequence, that nothing is within it.

    `scp` and `rcp` are levels from the organization's root to the account, each the policies attached there.
    `resource_required` is for resources whose own policy must allow (KMS keys, role trust). `resource_account` is the
    account that owns the resource; empty, the caller's own.
    """

    __slots__ = (
        "boundary",
        "endpoint",
        "identity",
        "rcp",
        "resource",
        "resource_account",
        "resource_kind",
        "resource_required",
        "scp",
        "session",
    )

    def __init__(
        self,
        *,
        identity: Sequence[Named] = (),
        resource: Sequence[Named] = (),
        boundary: Named | None = None,
        session: Sequence[Named] | None = None,
        scp: Sequence[Sequence[Named]] = (),
        rcp: Sequence[Sequence[Named]] = (),
        endpoint: Named | None = None,
        resource_account: str = "",
        resource_required: bool = False,
        resource_kind: str = RESOURCE,
    ) -> None:
        self.identity = identity
        self.resource = resource
        self.boundary = boundary
        self.session = session
        self.scp = scp
        self.rcp = rcp
        self.endpoint = endpoint
        self.resource_account = resource_account
        self.resource_required = resource_required
        self.resource_kind = resource_kind

    def context_keys(self) -> set[str]:
        """The condition keys (lower case) that a decision may depend on, those of variables included."""
        named = [*self.identity, *self.resource, *(self.session or ())]
        named += [each for levels in (self.scp, self.rcp) for level in levels for each in level]
        named += [each for each in (self.boundary, self.endpoint) if each is not None]
        return set().union(*(document.context_keys() for _, document in named))

    def limiting(self, principal: Principal) -> list[Considered]:
        """(kind, policies, are their principals heeded) of what only limits, in the order in which AWS names it.

        An organization's policies limit no service-linked role, and SCPs nobody who is of no account.
        """
        limits: list[Considered] = []
        if not principal.parent_arn.partition(":role")[2].startswith(_LINKED):
            limits += [(RCP, level, True) for level in self.rcp]
            if principal.kind not in _NO_IDENTITY:
                limits += [(SCP, level, False) for level in self.scp]
        if self.endpoint is not None:
            limits.append((ENDPOINT, (self.endpoint,), True))
        return limits

    def considered(self, principal: Principal) -> list[Considered]:
        """Every group of policies that has a say on what the principal does, in the order of evaluation."""
        found = [*self.limiting(principal), (self.resource_kind, self.resource, True)]
        if principal.kind not in (*_NO_IDENTITY, "root"):
            found.append((IDENTITY, self.identity, False))
            if self.boundary is not None:
                found.append((BOUNDARY, (self.boundary,), False))
            if self.session is not None:
                found.append((SESSION, self.session, False))
        return found


class Decision:
    """`kind` is the type of policy that decided; `source` and `statement` name the deciding statement, if one did."""

    __slots__ = ("_policies", "_request", "_trace", "allowed", "kind", "reason", "source", "statement")

    def __init__(
        self,
        request: Request,
        policies: Policies,
        reason: Reason,
        kind: str,
        source: str = "",
        statement: Statement | None = None,
    ) -> None:
        self.allowed = reason == "allow" or reason == "root"
        self.reason: Reason = reason
        self.kind = kind
        self.source = source
        self.statement = statement
        self._request = request
        self._policies = policies
        self._trace: tuple[Verdict, ...] | None = None

    def explain(self) -> tuple[Verdict, ...]:
        """What each statement of each policy considered said, and why. Evaluates again, so ask only when needed."""
        if self._trace is None:
            self._trace = trace(self._request, self._policies.considered(self._request.principal))
        return self._trace

    @property
    def trace(self) -> tuple[Verdict, ...]:
        return self.explain()


def evaluate(request: Request, policies: Policies) -> Decision:
    principal = request.principal
    limits = policies.limiting(principal) if policies.rcp or policies.scp or policies.endpoint else ()
    for kind, group, heeds in limits:
        if denied := _denying(request, group, heeds):
            return Decision(request, policies, "explicit-deny", kind, *denied)
    if policies.resource and (denied := _denying(request, policies.resource, True)):
        return Decision(request, policies, "explicit-deny", policies.resource_kind, *denied)
    has_identity = principal.kind not in _NO_IDENTITY and principal.kind != "root"
    if has_identity:
        for kind, group in _own(policies):
            if denied := _denying(request, group, False):
                return Decision(request, policies, "explicit-deny", kind, *denied)
    for kind, group, heeds in limits:
        if not _allowing(request, group, heeds):
            return Decision(request, policies, "implicit-deny", kind)
    grant, granted = _granting(request, policies.resource) if policies.resource else (Grant.NONE, ())
    if principal.kind in _NO_IDENTITY:
        return Decision(request, policies, "allow" if granted else "implicit-deny", policies.resource_kind, *granted)
    is_same = policies.resource_account in ("", principal.account)
    if not granted and (not is_same or policies.resource_required):
        return Decision(request, policies, "implicit-deny", policies.resource_kind)
    if principal.kind == "root":
        return Decision(request, policies, "root", IDENTITY, *granted)
    if is_same and grant == Grant.DIRECT:
        return Decision(request, policies, "allow", policies.resource_kind, *granted)
    return _within_own(request, policies, granted if is_same and grant == Grant.ROLE else ())


Deciding = tuple[str, Statement]


def with_grant(request: Request, policies: Policies, denied: Decision, grant: str) -> Decision:
    """What a grant on the resource makes of a decision: it allows what no policy allows, but nothing that one denies, and
    only within what limits the caller."""
    limited = policies.limiting(request.principal)
    if request.principal.kind not in (*_NO_IDENTITY, "root"):
        limited += [(kind, group, False) for kind, group in _own(policies)[1:]]
    is_within = all(_allowing(request, group, heeds) for _, group, heeds in limited)
    if denied.reason != "implicit-deny" or not is_within:
        return denied
    return Decision(request, policies, "allow", GRANT, grant)


def _within_own(request: Request, policies: Policies, granted: Deciding | tuple[()]) -> Decision:
    """The policies of the caller. `granted` is the statement that stands in for an identity-based policy."""
    kind = policies.resource_kind if granted else IDENTITY
    granted = granted or _allowing(request, policies.identity, False) or ()
    if not granted:
        return Decision(request, policies, "implicit-deny", IDENTITY)
    if policies.boundary is not None and not _allowing(request, (policies.boundary,), False):
        return Decision(request, policies, "implicit-deny", BOUNDARY)
    if policies.session is not None and not _allowing(request, policies.session, False):
        return Decision(request, policies, "implicit-deny", SESSION)
    return Decision(request, policies, "allow", kind, *granted)


def _own(policies: Policies) -> list[tuple[str, Sequence[Named]]]:
    own: list[tuple[str, Sequence[Named]]] = [(IDENTITY, policies.identity)]
    if policies.boundary is not None:
        own.append((BOUNDARY, (policies.boundary,)))
    if policies.session is not None:
        own.append((SESSION, policies.session))
    return own


def _denying(request: Request, group: Sequence[Named], heeds_principal: bool) -> Deciding | None:
    key = request.action_key
    for source, document in group:
        for statement in document.select(key)[0]:
            if (
                heeds_principal
                and statement.principal is not None
                and not statement.principal.denies(request.principal)
            ):
                continue
            if statement.applies is None or statement.applies(request):
                return source, statement
    return None


def _allowing(request: Request, group: Sequence[Named], heeds_principal: bool) -> Deciding | None:
    key = request.action_key
    for source, document in group:
        for statement in document.select(key)[1]:
            if heeds_principal and not (statement.principal and statement.principal.grant(request.principal)):
                continue
            if statement.applies is None or statement.applies(request):
                return source, statement
    return None


def _granting(request: Request, group: Sequence[Named]) -> tuple[Grant, Deciding | tuple[()]]:
    """The closest grant that the resource-based policies give, and the statement that gives it."""
    key = request.action_key
    closest, deciding = Grant.NONE, ()  # type: tuple[Grant, Deciding | tuple[()]]
    for source, document in group:
        for statement in document.select(key)[1]:
            if statement.principal is None:
                continue
            grant = statement.principal.grant(request.principal)
            if grant > closest and (statement.applies is None or statement.applies(request)):
                closest, deciding = grant, (source, statement)
                if grant == Grant.DIRECT:
                    return closest, deciding
    return closest, deciding
