"""Users' SSH public keys, for CodeCommit."""

from __future__ import annotations

from typing import Any

from skyjar.kernel.call import Call
from skyjar.kernel.service import operation

from . import certificates, limits, naming, state
from .credential_state import SshKey, meant, ssh_keys
from .errors import DuplicateSSHPublicKeyException, NoSuchEntityException, over_quota
from .state import User, replace


@operation
def upload_ssh_public_key(call: Call, *, user_name: str, ssh_public_key_body: str) -> dict[str, Any]:
    user = state.user_of(call, user_name)
    fingerprint = certificates.ssh_fingerprint(certificates.ssh_key(ssh_public_key_body))
    held = ssh_keys.range(call, user.id)
    if any(each.fingerprint == fingerprint for each in held):
        raise DuplicateSSHPublicKeyException(f"The SSH public key is already associated with user {user_name}.")
    if len(held) >= limits.SSH_KEYS_PER_USER:
        raise over_quota("SSHPublicKeysPerUser", limits.SSH_KEYS_PER_USER)
    made = SshKey(
        user=user.id,
        id=naming.new_id(call, "APKA"),
        body=ssh_public_key_body.strip(),
        fingerprint=fingerprint,
        uploaded_at=naming.date(call),
    )
    ssh_keys.add(call, made)
    return {"SSHPublicKey": {**_show(user, made), "Fingerprint": fingerprint, "SSHPublicKeyBody": made.body}}


def _show(user: User, found: SshKey) -> dict[str, Any]:
    return {
        "UserName": user.name,
        "SSHPublicKeyId": found.id,
        "Status": "Active" if found.is_active else "Inactive",
        "UploadDate": found.uploaded_at,
    }


def _existing(call: Call, user: User, key_id: str) -> SshKey:
    found = ssh_keys.get(call, user.id, key_id)
    if found is None:
        raise NoSuchEntityException(f"The Public Key with id {key_id} cannot be found.")
    return found


@operation
def get_ssh_public_key(call: Call, *, user_name: str, ssh_public_key_id: str, encoding: str) -> dict[str, Any]:
    user = state.user_of(call, user_name)
    found = _existing(call, user, ssh_public_key_id)
    body = certificates.encoded_ssh(certificates.ssh_key(found.body), encoding)
    return {"SSHPublicKey": {**_show(user, found), "Fingerprint": found.fingerprint, "SSHPublicKeyBody": body}}


@operation
def list_ssh_public_keys(
    call: Call, *, user_name: str = "", marker: str = "", max_items: int | None = None
) -> dict[str, Any]:
    user = meant(call, user_name)
    held = ssh_keys.each(call, user.id)
    return naming.page("SSHPublicKeys", held, marker, max_items, lambda each: each.id, lambda each: _show(user, each))


@operation
def update_ssh_public_key(call: Call, *, user_name: str, ssh_public_key_id: str, status: str) -> None:
    found = _existing(call, state.user_of(call, user_name), ssh_public_key_id)
    ssh_keys.replace(call, found, replace(found, is_active=status == "Active"))


@operation
def delete_ssh_public_key(call: Call, *, user_name: str, ssh_public_key_id: str) -> None:
    ssh_keys.remove(call, _existing(call, state.user_of(call, user_name), ssh_public_key_id))
