"""Trails, the keys that sign their digests, and what a digest has to remember."""

from __future__ import annotations

import re
from typing import Any

import msgspec

from skyjar.kernel import memberships
from skyjar.kernel.call import Call
from skyjar.kernel.tables import At, Place, Record, Table

from .errors import CloudTrailARNInvalidException, InvalidHomeRegionException, TrailNotFoundException

_ARN = re.compile(r"arn:aws:cloudtrail:([a-z0-9-]+):([0-9]{12}):trail/(.+)")


class Trail(Record, frozen=True):
    """`position`: the number of the first event of the history that is not delivered yet. `organization`: the id, for a
    trail of an organization. `selectors` and `advanced` are as given; `delivery_error` is the code of the last failure."""

    name: str
    bucket: str
    prefix: str = ""
    has_global: bool = True
    is_everywhere: bool = False
    is_validated: bool = False
    log_group: str = ""
    log_role: str = ""
    organization: str = ""
    tags: dict[str, str] = {}
    selectors: tuple[dict[str, Any], ...] = ()
    advanced: tuple[dict[str, Any], ...] = ()
    is_logging: bool = False
    started_at: float = 0.0
    stopped_at: float = 0.0
    position: int = 0
    attempted_at: float = 0.0
    delivered_at: float = 0.0
    delivery_error: str = ""
    logged_at: float = 0.0
    log_error: str = ""
    digested_at: float = 0.0
    digest_error: str = ""


class File(Record, frozen=True):
    """A log file that the next digest lists."""

    trail: str
    place: str
    key: str
    bucket: str
    hash: str
    oldest_at: float
    newest_at: float


class Digest(Record, frozen=True):
    """The last digest of a trail in one account and Region, which the next one continues."""

    trail: str
    place: str
    ended_at: float
    bucket: str = ""
    key: str = ""
    hash: str = ""
    signature: str = ""


class SigningKey(Record, frozen=True):
    """The RSA key that signs the digests of a Region, in PKCS #1 DER."""

    id: str
    private: bytes
    public: bytes
    fingerprint: str
    since: float


class Bridge(Record, frozen=True):
    """How far an account's management events have been told on its event buses."""

    id: str
    position: int


trails = Table("cloudtrail.trails", Trail, key=("name",))
files = Table("cloudtrail.files", File, key=("trail", "place", "key"))
digests = Table("cloudtrail.digests", Digest, key=("trail", "place"))
signing_keys = Table("cloudtrail.signing_keys", SigningKey, key=("id",))
bridges = Table("cloudtrail.bridges", Bridge, key=("id",), scope="account")


def arn_of(at: At, name: str) -> str:
    return f"arn:aws:cloudtrail:{at.region}:{at.account}:trail/{name}"


def split(call: Call, reference: str) -> tuple[Place, str]:
    """Where a trail named by name or ARN would be."""
    if not reference.startswith("arn:"):
        return Place(call.tx, call.account, call.region), reference
    found = _ARN.fullmatch(reference)
    if found is None:
        raise CloudTrailARNInvalidException(reference)
    return Place(call.tx, found[2], found[1]), found[3]


def covered(call: Call, at: Place, trail: Trail) -> set[str]:
    """The accounts that a trail covers: its own, or all of its organization."""
    if not trail.organization:
        return {at.account}
    members = memberships.memberships.range(memberships.everywhere(call.tx))
    return {each.account for each in members if each.organization == trail.organization}


def everywhere(call: Call, account: str) -> list[tuple[Place, Trail]]:
    """The trails of an account in every Region, and those of its organization."""
    member = memberships.memberships.get(memberships.everywhere(call.tx), account)
    organization = member.organization if member is not None else ""
    return [
        (Place(call.tx, owner, region), trail)
        for owner, region, trail in trails.anywhere(call.tx)
        if owner == account or (trail.organization and trail.organization == organization)
    ]


def visible(call: Call, reference: str) -> tuple[Place, Trail]:
    """A trail of this Region, one of every Region, or one of the organization: as the account sees it here."""
    at, name = split(call, reference)
    is_named = reference.startswith("arn:")
    for place, trail in everywhere(call, call.account):
        is_here = place.region == call.region or trail.is_everywhere
        if trail.name == name and ((place.region, place.account) == (at.region, at.account) if is_named else is_here):
            return place, trail
    raise TrailNotFoundException(reference, call.account)


def own(call: Call, reference: str) -> tuple[Place, Trail]:
    """A trail of this account, to be changed: only in its home Region."""
    place, trail = visible(call, reference)
    if place.account != call.account:
        raise TrailNotFoundException(reference, call.account)
    if place.region != call.region:
        raise InvalidHomeRegionException(trail.name, place.region)
    return place, trail


def replace(record: Any, **changes: Any) -> Any:
    return msgspec.structs.replace(record, **changes)
