"""Policies of access points. What they allow the bucket must allow too."""

from __future__ import annotations

from typing import Any

import msgspec

from skyjar.kernel.call import Call
from skyjar.kernel.errors import AccessDenied
from skyjar.kernel.service import operation
from skyjar.planes import named_principals
from skyjar.policy import errors as language
from skyjar.policy import publicity
from skyjar.policy.documents import validate

from . import limits, state
from .access_points import arn_of, tell
from .errors import MalformedPolicy, NoSuchAccessPointPolicy, PolicyTooLarge
from .public_access import BLOCK_POLICY
from .state import Flags, Point


def checked(call: Call, policy: str, arn: str, prefix: str) -> str:
    """The policy of a point with that ARN: actions begin with `prefix`, resources are the point or objects behind it."""
    try:
        document = validate(policy, "resource", size_limit=limits.POLICY_BYTES)
    except language.PolicyTooLarge:
        raise PolicyTooLarge from None
    except language.MalformedPolicy as error:
        raise MalformedPolicy(str(error)) from None
    for statement in document.statements:
        if not statement.resources:
            raise MalformedPolicy("Missing required field Resource")
        if not all(each == arn or each.startswith(f"{arn}/object/") for each in statement.resources):
            raise MalformedPolicy("Policy has invalid resource")
        if not all(each == "*" or each.lower().startswith(prefix) for each in statement.actions):
            raise MalformedPolicy("Policy has invalid action")
        named = statement.principal.named if statement.principal is not None else ()
        if not all(named_principals.exists(call, each) for each in named):
            raise MalformedPolicy("Invalid principal in policy")
    return document.text


def blocks_public(call: Call, own: Flags) -> bool:
    """Whether a point with these settings, or its account, takes no public policy."""
    account = state.blocks.get(call, call.account)
    return own[BLOCK_POLICY] or (account is not None and account.flags[BLOCK_POLICY])


@operation
def put_access_point_policy(call: Call, *, account_id: str, name: str, policy: str) -> None:
    point = state.point_of(call, account_id, name)
    arn = arn_of(call, point.name)
    is_public = publicity.is_public(checked(call, policy, arn, "s3:"))
    if is_public and blocks_public(call, point.blocks):
        raise AccessDenied(
            f"User: {call.caller.arn} is not authorized to perform: s3:PutAccessPointPolicy on resource: "
            f'"{arn}" because public policies are prevented by the BlockPublicPolicy setting in S3 Block Public Access.'
        )
    _keep(call, point, policy, is_public)


def _keep(call: Call, point: Point, policy: str, is_public: bool) -> None:
    changed = msgspec.structs.replace(point, policy=policy, is_public=is_public)
    state.points.replace(call, point, changed)
    tell(call, changed)


@operation
def get_access_point_policy(call: Call, *, account_id: str, name: str) -> dict[str, Any]:
    return {"Policy": _existing(call, account_id, name).policy}


def _existing(call: Call, account_id: str, name: str) -> Point:
    point = state.point_of(call, account_id, name)
    if not point.policy:
        raise NoSuchAccessPointPolicy(AccessPointName=name)
    return point


@operation
def get_access_point_policy_status(call: Call, *, account_id: str, name: str) -> dict[str, Any]:
    return {"PolicyStatus": {"IsPublic": _existing(call, account_id, name).is_public}}


@operation
def delete_access_point_policy(call: Call, *, account_id: str, name: str) -> None:
    _keep(call, state.point_of(call, account_id, name), "", False)
