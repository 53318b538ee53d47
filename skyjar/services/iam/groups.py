"""Groups and their members."""

from __future__ import annotations

from typing import Any

from skyjar.kernel.call import Call
from skyjar.kernel.service import operation

from . import identities, limits, naming, state, users
from .errors import DeleteConflictException, EntityAlreadyExistsException, over_quota
from .state import Group


@operation
def create_group(call: Call, *, group_name: str, path: str = "/") -> dict[str, Any]:
    if state.is_taken(state.groups, call, group_name):
        raise EntityAlreadyExistsException(f"Group with name {group_name} already exists.")
    state.count(call, "groups", 1, "GroupsPerAccount", state.quota(call, "groups"))
    group = Group(
        name=group_name,
        folded=group_name.lower(),
        id=naming.new_id(call, "AGPA"),
        path=path,
        created_at=naming.date(call),
    )
    state.groups.add(call, group)
    return {"Group": show(call.account, group)}


def show(account: str, group: Group) -> dict[str, Any]:
    return {
        "Path": group.path,
        "GroupName": group.name,
        "GroupId": group.id,
        "Arn": state.arn_of(account, "group", group.path, group.name),
        "CreateDate": group.created_at,
    }


@operation
def get_group(call: Call, *, group_name: str, marker: str = "", max_items: int | None = None) -> dict[str, Any]:
    group = state.group_of(call, group_name)
    found = naming.page(
        "Users",
        state.members.each(call, group_name),
        marker,
        max_items,
        lambda member: member.user,
        lambda member: users.show(call.account, state.user_of(call, member.user), is_listed=True),
    )
    return {"Group": show(call.account, group), **found}


@operation
def list_groups(
    call: Call, *, path_prefix: str = "/", marker: str = "", max_items: int | None = None
) -> dict[str, Any]:
    found = (group for group in state.groups.each(call, start=(marker,)) if group.path.startswith(path_prefix))
    return naming.page(
        "Groups", found, marker, max_items, lambda group: group.name, lambda group: show(call.account, group)
    )


@operation
def list_groups_for_user(
    call: Call, *, user_name: str, marker: str = "", max_items: int | None = None
) -> dict[str, Any]:
    names = sorted(state.user_of(call, user_name).groups)
    return naming.page(
        "Groups",
        names,
        marker,
        max_items,
        lambda name: name,
        lambda name: show(call.account, state.group_of(call, name)),
    )


@operation
def update_group(call: Call, *, group_name: str, new_path: str = "", new_group_name: str = "") -> None:
    old = state.group_of(call, group_name)
    name = new_group_name or old.name
    if name.lower() != old.folded and state.is_taken(state.groups, call, name):
        raise EntityAlreadyExistsException(f"Group with name {name} already exists.")
    state.groups.remove(call, old)
    state.groups.add(call, state.replace(old, name=name, folded=name.lower(), path=new_path or old.path))
    for arn in old.attached:
        state.attachments.delete(call, arn, "policy", "group", old.name)
        state.attachments.add(call, state.Attachment(arn=arn, usage="policy", kind="group", name=name))
    for member in state.members.range(call, old.name):
        user = state.user_of(call, member.user)
        renamed = tuple(name if group == old.name else group for group in user.groups)
        state.users.replace(call, user, state.replace(user, groups=renamed))
        state.members.remove(call, member)
        state.members.add(call, state.Member(group=name, user=user.name))
    identities.refresh(call, "group", name)


@operation
def delete_group(call: Call, *, group_name: str) -> None:
    group = state.group_of(call, group_name)
    if state.members.first(call, group_name) is not None:
        raise DeleteConflictException("Cannot delete entity, must remove users from group first.")
    if group.attached:
        raise DeleteConflictException("Cannot delete entity, must detach all policies first.")
    if group.inline:
        raise DeleteConflictException("Cannot delete entity, must delete policies first.")
    state.groups.remove(call, group)
    state.count(call, "groups", -1)


@operation
def add_user_to_group(call: Call, *, group_name: str, user_name: str) -> None:
    state.group_of(call, group_name)
    user = state.user_of(call, user_name)
    if group_name in user.groups:
        return
    if len(user.groups) >= limits.GROUPS_PER_USER:
        raise over_quota("GroupsPerUser", limits.GROUPS_PER_USER)
    state.users.replace(call, user, state.replace(user, groups=(*user.groups, group_name)))
    state.members.add(call, state.Member(group=group_name, user=user_name))
    identities.refresh(call, "user", user_name)


@operation
def remove_user_from_group(call: Call, *, group_name: str, user_name: str) -> None:
    state.group_of(call, group_name)
    user = state.user_of(call, user_name)
    left = tuple(name for name in user.groups if name != group_name)
    state.users.replace(call, user, state.replace(user, groups=left))
    state.members.delete(call, group_name, user_name)
    identities.refresh(call, "user", user_name)
