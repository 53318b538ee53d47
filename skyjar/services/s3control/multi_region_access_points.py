"""Multi-Region access points: one name for buckets in several Regions, of which the active ones are served (`multi_region_routes.py`).

They are kept here; S3, which serves what comes through them, is told (`MultiRegionPointChanged`).
"""

from __future__ import annotations

import re
from typing import Any

from skyjar.kernel.call import Call
from skyjar.kernel.service import operation

from . import limits
from . import multi_region_state as kept
from .errors import InvalidRequest, TooManyMultiRegionAccessPointregionsError, TooManyMultiRegionAccessPoints
from .multi_region_requests import begin
from .multi_region_state import MultiRegionPoint
from .public_access import FLAGS, shown

_NAME = re.compile(r"[a-z0-9][-a-z0-9]{1,48}[a-z0-9]")
_ALL = dict.fromkeys(FLAGS, True)


@operation
def create_multi_region_access_point(
    call: Call, *, account_id: str, client_token: str, details: dict[str, Any]
) -> dict[str, Any]:
    """What is not said of Block Public Access at all is on, and cannot be changed later; neither can the buckets."""
    kept.enter(call, account_id)
    name = details["Name"]
    if _NAME.fullmatch(name) is None:
        raise InvalidRequest("The Multi-Region access point name is not valid.", Name=name)
    if not details["Regions"]:
        raise InvalidRequest("A Multi-Region access point needs a bucket.")
    if len(details["Regions"]) > limits.MULTI_REGION_REGIONS:
        raise TooManyMultiRegionAccessPointregionsError
    asked = {**details, "PublicAccessBlock": details.get("PublicAccessBlock") or _ALL}
    is_new = kept.requests.first(call, client_token, via="client") is None
    if is_new and kept.points.count(call, limit=limits.MULTI_REGION_POINTS) >= limits.MULTI_REGION_POINTS:
        raise TooManyMultiRegionAccessPoints
    return {"RequestTokenARN": begin(call, "create", client_token, asked)}


@operation
def delete_multi_region_access_point(
    call: Call, *, account_id: str, client_token: str, details: dict[str, Any]
) -> dict[str, Any]:
    kept.enter(call, account_id)
    return {"RequestTokenARN": begin(call, "delete", client_token, details)}


@operation
def get_multi_region_access_point(call: Call, *, account_id: str, name: str) -> dict[str, Any]:
    return {"AccessPoint": _report(kept.point_of(call, account_id, name))}


def _report(point: MultiRegionPoint) -> dict[str, Any]:
    return {
        "Name": point.name,
        "Alias": point.alias,
        "CreatedAt": point.created_s,
        "PublicAccessBlock": shown(point.blocks),
        "Status": point.status,
        "Regions": [
            {"Bucket": bucket, "Region": region, "BucketAccountId": account}
            for region, bucket, account, _ in point.replicas
        ],
    }


@operation
def list_multi_region_access_points(
    call: Call, *, account_id: str, next_token: str = "", max_results: int | None = None
) -> dict[str, Any]:
    """In the order of their names; `next_token` is the last name of the page before."""
    kept.enter(call, account_id)
    most = min(max_results or limits.MULTI_REGION_POINTS, limits.MULTI_REGION_POINTS)
    start = (next_token + "\0",) if next_token else ()
    found = kept.points.range(call, start=start, limit=most + 1)
    answer: dict[str, Any] = {"AccessPoints": [_report(point) for point in found[:most]]}
    return {**answer, "NextToken": found[most - 1].name} if len(found) > most else answer
