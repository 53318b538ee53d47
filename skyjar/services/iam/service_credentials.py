"""Passwords and API keys of users for single services: CodeCommit, Keyspaces, Bedrock, CloudWatch Logs."""

from __future__ import annotations

from base64 import b64encode
from typing import Any

from skyjar.kernel.call import Call
from skyjar.kernel.service import operation

from . import limits, naming, state
from .credential_state import ServiceCredential, meant, service_credentials
from .errors import InvalidInputException, NoSuchEntityException, ServiceNotSupportedException, over_quota
from .state import User, replace


def _secret(call: Call) -> str:
    return b64encode(call.chance.bytes(32)).decode()


def _check_service(service_name: str) -> None:
    if service_name not in limits.CREDENTIAL_SERVICES:
        raise ServiceNotSupportedException(
            f"No such service {service_name} is supported for Service Specific Credentials"
        )


@operation
def create_service_specific_credential(
    call: Call, *, user_name: str, service_name: str, credential_age_days: int = 0
) -> dict[str, Any]:
    user = state.user_of(call, user_name)
    _check_service(service_name)
    is_bearer = service_name in limits.BEARER_SERVICES
    if credential_age_days and not is_bearer:
        raise InvalidInputException(f"CredentialAgeDays is not supported for {service_name}")
    held = [each for each in service_credentials.range(call, user.id) if each.service == service_name]
    if len(held) >= limits.CREDENTIALS_PER_SERVICE:
        raise over_quota("ServiceSpecificCredentialsPerUser", limits.CREDENTIALS_PER_SERVICE)
    at = naming.date(call)
    suffix = f"+{len(held)}" if held else ""
    made = ServiceCredential(
        user=user.id,
        id=naming.new_id(call, "ACCA"),
        service=service_name,
        name=f"{user.name}{suffix}-at-{call.account}",
        secret=_secret(call),
        created_at=at,
        is_bearer=is_bearer,
        expires_at=at + credential_age_days * limits.DAY_S if credential_age_days else 0.0,
    )
    service_credentials.add(call, made)
    return {"ServiceSpecificCredential": _with_secret(call, user, made)}


def _show(call: Call, user: User, found: ServiceCredential) -> dict[str, Any]:
    is_over = found.expires_at and call.now >= found.expires_at
    shown: dict[str, Any] = {
        "UserName": user.name,
        "Status": "Expired" if is_over else "Active" if found.is_active else "Inactive",
        "CreateDate": found.created_at,
        "ServiceSpecificCredentialId": found.id,
        "ServiceName": found.service,
        "ServiceCredentialAlias" if found.is_bearer else "ServiceUserName": found.name,
    }
    if found.expires_at:
        shown["ExpirationDate"] = found.expires_at
    return shown


def _with_secret(call: Call, user: User, found: ServiceCredential) -> dict[str, Any]:
    return {
        **_show(call, user, found),
        "ServiceCredentialSecret" if found.is_bearer else "ServicePassword": found.secret,
    }


def _existing(call: Call, user: User, credential_id: str) -> ServiceCredential:
    found = service_credentials.get(call, user.id, credential_id)
    if found is None:
        raise NoSuchEntityException(f"The Service Specific Credential with id {credential_id} cannot be found.")
    return found


@operation
def list_service_specific_credentials(
    call: Call,
    *,
    user_name: str = "",
    service_name: str = "",
    all_users: bool = False,
    marker: str = "",
    max_items: int | None = None,
) -> dict[str, Any]:
    if all_users and user_name:
        raise InvalidInputException("UserName cannot be specified together with AllUsers")
    if service_name:
        _check_service(service_name)
    users = list(state.users.each(call)) if all_users else [meant(call, user_name)]
    found = [
        (user, each)
        for user in users
        for each in service_credentials.range(call, user.id)
        if service_name in ("", each.service)
    ]
    found.sort(key=lambda pair: pair[1].id)
    return naming.page(
        "ServiceSpecificCredentials",
        found,
        marker,
        max_items,
        lambda pair: pair[1].id,
        lambda pair: _show(call, *pair),
    )


@operation
def reset_service_specific_credential(
    call: Call, *, service_specific_credential_id: str, user_name: str = ""
) -> dict[str, Any]:
    user = meant(call, user_name)
    found = _existing(call, user, service_specific_credential_id)
    changed = replace(found, secret=_secret(call))
    service_credentials.replace(call, found, changed)
    return {"ServiceSpecificCredential": _with_secret(call, user, changed)}


@operation
def update_service_specific_credential(
    call: Call, *, service_specific_credential_id: str, status: str, user_name: str = ""
) -> None:
    found = _existing(call, meant(call, user_name), service_specific_credential_id)
    service_credentials.replace(call, found, replace(found, is_active=status == "Active"))


@operation
def delete_service_specific_credential(call: Call, *, service_specific_credential_id: str, user_name: str = "") -> None:
    service_credentials.remove(call, _existing(call, meant(call, user_name), service_specific_credential_id))
