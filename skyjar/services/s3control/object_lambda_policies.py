"""Policies of Object Lambda access points, which are never public."""

from __future__ import annotations

from typing import Any

import msgspec

from skyjar.kernel.call import Call
from skyjar.kernel.errors import AccessDenied
from skyjar.kernel.service import operation
from skyjar.policy import publicity

from . import state
from .access_point_policies import checked
from .errors import NoSuchAccessPointPolicy
from .object_lambdas import arn_of, keep


@operation
def put_access_point_policy_for_object_lambda(call: Call, *, account_id: str, name: str, policy: str) -> None:
    found = state.object_lambda_of(call, account_id, name)
    if publicity.is_public(checked(call, policy, arn_of(call, name), "s3-object-lambda:")):
        raise AccessDenied(
            f"User: {call.caller.arn} is not authorized to perform: s3:PutAccessPointPolicyForObjectLambda on resource: "
            f'"{arn_of(call, name)}" because public policies are prevented by the BlockPublicPolicy setting in S3 Block '
            "Public Access."
        )
    keep(call, found, msgspec.structs.replace(found, policy=policy))


@operation
def get_access_point_policy_for_object_lambda(call: Call, *, account_id: str, name: str) -> dict[str, Any]:
    return {"Policy": _existing(call, account_id, name)}


def _existing(call: Call, account_id: str, name: str) -> str:
    found = state.object_lambda_of(call, account_id, name)
    if not found.policy:
        raise NoSuchAccessPointPolicy(AccessPointName=name)
    return found.policy


@operation
def get_access_point_policy_status_for_object_lambda(call: Call, *, account_id: str, name: str) -> dict[str, Any]:
    _existing(call, account_id, name)
    return {"PolicyStatus": {"IsPublic": False}}


@operation
def delete_access_point_policy_for_object_lambda(call: Call, *, account_id: str, name: str) -> None:
    found = state.object_lambda_of(call, account_id, name)
    keep(call, found, msgspec.structs.replace(found, policy=""))
