"""The accounts of an organization: shown, moved, closed, and out again."""

from __future__ import annotations

from typing import Any

from skyjar.kernel.call import Call
from skyjar.kernel.service import operation

from . import attachments, jobs, limits, merging, paging, state
from .errors import (
    AccountAlreadyClosedException,
    ConstraintViolationException,
    DestinationParentNotFoundException,
    DuplicateAccountException,
    MasterCannotLeaveOrganizationException,
    ParentNotFoundException,
    SourceParentNotFoundException,
)
from .state import Account, Organization
from .units import check_parent

_STATUS = {"ACTIVE": "ACTIVE", "PENDING_CLOSURE": "PENDING_CLOSURE", "CLOSED": "SUSPENDED"}


def show(call: Call, organization: Organization, account: Account) -> dict[str, Any]:
    return {
        "Id": account.id,
        "Arn": state.account_arn(organization, account.id),
        "Email": account.email,
        "Name": account.name,
        "Status": _STATUS[account.state],
        "State": account.state,
        "Paths": [f"{state.path(call, organization, account.parent)}{account.id}/"],
        "JoinedMethod": account.method,
        "JoinedTimestamp": account.joined_at,
    }


@operation
def describe_account(call: Call, *, account_id: str) -> dict[str, Any]:
    organization = state.mine(call)
    return {"Account": show(call, organization, state.member(call, organization, account_id))}


@operation
def list_accounts(call: Call, *, next_token: str = "", max_results: int | None = None) -> dict[str, Any]:
    organization = state.mine(call)
    found = state.accounts.range(call, organization.id, via="organization")
    return paging.page("Accounts", found, next_token, max_results, lambda each: show(call, organization, each))


@operation
def list_accounts_for_parent(
    call: Call, *, parent_id: str, next_token: str = "", max_results: int | None = None
) -> dict[str, Any]:
    organization = state.mine(call)
    check_parent(call, organization, parent_id)
    found = state.accounts.range(call, organization.id, parent_id, via="parent")
    return paging.page("Accounts", found, next_token, max_results, lambda each: show(call, organization, each))


@operation
def move_account(call: Call, *, account_id: str, source_parent_id: str, destination_parent_id: str) -> None:
    """The policies on the way to the new place hold from the next call on."""
    organization = state.mine(call)
    account = state.member(call, organization, account_id)
    if account.parent != source_parent_id:
        raise SourceParentNotFoundException
    try:
        check_parent(call, organization, destination_parent_id)
    except ParentNotFoundException:
        raise DestinationParentNotFoundException from None
    if source_parent_id == destination_parent_id:
        raise DuplicateAccountException
    state.accounts.replace(call, account, state.replace(account, parent=destination_parent_id))
    merging.refresh(call, organization)


@operation
def close_account(call: Call, *, account_id: str) -> None:
    """The account is closed by a job, stays in the organization as suspended for 90 days, and is gone then."""
    organization = state.mine(call)
    account = state.member(call, organization, account_id)
    if account_id == organization.account:
        raise ConstraintViolationException(
            "CANNOT_CLOSE_MANAGEMENT_ACCOUNT", "You attempted to close the management account of the organization."
        )
    if account.state != "ACTIVE":
        raise AccountAlreadyClosedException
    _check_closable(call, organization, account)
    state.accounts.replace(call, account, state.replace(account, state="PENDING_CLOSURE", closed_at=call.now))
    call.later(jobs.close, account=account_id)


def _check_closable(call: Call, organization: Organization, account: Account) -> None:
    if state.delegations.first(call, organization.id, account.id) is not None:
        raise _is_delegated()
    members = state.accounts.range(call, organization.id, via="organization")
    since = call.now - limits.CLOSED_PERIOD_DAYS * limits.DAY_S
    closed = sum(1 for each in members if each.closed_at > since)
    if closed >= max(limits.CLOSED_LEAST, len(members) * limits.CLOSED_SHARE // 100):
        raise ConstraintViolationException(
            "CLOSE_ACCOUNT_QUOTA_EXCEEDED", "You have exceeded close account quota for the past 30 days."
        )


def _is_delegated() -> ConstraintViolationException:
    return ConstraintViolationException(
        "CANNOT_REMOVE_DELEGATED_ADMINISTRATOR_FROM_ORG",
        "You can't remove an account that is a delegated administrator. Deregister it first.",
    )


@operation
def remove_account_from_organization(call: Call, *, account_id: str) -> None:
    organization = state.mine(call)
    _leave(call, organization, state.member(call, organization, account_id))


@operation
def leave_organization(call: Call) -> None:
    organization = state.mine(call)
    _leave(call, organization, state.member(call, organization, call.account))


def _leave(call: Call, organization: Organization, account: Account) -> None:
    if account.id == organization.account:
        raise MasterCannotLeaveOrganizationException
    if state.delegations.first(call, organization.id, account.id) is not None:
        raise _is_delegated()
    if account.method == "CREATED" and call.now < account.joined_at + limits.REMOVABLE_AFTER_DAYS * limits.DAY_S:
        raise ConstraintViolationException(
            "WAIT_PERIOD_ACTIVE",
            f"You can't remove an account that was created less than {limits.REMOVABLE_AFTER_DAYS} days ago.",
        )
    out(call, organization, account)


def out(call: Call, organization: Organization, account: Account) -> None:
    """The account is on its own; the organization's tags and policies are off it."""
    attachments.drop_all(call, organization, account.id)
    state.tags.delete(call, organization.id, account.id)
    state.accounts.replace(call, account, state.replace(account, organization="", parent=""))
    merging.forget(call, account.id)
