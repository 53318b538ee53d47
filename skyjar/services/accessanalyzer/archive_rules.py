"""Archive rules: findings that are expected, and archived as soon as they are found."""

from __future__ import annotations

from typing import Any

import msgspec
import orjson

from skyjar.kernel.call import Call
from skyjar.kernel.service import operation

from . import filters, limits, paging, state
from .errors import ConflictException, ResourceNotFoundException, ServiceQuotaExceededException
from .state import ACTIVE, ARCHIVED, Analyzer, Rule


def add(call: Call, analyzer: Analyzer, name: str, wanted: dict[str, Any]) -> None:
    if state.rules.get(call, analyzer.name, name) is not None:
        raise ConflictException(f"An archive rule with the name {name} already exists.", name, "ArchiveRule")
    if state.rules.count(call, analyzer.name) >= limits.ARCHIVE_RULES:
        raise ServiceQuotaExceededException(
            f"You have reached the maximum number of archive rules: {limits.ARCHIVE_RULES}.", name, "ArchiveRule"
        )
    filters.check(wanted)
    made = Rule(
        analyzer=analyzer.name, name=name, filter=orjson.dumps(wanted), created_at=call.now, updated_at=call.now
    )
    state.rules.add(call, made)


def _existing(call: Call, analyzer: Analyzer, name: str) -> Rule:
    found = state.rules.get(call, analyzer.name, name)
    if found is None:
        raise ResourceNotFoundException(f"Archive rule {name} not found.", name, "ArchiveRule")
    return found


@operation
def create_archive_rule(
    call: Call, *, analyzer_name: str, rule_name: str, filter: dict[str, Any], client_token: str = ""
) -> None:
    if state.is_repeated(call, client_token):
        return
    add(call, state.by_name(call, analyzer_name), rule_name, filter)


@operation
def get_archive_rule(call: Call, *, analyzer_name: str, rule_name: str) -> dict[str, Any]:
    return {"archiveRule": _show(_existing(call, state.by_name(call, analyzer_name), rule_name))}


@operation
def list_archive_rules(
    call: Call, *, analyzer_name: str, next_token: str = "", max_results: int = limits.PAGE
) -> dict[str, Any]:
    found = state.rules.range(call, state.by_name(call, analyzer_name).name)
    return paging.page("archiveRules", found, next_token, max_results, _show)


def _show(rule: Rule) -> dict[str, Any]:
    return {
        "ruleName": rule.name,
        "filter": orjson.loads(rule.filter),
        "createdAt": rule.created_at,
        "updatedAt": rule.updated_at,
    }


@operation
def update_archive_rule(
    call: Call, *, analyzer_name: str, rule_name: str, filter: dict[str, Any], client_token: str = ""
) -> None:
    if state.is_repeated(call, client_token):
        return
    rule = _existing(call, state.by_name(call, analyzer_name), rule_name)
    filters.check(filter)
    state.rules.put(call, msgspec.structs.replace(rule, filter=orjson.dumps(filter), updated_at=call.now))


@operation
def delete_archive_rule(call: Call, *, analyzer_name: str, rule_name: str, client_token: str = "") -> None:
    if state.is_repeated(call, client_token):
        return
    state.rules.remove(call, _existing(call, state.by_name(call, analyzer_name), rule_name))


@operation
def apply_archive_rule(call: Call, *, analyzer_arn: str, rule_name: str, client_token: str = "") -> None:
    """To what was found before the rule was made."""
    if state.is_repeated(call, client_token):
        return
    analyzer = state.by_arn(call, analyzer_arn)
    wanted = orjson.loads(_existing(call, analyzer, rule_name).filter)
    for found in state.findings.range(call, analyzer.name):
        if found.status == ACTIVE and filters.matches(wanted, found):
            archived = msgspec.structs.replace(found, status=ARCHIVED, updated_at=call.now)
            state.findings.replace(call, found, archived)
