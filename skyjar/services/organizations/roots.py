"""The root, and the types of policies that are enabled in it."""

from __future__ import annotations

from typing import Any

from skyjar.kernel.call import Call
from skyjar.kernel.service import operation

from . import documents, merging, paging, state
from .attachments import attach_full
from .errors import (
    PolicyTypeAlreadyEnabledException,
    PolicyTypeNotAvailableForOrganizationException,
    PolicyTypeNotEnabledException,
    RootNotFoundException,
)
from .state import Organization


def show(organization: Organization) -> dict[str, Any]:
    return {
        "Id": organization.root,
        "Arn": state.arn(organization, "root", organization.root),
        "Name": "Root",
        "PolicyTypes": [{"Type": each, "Status": "ENABLED"} for each in organization.policy_types],
    }


@operation
def list_roots(call: Call, *, next_token: str = "", max_results: int | None = None) -> dict[str, Any]:
    return paging.page("Roots", [state.mine(call)], next_token, max_results, show)


def _change(call: Call, organization: Organization, policy_types: tuple[str, ...]) -> Organization:
    changed: Organization = state.replace(organization, policy_types=policy_types)
    state.organizations.replace(call, organization, changed)
    return changed


def _of_root(call: Call, root_id: str) -> Organization:
    organization = state.mine(call)
    if root_id != organization.root:
        raise RootNotFoundException
    return organization


@operation
def enable_policy_type(call: Call, *, root_id: str, policy_type: str) -> dict[str, Any]:
    """Service and resource control policies begin with one that allows everything, attached everywhere."""
    organization = _of_root(call, root_id)
    documents.check_type(policy_type)
    if organization.feature_set != "ALL":
        raise PolicyTypeNotAvailableForOrganizationException
    if policy_type in organization.policy_types:
        raise PolicyTypeAlreadyEnabledException
    changed = _change(call, organization, (*organization.policy_types, policy_type))
    targets = [organization.root]
    targets += [unit.id for unit in state.units.range(call, organization.id)]
    targets += [account.id for account in state.accounts.range(call, organization.id, via="organization")]
    for target in targets:
        attach_full(call, changed, target, (policy_type,))
    merging.refresh(call, changed)
    return {"Root": show(changed)}


@operation
def disable_policy_type(call: Call, *, root_id: str, policy_type: str) -> dict[str, Any]:
    """Every attachment of that type is gone, for good."""
    organization = _of_root(call, root_id)
    documents.check_type(policy_type)
    if policy_type not in organization.policy_types:
        raise PolicyTypeNotEnabledException
    for attachment in state.attachments.range(call, organization.id, policy_type, via="type"):
        state.attachments.remove(call, attachment)
    left = tuple(each for each in organization.policy_types if each != policy_type)
    changed = _change(call, organization, left)
    merging.refresh(call, changed)
    return {"Root": show(changed)}
