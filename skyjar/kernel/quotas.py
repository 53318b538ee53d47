"""Service quotas that can be changed: for the whole cloud, or for one account or Region, or for one account in one Region.

A service says in its `limits.py` which limits are quotas: `QUOTAS = {"tables": (2_500, "Tables in an account and Region")}`,
and asks for what holds with `quotas.of(call, "dynamodb", "tables", QUOTAS)`. `skyjar quotas` shows and changes them.
"""

from __future__ import annotations

from collections.abc import Mapping
from importlib import import_module
from types import ModuleType

from . import service as services
from .store import Transaction
from .tables import At, Place, Record, Table

Declared = Mapping[str, tuple[int, str]]  # by name: the default, and what it is of
MOST = 2**53


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
    if not services.exists(service):
        raise KeyError(service)
    name = f"{services.PACKAGE}.{services.package_of(service)}"
    if not (services.folder() / services.package_of(service) / "limits.py").exists():
        return {}
    limits: ModuleType = import_module(f"{name}.limits")
    return getattr(limits, "QUOTAS", {})


def change(tx: Transaction, service: str, name: str, value: int | None, account: str, region: str) -> None:
    """Set a quota; None takes back what was set for just that account and Region."""
    place = Place(tx, "", "")
    if value is None:
        changed.delete(place, service, name, account, region)
        return
    changed.put(place, Quota(service=service, name=name, account=account, region=region, value=value))


def listing(tx: Transaction) -> list[Quota]:
    return changed.range(Place(tx, "", ""))
