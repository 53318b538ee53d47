"""What the cloud's usage would have cost on AWS: for `skyjar cost`."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from skyjar.app import Cloud
    from skyjar.kernel.bills import Line

_MONTH, _ACCOUNT = re.compile(r"(\d{4})-(0[1-9]|1[0-2])"), re.compile(r"\d{12}|")
_DAY_S = 86_400
BY: dict[str, Callable[[Any], dict[str, str]]] = {
    "service": lambda line: {"service": line.service},
    "usage": lambda line: {"service": line.service, "region": line.region, "usage_type": line.usage_type},
    "day": lambda line: {"day": _date(line.day)},
}
NOTES = (
    "Prices are AWS's list prices on demand in us-east-1; other Regions are estimated at the same.",
    "The free tier and taxes are not counted.",
)


def show(cloud: Cloud, parameters: dict[str, Any]) -> dict[str, Any]:
    """Of a `month` (this one, unless given) and an `account` (all, unless given), `by` service, usage or day."""
    from skyjar.kernel import bills  # with the prices of services

    now = cloud.clock.now()
    month = str(parameters.get("month") or datetime.fromtimestamp(now, UTC).strftime("%Y-%m"))
    account, by = str(parameters.get("account") or ""), str(parameters.get("by") or "usage")
    since, until = _days(month)
    if _ACCOUNT.fullmatch(account) is None:
        raise ValueError("An account has 12 digits.")
    if by not in BY:
        raise ValueError(f"Costs are shown by {', '.join(BY)}.")
    cloud.pipeline.metrics.flush()
    cloud.pipeline.records.flush()
    rows = cloud.store.transact(lambda tx: bills.usage_of(tx, since, until, now))
    if account:
        rows = [row for row in rows if row.account == account]
    lines = bills.lines(rows)
    return {
        "month": month,
        "account": account,
        "by": by,
        "lines": _summed(lines, BY[by]),
        "total": _text(sum((line.cost for line in lines), Decimal(0))),
        "currency": "USD",
        "not_priced": bills.unpriced(rows),
        "left_out": bills.left_out(rows),
        "notes": list(NOTES),
    }


def _summed(lines: list[Line], keyed: Callable[[Any], dict[str, str]]) -> list[dict[str, Any]]:
    groups: dict[tuple[str, ...], list[Line]] = {}
    for line in lines:
        groups.setdefault(tuple(keyed(line).values()), []).append(line)
    found = []
    for _, several in sorted(groups.items()):
        cost = sum((line.cost for line in several), Decimal(0))
        shown: dict[str, Any] = {**keyed(several[0]), "cost": _text(cost)}
        if "usage_type" in shown:
            amount = sum((line.amount for line in several), Decimal(0))
            price = cost / amount if amount else Decimal(0)
            shown |= {"amount": _text(amount), "unit": several[0].unit, "price": f"{price:.10f}"}
        found.append(shown)
    return found


def _days(month: str) -> tuple[int, int]:
    """From the first day of a month to before that of the next, counted since the epoch."""
    read = _MONTH.fullmatch(month)
    if read is None:
        raise ValueError("A month is written like 2026-11.")
    year, number = int(read[1]), int(read[2])
    if year < 1970:
        raise ValueError("There was no cloud before 1970.")
    first = datetime(year, number, 1, tzinfo=UTC)
    after = datetime(year + number // 12, number % 12 + 1, 1, tzinfo=UTC)
    return int(first.timestamp() // _DAY_S), int(after.timestamp() // _DAY_S)


def _date(day: int) -> str:
    return datetime.fromtimestamp(day * _DAY_S, UTC).strftime("%Y-%m-%d")


def _text(amount: Decimal) -> str:
    return f"{amount:.10f}".rstrip("0").rstrip(".") or "0"
