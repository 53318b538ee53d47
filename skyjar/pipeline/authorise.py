"""May this principal do this? Asks `policy/` with the policies that apply, and keeps the reasons.

What an operation needs follows from its name (`sqs:SendMessage`) unless the service's `permissions.py` says otherwise:
`actions` on all `resources`, and `also` further (action, resource, conditions), such as iam:PassRole on a role that is
handed over. `owner` is the account of a resource whose ARN does not say (S3's). `policy_kind` other than a
resource-based policy (a role trust policy, a key policy) must allow by itself. `granted` answers with what else allows:
a function that is asked about what no policy allows (KMS's grants).
`question` is a short cut for operations that are called often: what all of these follow from besides the operation and
the caller, when one action on one resource of the caller's own account, without a policy of its own, is all that is judged; None
otherwise.
"""

from __future__ import annotations

from collections.abc import Callable, Container
from functools import cache
from types import ModuleType
from typing import TYPE_CHECKING, Any

from skyjar.kernel.call import Call
from skyjar.kernel.service import Service

from .judgement import NOT_JUDGED, RESOURCE, ROOT, Judgement

if TYPE_CHECKING:
    from .exchange import Exchange
    from .pipeline import Pipeline
    from .verdicts import Short


# (action, resource, further conditions); of a resource that has a policy, that and its kind, and all its conditions.
Also = tuple[str, str, dict[str, Any]] | tuple[str, str, dict[str, Any], str, str]
Needs = Callable[[Call, str, dict[str, Any]], Any]


def authorise(pipeline: Pipeline, x: Exchange) -> None:
    """The step; `judge` is the same for calls from inside."""
    if x.plane is not None or (x.model is not None and x.model.auth == "none"):
        x.judgement = NOT_JUDGED
        return
    assert x.service is not None
    assert x.model is not None
    call = x.call = pipeline.call_of(x)
    try:
        x.judgement = judge(pipeline, call, x.service, x.model.snake, x.model.name, x.parameters)
    finally:
        x.follower = call.follower
        x.region = call.region  # another where a Multi-Region access point of S3 found one


class Rules:
    """What a service's `permissions.py` has; None where it has nothing to say."""

    __slots__ = (
        "actions", "also", "conditions", "granted", "owner", "policy_kind", "question", "resource_policy", "resources",
    )  # fmt: skip

    def __init__(self, permissions: ModuleType | None) -> None:
        for name in self.__slots__:
            setattr(self, name, getattr(permissions, name, None))

    actions: Needs | None
    also: Needs | None
    conditions: Needs | None
    granted: Needs | None
    owner: Needs | None
    policy_kind: Needs | None
    question: Callable[[Call, str, dict[str, Any]], str | None] | None
    resource_policy: Needs | None
    resources: Needs | None

    def circumstances(self, call: Call, operation: str, parameters: dict[str, Any]) -> Callable[[], dict[str, Any]]:
        """The service's condition keys, looked for when they are first wanted."""
        known: list[dict[str, Any]] = []

        def conditions() -> dict[str, Any]:
            if not known:
                known.append((self.conditions and self.conditions(call, operation, parameters)) or {})
            return known[0]

        return conditions


rules_of = cache(Rules)


def judge(
    pipeline: Pipeline, call: Call, service: Service, operation: str, aws_name: str, parameters: dict[str, Any]
) -> Judgement:
    """Raises the service's access-denied error, with the judgement as its attribute, when the call is refused."""
    rules = rules_of(service.permissions)
    caller = call.caller
    limited = pipeline.memberships.limited
    if limited is None:
        limited = pipeline.memberships.load()
    short = None
    question = None
    if rules.question is not None and caller.account == call.account:
        question = rules.question(call, operation, parameters)
    if question is not None:
        if caller.kind == "root" and (not limited or caller.account not in limited):
            return ROOT
        held = pipeline.identities.held_by(call.tx, caller)
        short = (caller, held, operation, call.account, call.region, question)
        known = pipeline.verdicts.recall_short(short)
        if known is not None:
            return known
    return _weigh(pipeline, call, service, rules, operation, aws_name, parameters, limited, short)


def _weigh(
    pipeline: Pipeline,
    call: Call,
    service: Service,
    rules: Rules,
    operation: str,
    aws_name: str,
    parameters: dict[str, Any],
    limited: Container[str],
    short: Short | None,
) -> Judgement:
    """As `judge`, by all that the service's rules say. `limited`: the accounts that organizations limit."""
    caller = call.caller
    actions = rules.actions(call, operation, parameters) if rules.actions is not None else None
    if actions is None:
        actions = (f"{service.iam}:{aws_name}",)
    document = rules.resource_policy(call, operation, parameters) if rules.resource_policy is not None else None
    if not actions:
        return NOT_JUDGED
    resources = (rules.resources(call, operation, parameters) if rules.resources is not None else None) or ("*",)
    also: list[Also] = (rules.also(call, operation, parameters) if rules.also is not None else None) or []
    owner: str = (rules.owner(call, operation, parameters) if rules.owner is not None else "") or ""
    has_policy = document is not None or (also and any(len(needed) > 3 and needed[3] for needed in also))
    if caller.kind == "root" and not has_policy and (not limited or caller.account not in limited):
        concerned = [*resources, *(needed[1] for needed in also)] if also else resources
        if all((account_of(arn) or owner) in ("", caller.account) for arn in concerned):
            return ROOT
    decide = _decide()
    conditions = rules.circumstances(call, operation, parameters)
    kind = (rules.policy_kind(call, operation, parameters) if rules.policy_kind is not None else "") or RESOURCE
    held = pipeline.identities.held_by(call.tx, caller)
    granted = rules.granted(call, operation, parameters) if rules.granted is not None else None
    verdicts = pipeline.verdicts
    last = ROOT
    try:
        for action in actions:
            for resource in resources:
                last = decide(
                    call, service, held, action, resource, document, kind, conditions, owner, verdicts, granted
                )
        for action, resource, more, *policy in also:
            if policy:
                text, of_kind = policy
                decide(call, service, held, action, resource, text, of_kind, more.copy, "", verdicts, granted)
            else:
                further = {**conditions(), **more}
                decide(call, service, held, action, resource, None, RESOURCE, further.copy, "", verdicts)
    except service.access_denied as denied:
        judgement = getattr(denied, "judgement", None)
        if judgement is None or not pipeline.is_auditing:
            if service.encodes_denials:
                from .denials import encode

                encode(pipeline, call, denied)
            raise
        last = judgement.let_through()
    if short is not None:
        asked = (
            caller,
            held,
            actions[0],
            resources[0],
            document,
            kind,
            account_of(resources[0]) or owner or call.account,
        )
        verdicts.shorten(short, asked)
    if also or len(actions) > 1 or len(resources) > 1:
        return last.with_further(actions, resources, also)
    return last


@cache
def _decide() -> Callable[..., Judgement]:
    """The policy language is loaded with the first call whose caller is not simply root over its own account."""
    from .decide import decide

    return decide


def account_of(arn: str) -> str:
    """Whose the resource is; empty where the ARN does not say, and for what AWS shares with everyone."""
    parts = arn.split(":", 5)
    return parts[4] if len(parts) == 6 and parts[4] != "aws" else ""
