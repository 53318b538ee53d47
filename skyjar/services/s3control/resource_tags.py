"""Tags by ARN: of access points, by which policies can decide (`s3:AccessPointTag/…`, `aws:ResourceTag/…`), and of buckets."""

from __future__ import annotations

import re
from typing import Any

import msgspec

from skyjar.kernel.call import Call
from skyjar.kernel.errors import NotImplementedHere
from skyjar.kernel.service import operation

from . import bucket_tags, limits, state
from .access_points import arn_of, tell
from .errors import NoSuchAccessPoint, TooManyTags
from .state import Point
from .tags import checked, shown

_POINT = re.compile(r"arn:aws:s3:[a-z0-9-]+:\d{12}:accesspoint/(?P<name>[a-z0-9-]+)")


def _point(call: Call, account_id: str, arn: str) -> Point:
    match = _POINT.fullmatch(arn)
    if match is None:
        state.check_account(call, account_id)
        raise NotImplementedHere("Skyjar implements tags by s3control:TagResource for access points and buckets only.")
    found = state.point_of(call, account_id, match["name"])
    if arn != arn_of(call, found.name):
        raise NoSuchAccessPoint(AccessPointName=arn)
    return found


def _keep(call: Call, point: Point, tagged: dict[str, str]) -> None:
    changed = msgspec.structs.replace(point, tags=tagged)
    state.points.replace(call, point, changed)
    tell(call, changed)


@operation
def tag_resource(call: Call, *, account_id: str, resource_arn: str, tags: list[dict[str, str]]) -> None:
    if bucket_tags.is_bucket(resource_arn):
        bucket_tags.add(call, account_id, resource_arn, tags)
        return
    point = _point(call, account_id, resource_arn)
    tagged = {**point.tags, **checked(tags)}
    if len(tagged) > limits.TAGS:
        raise TooManyTags
    _keep(call, point, tagged)


@operation
def untag_resource(call: Call, *, account_id: str, resource_arn: str, tag_keys: list[str]) -> None:
    if bucket_tags.is_bucket(resource_arn):
        bucket_tags.remove(call, account_id, resource_arn, tag_keys)
        return
    point = _point(call, account_id, resource_arn)
    _keep(call, point, {key: value for key, value in point.tags.items() if key not in tag_keys})


@operation
def list_tags_for_resource(call: Call, *, account_id: str, resource_arn: str) -> dict[str, Any]:
    if bucket_tags.is_bucket(resource_arn):
        return {"Tags": bucket_tags.of(call, account_id, resource_arn)}
    return {"Tags": shown(_point(call, account_id, resource_arn).tags)}
