"""GetCostAndUsage."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from decimal import Decimal
from typing import Any

from skyjar.kernel import bills
from skyjar.kernel.bills import Line
from skyjar.kernel.call import Call
from skyjar.kernel.errors import NotImplementedHere
from skyjar.kernel.pages import BadToken, page
from skyjar.kernel.service import operation

from . import accounts, filters, limits, periods
from .errors import InvalidNextTokenException, ValidationException
from .periods import Period

COSTS = ("UnblendedCost", "BlendedCost", "AmortizedCost", "NetUnblendedCost", "NetAmortizedCost")
QUANTITY = "UsageQuantity"
Keyed = Callable[[Line], tuple[str, ...]]


@operation
def get_cost_and_usage(
    call: Call,
    *,
    time_period: dict[str, str],
    granularity: str,
    metrics: list[str],
    filter: dict[str, Any] | None = None,
    group_by: list[dict[str, str]] | None = None,
    next_page_token: str = "",
) -> dict[str, Any]:
    """There are neither reservations nor discounts, so all kinds of costs are the same."""
    period = periods.read(time_period, call.now, granularity)
    for metric in metrics:
        _check_metric(metric)
    if not metrics:
        raise ValidationException("Metrics is required")
    groups = group_by or []
    keyed = _keyed(groups)
    known = accounts.seen_by(call)
    found = lines_of(call, period, set(known), filters.read(filter))
    results = [
        _result(stretch, found, metrics, keyed if groups else None, call.now)
        for stretch in periods.stretches(period, granularity)
    ]
    listed, following = _page(results, next_page_token)
    answer: dict[str, Any] = {"ResultsByTime": listed, "DimensionValueAttributes": _described(groups, found, known)}
    if groups:
        answer["GroupDefinitions"] = [{"Type": each.get("Type", "DIMENSION"), "Key": each["Key"]} for each in groups]
    return answer | ({"NextPageToken": following} if following else {})


def lines_of(call: Call, period: Period, own: set[str], test: filters.Test) -> list[Line]:
    """What these accounts used in that time, as it is known now."""
    call.keep_metrics()
    rows = bills.usage_of(call.tx, bills.first_of_month(period.since), period.until, call.now)
    found = bills.lines((row for row in rows if row.account in own), period.since)
    return [line for line in found if test(line)]


def _check_metric(metric: str) -> None:
    if metric == "NormalizedUsageAmount":
        raise NotImplementedHere("Skyjar does not implement the metric NormalizedUsageAmount of ce.")
    if metric not in (*COSTS, QUANTITY):
        raise ValidationException(f"Metric {metric} is not supported.")


def _keyed(groups: list[dict[str, str]]) -> Keyed:
    if len(groups) > limits.GROUPS:
        raise ValidationException(f"The maximum number of group by keys is {limits.GROUPS}.")
    for each in groups:
        if each.get("Type", "DIMENSION") != "DIMENSION":
            raise NotImplementedHere(f"Skyjar does not implement grouping by {each['Type']} in ce.")
        if "Key" not in each:
            raise ValidationException("Group definitions need a Key")
    parts = [filters.dimension(each["Key"]) for each in groups]
    return lambda line: tuple(part(line) for part in parts)


def _result(stretch: Period, found: list[Line], metrics: list[str], keyed: Keyed | None, now: float) -> dict[str, Any]:
    within = [line for line in found if stretch.since <= line.day < stretch.until]
    this_month = bills.first_of_month(int(now // limits.DAY_S))
    answer: dict[str, Any] = {
        "TimePeriod": stretch.shown(),
        "Total": {},
        "Groups": [],
        "Estimated": stretch.until > this_month,
    }
    if keyed is None:
        answer["Total"] = measured(within, metrics)
        return answer
    groups: dict[tuple[str, ...], list[Line]] = {}
    for line in within:
        groups.setdefault(keyed(line), []).append(line)
    answer["Groups"] = [
        {"Keys": list(keys), "Metrics": measured(several, metrics)} for keys, several in sorted(groups.items())
    ]
    return answer


def measured(several: list[Line], metrics: Iterable[str]) -> dict[str, dict[str, str]]:
    cost = _text(sum((line.cost for line in several), Decimal(0)))
    units = {line.unit for line in several}
    amount = _text(sum((line.amount for line in several), Decimal(0)))
    quantity = {"Amount": amount, "Unit": next(iter(units)) if len(units) == 1 else "N/A"}
    return {each: quantity if each == QUANTITY else {"Amount": cost, "Unit": "USD"} for each in metrics}


def _text(amount: Decimal) -> str:
    """With at most ten digits behind the point."""
    text = f"{amount:.10f}".rstrip("0").rstrip(".")
    return text or "0"


def _page(results: list[dict[str, Any]], token: str) -> tuple[list[dict[str, Any]], str]:
    """Groups are counted, an empty stretch as one; one that is longer than a page comes in parts."""
    parts = [
        result | {"Groups": result["Groups"][start : start + limits.PAGE]}
        for result in results
        for start in range(0, len(result["Groups"]) or 1, limits.PAGE)
    ]
    pages: list[list[dict[str, Any]]] = [[]]
    count = 0
    for part in parts:
        size = len(part["Groups"]) or 1
        if count + size > limits.PAGE:
            pages.append([])
            count = 0
        pages[-1].append(part)
        count += size
    try:
        listed, following = page(pages, token, 1)
    except BadToken:
        raise InvalidNextTokenException from None
    return listed[0] if listed else [], following


def _described(groups: list[dict[str, str]], found: list[Line], names: dict[str, str]) -> list[dict[str, Any]]:
    if all(each["Key"] != "LINKED_ACCOUNT" for each in groups):
        return []
    return [
        {"Value": account, "Attributes": {"description": names.get(account) or account}}
        for account in sorted({line.account for line in found})
    ]
