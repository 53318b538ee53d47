"""Services that may work in the organization ("trusted access"), and members that administer them."""

from __future__ import annotations

from typing import Any

from skyjar.kernel.call import Call
from skyjar.kernel.service import operation

from . import accounts, limits, paging, state
from .errors import (
    AccountAlreadyRegisteredException,
    AccountNotRegisteredException,
    ConstraintViolationException,
    InvalidInputException,
    only_all_features,
)
from .state import Access, Delegation, Organization


def _check_service(name: str) -> None:
    if not name.endswith(".amazonaws.com") or name.startswith("."):
        raise InvalidInputException(
            "UNRECOGNIZED_SERVICE_PRINCIPAL", "You specified an unrecognized service principal."
        )


def _with_all_features(call: Call) -> Organization:
    organization = state.mine(call)
    if organization.feature_set != "ALL":
        raise only_all_features()
    return organization


@operation
def enable_aws_service_access(call: Call, *, service_principal: str) -> None:
    organization = _with_all_features(call)
    _check_service(service_principal)
    if state.accesses.get(call, organization.id, service_principal) is None:
        state.accesses.add(call, Access(organization=organization.id, service=service_principal, at=call.now))


@operation
def disable_aws_service_access(call: Call, *, service_principal: str) -> None:
    organization = _with_all_features(call)
    _check_service(service_principal)
    state.accesses.delete(call, organization.id, service_principal)


@operation
def list_aws_service_access_for_organization(
    call: Call, *, next_token: str = "", max_results: int | None = None
) -> dict[str, Any]:
    found = state.accesses.range(call, _with_all_features(call).id)
    return paging.page("EnabledServicePrincipals", found, next_token, max_results, _show_access)


def _show_access(access: Access) -> dict[str, Any]:
    return {"ServicePrincipal": access.service, "DateEnabled": access.at}


@operation
def register_delegated_administrator(call: Call, *, account_id: str, service_principal: str) -> None:
    organization = _with_all_features(call)
    _check_service(service_principal)
    account = state.member(call, organization, account_id)
    if account_id == organization.account:
        raise ConstraintViolationException(
            "CANNOT_REGISTER_MASTER_AS_DELEGATED_ADMINISTRATOR",
            "You cannot register master account/yourself as delegated administrator for your organization.",
        )
    if account.state != "ACTIVE":
        raise ConstraintViolationException(
            "CANNOT_REGISTER_SUSPENDED_ACCOUNT_AS_DELEGATED_ADMINISTRATOR",
            "You cannot register a suspended account as delegated administrator.",
        )
    if state.accesses.get(call, organization.id, service_principal) is None:
        raise ConstraintViolationException(
            "SERVICE_ACCESS_NOT_ENABLED", "You must enable service access for the service principal first."
        )
    if state.delegations.get(call, organization.id, account_id, service_principal) is not None:
        raise AccountAlreadyRegisteredException
    held = [each for each in state.delegations.range(call, organization.id) if each.service == service_principal]
    if len(held) >= limits.DELEGATED_ADMINISTRATORS:
        raise ConstraintViolationException(
            "MAX_DELEGATED_ADMINISTRATORS_FOR_SERVICE_LIMIT_EXCEEDED",
            "You have exceeded the allowed number of delegated administrators for the service.",
        )
    state.delegations.add(
        call, Delegation(organization=organization.id, account=account_id, service=service_principal, at=call.now)
    )


@operation
def deregister_delegated_administrator(call: Call, *, account_id: str, service_principal: str) -> None:
    organization = _with_all_features(call)
    _check_service(service_principal)
    state.member(call, organization, account_id)
    if state.delegations.delete(call, organization.id, account_id, service_principal) is None:
        raise AccountNotRegisteredException


@operation
def list_delegated_administrators(
    call: Call, *, service_principal: str = "", next_token: str = "", max_results: int | None = None
) -> dict[str, Any]:
    organization = _with_all_features(call)
    since: dict[str, float] = {}
    for each in state.delegations.range(call, organization.id):
        if service_principal in ("", each.service):
            since[each.account] = min(each.at, since.get(each.account, each.at))

    def show(account: str) -> dict[str, Any]:
        shown = accounts.show(call, organization, state.member(call, organization, account))
        del shown["Paths"]
        return {**shown, "DelegationEnabledDate": since[account]}

    return paging.page("DelegatedAdministrators", since, next_token, max_results, show)


@operation
def list_delegated_services_for_account(
    call: Call, *, account_id: str, next_token: str = "", max_results: int | None = None
) -> dict[str, Any]:
    organization = _with_all_features(call)
    state.member(call, organization, account_id)
    found = state.delegations.range(call, organization.id, account_id)
    if not found:
        raise AccountNotRegisteredException
    return paging.page("DelegatedServices", found, next_token, max_results, _show_delegation)


def _show_delegation(delegation: Delegation) -> dict[str, Any]:
    return {"ServicePrincipal": delegation.service, "DelegationEnabledDate": delegation.at}
