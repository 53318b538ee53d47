"""What usage costs: a line for each day, account, Region, usage type and operation. Pure, but for `usage_of`.

Tiers apply to the whole month of an account and Region, so a day costs what the month up to it costs, less what it cost before.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime
from decimal import Decimal
from typing import NamedTuple

from . import prices, usage
from .prices import Product
from .store import Transaction
from .usage import Used


class Line(NamedTuple):
    """`usage_type` as bills have it, with the Region's prefix."""

    day: int
    account: str
    region: str
    service: str
    usage_type: str
    operation: str
    amount: Decimal
    unit: str
    cost: Decimal
    product: Product


def month_of(day: int) -> tuple[int, int]:
    found = datetime.fromtimestamp(day * prices.DAY_S, UTC)
    return found.year, found.month


def first_of_month(day: int) -> int:
    return day - datetime.fromtimestamp(day * prices.DAY_S, UTC).day + 1


def usage_of(tx: Transaction, since: int, until: int, now: float) -> list[Used]:
    """What was used on the days from `since` to before `until`, with what is held on the running day up to now."""
    found = usage.days(tx, since, until)
    today = int(now // prices.DAY_S)
    if since <= today < until:
        for key, amount in usage.held(tx, float(today * prices.DAY_S), now).items():
            account, region, service, usage_type, operation = key
            if not amount:
                continue
            found.append(
                Used(
                    day=today,
                    account=account,
                    region=region,
                    service=service,
                    usage_type=usage_type,
                    operation=operation,
                    amount=amount,
                )
            )
    return found


def lines(rows: Iterable[Used], since: int = 0) -> list[Line]:
    """Of the days from `since` on; `rows` are those from the first of its month on, so that tiers are counted right. What has no price
    is left out (`unpriced`)."""
    months: dict[tuple[object, ...], Decimal] = {}
    found = []
    for row in sorted(rows, key=lambda each: (each.day, each.account, each.region, each.service, each.usage_type)):
        product = prices.product(row.service, row.usage_type, row.operation) if row.usage_type else None
        if product is None:
            continue
        month = (*month_of(row.day), row.account, row.region, row.service, product.usage_type, product.operation)
        before, amount = months.get(month, Decimal(0)), Decimal(repr(row.amount))
        months[month] = before + amount
        if row.day < since:
            continue
        cost = prices.cost(product, before + amount) - prices.cost(product, before)
        held = prices.of(row.service)
        assert held is not None
        shown = prices.in_region(row.usage_type, row.region, held.begins)
        found.append(
            Line(row.day, row.account, row.region, held.name, shown, row.operation, amount, product.unit, cost, product)
        )
    return found


def unpriced(rows: Iterable[Used]) -> dict[str, float]:
    """What was used and has no price: services by how often they were called, and usage types."""
    found: dict[str, float] = {}
    for row in rows:
        if not row.usage_type or prices.product(row.service, row.usage_type, row.operation) is None:
            name = f"{row.service} {row.usage_type} {row.operation}".strip()
            found[name] = found.get(name, 0.0) + row.amount
    return found


def left_out(rows: Iterable[Used]) -> dict[str, tuple[str, ...]]:
    """What of the services that were used is not counted, by their names."""
    used = sorted({row.service for row in rows if row.usage_type})
    held = [prices.of(service) for service in used]
    return {each.name: each.leaves_out for each in held if each is not None and each.leaves_out}
