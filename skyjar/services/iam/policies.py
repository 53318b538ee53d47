"""Managed policies and their versions."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from skyjar.kernel.call import Call
from skyjar.kernel.service import operation

from . import documents, identities, limits, managed, naming, state
from .errors import (
    DeleteConflictException,
    EntityAlreadyExistsException,
    LimitExceededException,
    NoSuchEntityException,
)
from .managed import ManagedPolicy
from .state import Policy, Version


@operation
def create_policy(
    call: Call,
    *,
    policy_name: str,
    policy_document: str,
    path: str = "/",
    description: str = "",
    tags: naming.Tags | None = None,
) -> dict[str, Any]:
    documents.check_managed(policy_document)
    if state.is_taken(state.policies, call, policy_name):
        raise EntityAlreadyExistsException(
            f"A policy called {policy_name} already exists. Duplicate names are not allowed."
        )
    state.count(call, "policies", 1, "PoliciesPerAccount", state.quota(call, "policies"))
    now = naming.date(call)
    policy = Policy(
        name=policy_name,
        folded=policy_name.lower(),
        id=naming.new_id(call, "ANPA"),
        path=path,
        created_at=now,
        updated_at=now,
        default="v1",
        versions=(Version("v1", policy_document, now),),
        next_version=2,
        description=description,
        tags=naming.checked_tags(tags),
    )
    state.policies.add(call, policy)
    return {"Policy": show(call, policy)}


def show(call: Call, policy: Policy | ManagedPolicy, *, is_listed: bool = False) -> dict[str, Any]:
    is_own = isinstance(policy, Policy)
    arn = state.policy_arn(call.account, policy) if isinstance(policy, Policy) else policy.arn
    shown: dict[str, Any] = {
        "PolicyName": policy.name,
        "PolicyId": policy.id,
        "Arn": arn,
        "Path": policy.path,
        "DefaultVersionId": policy.default if isinstance(policy, Policy) else policy.version,
        "AttachmentCount": state.attachments.count(call, arn, "policy"),
        "PermissionsBoundaryUsageCount": state.attachments.count(call, arn, "boundary"),
        "IsAttachable": True,
        "CreateDate": policy.created_at,
        "UpdateDate": policy.updated_at if isinstance(policy, Policy) else policy.created_at,
    }
    if policy.description and not is_listed:
        shown["Description"] = policy.description
    if isinstance(policy, Policy) and is_own and policy.tags and not is_listed:
        shown["Tags"] = naming.shown_tags(policy.tags)
    return shown


@operation
def get_policy(call: Call, *, policy_arn: str) -> dict[str, Any]:
    return {"Policy": show(call, state.policy_of(call, policy_arn))}


@operation
def list_policies(
    call: Call,
    *,
    scope: str = "All",
    only_attached: bool = False,
    path_prefix: str = "/",
    policy_usage_filter: str = "",
    marker: str = "",
    max_items: int | None = None,
) -> dict[str, Any]:
    """Ordered by name; AWS's own come first where names are equal."""
    found = sorted(_policies(call, scope, path_prefix), key=_key)
    if only_attached or policy_usage_filter:
        usages = {"PermissionsPolicy": ("policy",), "PermissionsBoundary": ("boundary",)}
        wanted = usages.get(policy_usage_filter, ("policy", "boundary"))
        found = [each for each in found if any(state.attachments.count(call, _arn(call, each), of) for of in wanted)]
    return naming.page("Policies", found, marker, max_items, _key, lambda each: show(call, each, is_listed=True))


def _policies(call: Call, scope: str, path_prefix: str) -> Iterator[Policy | ManagedPolicy]:
    if scope != "Local":
        yield from (each for each in managed.policies().values() if each.path.startswith(path_prefix))
    if scope != "AWS":
        yield from (each for each in state.policies.each(call) if each.path.startswith(path_prefix))


def _key(policy: Policy | ManagedPolicy) -> str:
    return f"{policy.name}/{isinstance(policy, Policy):d}"


def _arn(call: Call, policy: Policy | ManagedPolicy) -> str:
    return state.policy_arn(call.account, policy) if isinstance(policy, Policy) else policy.arn


