"""Host names of the users' own that are websites: a bucket called like the domain, and whatever else is served by its name.

Kept here because the edge must let in, and the pipeline lead there, what a service has made (`s3`).
"""

from __future__ import annotations

from .jobs import everywhere
from .store import Transaction
from .tables import Record, Table

_AWS = (".amazonaws.com", ".amazonaws.com.cn", ".localhost", ".localhost.localstack.cloud")


class Site(Record, frozen=True):
    host: str


sites = Table("kernel.sites", Site, key=("host",), scope="cloud")


def can_be(host: str) -> bool:
    """Whether a name can be a domain that somebody has pointed here: no single label, and none of AWS's or our own names."""
    return "." in host and not host.endswith(_AWS)


def keep(tx: Transaction, host: str) -> None:
    if can_be(host):
        sites.put(everywhere(tx), Site(host=host))


def drop(tx: Transaction, host: str) -> None:
    sites.delete(everywhere(tx), host)


def is_kept(tx: Transaction, host: str) -> bool:
    return can_be(host) and sites.get(everywhere(tx), host) is not None
