"""Handshakes: an account is invited, or asked to approve all features, and answers."""

from __future__ import annotations

from typing import Any

from skyjar.kernel.call import Call
from skyjar.kernel.service import operation

from . import jobs, limits, paging, state
from . import tags as tagging
from .errors import (
    AccountNotFoundException,
    DuplicateHandshakeException,
    HandshakeAlreadyInStateException,
    HandshakeConstraintViolationException,
    HandshakeNotFoundException,
    InvalidHandshakeTransitionException,
    InvalidInputException,
)
from .state import Handshake, Organization

ENDED = ("CANCELED", "ACCEPTED", "DECLINED", "EXPIRED")


def start(
    call: Call,
    organization: Organization,
    action: str,
    target: str,
    target_type: str,
    days: int,
    *,
    notes: str = "",
    parent: str = "",
    tags: dict[str, str] | None = None,
) -> Handshake:
    made = Handshake(
        id=state.code(call, "h-", 10),
        organization=organization.id,
        management=organization.account,
        action=action,
        target=target,
        target_type=target_type,
        state="REQUESTED" if action == "ENABLE_ALL_FEATURES" else "OPEN",
        requested_at=call.now,
        expires_at=call.now + days * limits.DAY_S,
        notes=notes,
        parent=parent,
        tags=tags or {},
    )
    state.handshakes.add(call, made)
    call.later(jobs.expire, key=made.id, due=made.expires_at, handshake=made.id)
    return made


def change(call: Call, handshake: Handshake, to: str) -> Handshake:
    ended_at = call.now if to in ENDED else 0.0
    changed: Handshake = state.replace(handshake, state=to, ended_at=ended_at)
    state.handshakes.replace(call, handshake, changed)
    if ended_at:
        due = ended_at + limits.ENDED_HANDSHAKE_DAYS * limits.DAY_S
        call.later(jobs.forget, key=handshake.id, due=due, handshake=handshake.id)
    return changed


def open_ones(call: Call, organization: Organization) -> list[Handshake]:
    found = state.handshakes.range(call, organization.id, via="organization")
    return [each for each in found if each.state not in ENDED]


def show(call: Call, handshake: Handshake) -> dict[str, Any]:
    organization = state.organizations.get(call, handshake.organization)
    management = handshake.management
    parties = [{"Id": handshake.organization.removeprefix("o-"), "Type": "ORGANIZATION"}]
    if handshake.target:
        parties.append({"Id": handshake.target, "Type": handshake.target_type})
    about: list[dict[str, Any]] = [
        {"Type": "MASTER_EMAIL", "Value": state.email_of(call, management)},
        {"Type": "MASTER_NAME", "Value": _name_of(call, management)},
    ]
    if organization is not None:
        about.append({"Type": "ORGANIZATION_FEATURE_SET", "Value": organization.feature_set})
    resources: list[dict[str, Any]] = [
        {"Type": "ORGANIZATION", "Value": handshake.organization, "Resources": about},
    ]
    if handshake.target:
        resources.append({"Type": handshake.target_type, "Value": handshake.target})
    if handshake.notes:
        resources.append({"Type": "NOTES", "Value": handshake.notes})
    if handshake.parent:
        resources.append({"Type": "PARENT_HANDSHAKE", "Value": handshake.parent})
    name = f"{handshake.organization}/{handshake.action.lower()}/{handshake.id}"
    return {
        "Id": handshake.id,
        "Arn": f"arn:aws:organizations::{management}:handshake/{name}",
        "Parties": parties,
        "State": handshake.state,
        "RequestedTimestamp": handshake.requested_at,
        "ExpirationTimestamp": handshake.expires_at,
        "Action": handshake.action,
        "Resources": resources,
    }


def _name_of(call: Call, account: str) -> str:
    found = state.accounts.get(call, account)
    return found.name if found is not None else account


@operation
def invite_account_to_organization(
    call: Call, *, target: dict[str, str], notes: str = "", tags: list[dict[str, str]] | None = None
) -> dict[str, Any]:
    organization = state.mine(call)
    asked, kind = target["Id"], target["Type"]
    if kind == "ORGANIZATION":
        raise InvalidInputException("INVALID_PARTY_TYPE_TARGET", "You specified an invalid party type.")
    if kind == "ACCOUNT" and not (len(asked) == 12 and asked.isdigit()):
        raise InvalidInputException("INVALID_PATTERN_TARGET_ID", "You specified a target that is no account id.")
    pending = open_ones(call, organization)
    if any(each.action == "INVITE" and each.target == asked for each in pending):
        raise DuplicateHandshakeException
    if any(each.action == "ENABLE_ALL_FEATURES" for each in pending):
        raise HandshakeConstraintViolationException(
            "INVITE_DISABLED_DURING_ENABLE_ALL_FEATURES",
            "You can't invite accounts while the organization is enabling all features.",
        )
    members = state.accounts.range(call, organization.id, via="organization")
    if any(asked in (each.id, each.email) for each in members):
        raise _already_in_one()
    if len(members) + sum(1 for each in pending if each.action == "INVITE") >= limits.ACCOUNTS:
        raise HandshakeConstraintViolationException(
            "ACCOUNT_NUMBER_LIMIT_EXCEEDED", "You have exceeded the allowed number of AWS accounts."
        )
    kept = tagging.merge({}, tags or [])
    days = limits.INVITATION_DAYS
    return {"Handshake": show(call, start(call, organization, "INVITE", asked, kind, days, notes=notes, tags=kept))}


