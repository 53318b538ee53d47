"""What is set for accounts, and their access points."""

from __future__ import annotations

from skyjar.kernel.call import Call
from skyjar.kernel.errors import AccessDenied
from skyjar.kernel.tables import Record, Table

from .errors import NoSuchAccessPoint

Flags = tuple[bool, bool, bool, bool]


class Blocks(Record, frozen=True):
    number: str
    flags: Flags


class Point(Record, frozen=True):
    """An access point: `owner` is the account of its bucket, `vpc` the one it can be reached from, if only from there."""

    name: str
    bucket: str
    owner: str
    alias: str
    created_s: int
    blocks: Flags
    vpc: str = ""
    policy: str = ""
    is_public: bool = False
    tags: dict[str, str] = {}


class ObjectLambda(Record, frozen=True):
    """An Object Lambda access point; `configuration` is as it was given, by AWS's names, in msgpack."""

    name: str
    alias: str
    created_s: int
    configuration: bytes
    policy: str = ""


blocks = Table("s3control.blocks", Blocks, key=("number",), scope="cloud")
points = Table("s3control.points", Point, key=("name",), indexes={"bucket": ("bucket", "name")})
object_lambdas = Table("s3control.object_lambdas", ObjectLambda, key=("name",))


def check_account(call: Call, account: str) -> None:
    if account != call.account:
        raise AccessDenied("Access Denied")


def point_of(call: Call, account: str, name: str) -> Point:
    """`name` may be the access point's ARN."""
    check_account(call, account)
    found = points.get(call, name.rpartition("/")[2])
    if found is None:
        raise NoSuchAccessPoint(AccessPointName=name)
    return found


def object_lambda_of(call: Call, account: str, name: str) -> ObjectLambda:
    check_account(call, account)
    found = object_lambdas.get(call, name)
    if found is None:
        raise NoSuchAccessPoint(AccessPointName=name)
    return found
