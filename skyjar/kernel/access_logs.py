"""The requests to buckets that keep a log of them (S3's server access logging), until they are delivered.

Kept here because the pipeline writes what `s3` delivers.
"""

from __future__ import annotations

from .jobs import everywhere
from .store import Transaction
from .tables import Record, Table


class Logged(Record, frozen=True):
    bucket: str


class Line(Record, frozen=True):
    """One request, or what it did to one more object. `kind`: REST, WEBSITE, a browser's FORM, a COPY's source, one key of a BATCH. `requester` is the caller's ARN, `key` as it
    was sent; `sent` are bytes, `lasted_ms` the whole time, `size` bytes of the object (-1: of none), `secured` TLS's version and cipher,
    `point` the ARN of the access point that it came through."""

    bucket: str
    number: int
    at: float
    source_ip: str
    requester: str
    request_id: str
    method: str
    key: str
    path: str
    query: str
    version: str
    status: int
    error: str
    sent: int
    lasted_ms: int
    referer: str
    user_agent: str
    host: str
    signature: str
    auth: str
    is_secure: bool
    kind: str = "REST"
    size: int = -1
    object_version: str = ""
    secured: tuple[str, str] = ("", "")
    point: str = ""
    is_copy: bool = False


logged = Table("kernel.logged_buckets", Logged, key=("bucket",), scope="cloud")
lines = Table("kernel.access_lines", Line, key=("bucket", "number"), scope="cloud")


def buckets(tx: Transaction) -> frozenset[str]:
    """Those that keep a log."""
    return frozenset(each.bucket for each in logged.range(everywhere(tx)))


def append(tx: Transaction, line: Line) -> None:
    """Behind what its bucket has; the number that it comes with does not count."""
    place = everywhere(tx)
    last = lines.range(place, line.bucket, limit=1, reverse=True)
    number = last[0].number + 1 if last else 1
    lines.add(place, Line(**{**{name: getattr(line, name) for name in line.__struct_fields__}, "number": number}))
