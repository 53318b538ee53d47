"""Grants: permissions to use one key, given to one principal, until they are retired or revoked."""

from __future__ import annotations

from typing import Any

from skyjar.kernel.call import Call
from skyjar.kernel.service import operation
from skyjar.kernel.tables import At
from skyjar.planes import named_principals

from . import granting, limits, references, showing, state, states
from .errors import (
    DryRunOperationException,
    InvalidArnException,
    InvalidGrantIdException,
    LimitExceededException,
    ValidationException,
)
from .state import Found, Grant


@operation
def create_grant(
    call: Call,
    *,
    key_id: str,
    operations: list[str],
    grantee_principal: str = "",
    retiring_principal: str = "",
    constraints: dict[str, Any] | None = None,
    grant_tokens: list[str] | None = None,
    name: str = "",
    dry_run: bool = False,
    grantee_service_principal: str = "",
    retiring_service_principal: str = "",
) -> dict[str, Any]:
    found = references.find(call, key_id, takes_alias=False)
    states.check_usable(found.key, found.arn)
    given = constraints or {}
    _check_principals(call, grantee_principal, grantee_service_principal, "Grantee")
    _check_principals(call, retiring_principal, retiring_service_principal, "Retiring", is_optional=True)
    if grantee_service_principal and not (
        given.get("SourceArn") and (retiring_principal or retiring_service_principal)
    ):
        raise ValidationException(
            "A grant with GranteeServicePrincipal requires a SourceArn constraint and a retiring principal."
        )
    granting.check_operations(found.key, operations, given)
    grant = Grant(
        key_id=found.key.id,
        id=call.chance.hex(64),
        created_at=call.now,
        grantee=grantee_principal or grantee_service_principal,
        issuer=f"arn:aws:iam::{call.account}:root",
        operations=tuple(dict.fromkeys(operations)),
        name=name,
        retiring=retiring_principal or retiring_service_principal,
        is_for_service=bool(grantee_service_principal),
        is_retired_by_service=bool(retiring_service_principal),
        equals=given.get("EncryptionContextEquals"),
        subset=given.get("EncryptionContextSubset"),
        source_arn=given.get("SourceArn", ""),
    )
    same = _same(found, grant) if name else None
    if dry_run:
        raise DryRunOperationException
    if same is None:
        _add(found, grant)
    kept = same or grant
    return {"GrantToken": granting.token_of(found.arn, kept.id, call.chance.bytes(16)), "GrantId": kept.id}


def _check_principals(call: Call, arn: str, service: str, what: str, *, is_optional: bool = False) -> None:
    if arn and service:
        raise ValidationException(f"You can specify either {what}Principal or {what}ServicePrincipal, but not both.")
    if not arn and not service and not is_optional:
        raise ValidationException(f"You must specify either {what}Principal or {what}ServicePrincipal.")
    is_host = arn.endswith(".amazonaws.com") and not arn.startswith("arn:")
    if arn and not is_host and not named_principals.exists(call, arn):
        raise InvalidArnException(f"ARN does not refer to a valid principal: {arn}")


def _same(found: Found, grant: Grant) -> Grant | None:
    """The grant of that name with the very same parameters."""
    blank = {"id": "", "created_at": 0.0}
    wanted = state.replace(grant, **blank)
    near = state.grants.range(found.at, found.key.id, grant.grantee, via="grantee")
    return next((each for each in near if state.replace(each, **blank) == wanted), None)


def _add(found: Found, grant: Grant) -> None:
    if found.key.grants >= limits.GRANTS:
        raise LimitExceededException("You have reached the limit of grants for this KMS key.")
    state.grants.add(found.at, grant)
    state.change(found.at, found.key, grants=found.key.grants + 1)


def _remove(found: Found, grant: Grant) -> None:
    state.grants.remove(found.at, grant)
    state.change(found.at, found.key, grants=found.key.grants - 1)


@operation
def list_grants(
    call: Call,
    *,
    key_id: str,
    limit: int = limits.LISTED_GRANTS,
    marker: str = "",
    grant_id: str = "",
    grantee_principal: str = "",
    grantee_service_principal: str = "",
) -> dict[str, Any]:
    found = references.find(call, key_id, takes_alias=False)
    if grant_id and state.grants.get(found.at, found.key.id, grant_id) is None:
        raise InvalidGrantIdException
    grantee = grantee_principal or grantee_service_principal
    listed = (
        (grant.id, grant)
        for grant in state.grants.each(found.at, found.key.id)
        if grant_id in ("", grant.id) and grantee in ("", grant.grantee)
    )
    return showing.page("Grants", listed, marker, limit, lambda grant: _show(found.at, grant))


def _show(at: At, grant: Grant) -> dict[str, Any]:
    shown: dict[str, Any] = {
        "KeyId": state.arn_of(at, grant.key_id),
        "GrantId": grant.id,
        "CreationDate": grant.created_at,
        "IssuingAccount": grant.issuer,
        "Operations": list(grant.operations),
        "GranteeServicePrincipal" if grant.is_for_service else "GranteePrincipal": grant.grantee,
    }
    if grant.name:
        shown["Name"] = grant.name
    if grant.retiring:
        shown["RetiringServicePrincipal" if grant.is_retired_by_service else "RetiringPrincipal"] = grant.retiring
    constraints = {
        "EncryptionContextEquals": grant.equals,
        "EncryptionContextSubset": grant.subset,
        "SourceArn": grant.source_arn,
    }
    held = {name: value for name, value in constraints.items() if value}
    return {**shown, "Constraints": held} if held else shown


@operation
def list_retirable_grants(
    call: Call,
    *,
    limit: int = limits.LISTED_GRANTS,
    marker: str = "",
    retiring_principal: str = "",
) -> dict[str, Any]:
    """Of keys of any account in this Region."""
    if not retiring_principal:
        raise ValidationException("You must specify either RetiringPrincipal or RetiringServicePrincipal.")
    if f"::{call.account}:" not in retiring_principal:
        raise InvalidArnException(f"ARN does not refer to a principal of this account: {retiring_principal}")
    listed = sorted(
        (
            (f"{at.account}/{grant.key_id}/{grant.id}", (at, grant))
            for at, grant in granting.everywhere(call)
            if grant.retiring == retiring_principal
        ),
        key=lambda each: each[0],
    )
    return showing.page("Grants", listed, marker, limit, lambda each: _show(*each))


@operation
def retire_grant(
    call: Call, *, grant_token: str = "", key_id: str = "", grant_id: str = "", dry_run: bool = False
) -> None:
    """Who may is judged before, by the grant itself or the key's policy (see permissions.py)."""
    arn, identity = granting.named(grant_token, key_id, grant_id)
    found, grant = _existing(call, arn, identity)
    if dry_run:
        raise DryRunOperationException
    _remove(found, grant)


@operation
def revoke_grant(call: Call, *, key_id: str, grant_id: str, dry_run: bool = False) -> None:
    found, grant = _existing(call, key_id, grant_id)
    if dry_run:
        raise DryRunOperationException
    _remove(found, grant)


def _existing(call: Call, reference: str, grant_id: str) -> tuple[Found, Grant]:
    found = references.find(call, reference, takes_alias=False)
    grant = state.grants.get(found.at, found.key.id, grant_id)
    if grant is None:
        raise InvalidGrantIdException
    return found, grant
