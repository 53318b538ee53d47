"""Service quotas that can be changed: for the whole cloud, or for one account or Region, or for one account in one Region.

A service says in its `limits.py` which limits are quotas: `QUOTAS = {"tables": (2_500, "Tables in an account and Region")}`,
and asks for what holds with `quotas.of(call, "dynamodb", "tables", QUOTAS)`. `skyjar quotas` shows and changes them.
`PUBLISHED = {"tables": Published("L-F98FE922", "Maximum number of tables")}` and `PUBLISHED_AS = "Amazon DynamoDB"` say
which of them AWS's Service Quotas shows, and how.
"""

from __future__ import annotations

from collections.abc import Mapping
from importlib import import_module
from types import ModuleType
from typing import NamedTuple

from . import service as services
from .store import Transaction
from .tables import At, Place, Record, Table

Declared = Mapping[str, tuple[int, str]]  # by name: the default, and what it is of
MOST = 2**53


class Published(NamedTuple):
    """A quota in Service Quotas. `most` is what a request is granted up to; 0 where nobody knows."""

    code: str
    name: str
    is_adjustable: bool = True
    is_global: bool = False
    unit: str = "None"
    most: int = 0


class Quota(Record, frozen=True):
    """`account` and `region` are empty for all."""

    service: str
    name: str
    account: str
    region: str
    value: int


changed = Table("kernel.quotas", Quota, key=("service", "name", "account", "region"), scope="cloud")


def of(at: At, service: str, name: str, declared: Declared) -> int:
    """The quota that holds there: the most particular one that was set, else the default."""
    found = set_to(at, service, name)
    return declared[name][0] if found is None else found


def set_to(at: At, service: str, name: str) -> int | None:
    """The most particular one that was set there."""
    place = Place(at.tx, "", "")
    for account, region in ((at.account, at.region), (at.account, ""), ("", at.region), ("", "")):
        found = changed.get(place, service, name, account, region)
        if found is not None:
            return found.value
    return None


def declared_by(service: str) -> Declared:
    """The quotas that a service declares; KeyError where there is no such service."""
    return getattr(_limits_of(service), "QUOTAS", {})


def published_by(service: str) -> tuple[str, Mapping[str, Published]]:
    """The service's name in Service Quotas, and which of its quotas are there; KeyError where there is no such service."""
    limits = _limits_of(service)
    return getattr(limits, "PUBLISHED_AS", ""), getattr(limits, "PUBLISHED", {})


def _limits_of(service: str) -> ModuleType | None:
    if not services.exists(service):
        raise KeyError(service)
    package = services.package_of(service)
    if not (services.folder() / package / "limits.py").exists():
        return None
    return import_module(f"{services.PACKAGE}.{package}.limits")


def change(tx: Transaction, service: str, name: str, value: int | None, account: str, region: str) -> None:
    """Set a quota; None takes back what was set for just that account and Region."""
    place = Place(tx, "", "")
    if value is None:
        changed.delete(place, service, name, account, region)
        return
    changed.put(place, Quota(service=service, name=name, account=account, region=region, value=value))


def listing(tx: Transaction) -> list[Quota]:
    return changed.range(Place(tx, "", ""))
