"""What Organizations' operations need, and who may call them at all.

Most belong to the management account. A delegated administrator may read; the organization's resource policy may let
members do what is `DELEGABLE`, and is judged as for any call across accounts; some are every member's own.
"""

from __future__ import annotations

from typing import Any

from skyjar.kernel.call import Call

from . import documents, state
from .errors import AccessDeniedException
from .state import Organization

_EVERYBODYS = frozenset(
    (
        "create_organization",
        "describe_organization",
        "leave_organization",
        "accept_handshake",
        "decline_handshake",
        "cancel_handshake",
        "describe_handshake",
        "list_handshakes_for_account",
        "describe_effective_policy",
    )
)
_READING = frozenset(
    (
        "describe_account",
        "describe_create_account_status",
        "describe_organizational_unit",
        "describe_policy",
        "describe_resource_policy",
        "list_accounts",
        "list_accounts_for_parent",
        "list_aws_service_access_for_organization",
        "list_children",
        "list_create_account_status",
        "list_delegated_administrators",
        "list_delegated_services_for_account",
        "list_handshakes_for_organization",
        "list_organizational_units_for_parent",
        "list_parents",
        "list_policies",
        "list_policies_for_target",
        "list_roots",
        "list_tags_for_resource",
        "list_targets_for_policy",
    )
)
DELEGABLE = _READING | {
    "describe_organization",
    "describe_effective_policy",
    "attach_policy",
    "create_policy",
    "delete_policy",
    "detach_policy",
    "disable_policy_type",
    "enable_policy_type",
    "tag_resource",
    "untag_resource",
    "update_policy",
}
# What the parameters name: one kind, or whatever the id begins with.
_IDS = {
    "account_id": "account",
    "root_id": "root",
    "organizational_unit_id": "ou",
    "policy_id": "policy",
    "parent_id": "",
    "child_id": "",
    "target_id": "",
    "resource_id": "",
    "source_parent_id": "",
    "destination_parent_id": "",
}
_KINDS = {"r": "root", "o": "ou", "p": "policy"}
_OF_ONE = ("list_targets_for_policy", "list_delegated_services_for_account")


def actions(call: Call, operation: str, parameters: dict[str, Any]) -> list[str] | None:
    organization = state.find(call, call.account)
    if organization is None or organization.account == call.account or operation in _EVERYBODYS:
        return None
    if operation in _READING and _is_delegated(call, organization):
        return None
    if operation in DELEGABLE and organization.policy:
        return None
    raise AccessDeniedException


def _is_delegated(call: Call, organization: Organization) -> bool:
    return state.delegations.first(call, organization.id, call.account) is not None


def _is_own(call: Call, organization: Organization, operation: str) -> bool:
    """Whether the caller's own policies decide alone."""
    return (
        organization.account == call.account
        or operation in _EVERYBODYS
        or (operation in _READING and _is_delegated(call, organization))
    )


def resources(call: Call, operation: str, parameters: dict[str, Any]) -> list[str]:
    organization = state.find(call, call.account) or _none(call)
    if parameters.get("handshake_id"):
        return [_handshake_arn(call, organization, parameters["handshake_id"])]
    if operation == "describe_effective_policy":
        return [_as_own(call, state.account_arn(organization, parameters.get("target_id") or call.account))]
    if operation == "put_resource_policy":
        return [state.arn(organization, "resourcepolicy", organization.policy_id or "rp-new")]
    if not _is_own(call, organization, operation):
        return _named(call, organization, parameters) or [state.arn(organization, "organization")]
    is_listing = operation.startswith("list_") and operation not in _OF_ONE
    if operation in _EVERYBODYS or is_listing or "service_access" in operation:
        return ["*"]
    return _named(call, organization, parameters) or ["*"]


def _none(call: Call) -> Organization:
    """What stands for the organization of an account that is in none."""
    return Organization(id="o-none", account=call.account, root="r-none", feature_set="ALL", created_at=0.0)


def _as_own(call: Call, arn: str) -> str:
    """An ARN that AWS writes with the management account's number, with that of the caller, whose own policies decide."""
    parts = arn.split(":")
    return ":".join([*parts[:4], call.account, *parts[5:]])


def _handshake_arn(call: Call, organization: Organization, handshake_id: str) -> str:
    found = state.handshakes.get(call, handshake_id)
    if found is None:
        return state.arn(organization, "handshake", "invite", handshake_id)
    name = f"{found.organization}/{found.action.lower()}/{found.id}"
    return _as_own(call, f"arn:aws:organizations::{found.management}:handshake/{name}")


def _named(call: Call, organization: Organization, parameters: dict[str, Any]) -> list[str]:
    return [_arn(call, organization, kind, parameters[name]) for name, kind in _IDS.items() if parameters.get(name)]


def _arn(call: Call, organization: Organization, kind: str, name: str) -> str:
    if name.startswith("rp-"):
        return state.arn(organization, "resourcepolicy", name)
    kind = kind or _KINDS.get(name[:1], "account")
    return _policy_arn(call, organization, name) if kind == "policy" else state.arn(organization, kind, name)


def _policy_arn(call: Call, organization: Organization, policy_id: str) -> str:
    for policy in documents.FULL.values():
        if policy.id == policy_id:
            return f"arn:aws:organizations::aws:policy/{policy.type.lower()}/{policy_id}"
    found = state.policies.get(call, organization.id, policy_id)
    return state.arn(organization, "policy", found.type.lower() if found is not None else "unknown", policy_id)


def owner(call: Call, operation: str, parameters: dict[str, Any]) -> str | None:
    """AWS's own policies are the management account's to show."""
    organization = state.find(call, call.account)
    return None if organization is None or _is_own(call, organization, operation) else organization.account


def resource_policy(call: Call, operation: str, parameters: dict[str, Any]) -> str | None:
    organization = state.find(call, call.account)
    if organization is None or _is_own(call, organization, operation):
        return None
    return organization.policy or None


def conditions(call: Call, operation: str, parameters: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    policy_type = parameters.get("policy_type") or parameters.get("type") or ""
    organization = state.find(call, call.account)
    if operation in ("list_policies", "list_policies_for_target"):
        policy_type = parameters.get("filter")
    elif not policy_type and parameters.get("policy_id") and organization is not None:
        full = next((each for each in documents.FULL.values() if each.id == parameters["policy_id"]), None)
        policy = full or state.policies.get(call, organization.id, parameters["policy_id"])
        policy_type = policy.type if policy is not None else ""
    if policy_type:
        found["organizations:PolicyType"] = policy_type
    if parameters.get("service_principal"):
        found["organizations:ServicePrincipal"] = parameters["service_principal"]
    if parameters.get("tags"):
        found["aws:TagKeys"] = [tag["Key"] for tag in parameters["tags"]]
        found |= {f"aws:RequestTag/{tag['Key']}": tag["Value"] for tag in parameters["tags"]}
    if parameters.get("tag_keys"):
        found["aws:TagKeys"] = parameters["tag_keys"]
    return found | _tags(call, organization, parameters)


def _tags(call: Call, organization: Organization | None, parameters: dict[str, Any]) -> dict[str, str]:
    found: dict[str, str] = {}
    for name in _IDS:
        if organization is not None and parameters.get(name):
            held = state.tags.get(call, organization.id, parameters[name])
            found |= {f"aws:ResourceTag/{key}": value for key, value in (held.tags if held is not None else {}).items()}
    return found
