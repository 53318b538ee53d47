"""Policies of Multi-Region access points: proposed first, established when they are in force in every Region."""

from __future__ import annotations

from typing import Any

from skyjar.kernel.call import Call
from skyjar.kernel.service import operation

from . import multi_region_state as kept
from .multi_region_requests import begin


@operation
def put_multi_region_access_point_policy(
    call: Call, *, account_id: str, client_token: str, details: dict[str, Any]
) -> dict[str, Any]:
    """What is wrong with the policy is told by the request's outcome."""
    kept.enter(call, account_id)
    return {"RequestTokenARN": begin(call, "put-policy", client_token, details)}


@operation
def get_multi_region_access_point_policy(call: Call, *, account_id: str, name: str) -> dict[str, Any]:
    point = kept.point_of(call, account_id, name)
    both = {"Established": point.policy, "Proposed": point.proposed}
    return {"Policy": {which: {"Policy": policy} for which, policy in both.items() if policy}}


@operation
def get_multi_region_access_point_policy_status(call: Call, *, account_id: str, name: str) -> dict[str, Any]:
    return {"Established": {"IsPublic": kept.point_of(call, account_id, name).is_public}}
