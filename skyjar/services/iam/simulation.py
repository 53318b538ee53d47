"""The policy simulator: the same evaluation as of every call, on policies and circumstances that the caller gives."""

from __future__ import annotations

from itertools import product
from typing import Any

from skyjar.kernel.call import Call
from skyjar.kernel.memberships import everywhere, memberships
from skyjar.kernel.principals import Principal as Caller
from skyjar.kernel.service import operation
from skyjar.policy.documents import Document, compile_document
from skyjar.policy.errors import MalformedPolicy
from skyjar.policy.evaluation import Decision, Named, Policies, evaluate
from skyjar.policy.requests import Principal, Request

from . import identities, naming, state
from .errors import InvalidInputException, NoSuchEntityException
from .exclusions import excluded_by

_DECISIONS = {"allow": "allowed", "root": "allowed", "explicit-deny": "explicitDeny", "implicit-deny": "implicitDeny"}
_ALL = '{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"*","Resource":"*"}]}'
Entries = list[dict[str, Any]]


def _compiled(text: str) -> Document:
    try:
        return compile_document(text)
    except MalformedPolicy as error:
        raise InvalidInputException(error.message) from None


def _named(texts: list[str] | None, name: str) -> list[Named]:
    return [(f"{name}.{index + 1}", _compiled(text)) for index, text in enumerate(texts or [])]


def _context(entries: Entries | None) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for entry in entries or []:
        values = entry.get("ContextKeyValues", [])
        is_list = entry.get("ContextKeyType", "").endswith("List")
        found[entry["ContextKeyName"]] = list(values) if is_list or len(values) != 1 else values[0]
    return found


def _simulate(
    policies: Policies,
    asking: Principal,
    actions: list[str],
    resources: list[str],
    context: dict[str, Any],
    marker: str,
    max_items: int | None,
) -> dict[str, Any]:
    known = {key.lower() for key in context}
    questions = list(enumerate(product(actions, resources)))

    def answer(question: tuple[int, tuple[str, str]]) -> dict[str, Any]:
        action, resource = question[1]
        decision = evaluate(Request(asking, action, resource, context), policies)
        return _shown(decision, policies, asking, action, resource, known)

    return naming.page("EvaluationResults", questions, marker, max_items, lambda each: f"{each[0]:09d}", answer)


def _shown(
    decision: Decision, policies: Policies, asking: Principal, action: str, resource: str, known: set[str]
) -> dict[str, Any]:
    effect = "Deny" if decision.reason == "explicit-deny" else "Allow"
    matched = [verdict for verdict in decision.explain() if verdict.matched and verdict.effect == effect]
    kinds = {"user": "user", "group": "group", "role": "role"}
    shown: dict[str, Any] = {
        "EvalActionName": action,
        "EvalResourceName": resource,
        "EvalDecision": _DECISIONS[decision.reason],
        "MatchedStatements": [
            {"SourcePolicyId": verdict.source, "SourcePolicyType": kinds.get(verdict.source.split(" ")[0], "none")}
            for verdict in matched
        ],
        "MissingContextValues": sorted(
            key for key in _keys(policies) if key not in known and asking.value(key) is None
        ),
    }
    if policies.scp:
        is_within = all(_allows(level, asking, action, resource) for level in policies.scp)
        shown["OrganizationsDecisionDetail"] = {"AllowedByOrganizations": is_within}
    if policies.boundary is not None:
        within = _allows([policies.boundary], asking, action, resource)
        shown["PermissionsBoundaryDecisionDetail"] = {"AllowedByPermissionsBoundary": within}
    return shown


def _allows(documents: Any, asking: Principal, action: str, resource: str) -> bool:
    return evaluate(Request(asking, action, resource), Policies(identity=documents)).allowed


def _keys(policies: Policies) -> set[str]:
    groups = [policies.identity, policies.resource, *policies.scp]
    if policies.boundary is not None:
        groups.append([policies.boundary])
    return {key for group in groups for _, document in group for key in document.context_keys()}


def _boundary(texts: list[str] | None) -> Named | None:
    if len(texts or []) > 1:
        raise InvalidInputException("Only one permissions boundary policy can be given.")
    return _named(texts, "PermissionsBoundaryPolicyInputList")[0] if texts else None


def _organization(levels: Entries | None) -> list[list[Named]]:
    return [
        _named(level.get("ServiceControlPolicyInputList"), f"OrderedOrganizationPolicyInputList.{index + 1}")
        for index, level in enumerate(levels or [])
    ]


def _own_organization(call: Call) -> list[list[Named]]:
    """What the account's organization allows now; nothing for an account that is in none."""
    member = memberships.get(everywhere(call.tx), call.account)
    if member is None:
        return []
    levels = member.scp or ((("FullAWSAccess", _ALL),),)
    return [[(name, _compiled(text)) for name, text in level] for level in levels]


def _asking(account: str, caller_arn: str) -> Principal:
    """The simulated caller; a user, as the simulator asks for one."""
    if caller_arn and not caller_arn.startswith("arn:aws:iam::"):
        raise InvalidInputException(f"Invalid Entity Arn: {caller_arn} does not clearly define entity type and name.")
    owner = caller_arn.split(":")[4] if caller_arn else account
    return Principal("user", arn=caller_arn, account=owner)