def _already_in_one() -> HandshakeConstraintViolationException:
    return HandshakeConstraintViolationException(
        "ALREADY_IN_AN_ORGANIZATION", "The AWS account is already a member of an organization."
    )


def _is_asked(call: Call, handshake: Handshake) -> bool:
    if handshake.action == "ENABLE_ALL_FEATURES":
        return call.account == handshake.management
    return handshake.target in (call.account, state.email_of(call, call.account))


def _of_caller(call: Call, handshake_id: str) -> Handshake:
    """The handshake, if the caller's account is a party to it."""
    found = state.handshakes.get(call, handshake_id)
    if found is None or not (_is_asked(call, found) or call.account == found.management):
        raise HandshakeNotFoundException
    return found


def _check_may_become(handshake: Handshake, to: str, is_party: bool) -> None:
    if not is_party:
        raise InvalidHandshakeTransitionException
    if handshake.state == to:
        raise HandshakeAlreadyInStateException
    if handshake.state in ENDED or (handshake.state == "REQUESTED" and to == "ACCEPTED"):
        raise InvalidHandshakeTransitionException


@operation
def describe_handshake(call: Call, *, handshake_id: str) -> dict[str, Any]:
    return {"Handshake": show(call, _of_caller(call, handshake_id))}


@operation
def accept_handshake(call: Call, *, handshake_id: str) -> dict[str, Any]:
    found = _of_caller(call, handshake_id)
    _check_may_become(found, "ACCEPTED", _is_asked(call, found))
    organization = state.organizations.get(call, found.organization)
    if organization is None:
        raise HandshakeNotFoundException
    if found.action == "INVITE":
        _take_in(call, organization, found)
    accepted = change(call, found, "ACCEPTED")
    if found.action == "APPROVE_ALL_FEATURES":
        _open_parent(call, organization, found.parent)
    elif found.action == "ENABLE_ALL_FEATURES":
        state.organizations.replace(call, organization, state.replace(organization, feature_set="ALL"))
    return {"Handshake": show(call, accepted)}


def _take_in(call: Call, organization: Organization, handshake: Handshake) -> None:
    from .organization import join

    if state.find(call, call.account) is not None:
        raise _already_in_one()
    known = state.accounts.get(call, call.account)
    if known is not None and known.state != "ACTIVE":
        raise AccountNotFoundException
    join(call, organization, call.account, "INVITED")
    given = [{"Key": key, "Value": value} for key, value in handshake.tags.items()]
    tagging.keep(call, organization, call.account, given)


def _open_parent(call: Call, organization: Organization, parent_id: str) -> None:
    parent = state.handshakes.get(call, parent_id)
    left = [each for each in open_ones(call, organization) if each.parent == parent_id]
    if parent is not None and not left and parent.state == "REQUESTED":
        change(call, parent, "OPEN")


@operation
def decline_handshake(call: Call, *, handshake_id: str) -> dict[str, Any]:
    found = _of_caller(call, handshake_id)
    _check_may_become(found, "DECLINED", _is_asked(call, found) and found.action != "ENABLE_ALL_FEATURES")
    return {"Handshake": show(call, change(call, found, "DECLINED"))}


@operation
def cancel_handshake(call: Call, *, handshake_id: str) -> dict[str, Any]:
    """By who began it; ending ENABLE_ALL_FEATURES ends what was asked for it."""
    found = _of_caller(call, handshake_id)
    _check_may_become(found, "CANCELED", call.account == found.management)
    for each in state.handshakes.range(call, found.organization, via="organization"):
        if each.parent == found.id and each.state not in ENDED:
            change(call, each, "CANCELED")
    return {"Handshake": show(call, change(call, found, "CANCELED"))}


def _filtered(found: list[Handshake], given: dict[str, str] | None) -> list[Handshake]:
    wanted = given or {}
    if "ActionType" in wanted and "ParentHandshakeId" in wanted:
        raise InvalidInputException("MAX_LIMIT_EXCEEDED_FILTER", "You can specify only one filter parameter.")
    return [
        each
        for each in found
        if wanted.get("ActionType", each.action) == each.action
        and wanted.get("ParentHandshakeId", each.parent) == each.parent
    ]


@operation
def list_handshakes_for_account(
    call: Call, *, filter: dict[str, str] | None = None, next_token: str = "", max_results: int | None = None
) -> dict[str, Any]:
    names = {call.account, state.email_of(call, call.account)}
    found = [each for name in sorted(names) for each in state.handshakes.range(call, name, via="target")]
    shown = _filtered(found, filter)
    return paging.page("Handshakes", shown, next_token, max_results, lambda each: show(call, each))


@operation
def list_handshakes_for_organization(
    call: Call, *, filter: dict[str, str] | None = None, next_token: str = "", max_results: int | None = None
) -> dict[str, Any]:
    found = _filtered(state.handshakes.range(call, state.mine(call).id, via="organization"), filter)
    return paging.page("Handshakes", found, next_token, max_results, lambda each: show(call, each))
