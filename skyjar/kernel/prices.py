"""AWS's list prices, as services have them in `data/prices.json`. See decisions/0013-what-it-would-cost.md.

Only us-east-1's, on demand. A product's `prices` are bands, [from which amount of a month, dollars a unit]; `held` says that its amount is
counted by the hour and priced by the "month" (GB-Mo) or the "hour"; an `operation` tells products of one usage type apart, where it is
empty it is for all that no other product names.
"""

from __future__ import annotations

from calendar import monthrange
from datetime import UTC, datetime
from decimal import Decimal
from functools import cache

import msgspec
import orjson

from . import service as services

REGION = "us-east-1"
DAY_S = 86_400


class Product(msgspec.Struct, frozen=True, rename="camel"):
    usage_type: str
    unit: str
    prices: tuple[tuple[str, str], ...]
    description: str
    operation: str = ""
    family: str = ""
    held: str = ""
    service_code: str = ""
    attributes: dict[str, str] = {}


class PriceList(msgspec.Struct, frozen=True, rename="camel"):
    """`code` is AWS's service code (AmazonS3), `name` the service as bills have it; `leaves_out` is for people. How usage types begin:
    with the Region's billing code but in us-east-1, with that in us-east-1 `always` as well, or with the `region`'s name."""

    code: str = ""
    name: str = ""
    source: str = ""
    effective: str = ""
    is_free: bool = False
    leaves_out: tuple[str, ...] = ()
    begins: str = ""
    products: tuple[Product, ...] = ()


@cache
def of(service: str) -> PriceList | None:
    """The prices of a service, by its own name; None when it has none."""
    if not services.exists(service):
        return None
    file = services.folder() / services.package_of(service) / "data" / "prices.json"
    return msgspec.json.decode(file.read_bytes(), type=PriceList) if file.exists() else None


@cache
def everything() -> dict[str, PriceList]:
    """Of all services that have prices, by their own names."""
    found = {}
    for folder in services.names():
        name = folder.removesuffix("_").replace("_", "-")
        held = of(name)
        if held is not None and not held.is_free:
            found[name] = held
    return found


@cache
def product(service: str, usage_type: str, operation: str) -> Product | None:
    """What this usage is priced as; None where nothing is known of it."""
    held = of(service)
    found = [each for each in held.products if each.usage_type == usage_type] if held is not None else []
    exact = [each for each in found if each.operation == operation]
    return next(iter(exact or [each for each in found if not each.operation]), None)


def cost(priced: Product, amount: Decimal) -> Decimal:
    """Of a month's whole amount. A first band of $0 is a free tier, and costs what the next band does."""
    bands = [(Decimal(begin), Decimal(price)) for begin, price in priced.prices]
    if len(bands) > 1 and not bands[0][1]:
        bands = [(Decimal(0), bands[1][1]), *bands[2:]]
    total = Decimal(0)
    for index, (begin, price) in enumerate(bands):
        end = bands[index + 1][0] if index + 1 < len(bands) else amount
        total += max(Decimal(0), min(amount, max(end, begin)) - begin) * price
    return total


def hours_of_month(day: int) -> int:
    """Of the month that a day, counted since the epoch, is in."""
    found = datetime.fromtimestamp(day * DAY_S, UTC)
    return monthrange(found.year, found.month)[1] * 24


@cache
def regions() -> dict[str, tuple[str, str]]:
    """By Region: how usage types of it begin, and its location's name. Source: "AWS Region billing codes"."""
    file = services.folder().parent / "kernel" / "data" / "billing_regions.json"
    return {name: (prefix, location) for name, (prefix, location) in orjson.loads(file.read_bytes()).items()}


def in_region(usage_type: str, region: str, begins: str = "") -> str:
    """A usage type as bills have it; `begins` as its price list says."""
    prefix = regions().get(region, ("", ""))[0]
    if begins == "region":
        prefix = region
    elif begins == "always" and region == REGION:
        prefix = "USE1"
    return f"{prefix}-{usage_type}" if prefix else usage_type
