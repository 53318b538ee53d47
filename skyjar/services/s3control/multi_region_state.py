"""Multi-Region access points of an account, and the asynchronous requests that make, change and delete them."""

from __future__ import annotations

from skyjar.kernel.call import Call
from skyjar.kernel.tables import At, Record, Table

from . import limits, state
from .errors import NoSuchAsyncRequest, NoSuchMultiRegionAccessPoint, PermanentRedirect
from .state import Flags

READY, CREATING, DELETING = "READY", "CREATING", "DELETING"
IN_PROGRESS, SUCCEEDED, FAILED = "INPROGRESS", "SUCCEEDED", "FAILED"

Replica = tuple[str, str, str, int]  # Region, bucket, the account that it is of, per cent of the traffic: 100 or 0


class MultiRegionPoint(Record, frozen=True):
    """`policy` is in force, `proposed` on its way: the same, once it is there."""

    name: str
    alias: str
    created_s: float
    blocks: Flags
    replicas: tuple[Replica, ...]
    status: str
    policy: str = ""
    proposed: str = ""
    is_public: bool = False


class Request(Record, frozen=True):
    """`kind` is create, delete or put-policy; `details` what was asked, by AWS's names, in msgpack. `regions`: those that it is
    about; `failure`: the code, sentence and name of what was wrong, and the request that was told so, told when the time comes."""

    token: str
    client_token: str
    kind: str
    created_s: float
    details: bytes
    status: str
    regions: tuple[str, ...] = ()
    failure: tuple[str, str, str, str] | None = None


points = Table(
    "s3control.multi_region_points",
    MultiRegionPoint,
    key=("name",),
    scope="account",
    indexes={"alias": ("alias",)},
)
requests = Table(
    "s3control.multi_region_requests",
    Request,
    key=("token",),
    scope="account",
    indexes={"client": ("client_token",)},
)


def arn_of(call: At, alias: str) -> str:
    return f"arn:aws:s3::{call.account}:accesspoint/{alias}"


def request_arn(call: At, kind: str, token: str) -> str:
    return f"arn:aws:s3:us-west-2:{call.account}:async-request/mrap/{kind}/{token}"


def enter(call: Call, account: str, regions: tuple[str, ...] = limits.MULTI_REGION_HOME) -> None:
    """The caller's own account, in a Region that answers."""
    if call.region not in regions:
        raise PermanentRedirect(
            f"This API operation is only available in the following Regions: {', '.join(regions)}. Make sure to send all "
            "future requests to a supported Region."
        )
    state.check_account(call, account)


def point_of(call: Call, account: str, name: str) -> MultiRegionPoint:
    enter(call, account)
    return named(call, name)


def named(call: At, name: str) -> MultiRegionPoint:
    found = points.get(call, name)
    if found is None:
        raise NoSuchMultiRegionAccessPoint(Name=name)
    return found


def by_arn(call: Call, account: str, arn: str) -> MultiRegionPoint:
    enter(call, account, limits.MULTI_REGION_FAILOVER)
    head, _, alias = arn.rpartition("/")
    found = points.first(call, alias, via="alias") if f"{head}/" == arn_of(call, "") else None
    if found is None:
        raise NoSuchMultiRegionAccessPoint(Mrap=arn)
    return found


def request_of(call: Call, account: str, arn: str) -> Request:
    enter(call, account)
    found = requests.get(call, arn.rpartition("/")[2])
    if found is None or request_arn(call, found.kind, found.token) != arn:
        raise NoSuchAsyncRequest
    return found
