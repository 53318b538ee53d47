"""Access keys."""

from __future__ import annotations

from typing import Any

from skyjar.kernel import credentials
from skyjar.kernel.call import Call
from skyjar.kernel.credentials import Credential
from skyjar.kernel.principals import root
from skyjar.kernel.service import operation

from . import limits, naming, state, uses
from .errors import AccessDenied, NoSuchEntityException, over_quota
from .state import Key
from .users import own_name, principal_of

_ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"


def new_secret(call: Call) -> str:
    """Forty characters, as AWS's."""
    return "".join(_ALPHABET[byte & 63] for byte in call.chance.bytes(40))


@operation
def create_access_key(call: Call, *, user_name: str = "") -> dict[str, Any]:
    name = own_name(call, user_name)
    user = state.user_of(call, name) if name else None
    if state.access_keys.count(call, name) >= limits.KEYS_PER_USER:
        raise over_quota("AccessKeysPerUser", limits.KEYS_PER_USER)
    key = Key(user=name, id="AKIA" + call.chance.base32(16), created_at=naming.date(call))
    secret = new_secret(call)
    principal = principal_of(call.account, user, key.id) if user is not None else root(call.account, key.id)
    state.access_keys.add(call, key)
    credentials.issue(call, Credential(access_key=key.id, secret=secret, principal=principal))
    shown = _show(key)
    return {"AccessKey": {**shown, "SecretAccessKey": secret}}


def _show(key: Key) -> dict[str, Any]:
    return {
        **({"UserName": key.user} if key.user else {}),
        "AccessKeyId": key.id,
        "Status": "Active" if key.is_active else "Inactive",
        "CreateDate": key.created_at,
    }


@operation
def list_access_keys(
    call: Call, *, user_name: str = "", marker: str = "", max_items: int | None = None
) -> dict[str, Any]:
    name = own_name(call, user_name)
    if name:
        state.user_of(call, name)
    return naming.page(
        "AccessKeyMetadata", state.access_keys.each(call, name), marker, max_items, lambda key: key.id, _show
    )


def _key_of(call: Call, name: str, access_key_id: str) -> Key:
    if name:
        state.user_of(call, name)
    found = state.access_keys.get(call, name, access_key_id)
    if found is None:
        raise NoSuchEntityException(f"The Access Key with id {access_key_id} cannot be found.")
    return found


@operation
def get_access_key_last_used(call: Call, *, access_key_id: str) -> dict[str, Any]:
    """To the minute, and some tenths of a second after the call."""
    held = credentials.find(call.tx, access_key_id)
    if held is None or held.token or held.principal.account != call.account or not held.secret:
        raise AccessDenied(
            f"User: {call.caller.arn} is not authorized to perform: iam:GetAccessKeyLastUsed on resource: "
            f"access key {access_key_id}"
        )
    use = uses.last_of_key(call, access_key_id)
    shown: dict[str, Any] = {"ServiceName": "N/A", "Region": "N/A"}
    if use is not None:
        shown = {"LastUsedDate": use.at, "ServiceName": use.service, "Region": use.region}
    name = held.principal.name
    return {**({"UserName": name} if name else {}), "AccessKeyLastUsed": shown}


@operation
def update_access_key(call: Call, *, access_key_id: str, status: str, user_name: str = "") -> None:
    key = _key_of(call, own_name(call, user_name), access_key_id)
    is_active = status == "Active"
    state.access_keys.replace(call, key, state.replace(key, is_active=is_active))
    held = credentials.find(call.tx, access_key_id)
    if held is not None:
        credentials.issue(call, state.replace(held, is_active=is_active))


@operation
def delete_access_key(call: Call, *, access_key_id: str, user_name: str = "") -> None:
    """The credential stays, dead and without its secret: an unknown key would act as a root user."""
    key = _key_of(call, own_name(call, user_name), access_key_id)
    state.access_keys.remove(call, key)
    uses.forget_key(call, key.id)
    held = credentials.find(call.tx, access_key_id)
    if held is not None:
        credentials.issue(call, state.replace(held, secret="", is_active=False))
