"""Asynchronous requests: what is wrong with one is told by DescribeMultiRegionAccessPointOperation only, and when it is over.

It is checked at once. What then takes AWS minutes is done at once, too, unless `--aws-timing` is on; see `_BEGIN` and `_END`.
"""

from __future__ import annotations

from typing import Any

import msgspec

from skyjar.kernel import durations
from skyjar.kernel.call import Call
from skyjar.kernel.errors import AccessDenied, AWSError
from skyjar.kernel.jobs import job
from skyjar.kernel.service import operation
from skyjar.policy import publicity

from . import BucketsSought, MultiRegionPointChanged, MultiRegionPointDeleted, limits
from . import multi_region_state as kept
from .access_point_policies import blocks_public, checked
from .errors import (
    ClientTokenConflict,
    MultiRegionAccessPointAlreadyOwnedByYou,
    MultiRegionAccessPointModifiedByAnotherRequest,
    MultiRegionAccessPointNotReady,
    MultiRegionAccessPointSameBucketRegion,
    MultiRegionAccessPointUnsupportedRegion,
)
from .multi_region_state import MultiRegionPoint, Request
from .public_access import flags_of

_NAMES = {
    "create": "CreateMultiRegionAccessPoint",
    "delete": "DeleteMultiRegionAccessPoint",
    "put-policy": "PutMultiRegionAccessPointPolicy",
}
_ALPHABET = "abcdefghijklmnopqrstuvwxyz0123456789"


def begin(call: Call, kind: str, client_token: str, details: dict[str, Any]) -> str:
    """The ARN of the request's token; the same for the same client token."""
    packed = msgspec.msgpack.encode(details)
    before = kept.requests.first(call, client_token, via="client")
    if before is not None:
        if (before.kind, before.details) != (kind, packed):
            raise ClientTokenConflict
        return kept.request_arn(call, kind, before.token)
    regions, failure = _begun(call, kind, details)
    made = Request(
        token=call.chance.hex(64),
        client_token=client_token,
        kind=kind,
        created_s=call.now,
        details=packed,
        status=kept.IN_PROGRESS,
        regions=regions,
        failure=failure,
    )
    kept.requests.add(call, made)
    takes = durations.of(call, f"s3control.{_NAMES[kind]}")
    if takes:
        call.later(complete_request, due=call.now + takes, token=made.token)
    else:
        _settle(call, made)
    call.later(forget_request, due=call.now + takes + limits.REQUESTS_KEPT_S, token=made.token)
    return kept.request_arn(call, kind, made.token)


def _begun(call: Call, kind: str, details: dict[str, Any]) -> tuple[tuple[str, ...], tuple[str, str, str, str] | None]:
    try:
        point = {"create": _create, "delete": _delete, "put-policy": _propose}[kind](call, details)
    except AWSError as error:
        return (), (error.code, error.message, details["Name"], call.request_id)
    return tuple(replica[0] for replica in point.replicas), None


@job()
def complete_request(call: Call, *, token: str) -> None:
    """It has taken its time."""
    request = kept.requests.get(call, token)
    if request is not None and request.status == kept.IN_PROGRESS:
        _settle(call, request)


@job()
def forget_request(call: Call, *, token: str) -> None:
    kept.requests.delete(call, token)


def _settle(call: Call, request: Request) -> None:
    if request.failure is None:
        name = msgspec.msgpack.decode(request.details)["Name"]
        point = kept.named(call, name)
        if request.kind == "delete":
            kept.points.remove(call, point)
            call.emit(MultiRegionPointDeleted(call.account, point.alias))
        else:
            keep(call, point, _settled(point))
    status = kept.SUCCEEDED if request.failure is None else kept.FAILED
    kept.requests.replace(call, request, msgspec.structs.replace(request, status=status))


def _settled(point: MultiRegionPoint) -> MultiRegionPoint:
    is_public = bool(point.proposed) and publicity.is_public(point.proposed)
    return msgspec.structs.replace(point, status=kept.READY, policy=point.proposed, is_public=is_public)


def keep(call: Call, before: MultiRegionPoint, point: MultiRegionPoint) -> None:
    """As it is now; S3 serves it so."""
    kept.points.replace(call, before, point)
    call.emit(
        MultiRegionPointChanged(call.account, point.alias, point.replicas, point.policy, point.is_public, point.blocks)
    )


# What each begins with: checked, then written. Raises what the request fails with.


def _create(call: Call, details: dict[str, Any]) -> MultiRegionPoint:
    if kept.points.get(call, details["Name"]) is not None:
        raise MultiRegionAccessPointAlreadyOwnedByYou
    buckets = tuple((each["Bucket"], each.get("BucketAccountId") or call.account) for each in details["Regions"])
    regions: list[str] = []
    call.emit(BucketsSought(buckets, regions))
    if len(set(regions)) < len(regions):
        raise MultiRegionAccessPointSameBucketRegion
    if not limits.MULTI_REGION_PLACES.issuperset(regions):
        raise MultiRegionAccessPointUnsupportedRegion
    noise = call.chance.bytes(limits.MULTI_REGION_ALIAS - 1)
    made = MultiRegionPoint(
        name=details["Name"],
        alias=f"m{''.join(_ALPHABET[byte % len(_ALPHABET)] for byte in noise)}.mrap",
        created_s=call.now,
        blocks=flags_of(details["PublicAccessBlock"]),
        replicas=tuple((region, *bucket, 100) for region, bucket in zip(regions, buckets, strict=True)),
        status=kept.CREATING,
    )
    kept.points.add(call, made)
    return made


def _ready(call: Call, name: str) -> MultiRegionPoint:
    point = kept.named(call, name)
    if point.status != kept.READY:
        raise MultiRegionAccessPointNotReady
    if point.proposed != point.policy:
        raise MultiRegionAccessPointModifiedByAnotherRequest
    return point


def _delete(call: Call, details: dict[str, Any]) -> MultiRegionPoint:
    point = _ready(call, details["Name"])
    kept.points.replace(call, point, msgspec.structs.replace(point, status=kept.DELETING))
    return point


def _propose(call: Call, details: dict[str, Any]) -> MultiRegionPoint:
    point = _ready(call, details["Name"])
    text = checked(call, details["Policy"], kept.arn_of(call, point.alias), "s3:")
    if publicity.is_public(text) and blocks_public(call, point.blocks):
        raise AccessDenied("Access denied.")
    kept.points.replace(call, point, msgspec.structs.replace(point, proposed=details["Policy"]))
    return point


@operation
def describe_multi_region_access_point_operation(
    call: Call, *, account_id: str, request_token_arn: str
) -> dict[str, Any]:
    found = kept.request_of(call, account_id, request_token_arn)
    name = _NAMES[found.kind]
    told: dict[str, Any] = {
        "CreationTime": found.created_s,
        "Operation": name,
        "RequestTokenARN": request_token_arn,
        "RequestParameters": {f"{name}Request": msgspec.msgpack.decode(found.details)},
        "RequestStatus": found.status,
    }
    if found.failure is not None and found.status == kept.FAILED:
        code, message, resource, request_id = found.failure
        failure = {"Code": code, "Message": message, "Resource": resource, "RequestId": request_id}
        told["ResponseDetails"] = {"ErrorDetails": failure}
    elif found.failure is None:
        regions = [{"Name": region, "RequestStatus": found.status} for region in found.regions]
        told["ResponseDetails"] = {"MultiRegionAccessPointDetails": {"Regions": regions}}
    return {"AsyncOperation": told}
