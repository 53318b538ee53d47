"""The organization's resource policy, by which the management account lets members manage policies."""

from __future__ import annotations

from typing import Any

from skyjar.kernel.call import Call
from skyjar.kernel.service import operation
from skyjar.policy.documents import validate
from skyjar.policy.errors import MalformedPolicy, PolicyTooLarge

from . import limits, state
from .errors import InvalidInputException, ResourcePolicyNotFoundException
from .permissions import DELEGABLE
from .state import Organization
from .tags import keep

_ACTIONS = {f"organizations:{''.join(word.title() for word in name.split('_'))}".lower() for name in DELEGABLE}


def _show(organization: Organization) -> dict[str, Any]:
    arn = state.arn(organization, "resourcepolicy", organization.policy_id)
    return {
        "ResourcePolicy": {
            "ResourcePolicySummary": {"Id": organization.policy_id, "Arn": arn},
            "Content": organization.policy,
        }
    }


@operation
def put_resource_policy(call: Call, *, content: str, tags: list[dict[str, str]] | None = None) -> dict[str, Any]:
    organization = state.mine(call)
    _check(content)
    changed: Organization = state.replace(
        organization, policy=content, policy_id=organization.policy_id or state.code(call, "rp-", 10)
    )
    state.organizations.replace(call, organization, changed)
    keep(call, changed, changed.policy_id, tags)
    return _show(changed)


def _check(content: str) -> None:
    try:
        document = validate(content, "resource", size_limit=limits.RESOURCE_POLICY_CHARS)
    except (MalformedPolicy, PolicyTooLarge):
        raise InvalidInputException(
            "INVALID_RESOURCE_POLICY_JSON", "The provided resource policy document is not valid."
        ) from None
    for statement in document.statements:
        unknown = [action for action in statement.actions if "*" not in action and action.lower() not in _ACTIONS]
        if unknown or statement.not_action:
            raise InvalidInputException(
                "UNSUPPORTED_ACTION_IN_RESOURCE_POLICY",
                "The provided resource policy document contains an action that cannot be delegated.",
            )


@operation
def describe_resource_policy(call: Call) -> dict[str, Any]:
    organization = state.mine(call)
    if not organization.policy:
        raise ResourcePolicyNotFoundException
    return _show(organization)


@operation
def delete_resource_policy(call: Call) -> None:
    organization = state.mine(call)
    if not organization.policy:
        raise ResourcePolicyNotFoundException
    state.tags.delete(call, organization.id, organization.policy_id)
    state.organizations.replace(call, organization, state.replace(organization, policy="", policy_id=""))
