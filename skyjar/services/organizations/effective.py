"""The effective policy of an account: its management policies of one type, added up."""

from __future__ import annotations

from typing import Any

import orjson

from skyjar.kernel.call import Call
from skyjar.kernel.service import operation

from . import documents, inheritance, state
from .errors import AccessDeniedException, EffectivePolicyNotFoundException, TargetNotFoundException


@operation
def describe_effective_policy(call: Call, *, policy_type: str, target_id: str = "") -> dict[str, Any]:
    """Of the caller's account, or of any account for who manages the organization."""
    organization = state.mine(call)
    documents.check_type(policy_type)
    target = target_id or call.account
    if target != call.account and call.account != organization.account:
        delegated = state.delegations.first(call, organization.id, call.account) is not None
        if not delegated and not organization.policy:
            raise AccessDeniedException
    account = state.accounts.get(call, target)
    if account is None or account.organization != organization.id:
        raise TargetNotFoundException
    levels: list[list[dict[str, Any]]] = []
    for place in [*state.chain(call, organization, account.parent), target]:
        attached = state.attachments.range(call, organization.id, place, policy_type, via="target")
        texts = [documents.policy_of(call, organization, each.policy).content for each in attached]
        levels.append([documents.read(text) for text in texts])
    if policy_type not in organization.policy_types or not any(levels):
        raise EffectivePolicyNotFoundException
    return {
        "EffectivePolicy": {
            "PolicyContent": orjson.dumps(inheritance.merge(levels)).decode(),
            "LastUpdatedTimestamp": call.now,
            "TargetId": target,
            "PolicyType": policy_type,
        }
    }
