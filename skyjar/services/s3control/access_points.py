"""Access points: names of their own for a bucket, each with its own policy and Block Public Access.

They are kept here; S3, which serves what comes through them, is told (`AccessPointChanged`), and refuses the creation
when there is no such bucket.
"""

from __future__ import annotations

import re
from typing import Any

from skyjar.kernel.call import Call
from skyjar.kernel.service import operation

from . import AccessPointChanged, AccessPointDeleted, limits, state
from .errors import AccessPointAlreadyOwnedByYou, InvalidRequest, TooManyAccessPoints, TooManyTags
from .public_access import flags_of, shown
from .state import Point
from .tags import checked

_NAME = re.compile(r"[a-z0-9](?:[a-z0-9-]{1,48})[a-z0-9]")
_ALPHABET = "abcdefghijklmnopqrstuvwxyz0123456789"
_ALIAS = "-s3alias"


def arn_of(call: Call, name: str) -> str:
    return f"arn:aws:s3:{call.region}:{call.account}:accesspoint/{name}"


@operation
def create_access_point(
    call: Call,
    *,
    account_id: str,
    name: str,
    bucket: str,
    bucket_account_id: str = "",
    vpc_configuration: dict[str, Any] | None = None,
    public_access_block_configuration: dict[str, Any] | None = None,
    tags: list[dict[str, str]] | None = None,
) -> dict[str, Any]:
    """What is not said of Block Public Access is on, and cannot be changed later."""
    state.check_account(call, account_id)
    if not _NAME.fullmatch(name) or name.endswith(_ALIAS):
        raise InvalidRequest("The access point name is not valid.", AccessPointName=name)
    if state.points.get(call, name) is not None:
        raise AccessPointAlreadyOwnedByYou(AccessPointName=name)
    if state.points.count(call, limit=limits.POINTS) >= limits.POINTS:
        raise TooManyAccessPoints
    tagged = checked(tags)
    if len(tagged) > limits.TAGS:
        raise TooManyTags
    given = public_access_block_configuration
    made = Point(
        name=name,
        bucket=bucket,
        owner=bucket_account_id or call.account,
        alias=new_alias(call, name, _ALIAS, limits.ALIAS_NOISE),
        created_s=int(call.now),
        blocks=flags_of(given) if given is not None else (True, True, True, True),
        vpc=(vpc_configuration or {}).get("VpcId", ""),
        tags=tagged,
    )
    state.points.add(call, made)
    tell(call, made)
    return {"AccessPointArn": arn_of(call, name), "Alias": made.alias}


def new_alias(call: Call, name: str, ending: str, letters: int) -> str:
    noise = "".join(_ALPHABET[byte % len(_ALPHABET)] for byte in call.chance.bytes(letters))
    stem = name[: limits.ALIAS_LENGTH - letters - len(ending) - 1].rstrip("-")
    return f"{stem}-{noise}{ending}"


def tell(call: Call, point: Point) -> None:
    """S3 serves a point as it is now."""
    call.emit(
        AccessPointChanged(
            call.account, call.region, point.name, point.alias, point.bucket, point.owner, bool(point.vpc),
            point.policy, point.is_public, point.blocks, point.tags,
        )
    )  # fmt: skip


@operation
def get_access_point(call: Call, *, account_id: str, name: str) -> dict[str, Any]:
    point = state.point_of(call, account_id, name)
    end = f"{call.region}.amazonaws.com"
    return {
        **_listed(call, point),
        "PublicAccessBlockConfiguration": shown(point.blocks),
        "CreationDate": point.created_s,
        "Endpoints": {
            "ipv4": f"s3-accesspoint.{end}",
            "dualstack": f"s3-accesspoint.dualstack.{end}",
            "fips": f"s3-accesspoint-fips.{end}",
            "fips_dualstack": f"s3-accesspoint-fips.dualstack.{end}",
        },
    }


def _listed(call: Call, point: Point) -> dict[str, Any]:
    answer: dict[str, Any] = {
        "Name": point.name,
        "NetworkOrigin": "VPC" if point.vpc else "Internet",
        "Bucket": point.bucket,
        "AccessPointArn": arn_of(call, point.name),
        "Alias": point.alias,
        "BucketAccountId": point.owner,
    }
    return {**answer, "VpcConfiguration": {"VpcId": point.vpc}} if point.vpc else answer


@operation
def list_access_points(
    call: Call, *, account_id: str, bucket: str = "", next_token: str = "", max_results: int | None = None
) -> dict[str, Any]:
    """The account's own, in the order of their names; `next_token` is the last name of the page before."""
    state.check_account(call, account_id)
    most = min(max_results or limits.PAGE, limits.PAGE)
    start = (next_token + "\0",) if next_token else ()
    if bucket:
        found = state.points.range(call, bucket, via="bucket", start=start, limit=most + 1)
    else:
        found = state.points.range(call, start=start, limit=most + 1)
    answer: dict[str, Any] = {"AccessPointList": [_listed(call, point) for point in found[:most]]}
    return {**answer, "NextToken": found[most - 1].name} if len(found) > most else answer


@operation
def delete_access_point(call: Call, *, account_id: str, name: str) -> None:
    point = state.point_of(call, account_id, name)
    state.points.remove(call, point)
    call.emit(AccessPointDeleted(call.account, call.region, point.name))
