"""Multi-Region access points as S3 serves them: S3 Control keeps them and tells of them (`events.py`)."""

from __future__ import annotations

import re

from skyjar.kernel import region_sets
from skyjar.kernel.call import Call, CameIn
from skyjar.kernel.tables import At, Record, Table

PREFIX = "arn:aws:s3::"  # ARNs of nothing else in S3 that can stand for a bucket name no Region
_ARN = re.compile(r"arn:aws:s3::(?P<account>\d{12})?:accesspoint[/:](?P<alias>[a-z0-9]+\.mrap)")

Replica = tuple[str, str, str, int]  # Region, bucket, the account that it is of, per cent of the traffic: 100 or 0


class MultiRegionPoint(Record, frozen=True):
    """`replicas` in the order in which they were given; `blocks` as those of buckets."""

    alias: str
    account: str
    replicas: tuple[Replica, ...]
    policy: str
    is_public: bool
    blocks: tuple[bool, bool, bool, bool]

    @property
    def arn(self) -> str:
        return f"{PREFIX}{self.account}:accesspoint/{self.alias}"


class Membership(Record, frozen=True):
    """A bucket is behind a Multi-Region access point of its own account, for which it must stay."""

    bucket: str
    account: str
    alias: str


points = Table("s3.multi_region_points", MultiRegionPoint, key=("alias",), scope="cloud")
memberships = Table("s3.multi_region_memberships", Membership, key=("bucket", "account", "alias"), scope="cloud")


def meant(call: At, text: str) -> MultiRegionPoint | None:
    """The one that an ARN names; the ARN that a host name is made into names no account."""
    match = _ARN.fullmatch(text)
    found = points.get(call, match["alias"]) if match is not None else None
    return found if found is not None and match is not None and match["account"] in (None, found.account) else None


def routed(origin: CameIn, point: MultiRegionPoint) -> Replica:
    """Where a request goes, and nowhere else if that bucket lacks the object. There is no geography here: it goes to the first
    active Region in the order in which the buckets were given or, where SigV4A names Regions, to the first active one of these."""
    active = [replica for replica in point.replicas if replica[3]]
    if origin.signature.startswith("v4a"):
        for replica in active:
            if region_sets.covers(origin.region_set, replica[0]):
                return replica
    return active[0]


def keep(call: Call, point: MultiRegionPoint) -> None:
    points.put(call, point)
    for _, bucket, account, _ in point.replicas:
        if account == point.account:
            memberships.put(call, Membership(bucket=bucket, account=account, alias=point.alias))


def forget(call: Call, alias: str) -> None:
    found = points.get(call, alias)
    if found is not None:
        points.remove(call, found)
        for _, bucket, account, _ in found.replicas:
            memberships.delete(call, bucket, account, alias)


def holds(call: At, bucket: str, account: str) -> bool:
    """Whether a bucket is behind one of its account's."""
    return memberships.first(call, bucket, account) is not None
