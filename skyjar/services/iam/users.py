"""Users."""

from __future__ import annotations

from typing import Any

from skyjar.kernel import credentials
from skyjar.kernel.call import Call
from skyjar.kernel.one_time_codes import devices
from skyjar.kernel.principals import Principal
from skyjar.kernel.service import operation

from . import UserDeleted, identities, naming, state, uses
from .boundaries import checked_boundary, link_boundary, shown_boundary, unlink_boundary
from .errors import DeleteConflictException, EntityAlreadyExistsException, ValidationError
from .state import User


@operation
def create_user(
    call: Call,
    *,
    user_name: str,
    path: str = "/",
    permissions_boundary: str = "",
    tags: naming.Tags | None = None,
) -> dict[str, Any]:
    if state.is_taken(state.users, call, user_name):
        raise EntityAlreadyExistsException(f"User with name {user_name} already exists.")
    state.count(call, "users", 1, "UsersPerAccount", state.quota(call, "users"))
    user = User(
        name=user_name,
        folded=user_name.lower(),
        id=naming.new_id(call, "AIDA"),
        path=path,
        created_at=naming.date(call),
        boundary=checked_boundary(call, permissions_boundary),
        tags=naming.checked_tags(tags),
    )
    state.users.add(call, user)
    link_boundary(call, "user", user)
    identities.refresh(call, "user", user_name)
    return {"User": show(call.account, user)}


def show(account: str, user: User, *, is_listed: bool = False) -> dict[str, Any]:
    shown: dict[str, Any] = {
        "Path": user.path,
        "UserName": user.name,
        "UserId": user.id,
        "Arn": state.arn_of(account, "user", user.path, user.name),
        "CreateDate": user.created_at,
    }
    if user.signed_in_at:
        shown["PasswordLastUsed"] = user.signed_in_at
    if is_listed:
        return shown
    if user.boundary:
        shown["PermissionsBoundary"] = shown_boundary(user.boundary)
    if user.tags:
        shown["Tags"] = naming.shown_tags(user.tags)
    return shown


def own_name(call: Call, user_name: str) -> str:
    """The user that is meant: the caller, unless one is named. Empty for the root user."""
    if user_name or call.caller.kind == "root":
        return user_name
    if call.caller.kind != "user":
        raise ValidationError("Must specify userName when calling with non-User credentials")
    return call.caller.name


@operation
def get_user(call: Call, *, user_name: str = "") -> dict[str, Any]:
    name = own_name(call, user_name)
    if name:
        return {"User": show(call.account, state.user_of(call, name))}
    root = {"Path": "/", "UserId": call.account, "Arn": f"arn:aws:iam::{call.account}:root", "CreateDate": 0.0}
    return {"User": root}


@operation
def list_users(call: Call, *, path_prefix: str = "/", marker: str = "", max_items: int | None = None) -> dict[str, Any]:
    found = (user for user in state.users.each(call, start=(marker,)) if user.path.startswith(path_prefix))
    return naming.page(
        "Users", found, marker, max_items, lambda user: user.name, lambda user: show(call.account, user, is_listed=True)
    )


@operation
def update_user(call: Call, *, user_name: str, new_path: str = "", new_user_name: str = "") -> None:
    old = state.user_of(call, user_name)
    name = new_user_name or old.name
    if name.lower() != old.folded and state.is_taken(state.users, call, name):
        raise EntityAlreadyExistsException(f"User with name {name} already exists.")
    new: User = state.replace(old, name=name, folded=name.lower(), path=new_path or old.path)
    state.users.remove(call, old)
    state.users.add(call, new)
    for group in old.groups:
        state.members.delete(call, group, old.name)
        state.members.add(call, state.Member(group=group, user=name))
    for arn, usage in [(arn, "policy") for arn in old.attached] + [(old.boundary, "boundary")] * bool(old.boundary):
        state.attachments.delete(call, arn, usage, "user", old.name)
        state.attachments.add(call, state.Attachment(arn=arn, usage=usage, kind="user", name=name))
    identities.refresh(call, "user", old.name)
    identities.refresh(call, "user", name)
    for device in devices.range(call, old.name, via="user"):
        devices.replace(call, device, state.replace(device, user=name))
    uses.rename(call, "user", old.name, name)
    for key in state.access_keys.range(call, old.name):
        state.access_keys.remove(call, key)
        state.access_keys.add(call, state.replace(key, user=name))
        held = credentials.find(call.tx, key.id)
        if held is not None:
            credentials.issue(call, state.replace(held, principal=principal_of(call.account, new, key.id)))


def principal_of(account: str, user: User, access_key: str) -> Principal:
    return Principal(
        kind="user",
        account=account,
        arn=state.arn_of(account, "user", user.path, user.name),
        id=user.id,
        name=user.name,
        path=user.path,
        access_key=access_key,
    )


@operation
def delete_user(call: Call, *, user_name: str) -> None:
    user = state.user_of(call, user_name)
    if user.groups:
        raise DeleteConflictException("Cannot delete entity, must remove users from group first.")
    if user.attached:
        raise DeleteConflictException("Cannot delete entity, must detach all policies first.")
    if user.inline:
        raise DeleteConflictException("Cannot delete entity, must delete policies first.")
    if state.access_keys.first(call, user_name) is not None:
        raise DeleteConflictException("Cannot delete entity, must delete access keys first.")
    _check_bare(call, user)
    unlink_boundary(call, "user", user)
    state.users.remove(call, user)
    state.count(call, "users", -1)
    identities.refresh(call, "user", user_name)
    uses.forget(call, "user", user_name)
    call.emit(UserDeleted(id=user.id, name=user.name))


def _check_bare(call: Call, user: User) -> None:
    """What a user signs in and works with must be deleted before it."""
    from . import credential_state as held

    kept: dict[str, Any] = {
        "login profile": held.login_profiles.get(call, user.id),
        "MFA device": devices.first(call, user.name, via="user"),
        "signing certificates": held.signing_certificates.first(call, user.id),
        "SSH public keys": held.ssh_keys.first(call, user.id),
        "service specific credentials": held.service_credentials.first(call, user.id),
    }
    for what, found in kept.items():
        if found is not None:
            raise DeleteConflictException(f"Cannot delete entity, must delete {what} first.")
