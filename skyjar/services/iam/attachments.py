"""Managed policies attached to users, groups and roles."""

from __future__ import annotations

from typing import Any

from skyjar.kernel.call import Call
from skyjar.kernel.service import operation

from . import identities, limits, naming, state
from .errors import NoSuchEntityException, over_quota
from .protected import check_may_change
from .state import Attachment, Kind


def attach(call: Call, kind: Kind, name: str, arn: str) -> None:
    holder = state.holder_of(call, kind, name)
    if state.find_policy(call, arn) is None:
        raise NoSuchEntityException(f"Policy {arn} does not exist or is not attachable.")
    if arn in holder.attached:
        return
    if len(holder.attached) >= limits.ATTACHED_POLICIES:
        raise over_quota(f"PoliciesPer{kind.title()}", limits.ATTACHED_POLICIES)
    state.TABLES[kind].replace(call, holder, state.replace(holder, attached=(*holder.attached, arn)))
    state.attachments.add(call, Attachment(arn=arn, usage="policy", kind=kind, name=name))
    identities.refresh(call, kind, name)


def _detach(call: Call, kind: Kind, name: str, arn: str) -> None:
    holder = state.holder_of(call, kind, name)
    if arn not in holder.attached:
        raise NoSuchEntityException(f"Policy {arn} was not found.")
    left = tuple(each for each in holder.attached if each != arn)
    state.TABLES[kind].replace(call, holder, state.replace(holder, attached=left))
    state.attachments.delete(call, arn, "policy", kind, name)
    identities.refresh(call, kind, name)


def _list(call: Call, kind: Kind, name: str, path_prefix: str, marker: str, max_items: int | None) -> dict[str, Any]:
    arns = [arn for arn in state.holder_of(call, kind, name).attached if _path(arn).startswith(path_prefix)]
    return naming.page(
        "AttachedPolicies",
        sorted(arns, key=_name),
        marker,
        max_items,
        _name,
        lambda arn: {"PolicyName": _name(arn), "PolicyArn": arn},
    )


def _name(arn: str) -> str:
    return arn.rpartition("/")[2]


def _path(arn: str) -> str:
    return arn.partition(":policy")[2].rpartition("/")[0] + "/"


@operation
def attach_user_policy(call: Call, *, user_name: str, policy_arn: str) -> None:
    attach(call, "user", user_name, policy_arn)


@operation
def attach_group_policy(call: Call, *, group_name: str, policy_arn: str) -> None:
    attach(call, "group", group_name, policy_arn)


@operation
def attach_role_policy(call: Call, *, role_name: str, policy_arn: str) -> None:
    check_may_change(state.role_of(call, role_name))
    attach(call, "role", role_name, policy_arn)


@operation
def detach_user_policy(call: Call, *, user_name: str, policy_arn: str) -> None:
    _detach(call, "user", user_name, policy_arn)


@operation
def detach_group_policy(call: Call, *, group_name: str, policy_arn: str) -> None:
    _detach(call, "group", group_name, policy_arn)


@operation
def detach_role_policy(call: Call, *, role_name: str, policy_arn: str) -> None:
    check_may_change(state.role_of(call, role_name))
    _detach(call, "role", role_name, policy_arn)


@operation
def list_attached_user_policies(
    call: Call, *, user_name: str, path_prefix: str = "/", marker: str = "", max_items: int | None = None
) -> dict[str, Any]:
    return _list(call, "user", user_name, path_prefix, marker, max_items)


@operation
def list_attached_group_policies(
    call: Call, *, group_name: str, path_prefix: str = "/", marker: str = "", max_items: int | None = None
) -> dict[str, Any]:
    return _list(call, "group", group_name, path_prefix, marker, max_items)


@operation
def list_attached_role_policies(
    call: Call, *, role_name: str, path_prefix: str = "/", marker: str = "", max_items: int | None = None
) -> dict[str, Any]:
    return _list(call, "role", role_name, path_prefix, marker, max_items)


def _entity_key(entity: tuple[str, Any]) -> str:
    return f"{entity[0]}/{entity[1].name}"


_USAGES = {"PermissionsPolicy": "policy", "PermissionsBoundary": "boundary"}
_KINDS = {"User": "user", "Role": "role", "Group": "group"}


@operation
def list_entities_for_policy(
    call: Call,
    *,
    policy_arn: str,
    entity_filter: str = "",
    path_prefix: str = "/",
    policy_usage_filter: str = "",
    marker: str = "",
    max_items: int | None = None,
) -> dict[str, Any]:
    state.policy_of(call, policy_arn)
    prefix = (policy_arn, _USAGES[policy_usage_filter]) if policy_usage_filter else (policy_arn,)
    wanted = _KINDS.get(entity_filter)
    found = {(each.kind, each.name) for each in state.attachments.range(call, *prefix)}
    kinds = [(kind, name) for kind, name in sorted(found) if wanted in (None, kind)]
    holders = [(kind, state.TABLES[kind].get(call, name)) for kind, name in kinds]
    holders = [(kind, holder) for kind, holder in holders if holder and holder.path.startswith(path_prefix)]
    page = naming.page("found", holders, marker, max_items, _entity_key, tuple)
    shown: list[tuple[str, Any]] = page.pop("found")
    for title, kind in _KINDS.items():
        page[f"Policy{title}s"] = [
            {f"{title}Name": holder.name, f"{title}Id": holder.id} for of, holder in shown if of == kind
        ]
    return page
