"""Tags of users, roles, policies and instance profiles. Those of users and roles are `aws:PrincipalTag` of what they do."""

from __future__ import annotations

from typing import Any

from skyjar.kernel.call import Call
from skyjar.kernel.service import operation

from . import identities, naming, state
from .naming import Tags
from .state import Kind


def _tag_holder(call: Call, kind: Kind, name: str, tags: Tags) -> None:
    holder = state.holder_of(call, kind, name)
    changed = state.replace(holder, tags=naming.checked_tags(tags, holder.tags))
    state.TABLES[kind].replace(call, holder, changed)
    identities.refresh(call, kind, name)


def _untag_holder(call: Call, kind: Kind, name: str, keys: list[str]) -> None:
    holder = state.holder_of(call, kind, name)
    changed = state.replace(holder, tags=naming.without_tags(holder.tags, keys))
    state.TABLES[kind].replace(call, holder, changed)
    identities.refresh(call, kind, name)


@operation
def tag_user(call: Call, *, user_name: str, tags: Tags) -> None:
    _tag_holder(call, "user", user_name, tags)


@operation
def untag_user(call: Call, *, user_name: str, tag_keys: list[str]) -> None:
    _untag_holder(call, "user", user_name, tag_keys)


@operation
def list_user_tags(call: Call, *, user_name: str, marker: str = "", max_items: int | None = None) -> dict[str, Any]:
    return naming.page_of_tags(state.user_of(call, user_name).tags, marker, max_items)


@operation
def tag_role(call: Call, *, role_name: str, tags: Tags) -> None:
    _tag_holder(call, "role", role_name, tags)


@operation
def untag_role(call: Call, *, role_name: str, tag_keys: list[str]) -> None:
    _untag_holder(call, "role", role_name, tag_keys)


@operation
def list_role_tags(call: Call, *, role_name: str, marker: str = "", max_items: int | None = None) -> dict[str, Any]:
    return naming.page_of_tags(state.role_of(call, role_name).tags, marker, max_items)


@operation
def tag_policy(call: Call, *, policy_arn: str, tags: Tags) -> None:
    policy = state.own_policy(call, policy_arn)
    state.policies.replace(call, policy, state.replace(policy, tags=naming.checked_tags(tags, policy.tags)))


@operation
def untag_policy(call: Call, *, policy_arn: str, tag_keys: list[str]) -> None:
    policy = state.own_policy(call, policy_arn)
    state.policies.replace(call, policy, state.replace(policy, tags=naming.without_tags(policy.tags, tag_keys)))


@operation
def list_policy_tags(call: Call, *, policy_arn: str, marker: str = "", max_items: int | None = None) -> dict[str, Any]:
    policy = state.policy_of(call, policy_arn)
    return naming.page_of_tags(policy.tags if isinstance(policy, state.Policy) else {}, marker, max_items)


@operation
def tag_instance_profile(call: Call, *, instance_profile_name: str, tags: Tags) -> None:
    profile = state.profile_of(call, instance_profile_name)
    state.profiles.replace(call, profile, state.replace(profile, tags=naming.checked_tags(tags, profile.tags)))


@operation
def untag_instance_profile(call: Call, *, instance_profile_name: str, tag_keys: list[str]) -> None:
    profile = state.profile_of(call, instance_profile_name)
    state.profiles.replace(call, profile, state.replace(profile, tags=naming.without_tags(profile.tags, tag_keys)))


@operation
def list_instance_profile_tags(
    call: Call, *, instance_profile_name: str, marker: str = "", max_items: int | None = None
) -> dict[str, Any]:
    return naming.page_of_tags(state.profile_of(call, instance_profile_name).tags, marker, max_items)