@operation
def simulate_custom_policy(
    call: Call,
    *,
    policy_input_list: list[str],
    action_names: list[str],
    permissions_boundary_policy_input_list: list[str] | None = None,
    ordered_organization_policy_input_list: Entries | None = None,
    resource_arns: list[str] | None = None,
    resource_policy: str = "",
    resource_owner: str = "",
    caller_arn: str = "",
    context_entries: Entries | None = None,
    max_items: int | None = None,
    marker: str = "",
) -> dict[str, Any]:
    if resource_policy and not caller_arn:
        raise InvalidInputException("CallerArn must be provided when simulating a resource policy.")
    policies = Policies(
        identity=_named(policy_input_list, "PolicyInputList"),
        resource=_named([resource_policy], "ResourcePolicy") if resource_policy else (),
        boundary=_boundary(permissions_boundary_policy_input_list),
        scp=_organization(ordered_organization_policy_input_list),
        resource_account=_owner(resource_owner),
    )
    asking = _asking(call.account, caller_arn)
    context = _context(context_entries)
    return _simulate(policies, asking, action_names, resource_arns or ["*"], context, marker, max_items)


def _owner(resource_owner: str) -> str:
    """The account of `arn:aws:iam::<account>:root`, or the account itself."""
    return resource_owner.split(":")[4] if resource_owner.startswith("arn:") else resource_owner


@operation
def simulate_principal_policy(
    call: Call,
    *,
    policy_source_arn: str,
    action_names: list[str],
    policy_input_list: list[str] | None = None,
    permissions_boundary_policy_input_list: list[str] | None = None,
    policy_exclusion_list: Entries | None = None,
    resource_arns: list[str] | None = None,
    resource_policy: str = "",
    resource_owner: str = "",
    caller_arn: str = "",
    context_entries: Entries | None = None,
    max_items: int | None = None,
    marker: str = "",
) -> dict[str, Any]:
    """With the policies that the user, group or role has now, but those to be left out, and those given besides."""
    is_excluded, is_unbound = excluded_by(policy_exclusion_list)
    kind, identity, boundary = _held(call, policy_source_arn)
    identity = [each for each in identity if not is_excluded(each[0])]
    boundary = None if is_unbound else boundary
    given = _boundary(permissions_boundary_policy_input_list)
    policies = Policies(
        identity=[*identity, *_named(policy_input_list, "PolicyInputList")],
        resource=_named([resource_policy], "ResourcePolicy") if resource_policy else (),
        boundary=given or boundary,
        scp=_own_organization(call),
        resource_account=_owner(resource_owner),
    )
    caller = caller_arn or (policy_source_arn if kind == "user" else "")
    asking = _asking(call.account, caller)
    context = _context(context_entries)
    return _simulate(policies, asking, action_names, resource_arns or ["*"], context, marker, max_items)


def _held(call: Call, arn: str) -> tuple[str, list[Named], Named | None]:
    kind, name = _named_entity(call, arn)
    if kind == "group":
        sources = identities.sources(call, "group", state.group_of(call, name))
        return kind, [(source, _compiled(text)) for source, text in sources], None
    holder = state.holder_of(call, "user" if kind == "user" else "role", name)
    principal = Caller(
        kind="user" if kind == "user" else "role", account=call.account, arn=arn, id=holder.id, name=name
    )
    found = identities.documents_of(call.tx, principal)
    boundary = (found.boundary[0], _compiled(found.boundary[1])) if found.boundary else None
    return kind, [(source, _compiled(text)) for source, text in found.identity], boundary


def _named_entity(call: Call, arn: str) -> tuple[str, str]:
    parts = arn.split(":", 5)
    kind = parts[5].partition("/")[0] if len(parts) == 6 else ""
    if kind not in ("user", "group", "role"):
        raise InvalidInputException(f"Invalid Entity Arn: {arn} does not clearly define entity type and name.")
    if parts[4] != call.account:
        raise NoSuchEntityException(f"The entity with ARN {arn} cannot be found.")
    return kind, parts[5].rpartition("/")[2]


def _key_names(documents: list[Document]) -> dict[str, list[str]]:
    """As the policies spell them."""
    names: dict[str, str] = {}
    for document in documents:
        for statement in document.statements:
            for condition in statement.conditions:
                names.setdefault(condition.key, condition.name)
        for key in document.context_keys():
            names.setdefault(key, key)
    return {"ContextKeyNames": sorted(names.values())}


@operation
def get_context_keys_for_custom_policy(call: Call, *, policy_input_list: list[str]) -> dict[str, list[str]]:
    return _key_names([_compiled(text) for text in policy_input_list])


@operation
def get_context_keys_for_principal_policy(
    call: Call, *, policy_source_arn: str, policy_input_list: list[str] | None = None
) -> dict[str, list[str]]:
    _, identity, boundary = _held(call, policy_source_arn)
    held = [document for _, document in identity] + ([boundary[1]] if boundary else [])
    return _key_names([*held, *(_compiled(text) for text in policy_input_list or [])])
