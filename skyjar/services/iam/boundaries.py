"""Permissions boundaries of users and roles."""

from __future__ import annotations

from typing import Any

from skyjar.kernel.call import Call
from skyjar.kernel.service import operation

from . import errors, identities, state
from .protected import check_may_change
from .state import Kind, Role, User


def checked_boundary(call: Call, arn: str) -> str:
    """The ARN of a policy that exists; empty stays empty."""
    if arn and state.find_policy(call, arn) is None:
        raise errors.NoSuchEntityException(f"Scope ARN: {arn} does not exist or is not attachable.")
    return arn


def shown_boundary(arn: str) -> dict[str, str]:
    return {"PermissionsBoundaryType": "Policy", "PermissionsBoundaryArn": arn}


def link_boundary(call: Call, kind: Kind, holder: User | Role) -> None:
    if holder.boundary:
        linked = state.Attachment(arn=holder.boundary, usage="boundary", kind=kind, name=holder.name)
        state.attachments.add(call, linked)


def unlink_boundary(call: Call, kind: Kind, holder: User | Role) -> None:
    if holder.boundary:
        state.attachments.delete(call, holder.boundary, "boundary", kind, holder.name)


def _set(call: Call, kind: Kind, name: str, arn: str) -> None:
    holder: Any = state.holder_of(call, kind, name)
    unlink_boundary(call, kind, holder)
    changed = state.replace(holder, boundary=checked_boundary(call, arn))
    state.TABLES[kind].replace(call, holder, changed)
    link_boundary(call, kind, changed)
    identities.refresh(call, kind, name)


def _remove(call: Call, kind: Kind, name: str) -> None:
    if not state.holder_of(call, kind, name).boundary:
        raise errors.NoSuchEntityException(f"{kind.title()} {name} does not have a permissions boundary.")
    _set(call, kind, name, "")


@operation
def put_user_permissions_boundary(call: Call, *, user_name: str, permissions_boundary: str) -> None:
    _set(call, "user", user_name, permissions_boundary)


@operation
def delete_user_permissions_boundary(call: Call, *, user_name: str) -> None:
    _remove(call, "user", user_name)


@operation
def put_role_permissions_boundary(call: Call, *, role_name: str, permissions_boundary: str) -> None:
    check_may_change(state.role_of(call, role_name))
    _set(call, "role", role_name, permissions_boundary)


@operation
def delete_role_permissions_boundary(call: Call, *, role_name: str) -> None:
    check_may_change(state.role_of(call, role_name))
    _remove(call, "role", role_name)
