"""Contributor insights: for which tables and global indexes CloudWatch is told which keys are used most. See `contributors.py`."""

from __future__ import annotations

from typing import Any

from skyjar.kernel import durations
from skyjar.kernel.call import Call
from skyjar.kernel.errors import NotImplementedHere
from skyjar.kernel.pages import BadToken, page
from skyjar.kernel.service import operation

from . import InsightRule, InsightRulesChanged, contributors, limits, schemas, state
from .errors import ResourceNotFoundException, ValidationException
from .state import Definition, Insights
from .tables import check_ready, described


@operation
def update_contributor_insights(
    call: Call,
    *,
    table_name: str,
    contributor_insights_action: str,
    index_name: str | None = None,
    contributor_insights_mode: str | None = None,
) -> dict[str, Any]:
    """What is so already stays as it is. Another mode keeps the rules that both modes have."""
    definition = described(call, table_name)
    check_ready(definition)
    index = _index(definition, index_name)
    held = _held(definition, index)
    mode = contributor_insights_mode or (held.mode if held is not None else contributors.ACCESSED)
    is_off = contributor_insights_action == "DISABLE"
    was_off = held is None or held.is_disabled
    if is_off and was_off:
        return _summary(call, definition, index, held)
    if held is not None and is_off == was_off and (is_off or held.mode == mode):
        return _summary(call, definition, index, held)
    settles_at = call.now + durations.of(call, "dynamodb.ContributorInsights")
    made_ms = call.now_ms if held is None or was_off else held.made_ms
    changed = Insights(
        index=index, mode=mode, made_ms=made_ms, changed_s=call.now, settles_at=settles_at, is_disabled=is_off
    )
    others = tuple(each for each in definition.insights if each.index != index)
    after = state.replace(definition, insights=(*others, changed))
    state.tables.replace(call, definition, after)
    _tell(call, definition, after)
    return _summary(call, after, index, changed)


def _index(definition: Definition, name: str | None) -> str:
    """The index's name; empty for the table."""
    if name is not None and not any(each.is_global and each.name == name for each in definition.indexes):
        raise ResourceNotFoundException(
            f"Requested resource not found: Index: {name} not found for table: {definition.name}"
        )
    if any(each.name == name and (each.more_hash or each.more_range) for each in definition.indexes):
        raise NotImplementedHere(
            "Skyjar does not implement contributor insights of indexes with keys of several attributes."
        )
    return name or ""


def _held(definition: Definition, index: str) -> Insights | None:
    return next((each for each in definition.insights if each.index == index), None)


def _rules(definition: Definition) -> dict[str, InsightRule]:
    found: dict[str, InsightRule] = {}
    for each in definition.insights:
        if not each.is_disabled:
            for kind, name in _named(definition, each).items():
                found[name] = InsightRule(name, has_sort=kind[0] == "S", is_throttle=kind[2] == "T")
    return found


def _named(definition: Definition, held: Insights) -> dict[str, str]:
    keyed = next((each for each in definition.indexes if each.name == held.index), definition)
    return contributors.rules_of(held, definition.name, has_sort=bool(keyed.range))


def _tell(call: Call, before: Definition, after: Definition | None) -> None:
    was, now = _rules(before), _rules(after) if after is not None else {}
    made = tuple(rule for name, rule in now.items() if name not in was)
    gone = tuple(name for name in was if name not in now)
    if made or gone:
        call.emit(InsightRulesChanged(made, gone))


def forget(call: Call, definition: Definition) -> None:
    """The table is gone, and its rules with it."""
    _tell(call, definition, None)


def without(call: Call, old: Definition, index: str) -> tuple[Insights, ...]:
    """What is left when an index goes."""
    left = tuple(each for each in old.insights if each.index != index)
    _tell(call, old, state.replace(old, insights=left))
    return left


def _status(call: Call, held: Insights | None) -> str:
    if held is None:
        return "DISABLED"
    if call.now < held.settles_at:
        return "DISABLING" if held.is_disabled else "ENABLING"
    return "DISABLED" if held.is_disabled else "ENABLED"


def _summary(call: Call, definition: Definition, index: str, held: Insights | None) -> dict[str, Any]:
    shown = {"TableName": definition.name, "ContributorInsightsStatus": _status(call, held)}
    if index:
        shown["IndexName"] = index
    return shown | ({"ContributorInsightsMode": held.mode} if held is not None else {})


@operation
def describe_contributor_insights(call: Call, *, table_name: str, index_name: str | None = None) -> dict[str, Any]:
    definition = described(call, table_name)
    index = _index(definition, index_name)
    held = _held(definition, index)
    shown = _summary(call, definition, index, held)
    if held is not None:
        at = held.settles_at if call.now >= held.settles_at else held.changed_s
        shown["LastUpdateDateTime"] = at
        if not held.is_disabled:
            shown["ContributorInsightsRuleList"] = list(_named(definition, held).values())
    return shown


@operation
def list_contributor_insights(
    call: Call, *, table_name: str | None = None, next_token: str = "", max_results: int = limits.INSIGHTS_PAGE
) -> dict[str, Any]:
    """Those that are not DISABLED: a table before its indexes."""
    if not 1 <= max_results <= limits.INSIGHTS_PAGE:
        raise ValidationException(f"MaxResults must be between 1 and {limits.INSIGHTS_PAGE}")
    found: list[dict[str, Any]] = []
    if table_name is not None:
        several = [described(call, schemas.name_of(call, table_name))]
    else:
        several = list(state.tables.each(call))
    for definition in several:
        found += [
            _summary(call, definition, each.index, each)
            for each in sorted(definition.insights, key=lambda each: each.index)
            if _status(call, each) != "DISABLED"
        ]
    try:
        shown, token = page(found, next_token, max_results)
    except BadToken:
        raise ValidationException("Invalid NextToken") from None
    return {"ContributorInsightsSummaries": shown} | ({"NextToken": token} if token else {})
