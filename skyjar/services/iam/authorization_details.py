"""GetAccountAuthorizationDetails: all users, groups, roles and policies, with what they are granted."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from skyjar.kernel.call import Call
from skyjar.kernel.service import operation

from . import groups, managed, naming, policies, profiles, roles, state, users
from .boundaries import shown_boundary

_LISTS = {"User": "UserDetailList", "Group": "GroupDetailList", "Role": "RoleDetailList"}
_POLICIES = ("LocalManagedPolicy", "AWSManagedPolicy")
_ORDER = ("User", "Group", "Role", *_POLICIES)


@operation
def get_account_authorization_details(
    call: Call, *, filter: list[str] | None = None, max_items: int | None = None, marker: str = ""
) -> dict[str, Any]:
    """One list of everything in pages, which the answer tells apart. Of AWS's policies, those that are attached."""
    wanted = [kind for kind in _ORDER if not filter or kind in filter]
    page = naming.page("found", _everything(call, wanted), marker, max_items, _place, tuple)
    found: list[tuple[str, Any]] = page.pop("found")
    for kind, member in _LISTS.items():
        page[member] = [_SHOWN[kind](call, each) for of, each in found if of == kind]
    page["Policies"] = [_policy(call, each) for of, each in found if of in _POLICIES]
    return page


def _everything(call: Call, wanted: list[str]) -> Iterator[tuple[str, Any]]:
    tables: dict[str, Any] = {
        "User": state.users,
        "Group": state.groups,
        "Role": state.roles,
        "LocalManagedPolicy": state.policies,
    }
    for kind in wanted:
        if kind == "AWSManagedPolicy":
            attached = {each.arn for each in state.attachments.range(call)}
            found: Any = [each for arn, each in managed.policies().items() if arn in attached]
        else:
            found = tables[kind].each(call)
        for each in found:
            yield kind, each


def _place(found: tuple[str, Any]) -> str:
    return f"{_ORDER.index(found[0])}/{found[1].name}"


def _inline(holder: Any) -> list[dict[str, str]]:
    return [{"PolicyName": name, "PolicyDocument": naming.encoded(text)} for name, text in holder.inline.items()]


def _attached(holder: Any) -> list[dict[str, str]]:
    return [{"PolicyName": arn.rpartition("/")[2], "PolicyArn": arn} for arn in holder.attached]


def _more(holder: Any) -> dict[str, Any]:
    shown: dict[str, Any] = {"Tags": naming.shown_tags(holder.tags)}
    if holder.boundary:
        shown["PermissionsBoundary"] = shown_boundary(holder.boundary)
    return shown


def _user(call: Call, user: Any) -> dict[str, Any]:
    return {
        **users.show(call.account, user, is_listed=True),
        "UserPolicyList": _inline(user),
        "GroupList": list(user.groups),
        "AttachedManagedPolicies": _attached(user),
        **_more(user),
    }


def _group(call: Call, group: Any) -> dict[str, Any]:
    return {
        **groups.show(call.account, group),
        "GroupPolicyList": _inline(group),
        "AttachedManagedPolicies": _attached(group),
    }


def _role(call: Call, role: Any) -> dict[str, Any]:
    shown = roles.show(call.account, role, is_listed=True)
    for name in ("MaxSessionDuration", "Description"):
        shown.pop(name, None)
    held = state.profiles.range(call, role.name, via="role")
    return {
        **shown,
        "InstanceProfileList": [profiles.show(call, each, is_listed=True) for each in held],
        "RolePolicyList": _inline(role),
        "AttachedManagedPolicies": _attached(role),
        **_more(role),
        **roles.last_used(call, role),
    }


def _policy(call: Call, policy: Any) -> dict[str, Any]:
    return {**policies.show(call, policy), "PolicyVersionList": policies.versions(policy)}


_SHOWN = {"User": _user, "Group": _group, "Role": _role}
