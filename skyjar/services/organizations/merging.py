"""What limits each account, merged for the pipeline (`kernel.memberships`)."""

from __future__ import annotations

from skyjar.kernel.call import Call
from skyjar.kernel.memberships import Level, Membership, memberships

from . import MembershipsChanged, documents, state
from .state import Account, Organization


def refresh(call: Call, organization: Organization) -> None:
    """Write anew what limits every account of the organization, from the next call on."""
    levels: dict[tuple[str, str], Level] = {}
    for account in state.accounts.range(call, organization.id, via="organization"):
        memberships.put(call, _membership(call, organization, account, levels))
    call.emit(MembershipsChanged())


def forget(call: Call, account: str) -> None:
    """The account is in no organization any more."""
    memberships.delete(call, account)
    call.emit(MembershipsChanged())


def _membership(
    call: Call, organization: Organization, account: Account, levels: dict[tuple[str, str], Level]
) -> Membership:
    path = state.path(call, organization, account.parent)
    if account.id == organization.account:  # never limited by its own organization
        return Membership(
            account=account.id, organization=organization.id, path=path, name=account.name, is_management=True
        )
    places = [*state.chain(call, organization, account.parent), account.id]
    scp, rcp = (
        _levels(call, organization, policy_type, places, levels)
        for policy_type in ("SERVICE_CONTROL_POLICY", "RESOURCE_CONTROL_POLICY")
    )
    return Membership(account=account.id, organization=organization.id, path=path, scp=scp, rcp=rcp, name=account.name)


def _levels(
    call: Call, organization: Organization, policy_type: str, places: list[str], known: dict[tuple[str, str], Level]
) -> tuple[Level, ...]:
    """What is attached on the way from the root to the account; nothing, where that allows everything."""
    if policy_type not in organization.policy_types:
        return ()
    found = []
    for place in places:
        if (place, policy_type) not in known:
            known[place, policy_type] = _level(call, organization, policy_type, place)
        found.append(known[place, policy_type])
    full = documents.FULL[policy_type].content
    return () if all(level and all(text == full for _, text in level) for level in found) else tuple(found)


def _level(call: Call, organization: Organization, policy_type: str, place: str) -> Level:
    attached = state.attachments.range(call, organization.id, place, policy_type, via="target")
    policies = [documents.policy_of(call, organization, each.policy) for each in attached]
    return tuple((f"{policy.name} ({policy.id}) of {place}", policy.content) for policy in policies)
