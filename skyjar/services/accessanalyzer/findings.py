"""Findings: who else has access, and what nobody uses."""

from __future__ import annotations

from collections import Counter
from typing import Any

import msgspec
import orjson

from skyjar.kernel.call import Call
from skyjar.kernel.service import operation

from . import filters, limits, paging, state
from .errors import ResourceNotFoundException, ValidationException
from .state import ACTIVE, ARCHIVED, EXTERNAL, RESOLVED, Analyzer, Finding

_SORTED_BY = {
    "createdat": "created_at",
    "updatedat": "updated_at",
    "analyzedat": "analyzed_at",
    "resource": "resource",
    "resourcetype": "resource_type",
    "resourceowneraccount": "owner",
    "status": "status",
    "findingtype": "kind",
    "id": "id",
}


def _listed(
    call: Call, analyzer: Analyzer, wanted: dict[str, Any] | None, sort: dict[str, str] | None
) -> list[Finding]:
    filters.check(wanted or {})
    found = [each for each in state.findings.range(call, analyzer.name) if filters.matches(wanted or {}, each)]
    order = (sort or {}).get("attributeName", "UpdatedAt")
    field = _SORTED_BY.get(order.lower())
    if field is None:
        raise ValidationException(f"Findings cannot be sorted by {order}.")
    is_descending = (sort or {}).get("orderBy", "ASC" if sort else "DESC") == "DESC"
    return sorted(found, key=lambda each: (getattr(each, field), each.id), reverse=is_descending)


@operation
def list_findings(
    call: Call,
    *,
    analyzer_arn: str,
    filter: dict[str, Any] | None = None,
    sort: dict[str, str] | None = None,
    next_token: str = "",
    max_results: int = limits.PAGE,
) -> dict[str, Any]:
    found = _listed(call, state.external_by_arn(call, analyzer_arn), filter, sort)
    return paging.page("findings", found, next_token, max_results, external_shown)


@operation
def list_findings_v2(
    call: Call,
    *,
    analyzer_arn: str,
    filter: dict[str, Any] | None = None,
    max_results: int = limits.PAGE,
    next_token: str = "",
    sort: dict[str, str] | None = None,
) -> dict[str, Any]:
    found = _listed(call, state.by_arn(call, analyzer_arn), filter, sort)
    return paging.page("findings", found, next_token, max_results, _summary)


def _base(found: Finding) -> dict[str, Any]:
    return {
        "id": found.id,
        "resource": found.resource,
        "resourceType": found.resource_type,
        "resourceOwnerAccount": found.owner,
        "status": found.status,
        "createdAt": found.created_at,
        "analyzedAt": found.analyzed_at,
        "updatedAt": found.updated_at,
        **({"error": found.error} if found.error else {}),
    }


def _summary(found: Finding) -> dict[str, Any]:
    return {**_base(found), "findingType": found.kind}


def _access(found: Finding) -> dict[str, Any]:
    """What external findings have in both versions."""
    if found.error:
        return {"condition": {}}
    shown: dict[str, Any] = {
        "principal": found.principal,
        "action": list(found.actions),
        "condition": found.condition,
        "isPublic": found.is_public,
    }
    if found.restriction:
        shown["resourceControlPolicyRestriction"] = found.restriction
    if found.sources:
        shown["sources"] = [{"type": each} for each in found.sources]
    return shown


def external_shown(found: Finding) -> dict[str, Any]:
    return {**_base(found), **_access(found)}


def _existing(call: Call, analyzer: Analyzer, identity: str) -> Finding:
    found = state.findings.get(call, analyzer.name, identity)
    if found is None:
        raise ResourceNotFoundException(f"Finding {identity} not found.", identity, "Finding")
    return found


@operation
def get_finding(call: Call, *, analyzer_arn: str, id: str) -> dict[str, Any]:
    return {"finding": external_shown(_existing(call, state.external_by_arn(call, analyzer_arn), id))}


@operation
def get_finding_v2(
    call: Call, *, analyzer_arn: str, id: str, max_results: int = limits.PAGE, next_token: str = ""
) -> dict[str, Any]:
    """The details are paged: an unused permission has one for each service."""
    found = _existing(call, state.by_arn(call, analyzer_arn), id)
    details = [{"externalAccessDetails": _access(found)}] if found.kind == EXTERNAL else orjson.loads(found.details)
    return {**_summary(found), **paging.page("findingDetails", details, next_token, max_results, lambda each: each)}


@operation
def update_findings(
    call: Call,
    *,
    analyzer_arn: str,
    status: str,
    ids: list[str] | None = None,
    resource_arn: str = "",
    client_token: str = "",
) -> None:
    if state.is_repeated(call, client_token):
        return
    analyzer = state.by_arn(call, analyzer_arn)
    if not ids and not resource_arn:
        raise ValidationException("Either ids or resourceArn must be given.")
    found = [_existing(call, analyzer, each) for each in ids or []]
    if resource_arn:
        found += state.findings.range(call, analyzer.name, resource_arn, via="resource")
    for each in {each.id: each for each in found}.values():
        if each.status != RESOLVED and each.status != status:
            state.findings.replace(call, each, msgspec.structs.replace(each, status=status, updated_at=call.now))


@operation
def get_findings_statistics(call: Call, *, analyzer_arn: str) -> dict[str, Any]:
    analyzer = state.by_arn(call, analyzer_arn)
    found = state.findings.range(call, analyzer.name)
    by_status = Counter(each.status for each in found)
    active = [each for each in found if each.status == ACTIVE]
    totals: dict[str, Any] = {
        "totalActiveFindings": by_status[ACTIVE],
        "totalArchivedFindings": by_status[ARCHIVED],
        "totalResolvedFindings": by_status[RESOLVED],
    }
    if not analyzer.is_unused:
        statistics = {"externalAccessFindingsStatistics": {**totals, "resourceTypeStatistics": _by_type(active)}}
    else:
        kinds = Counter(each.kind for each in active)
        by_kind = [{"unusedAccessType": kind, "total": total} for kind, total in sorted(kinds.items())]
        top = _top_accounts(active) if analyzer.is_of_organization else {}
        statistics = {"unusedAccessFindingsStatistics": {**totals, "unusedAccessTypeStatistics": by_kind, **top}}
    return {"findingsStatistics": [statistics], "lastUpdatedAt": call.now}


def _by_type(active: list[Finding]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for each in active:
        of_type = found.setdefault(
            each.resource_type, {"totalActivePublic": 0, "totalActiveCrossAccount": 0, "totalActiveErrors": 0}
        )
        kind = "Errors" if each.error else "Public" if each.is_public else "CrossAccount"
        of_type[f"totalActive{kind}"] += 1
    return found


def _top_accounts(active: list[Finding]) -> dict[str, Any]:
    top = Counter(each.owner for each in active).most_common(10)
    shown = [
        {
            "account": account,
            "numberOfActiveFindings": total,
            "details": dict(Counter(each.kind for each in active if each.owner == account)),
        }
        for account, total in top
    ]
    return {"topAccounts": shown} if shown else {}
