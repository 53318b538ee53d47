"""Access points as S3 serves them: S3 Control keeps them and tells of them (`events.py`)."""

from __future__ import annotations

import re

from skyjar.kernel.call import Call
from skyjar.kernel.tables import Record, Table

from . import multi_region_state
from .errors import NoSuchAccessPoint, NoSuchMultiRegionAccessPoint

_ARN = re.compile(r"arn:aws:s3:(?P<region>[a-z0-9-]+):(?P<account>\d{12}):accesspoint[/:](?P<name>[a-z0-9-]+)")
_HOST = re.compile(r"(?P<name>[a-z0-9-]+)-(?P<account>\d{12})")  # what clients with their own endpoint put before it


class Point(Record, frozen=True):
    """`is_vpc`: reached only through a VPC endpoint. `blocks` as those of buckets."""

    arn: str
    alias: str
    account: str
    bucket: str
    is_vpc: bool
    policy: str
    is_public: bool
    blocks: tuple[bool, bool, bool, bool]
    tags: dict[str, str] = {}


points = Table(
    "s3.points", Point, key=("arn",), scope="cloud", indexes={"alias": ("alias",), "bucket": ("bucket", "account")}
)


def arn_of(region: str, account: str, name: str) -> str:
    return f"arn:aws:s3:{region}:{account}:accesspoint/{name}"


def meant(call: Call, text: str) -> Point | None:
    """The access point that stands where a bucket's name might: its alias, its ARN, or NAME-ACCOUNT from a host name."""
    if text.endswith("-s3alias"):
        return points.first(call, text, via="alias")
    match = _ARN.fullmatch(text)
    if match is not None:
        found = points.get(call, arn_of(match["region"], match["account"], match["name"]))
        if found is None:
            raise NoSuchAccessPoint(AccessPointName=match["name"])
        return found
    if text.startswith(multi_region_state.PREFIX):
        return _routed(call, text)
    match = _HOST.fullmatch(text)
    return points.get(call, arn_of(call.region, match["account"], match["name"])) if match is not None else None


def _routed(call: Call, arn: str) -> Point:
    """A Multi-Region access point as a point of the bucket that this request goes to."""
    multi = multi_region_state.meant(call, arn)
    if multi is None:
        raise NoSuchMultiRegionAccessPoint
    return Point(
        arn=multi.arn,
        alias=multi.alias,
        account=multi.account,
        bucket=multi_region_state.routed(call.origin, multi)[1],
        is_vpc=False,
        policy=multi.policy,
        is_public=multi.is_public,
        blocks=multi.blocks,
    )
