"""Policies as documents: service and resource control policies, which are enforced, and management policies."""

from __future__ import annotations

from typing import Any

from skyjar.kernel.call import Call
from skyjar.kernel.service import operation

from . import documents, limits, merging, paging, state
from .errors import (
    ConstraintViolationException,
    DuplicatePolicyException,
    InvalidInputException,
    PolicyInUseException,
    only_all_features,
)
from .state import Organization, Policy
from .tags import keep as keep_tags


def summary(organization: Organization, policy: Policy) -> dict[str, Any]:
    return {
        "Id": policy.id,
        "Arn": arn_of(organization, policy),
        "Name": policy.name,
        "Description": policy.description,
        "Type": policy.type,
        "AwsManaged": policy.organization == "aws",
    }


def arn_of(organization: Organization, policy: Policy) -> str:
    kind = policy.type.lower()
    if policy.organization == "aws":
        return f"arn:aws:organizations::aws:policy/{kind}/{policy.id}"
    return state.arn(organization, "policy", kind, policy.id)


def _show(organization: Organization, policy: Policy) -> dict[str, Any]:
    return {"Policy": {"PolicySummary": summary(organization, policy), "Content": policy.content}}


def _of_type(call: Call, organization: Organization, policy_type: str) -> list[Policy]:
    documents.check_type(policy_type)
    full = [documents.FULL[policy_type]] if policy_type in documents.FULL else []
    return full + state.policies.range(call, organization.id, policy_type, via="type")


def _check_name(call: Call, organization: Organization, policy_type: str, name: str) -> None:
    if any(policy.name == name for policy in _of_type(call, organization, policy_type)):
        raise DuplicatePolicyException


@operation
def create_policy(
    call: Call, *, content: str, description: str, name: str, type: str, tags: list[dict[str, str]] | None = None
) -> dict[str, Any]:
    organization = state.mine(call)
    if organization.feature_set != "ALL":
        raise only_all_features()
    _check_name(call, organization, type, name)
    documents.check(type, content)
    if state.policies.count(call, organization.id, type, via="type") >= limits.POLICIES[type][1]:
        raise ConstraintViolationException(
            "POLICY_NUMBER_LIMIT_EXCEEDED", "You have exceeded the allowed number of policies."
        )
    policy = Policy(
        organization=organization.id,
        id=state.code(call, "p-", 10),
        type=type,
        name=name,
        description=description,
        content=content,
    )
    state.policies.add(call, policy)
    keep_tags(call, organization, policy.id, tags)
    return _show(organization, policy)


@operation
def describe_policy(call: Call, *, policy_id: str) -> dict[str, Any]:
    organization = state.mine(call)
    return _show(organization, documents.policy_of(call, organization, policy_id))


def _own(call: Call, organization: Organization, policy_id: str) -> Policy:
    policy = documents.policy_of(call, organization, policy_id)
    if policy.organization == "aws":
        raise InvalidInputException("IMMUTABLE_POLICY", "You can't modify a policy that AWS manages.")
    return policy


@operation
def update_policy(
    call: Call, *, policy_id: str, name: str = "", description: str | None = None, content: str = ""
) -> dict[str, Any]:
    organization = state.mine(call)
    policy = _own(call, organization, policy_id)
    if name and name != policy.name:
        _check_name(call, organization, policy.type, name)
    if content:
        documents.check(policy.type, content)
    changed: Policy = state.replace(
        policy,
        name=name or policy.name,
        description=policy.description if description is None else description,
        content=content or policy.content,
    )
    state.policies.replace(call, policy, changed)
    if policy.type in documents.ENFORCED:
        merging.refresh(call, organization)
    return _show(organization, changed)


@operation
def delete_policy(call: Call, *, policy_id: str) -> None:
    organization = state.mine(call)
    policy = _own(call, organization, policy_id)
    if state.attachments.first(call, organization.id, policy_id) is not None:
        raise PolicyInUseException
    state.policies.remove(call, policy)
    state.tags.delete(call, organization.id, policy_id)


@operation
def list_policies(call: Call, *, filter: str, next_token: str = "", max_results: int | None = None) -> dict[str, Any]:
    organization = state.mine(call)
    found = _of_type(call, organization, filter)
    return paging.page("Policies", found, next_token, max_results, lambda policy: summary(organization, policy))
