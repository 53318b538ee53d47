"""Aliases: names of keys that can be moved from key to key."""

from __future__ import annotations

import re
from typing import Any

from skyjar.kernel.call import Call
from skyjar.kernel.service import operation

from . import limits, references, showing, specs, state, states
from .errors import (
    AlreadyExistsException,
    InvalidAliasNameException,
    LimitExceededException,
    NotAuthorizedException,
    NotFoundException,
    ValidationException,
)
from .state import Alias, Found, Key

_NAME = re.compile(r"alias/[a-zA-Z0-9/_-]+")
_RESERVED = "alias/aws/"


@operation
def create_alias(call: Call, *, alias_name: str, target_key_id: str) -> None:
    _check_name(alias_name)
    found = _target(call, target_key_id)
    if state.aliases.get(call, alias_name) is not None:
        arn = state.alias_arn_of(call, alias_name)
        raise AlreadyExistsException(f"An alias with the name {arn} already exists")
    states.check_not_deleted(found.key, found.arn)
    _check_room(call, found.key)
    alias = Alias(name=alias_name, target=found.key.id, created_at=call.now, updated_at=call.now)
    state.aliases.add(call, alias)


def _check_name(name: str) -> None:
    if name.startswith(_RESERVED):
        raise NotAuthorizedException
    if not name.startswith("alias/"):
        raise ValidationException(
            'Alias must start with the prefix "alias/". Please see '
            "https://docs.aws.amazon.com/kms/latest/developerguide/kms-alias.html"
        )
    if not _NAME.fullmatch(name):
        raise InvalidAliasNameException(f"Invalid alias name: {name}")


def _target(call: Call, reference: str) -> Found:
    """A key of the caller's own account and Region, not named by another alias."""
    if "alias/" in reference:
        raise ValidationException("Aliases must refer to keys. Not aliases")
    found = references.find(call, reference)
    if found.at.account != call.account:
        raise NotFoundException(f"Key '{found.arn}' does not exist")
    return found


def _check_room(call: Call, key: Key) -> None:
    if state.aliases.count(call, key.id, via="target", limit=limits.ALIASES) >= limits.ALIASES:
        raise LimitExceededException("You have reached the limit of aliases for this KMS key.")


def _existing(call: Call, name: str) -> Alias:
    found = state.aliases.get(call, name)
    if found is None:
        raise NotFoundException(f"Alias {state.alias_arn_of(call, name)} is not found.")
    return found


@operation
def update_alias(call: Call, *, alias_name: str, target_key_id: str) -> None:
    _check_name(alias_name)
    alias = _existing(call, alias_name)
    found = _target(call, target_key_id)
    states.check_not_deleted(found.key, found.arn)
    before = state.keys.get(call, alias.target)
    if before is not None and _type_of(before) != _type_of(found.key):
        raise ValidationException(
            "The current and new KMS key must be the same type (both symmetric or both asymmetric or both HMAC), and "
            "they must have the same key usage."
        )
    if alias.target != found.key.id:
        _check_room(call, found.key)
    state.aliases.replace(call, alias, state.replace(alias, target=found.key.id, updated_at=call.now))


def _type_of(key: Key) -> tuple[bool, str]:
    return specs.is_pair(key.spec), key.usage


@operation
def delete_alias(call: Call, *, alias_name: str) -> None:
    _check_name(alias_name)
    state.aliases.remove(call, _existing(call, alias_name))


@operation
def list_aliases(
    call: Call, *, key_id: str = "", limit: int = limits.LISTED_ALIASES, marker: str = ""
) -> dict[str, Any]:
    if key_id:
        found = references.find(call, key_id, takes_alias=False)
        listed = sorted(state.aliases.range(found.at, found.key.id, via="target"), key=lambda alias: alias.name)
    else:
        listed = state.aliases.range(call)
    return showing.page(
        "Aliases", ((alias.name, alias) for alias in listed), marker, limit, lambda alias: _show(call, alias)
    )


def _show(call: Call, alias: Alias) -> dict[str, Any]:
    return {
        "AliasName": alias.name,
        "AliasArn": state.alias_arn_of(call, alias.name),
        "TargetKeyId": alias.target,
        "CreationDate": alias.created_at,
        "LastUpdatedDate": alias.updated_at,
    }
