"""Object Lambda access points as S3 serves them, and what their functions answer. S3 Control keeps the points and tells of
them (`events.py`)."""

from __future__ import annotations

import re
from typing import Any

from skyjar.kernel.call import Call
from skyjar.kernel.tables import Record, Table

from .errors import NoSuchAccessPoint

_ARN = re.compile(
    r"arn:aws:s3-object-lambda:(?P<region>[a-z0-9-]+):(?P<account>\d{12}):accesspoint[/:](?P<name>[a-z0-9-]+)"
)


class ObjectLambda(Record, frozen=True):
    """`functions` are (operation, function's ARN, payload)."""

    arn: str
    alias: str
    account: str
    region: str
    supporting: str
    functions: tuple[tuple[str, str, str], ...]
    policy: str


class Reply(Record, frozen=True):
    """What a function has answered to the request that `token` stands for; `status` is 0 until it has.

    A long body flows by that name while it comes, or it is a sealed blob, whose secrets are here for the short while until the answer is
    sent. `size` is None of one that does not say how long it will be.
    """

    token: str
    arn: str
    route: str
    until_s: float
    status: int = 0
    code: str = ""
    message: str = ""
    members: dict[str, Any] = {}
    body: bytes = b""
    blob: str = ""
    size: int | None = 0
    secrets: tuple[bytes, ...] = ()
    flow: str = ""


object_lambdas = Table("s3.object_lambdas", ObjectLambda, key=("arn",), scope="cloud", indexes={"alias": ("alias",)})
replies = Table("s3.replies", Reply, key=("token",), scope="cloud", blobs=("blob",))


def arn_of(region: str, account: str, name: str) -> str:
    return f"arn:aws:s3-object-lambda:{region}:{account}:accesspoint/{name}"


def meant(call: Call, text: str) -> ObjectLambda | None:
    """The one that stands where a bucket's name might, by its alias or ARN; None when it is the name of something else."""
    if text.endswith("--ol-s3"):
        return object_lambdas.first(call, text, via="alias")
    match = _ARN.fullmatch(text) if text.startswith("arn:aws:s3-object-lambda:") else None
    if match is None:
        return None
    found = object_lambdas.get(call, arn_of(match["region"], match["account"], match["name"]))
    if found is None:
        raise NoSuchAccessPoint(AccessPointName=match["name"])
    return found
