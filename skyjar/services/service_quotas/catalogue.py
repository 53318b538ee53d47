"""Which quotas there are: those that services enforce here and AWS publishes."""

from __future__ import annotations

from functools import cache
from typing import Any, NamedTuple

from skyjar.kernel import quotas
from skyjar.kernel import service as services
from skyjar.kernel.call import Call
from skyjar.kernel.quotas import Published

from .errors import NoSuchResourceException


class Known(NamedTuple):
    """`name` is what the service that enforces it calls it."""

    service: str
    title: str
    name: str
    published: Published


@cache
def everything() -> dict[str, dict[str, Known]]:
    """By service code and quota code."""
    found: dict[str, dict[str, Known]] = {}
    for folder in services.names():
        service = folder.removesuffix("_").replace("_", "-")
        title, several = quotas.published_by(service)
        if several:
            known = [Known(service, title, name, published) for name, published in several.items()]
            found[service] = {each.published.code: each for each in known}
    return found


def of_service(code: str) -> dict[str, Known]:
    found = everything().get(code)
    if found is None:
        raise NoSuchResourceException(
            f"The request failed because the specified service, {code}, does not exist in Service Quotas."
        )
    return found


def find(service: str, code: str) -> Known:
    found = of_service(service).get(code)
    if found is None:
        raise NoSuchResourceException(
            f"The request failed because the specified service quota, {code}, does not exist in this Region."
        )
    return found


def arn_of(call: Call, known: Known) -> str:
    """Of an applied quota; those that hold for all Regions name none."""
    region = "" if known.published.is_global else call.region
    return f"arn:aws:servicequotas:{region}:{call.account}:{known.service}/{known.published.code}"


def applied(call: Call, known: Known) -> int:
    return quotas.of(call, known.service, known.name, quotas.declared_by(known.service))


def default(known: Known) -> int:
    return quotas.declared_by(known.service)[known.name][0]


def shown(call: Call, known: Known, *, is_default: bool = False) -> dict[str, Any]:
    published = known.published
    arn = f"arn:aws:servicequotas:{'' if published.is_global else call.region}::{known.service}/{published.code}"
    return {
        "ServiceCode": known.service,
        "ServiceName": known.title,
        "QuotaArn": arn if is_default else arn_of(call, known),
        "QuotaCode": published.code,
        "QuotaName": published.name,
        "Value": float(default(known) if is_default else applied(call, known)),
        "Unit": published.unit,
        "Adjustable": published.is_adjustable,
        "GlobalQuota": published.is_global,
        "QuotaAppliedAtLevel": "ACCOUNT",
        "Description": quotas.declared_by(known.service)[known.name][1],
    }
