"""Policies attached to roots, units and accounts."""

from __future__ import annotations

from typing import Any

from skyjar.kernel.call import Call
from skyjar.kernel.service import operation

from . import documents, limits, merging, paging, state
from .errors import (
    ConstraintViolationException,
    DuplicatePolicyAttachmentException,
    InvalidInputException,
    PolicyNotAttachedException,
    PolicyTypeNotEnabledException,
    TargetNotFoundException,
)
from .policies import summary
from .state import Attachment, Organization


def attach_full(
    call: Call, organization: Organization, target: str, types: tuple[str, ...] = tuple(documents.FULL)
) -> None:
    """Attach the policies that allow everything, of the types that are enabled."""
    for policy_type in types:
        if policy_type in organization.policy_types and policy_type in documents.FULL:
            full = documents.FULL[policy_type]
            state.attachments.put(
                call, Attachment(organization=organization.id, policy=full.id, target=target, type=policy_type)
            )


def drop_all(call: Call, organization: Organization, target: str) -> None:
    for attachment in state.attachments.range(call, organization.id, target, via="target"):
        state.attachments.remove(call, attachment)


def target_of(call: Call, organization: Organization, target: str) -> tuple[str, str, str]:
    """(type, ARN, name) of a root, unit or account."""
    if target == organization.root:
        return "ROOT", state.arn(organization, "root", target), "Root"
    unit = state.units.get(call, organization.id, target)
    if unit is not None:
        return "ORGANIZATIONAL_UNIT", state.arn(organization, "ou", target), unit.name
    account = state.accounts.get(call, target)
    if account is None or account.organization != organization.id:
        raise TargetNotFoundException
    return "ACCOUNT", state.account_arn(organization, target), account.name


@operation
def attach_policy(call: Call, *, policy_id: str, target_id: str) -> None:
    organization = state.mine(call)
    policy = documents.policy_of(call, organization, policy_id)
    target_of(call, organization, target_id)
    if policy.type not in organization.policy_types:
        raise PolicyTypeNotEnabledException
    if state.attachments.get(call, organization.id, policy_id, target_id) is not None:
        raise DuplicatePolicyAttachmentException
    attached = state.attachments.count(call, organization.id, target_id, policy.type, via="target")
    if attached >= limits.POLICIES[policy.type][2]:
        raise ConstraintViolationException(
            "MAX_POLICY_TYPE_ATTACHMENT_LIMIT_EXCEEDED",
            "You have attached the maximum number of policies to the specified target.",
        )
    state.attachments.add(
        call, Attachment(organization=organization.id, policy=policy_id, target=target_id, type=policy.type)
    )
    merging.refresh(call, organization)


@operation
def detach_policy(call: Call, *, policy_id: str, target_id: str) -> None:
    organization = state.mine(call)
    policy = documents.policy_of(call, organization, policy_id)
    target_of(call, organization, target_id)
    attachment = state.attachments.get(call, organization.id, policy_id, target_id)
    if attachment is None:
        raise PolicyNotAttachedException
    if policy_id == documents.FULL["RESOURCE_CONTROL_POLICY"].id:
        raise InvalidInputException("NON_DETACHABLE_POLICY", "You can't detach this policy.")
    if policy.type == "SERVICE_CONTROL_POLICY":
        attached = state.attachments.count(call, organization.id, target_id, policy.type, via="target")
        if attached == 1:
            raise ConstraintViolationException(
                "MIN_POLICY_TYPE_ATTACHMENT_LIMIT_EXCEEDED",
                "You cannot remove the last policy attached to the specified target. "
                "You should have at least 1 attached.",
            )
    state.attachments.remove(call, attachment)
    merging.refresh(call, organization)


@operation
def list_policies_for_target(
    call: Call, *, target_id: str, filter: str, next_token: str = "", max_results: int | None = None
) -> dict[str, Any]:
    organization = state.mine(call)
    documents.check_type(filter)
    target_of(call, organization, target_id)
    attached = state.attachments.range(call, organization.id, target_id, filter, via="target")
    found = [documents.policy_of(call, organization, each.policy) for each in attached]
    return paging.page("Policies", found, next_token, max_results, lambda policy: summary(organization, policy))


@operation
def list_targets_for_policy(
    call: Call, *, policy_id: str, next_token: str = "", max_results: int | None = None
) -> dict[str, Any]:
    organization = state.mine(call)
    documents.policy_of(call, organization, policy_id)

    def show(attachment: Attachment) -> dict[str, Any]:
        kind, arn, name = target_of(call, organization, attachment.target)
        return {"TargetId": attachment.target, "Arn": arn, "Name": name, "Type": kind}

    found = state.attachments.range(call, organization.id, policy_id)
    return paging.page("Targets", found, next_token, max_results, show)
