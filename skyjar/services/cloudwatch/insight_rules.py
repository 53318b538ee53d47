"""Rules of contributor insights, and reports of them. All are managed by services; see `contributions.py`."""

from __future__ import annotations

from typing import Any

import msgspec

from skyjar.kernel.call import Call
from skyjar.kernel.pages import BadToken, page
from skyjar.kernel.service import operation

from . import insight_state, limits
from .errors import InsightRuleNotFound, InvalidNextToken, InvalidParameterValueException
from .insight_state import Minute, Rule

METRICS = ("UniqueContributors", "MaxContributorValue", "SampleCount", "Sum", "Minimum", "Maximum", "Average")
_SCHEMA = {"Name": "ServiceLogRule", "Version": 1}
Periods = dict[int, list[Minute]]
Values = dict[tuple[str, ...], float]


@operation
def describe_insight_rules(
    call: Call, *, next_token: str = "", max_results: int = limits.INSIGHT_RULES
) -> dict[str, Any]:
    try:
        found, token = page(insight_state.rules.range(call), next_token, max_results)
    except BadToken:
        raise InvalidNextToken from None
    return {"InsightRules": [_shown(rule) for rule in found]} | ({"NextToken": token} if token else {})


def _shown(rule: Rule) -> dict[str, Any]:
    contribution: dict[str, Any] = {"Keys": list(rule.keys), "Filters": []}
    if rule.statistic == "SUM":
        contribution["ValueOf"] = rule.value
    definition = {"Schema": _SCHEMA, "Contribution": contribution, "AggregateOn": rule.statistic.title()}
    return {
        "Name": rule.name,
        "State": "ENABLED",
        "Schema": msgspec.json.encode(_SCHEMA).decode(),
        "Definition": msgspec.json.encode(definition).decode(),
        "ManagedRule": True,
    }


@operation
def get_insight_rule_report(
    call: Call,
    *,
    rule_name: str,
    start_time: float,
    end_time: float,
    period: int,
    max_contributor_count: int = limits.REPORTED,
    metrics: list[str] | None = None,
    order_by: str = "Sum",
) -> dict[str, Any]:
    """The values of contributors that were not among a minute's greatest are missing, as AWS's are approximate."""
    _check(start_time, end_time, period, max_contributor_count, metrics or [], order_by)
    call.keep_metrics()
    rule = insight_state.rules.get(call, rule_name)
    if rule is None:
        raise InsightRuleNotFound(f"Insight rule {rule_name} does not exist")
    found = _periods(call, rule_name, start_time, end_time, period)
    by_period = {at: _values(several) for at, several in found.items()}
    sums: Values = {}
    greatest: Values = {}
    for values in by_period.values():
        for keys, value in values.items():
            sums[keys] = sums.get(keys, 0.0) + value
            greatest[keys] = max(greatest.get(keys, 0.0), value)
    rank = sums if order_by == "Sum" else greatest
    dropped = sum(max(0, each.unique - len(each.values)) for several in found.values() for each in several)
    answer = {
        "KeyLabels": list(rule.keys),
        "AggregationStatistic": rule.statistic,
        "AggregateValue": sum(each.total for several in found.values() for each in several),
        "ApproximateUniqueCount": len(sums) + dropped,
        "Contributors": [
            _contributor(keys, sums[keys], by_period)
            for keys in sorted(rank, key=lambda keys: (-rank[keys], keys))[:max_contributor_count]
        ],
    }
    if metrics:
        answer["MetricDatapoints"] = [_datapoint(at, found[at], by_period[at], metrics) for at in found]
    return answer


def _check(start: float, end: float, period: int, most: int, metrics: list[str], order_by: str) -> None:
    if start >= end:
        raise InvalidParameterValueException("The parameter StartTime must be less than the parameter EndTime.")
    if period < limits.MINUTE_S or period % limits.MINUTE_S:
        raise InvalidParameterValueException("The parameter Period must be a multiple of 60.")
    if not 1 <= most <= limits.REPORTED_MOST:
        raise InvalidParameterValueException(
            f"The parameter MaxContributorCount must be between 1 and {limits.REPORTED_MOST}."
        )
    unknown = [name for name in metrics if name not in METRICS]
    if unknown:
        raise InvalidParameterValueException(f"The value {unknown[0]} for parameter Metrics is not supported.")
    if order_by not in ("Sum", "Maximum"):
        raise InvalidParameterValueException(f"The value {order_by} for parameter OrderBy is not supported.")


def _periods(call: Call, rule: str, start: float, end: float, period: int) -> Periods:
    """The minutes of each period in which there was anything."""
    first = int(start // period) * period
    found: Periods = {}
    for minute in insight_state.minutes.each(call, rule, start=(first,)):
        if minute.at_s >= end:
            break
        if minute.at_s >= call.now - limits.CONTRIBUTIONS_KEPT_S:
            found.setdefault(minute.at_s // period * period, []).append(minute)
    return found


def _values(several: list[Minute]) -> Values:
    found: Values = {}
    for minute in several:
        for keys, value in minute.values.items():
            found[keys] = found.get(keys, 0.0) + value
    return found


def _contributor(keys: tuple[str, ...], value: float, by_period: dict[int, Values]) -> dict[str, Any]:
    return {
        "Keys": list(keys),
        "ApproximateAggregateValue": value,
        "Datapoints": [
            {"Timestamp": float(at), "ApproximateValue": values[keys]}
            for at, values in by_period.items()
            if keys in values
        ],
    }


def _datapoint(at: int, minutes: list[Minute], values: Values, metrics: list[str]) -> dict[str, Any]:
    """Minimum, Maximum and Average are of what single contributors gave."""
    unique = len(values) + sum(max(0, each.unique - len(each.values)) for each in minutes)
    total = sum(each.total for each in minutes)
    greatest = max(values.values())
    told = {
        "UniqueContributors": float(unique),
        "MaxContributorValue": greatest,
        "SampleCount": float(sum(each.samples for each in minutes)),
        "Sum": total,
        "Minimum": min(values.values()),
        "Maximum": greatest,
        "Average": total / unique,
    }
    return {"Timestamp": float(at)} | {name: told[name] for name in metrics}
