"""Roles and who may assume them."""

from __future__ import annotations

from typing import Any

from skyjar.kernel.call import Call
from skyjar.kernel.service import operation

from . import RoleChanged, RoleDeleted, documents, identities, limits, naming, state, uses
from .boundaries import checked_boundary, link_boundary, shown_boundary, unlink_boundary
from .errors import DeleteConflictException, EntityAlreadyExistsException
from .protected import check_may_change, check_path
from .state import Role


@operation
def create_role(
    call: Call,
    *,
    role_name: str,
    assume_role_policy_document: str,
    path: str = "/",
    description: str = "",
    max_session_duration: int = limits.SESSION_DEFAULT_S,
    permissions_boundary: str = "",
    tags: naming.Tags | None = None,
) -> dict[str, Any]:
    check_path(path)
    documents.check_trust(assume_role_policy_document)
    role = made(
        call,
        role_name,
        assume_role_policy_document,
        path=path,
        description=description,
        max_session_s=max_session_duration,
        boundary=checked_boundary(call, permissions_boundary),
        tags=naming.checked_tags(tags),
    )
    return {"Role": show(call.account, role)}


def made(call: Call, name: str, trust: str, **more: Any) -> Role:
    """A new role, known to all who need to know of it."""
    if state.is_taken(state.roles, call, name):
        raise EntityAlreadyExistsException(f"Role with name {name} already exists.")
    state.count(call, "roles", 1, "RolesPerAccount", state.quota(call, "roles"))
    role = Role(
        name=name,
        folded=name.lower(),
        id=naming.new_id(call, "AROA"),
        created_at=naming.date(call),
        trust=trust,
        **more,
    )
    state.roles.add(call, role)
    link_boundary(call, "role", role)
    _tell(call, role)
    return role


def _tell(call: Call, role: Role) -> None:
    identities.refresh(call, "role", role.name)
    call.emit(
        RoleChanged(id=role.id, name=role.name, path=role.path, trust=role.trust, max_session_s=role.max_session_s)
    )


def show(account: str, role: Role, *, is_listed: bool = False) -> dict[str, Any]:
    shown: dict[str, Any] = {
        "Path": role.path,
        "RoleName": role.name,
        "RoleId": role.id,
        "Arn": state.arn_of(account, "role", role.path, role.name),
        "CreateDate": role.created_at,
        "AssumeRolePolicyDocument": naming.encoded(role.trust),
        "MaxSessionDuration": role.max_session_s,
    }
    if role.description:
        shown["Description"] = role.description
    if not is_listed and role.boundary:
        shown["PermissionsBoundary"] = shown_boundary(role.boundary)
    if not is_listed and role.tags:
        shown["Tags"] = naming.shown_tags(role.tags)
    return shown


@operation
def get_role(call: Call, *, role_name: str) -> dict[str, Any]:
    role = state.role_of(call, role_name)
    return {"Role": {**show(call.account, role), **last_used(call, role)}}


def last_used(call: Call, role: Role) -> dict[str, Any]:
    """Empty while it has not been used."""
    use = uses.last_of(call, "role", role.name)
    return {"RoleLastUsed": {"LastUsedDate": use.at, "Region": use.region} if use is not None else {}}


@operation
def list_roles(call: Call, *, path_prefix: str = "/", marker: str = "", max_items: int | None = None) -> dict[str, Any]:
    found = (role for role in state.roles.each(call, start=(marker,)) if role.path.startswith(path_prefix))
    return naming.page(
        "Roles", found, marker, max_items, lambda role: role.name, lambda role: show(call.account, role, is_listed=True)
    )


def _change(call: Call, role: Role, **changes: Any) -> Role:
    changed: Role = state.replace(role, **changes)
    state.roles.replace(call, role, changed)
    _tell(call, changed)
    return changed


@operation
def update_role(
    call: Call, *, role_name: str, description: str | None = None, max_session_duration: int | None = None
) -> dict[str, Any]:
    role = state.role_of(call, role_name)
    check_may_change(role)
    _change(
        call,
        role,
        description=role.description if description is None else description,
        max_session_s=max_session_duration or role.max_session_s,
    )
    return {}


@operation
def update_role_description(call: Call, *, role_name: str, description: str) -> dict[str, Any]:
    changed = _change(call, state.role_of(call, role_name), description=description)
    return {"Role": show(call.account, changed)}


@operation
def update_assume_role_policy(call: Call, *, role_name: str, policy_document: str) -> None:
    role = state.role_of(call, role_name)
    check_may_change(role)
    documents.check_trust(policy_document)
    _change(call, role, trust=policy_document)


@operation
def delete_role(call: Call, *, role_name: str) -> None:
    role = state.role_of(call, role_name)
    check_may_change(role)
    if state.profiles.first(call, role_name, via="role") is not None:
        raise DeleteConflictException("Cannot delete entity, must remove roles from instance profile first.")
    if role.attached:
        raise DeleteConflictException("Cannot delete entity, must detach all policies first.")
    if role.inline:
        raise DeleteConflictException("Cannot delete entity, must delete policies first.")
    remove(call, role_name)


def remove(call: Call, name: str) -> None:
    """Whatever is attached to it."""
    role = state.role_of(call, name)
    for arn in role.attached:
        state.attachments.delete(call, arn, "policy", "role", name)
    unlink_boundary(call, "role", role)
    state.roles.remove(call, role)
    state.count(call, "roles", -1)
    identities.refresh(call, "role", name)
    uses.forget(call, "role", name)
    call.emit(RoleDeleted(id=role.id, name=role.name))
