"""Showing and changing quotas: for `skyjar quotas`."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from skyjar.kernel import quotas
from skyjar.kernel import service as services

if TYPE_CHECKING:
    from skyjar.app import Cloud

_ACCOUNT, _REGION = re.compile(r"\d{12}|"), re.compile(r"[a-z]{2}(-[a-z]+)+-\d|")


def show(cloud: Cloud, parameters: dict[str, Any]) -> dict[str, Any]:
    """All quotas (of `service`): the default, and what was set, and for whom."""
    wanted = parameters.get("service")
    set_to = cloud.store.transact(quotas.listing)
    found = []
    for service in [wanted] if wanted else services.names():
        for name, (default, about) in _declared(str(service)).items():
            of = [each for each in set_to if (each.service, each.name) == (service, name)]
            found.append(
                {
                    "service": service,
                    "name": name,
                    "default": default,
                    "about": about,
                    "set": [{"value": each.value, "account": each.account, "region": each.region} for each in of],
                }
            )
    return {"quotas": found}


def _declared(service: str) -> quotas.Declared:
    try:
        return quotas.declared_by(service)
    except KeyError:
        raise ValueError(f"There is no service {service}.") from None


def change(cloud: Cloud, parameters: dict[str, Any]) -> dict[str, Any]:
    """`service` and `name`; `value`, or none to go back to the default; `account` and `region`, or none for all."""
    service, name = str(parameters.get("service") or ""), str(parameters.get("name") or "")
    if name not in _declared(service):
        raise ValueError(f"{service} has no quota {name!r}. It has: {', '.join(_declared(service)) or 'none'}.")
    value = parameters.get("value")
    if value is not None and (type(value) is not int or not 0 <= value <= quotas.MOST):
        raise ValueError("A quota's value is a whole number, 0 or more.")
    account, region = str(parameters.get("account") or ""), str(parameters.get("region") or "")
    if not _ACCOUNT.fullmatch(account) or not _REGION.fullmatch(region):
        raise ValueError("An account has 12 digits; a Region is named like us-east-1.")
    cloud.store.transact(lambda tx: quotas.change(tx, service, name, value, account, region))
    cloud.pipeline.heed_quotas()
    return show(cloud, {"service": service})
