"""The organization itself, and the move from consolidated billing to all features."""

from __future__ import annotations

from typing import Any

from skyjar.kernel.call import Call
from skyjar.kernel.errors import AWSError
from skyjar.kernel.principals import root
from skyjar.kernel.service import operation

from . import handshakes, limits, merging, state
from .errors import (
    AlreadyInOrganizationException,
    HandshakeConstraintViolationException,
    OrganizationNotEmptyException,
)
from .state import Account, Organization

PRINCIPAL = "organizations.amazonaws.com"


@operation
def create_organization(call: Call, *, feature_set: str = "ALL") -> dict[str, Any]:
    if state.find(call, call.account) is not None:
        raise AlreadyInOrganizationException
    made = Organization(
        id=state.code(call, "o-", 10),
        account=call.account,
        root=state.code(call, "r-", 4),
        feature_set=feature_set,
        created_at=call.now,
    )
    state.organizations.add(call, made)
    join(call, made, call.account, "INVITED")
    return {"Organization": show(call, made)}


def join(call: Call, organization: Organization, account: str, method: str) -> None:
    """The account, known or not, comes into the organization's root."""
    before = state.accounts.get(call, account)
    state.accounts.put(
        call,
        Account(
            id=account,
            organization=organization.id,
            parent=organization.root,
            name=before.name if before is not None else account,
            email=state.email_of(call, account),
            method=method,
            joined_at=call.now,
        ),
    )
    from .attachments import attach_full

    link(call, account)
    attach_full(call, organization, account)
    merging.refresh(call, organization)


def link(call: Call, account: str) -> None:
    """The account gets Organizations' service-linked role, unless it has kept it from another time."""
    try:
        call.ask("iam", root(account), account=account).create_service_linked_role(aws_service_name=PRINCIPAL)
    except AWSError as error:
        if error.code != "InvalidInput":
            raise


def show(call: Call, organization: Organization) -> dict[str, Any]:
    management = organization.account
    return {
        "Id": organization.id,
        "Arn": state.arn(organization, "organization"),
        "FeatureSet": organization.feature_set,
        "MasterAccountArn": state.account_arn(organization, management),
        "MasterAccountId": management,
        "MasterAccountEmail": state.email_of(call, management),
        "AvailablePolicyTypes": [{"Type": "SERVICE_CONTROL_POLICY", "Status": "ENABLED"}]
        if organization.feature_set == "ALL"
        else [],
    }


@operation
def describe_organization(call: Call) -> dict[str, Any]:
    return {"Organization": show(call, state.mine(call))}


@operation
def delete_organization(call: Call) -> None:
    """Units and policies go with it, members must have left before."""
    organization = state.mine(call)
    if state.accounts.count(call, organization.id, via="organization") > 1:
        raise OrganizationNotEmptyException
    for table in state.OF_AN_ORGANIZATION:
        for record in table.range(call, organization.id):
            table.remove(call, record)
    for handshake in state.handshakes.range(call, organization.id, via="organization"):
        state.handshakes.remove(call, handshake)
    state.organizations.remove(call, organization)
    management = state.member(call, organization, call.account)
    state.accounts.replace(call, management, state.replace(management, organization="", parent=""))
    merging.forget(call, call.account)


@operation
def enable_all_features(call: Call) -> dict[str, Any]:
    """Every account that was invited must approve; then this handshake is accepted by the management account."""
    organization = state.mine(call)
    if organization.feature_set == "ALL":
        raise HandshakeConstraintViolationException(
            "ORGANIZATION_ALREADY_HAS_ALL_FEATURES", "The organization already has all features enabled."
        )
    if any(each.action == "ENABLE_ALL_FEATURES" for each in handshakes.open_ones(call, organization)):
        raise HandshakeConstraintViolationException(
            "ORGANIZATION_IS_ALREADY_PENDING_ALL_FEATURES_MIGRATION",
            "The organization is already pending migration to all features.",
        )
    days = limits.ALL_FEATURES_DAYS
    parent = handshakes.start(call, organization, "ENABLE_ALL_FEATURES", "", "ORGANIZATION", days)
    asked = 0
    for account in state.accounts.range(call, organization.id, via="organization"):
        if account.id != organization.account and account.method == "INVITED":
            handshakes.start(call, organization, "APPROVE_ALL_FEATURES", account.id, "ACCOUNT", days, parent=parent.id)
            asked += 1
    if not asked:
        parent = handshakes.change(call, parent, "OPEN")
    return {"Handshake": handshakes.show(call, parent)}
