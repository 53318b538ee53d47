"""GetDimensionValues."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from skyjar.kernel.bills import Line
from skyjar.kernel.call import Call
from skyjar.kernel.errors import NotImplementedHere
from skyjar.kernel.pages import BadToken, page
from skyjar.kernel.service import operation

from . import accounts, costs, filters, limits, periods
from .errors import InvalidNextTokenException, ValidationException


@operation
def get_dimension_values(
    call: Call,
    *,
    time_period: dict[str, str],
    dimension: str,
    search_string: str = "",
    context: str = "COST_AND_USAGE",
    filter: dict[str, Any] | None = None,
    sort_by: list[dict[str, str]] | None = None,
    max_results: int | None = None,
    next_page_token: str = "",
) -> dict[str, Any]:
    if context != "COST_AND_USAGE":
        raise NotImplementedHere(f"Skyjar does not implement the context {context} of ce.")
    if max_results is not None and (not sort_by or max_results > limits.VALUES_PAGE):
        raise ValidationException(f"MaxResults is only supported with SortBy, up to {limits.VALUES_PAGE}.")
    if sort_by and (search_string or next_page_token):
        raise ValidationException("NextPageToken and SearchString are not supported with SortBy.")
    of = filters.dimension(dimension)
    period = periods.read(time_period, call.now)
    known = accounts.seen_by(call)
    by_value: dict[str, list[Line]] = {}
    for line in costs.lines_of(call, period, set(known), filters.read(filter)):
        if search_string.lower() in of(line).lower():
            by_value.setdefault(of(line), []).append(line)
    values = _sorted(by_value, sort_by[0]) if sort_by else sorted(by_value)
    try:
        listed, following = page(values, next_page_token, max_results or limits.VALUES_PAGE)
    except BadToken:
        raise InvalidNextTokenException from None
    shown = [{"Value": value, "Attributes": _attributes(dimension, by_value[value], known)} for value in listed]
    answer = {"DimensionValues": shown, "ReturnSize": len(shown), "TotalSize": len(values)}
    return answer | ({"NextPageToken": following} if following and not sort_by else {})


def _sorted(by_value: dict[str, list[Line]], wanted: dict[str, str]) -> list[str]:
    metric = wanted["Key"]
    if metric not in (*costs.COSTS, costs.QUANTITY):
        raise ValidationException(f"SortBy {metric} is not supported.")

    def weight(value: str) -> Decimal:
        lines = by_value[value]
        amounts = (line.amount for line in lines) if metric == costs.QUANTITY else (line.cost for line in lines)
        return sum(amounts, Decimal(0))

    return sorted(by_value, key=weight, reverse=wanted.get("SortOrder") != "ASCENDING")


def _attributes(dimension: str, several: list[Line], names: dict[str, str]) -> dict[str, str]:
    if dimension == "LINKED_ACCOUNT":
        return {"description": names.get(several[0].account) or several[0].account}
    if dimension == "USAGE_TYPE":
        return {"unit": several[0].unit}
    return {}
