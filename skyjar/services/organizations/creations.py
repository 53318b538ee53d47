"""CreateAccount, and how it goes: the account is made by a job."""

from __future__ import annotations

from typing import Any

from skyjar.kernel.call import Call
from skyjar.kernel.errors import NotImplementedHere
from skyjar.kernel.service import operation

from . import jobs, limits, paging, state
from .errors import ConstraintViolationException, CreateAccountStatusNotFoundException
from .state import Creation, Organization
from .tags import merge

DEFAULT_ROLE = "OrganizationAccountAccessRole"


def _show(creation: Creation) -> dict[str, Any]:
    shown: dict[str, Any] = {
        "Id": creation.id,
        "AccountName": creation.name,
        "State": creation.state,
        "RequestedTimestamp": creation.requested_at,
    }
    if creation.completed_at:
        shown["CompletedTimestamp"] = creation.completed_at
    if creation.account:
        shown["AccountId"] = creation.account
    if creation.failure:
        shown["FailureReason"] = creation.failure
    return shown


@operation
def create_account(
    call: Call,
    *,
    email: str,
    account_name: str,
    role_name: str = DEFAULT_ROLE,
    iam_user_access_to_billing: str = "ALLOW",
    tags: list[dict[str, str]] | None = None,
) -> dict[str, Any]:
    organization = state.mine(call)
    if iam_user_access_to_billing != "ALLOW":
        raise NotImplementedHere("Skyjar does not implement IamUserAccessToBilling DENY: it has no bills to hide.")
    _check_room(call, organization)
    made = Creation(
        organization=organization.id,
        id=f"car-{call.chance.hex(32)}",
        name=account_name,
        email=email,
        requested_at=call.now,
        role=role_name,
        tags=merge({}, tags or []),
    )
    state.creations.add(call, made)
    call.later(jobs.create, organization=organization.id, request=made.id)
    return {"CreateAccountStatus": _show(made)}


def _check_room(call: Call, organization: Organization) -> None:
    if state.accounts.count(call, organization.id, via="organization") >= limits.ACCOUNTS:
        raise ConstraintViolationException(
            "ACCOUNT_NUMBER_LIMIT_EXCEEDED", "You have exceeded the allowed number of AWS accounts."
        )


@operation
def describe_create_account_status(call: Call, *, create_account_request_id: str) -> dict[str, Any]:
    found = state.creations.get(call, state.mine(call).id, create_account_request_id)
    if found is None:
        raise CreateAccountStatusNotFoundException
    return {"CreateAccountStatus": _show(found)}


@operation
def list_create_account_status(
    call: Call, *, states: list[str] | None = None, next_token: str = "", max_results: int | None = None
) -> dict[str, Any]:
    everything = state.creations.range(call, state.mine(call).id)
    found = [each for each in everything if not states or each.state in states]
    return paging.page("CreateAccountStatuses", found, next_token, max_results, _show)
