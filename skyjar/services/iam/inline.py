"""Inline policies of users, groups and roles."""

from __future__ import annotations

from typing import Any

from skyjar.kernel.call import Call
from skyjar.kernel.service import operation

from . import documents, identities, naming, state
from .errors import NoSuchEntityException
from .protected import check_may_change
from .state import Kind


def _put(call: Call, kind: Kind, name: str, policy_name: str, document: str) -> None:
    holder = state.holder_of(call, kind, name)
    others = [text for each, text in holder.inline.items() if each != policy_name]
    documents.check_inline(kind, name, document, others)
    changed = state.replace(holder, inline={**holder.inline, policy_name: document})
    state.TABLES[kind].replace(call, holder, changed)
    identities.refresh(call, kind, name)


def _get(call: Call, kind: Kind, name: str, policy_name: str) -> dict[str, str]:
    holder = state.holder_of(call, kind, name)
    if policy_name not in holder.inline:
        raise _missing(kind, policy_name)
    return {
        f"{kind.title()}Name": name,
        "PolicyName": policy_name,
        "PolicyDocument": naming.encoded(holder.inline[policy_name]),
    }


def _delete(call: Call, kind: Kind, name: str, policy_name: str) -> None:
    holder = state.holder_of(call, kind, name)
    if policy_name not in holder.inline:
        raise _missing(kind, policy_name)
    left = {each: text for each, text in holder.inline.items() if each != policy_name}
    state.TABLES[kind].replace(call, holder, state.replace(holder, inline=left))
    identities.refresh(call, kind, name)


def _list(call: Call, kind: Kind, name: str, marker: str, max_items: int | None) -> dict[str, Any]:
    names = sorted(state.holder_of(call, kind, name).inline)
    return naming.page("PolicyNames", names, marker, max_items, str, str)


def _missing(kind: Kind, name: str) -> NoSuchEntityException:
    return NoSuchEntityException(f"The {kind} policy with name {name} cannot be found.")


@operation
def put_user_policy(call: Call, *, user_name: str, policy_name: str, policy_document: str) -> None:
    _put(call, "user", user_name, policy_name, policy_document)


@operation
def put_group_policy(call: Call, *, group_name: str, policy_name: str, policy_document: str) -> None:
    _put(call, "group", group_name, policy_name, policy_document)


@operation
def put_role_policy(call: Call, *, role_name: str, policy_name: str, policy_document: str) -> None:
    check_may_change(state.role_of(call, role_name))
    _put(call, "role", role_name, policy_name, policy_document)


@operation
def get_user_policy(call: Call, *, user_name: str, policy_name: str) -> dict[str, str]:
    return _get(call, "user", user_name, policy_name)


@operation
def get_group_policy(call: Call, *, group_name: str, policy_name: str) -> dict[str, str]:
    return _get(call, "group", group_name, policy_name)


@operation
def get_role_policy(call: Call, *, role_name: str, policy_name: str) -> dict[str, str]:
    return _get(call, "role", role_name, policy_name)


@operation
def delete_user_policy(call: Call, *, user_name: str, policy_name: str) -> None:
    _delete(call, "user", user_name, policy_name)


@operation
def delete_group_policy(call: Call, *, group_name: str, policy_name: str) -> None:
    _delete(call, "group", group_name, policy_name)


@operation
def delete_role_policy(call: Call, *, role_name: str, policy_name: str) -> None:
    check_may_change(state.role_of(call, role_name))
    _delete(call, "role", role_name, policy_name)


@operation
def list_user_policies(call: Call, *, user_name: str, marker: str = "", max_items: int | None = None) -> dict[str, Any]:
    return _list(call, "user", user_name, marker, max_items)


@operation
def list_group_policies(
    call: Call, *, group_name: str, marker: str = "", max_items: int | None = None
) -> dict[str, Any]:
    return _list(call, "group", group_name, marker, max_items)


@operation
def list_role_policies(call: Call, *, role_name: str, marker: str = "", max_items: int | None = None) -> dict[str, Any]:
    return _list(call, "role", role_name, marker, max_items)
