"""Instance profiles: what passes a role to an instance."""

from __future__ import annotations

from typing import Any

from skyjar.kernel.call import Call
from skyjar.kernel.service import operation

from . import limits, naming, roles, state
from .errors import (
    DeleteConflictException,
    EntityAlreadyExistsException,
    NoSuchEntityException,
    over_quota,
)
from .state import Profile


@operation
def create_instance_profile(
    call: Call, *, instance_profile_name: str, path: str = "/", tags: naming.Tags | None = None
) -> dict[str, Any]:
    if state.is_taken(state.profiles, call, instance_profile_name):
        raise EntityAlreadyExistsException(f"Instance Profile {instance_profile_name} already exists.")
    state.count(call, "profiles", 1, "InstanceProfilesPerAccount", limits.INSTANCE_PROFILES)
    profile = Profile(
        name=instance_profile_name,
        folded=instance_profile_name.lower(),
        id=naming.new_id(call, "AIPA"),
        path=path,
        created_at=naming.date(call),
        tags=naming.checked_tags(tags),
    )
    state.profiles.add(call, profile)
    return {"InstanceProfile": show(call, profile)}


def show(call: Call, profile: Profile, *, is_listed: bool = False) -> dict[str, Any]:
    held = [roles.show(call.account, state.role_of(call, profile.role), is_listed=True)] if profile.role else []
    shown = {
        "Path": profile.path,
        "InstanceProfileName": profile.name,
        "InstanceProfileId": profile.id,
        "Arn": state.arn_of(call.account, "instance-profile", profile.path, profile.name),
        "CreateDate": profile.created_at,
        "Roles": held,
    }
    if profile.tags and not is_listed:
        shown["Tags"] = naming.shown_tags(profile.tags)
    return shown


@operation
def get_instance_profile(call: Call, *, instance_profile_name: str) -> dict[str, Any]:
    return {"InstanceProfile": show(call, state.profile_of(call, instance_profile_name))}


@operation
def list_instance_profiles(
    call: Call, *, path_prefix: str = "/", marker: str = "", max_items: int | None = None
) -> dict[str, Any]:
    found = (each for each in state.profiles.each(call, start=(marker,)) if each.path.startswith(path_prefix))
    return naming.page(
        "InstanceProfiles",
        found,
        marker,
        max_items,
        lambda each: each.name,
        lambda each: show(call, each, is_listed=True),
    )


@operation
def list_instance_profiles_for_role(
    call: Call, *, role_name: str, marker: str = "", max_items: int | None = None
) -> dict[str, Any]:
    state.role_of(call, role_name)
    found = state.profiles.range(call, role_name, via="role")
    return naming.page(
        "InstanceProfiles",
        found,
        marker,
        max_items,
        lambda each: each.name,
        lambda each: show(call, each, is_listed=True),
    )


@operation
def add_role_to_instance_profile(call: Call, *, instance_profile_name: str, role_name: str) -> None:
    profile = state.profile_of(call, instance_profile_name)
    state.role_of(call, role_name)
    if profile.role:
        raise over_quota("InstanceSessionsPerInstanceProfile", limits.ROLES_PER_PROFILE)
    state.profiles.replace(call, profile, state.replace(profile, role=role_name))


@operation
def remove_role_from_instance_profile(call: Call, *, instance_profile_name: str, role_name: str) -> None:
    profile = state.profile_of(call, instance_profile_name)
    if profile.role != role_name:
        raise NoSuchEntityException(f"Role {role_name} not found in instance profile {instance_profile_name}.")
    state.profiles.replace(call, profile, state.replace(profile, role=""))


@operation
def delete_instance_profile(call: Call, *, instance_profile_name: str) -> None:
    profile = state.profile_of(call, instance_profile_name)
    if profile.role:
        raise DeleteConflictException("Cannot delete entity, must remove roles from instance profile first.")
    state.profiles.remove(call, profile)
    state.count(call, "profiles", -1)