@operation
def delete_policy(call: Call, *, policy_arn: str) -> None:
    policy = state.own_policy(call, policy_arn)
    if state.attachments.first(call, policy_arn) is not None:
        raise DeleteConflictException("Cannot delete a policy attached to entities.")
    if len(policy.versions) > 1:
        raise DeleteConflictException(
            "This policy has more than one version. Before you delete a policy, you must delete the policy's "
            "versions. The default version is deleted with the policy."
        )
    state.policies.remove(call, policy)
    state.count(call, "policies", -1)


@operation
def create_policy_version(
    call: Call, *, policy_arn: str, policy_document: str, set_as_default: bool = False
) -> dict[str, Any]:
    policy = state.own_policy(call, policy_arn)
    documents.check_managed(policy_document)
    if len(policy.versions) >= limits.VERSIONS_PER_POLICY:
        raise LimitExceededException(
            f"A managed policy can have up to {limits.VERSIONS_PER_POLICY} versions. Before you create a new version, "
            "you must delete an existing version."
        )
    version = Version(f"v{policy.next_version}", policy_document, naming.date(call))
    default = version.id if set_as_default else policy.default
    changed = state.replace(
        policy,
        versions=(*policy.versions, version),
        next_version=policy.next_version + 1,
        default=default,
        updated_at=naming.date(call),
    )
    state.policies.replace(call, policy, changed)
    if set_as_default:
        identities.refresh_policy(call, policy_arn)
    shown = _show_version(version, default)
    del shown["Document"]
    return {"PolicyVersion": shown}


def _show_version(version: Version, default: str) -> dict[str, Any]:
    return {
        "Document": naming.encoded(version.document),
        "VersionId": version.id,
        "IsDefaultVersion": version.id == default,
        "CreateDate": version.created_at,
    }


def _versions(policy: Policy | ManagedPolicy) -> tuple[tuple[Version, ...], str]:
    """The versions and the id of the default one. Of AWS's policies there is only that one."""
    if isinstance(policy, Policy):
        return policy.versions, policy.default
    return (Version(policy.version, policy.document, policy.created_at),), policy.version


def _version(arn: str, versions: tuple[Version, ...], version_id: str) -> Version:
    found = next((each for each in versions if each.id == version_id), None)
    if found is None:
        raise NoSuchEntityException(f"Policy {arn} version {version_id} does not exist or is not attachable.")
    return found


def versions(policy: Policy | ManagedPolicy) -> list[dict[str, Any]]:
    """All of them, with their documents."""
    held, default = _versions(policy)
    return [_show_version(each, default) for each in held]


@operation
def get_policy_version(call: Call, *, policy_arn: str, version_id: str) -> dict[str, Any]:
    versions, default = _versions(state.policy_of(call, policy_arn))
    return {"PolicyVersion": _show_version(_version(policy_arn, versions, version_id), default)}


@operation
def list_policy_versions(
    call: Call, *, policy_arn: str, marker: str = "", max_items: int | None = None
) -> dict[str, Any]:
    """The newest first."""
    versions, default = _versions(state.policy_of(call, policy_arn))
    order = {version.id: f"{index:06d}" for index, version in enumerate(reversed(versions))}

    def show_without_document(version: Version) -> dict[str, Any]:
        shown = _show_version(version, default)
        del shown["Document"]
        return shown

    return naming.page(
        "Versions", reversed(versions), marker, max_items, lambda each: order[each.id], show_without_document
    )


@operation
def set_default_policy_version(call: Call, *, policy_arn: str, version_id: str) -> None:
    policy = state.own_policy(call, policy_arn)
    _version(policy_arn, policy.versions, version_id)
    state.policies.replace(call, policy, state.replace(policy, default=version_id, updated_at=naming.date(call)))
    identities.refresh_policy(call, policy_arn)


@operation
def delete_policy_version(call: Call, *, policy_arn: str, version_id: str) -> None:
    policy = state.own_policy(call, policy_arn)
    _version(policy_arn, policy.versions, version_id)
    if version_id == policy.default:
        raise DeleteConflictException("Cannot delete the default version of a policy.")
    left = tuple(each for each in policy.versions if each.id != version_id)
    state.policies.replace(call, policy, state.replace(policy, versions=left))
