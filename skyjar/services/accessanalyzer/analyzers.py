"""Analyzers: what looks at the resources of an account or an organization."""

from __future__ import annotations

from typing import Any

from skyjar.kernel.call import Call
from skyjar.kernel.errors import NotImplementedHere
from skyjar.kernel.service import operation

from . import archive_rules, jobs, limits, linked, paging, state, trust
from .errors import ConflictException, ServiceQuotaExceededException, ValidationException
from .state import Analyzer, Exclusion
from .tags import checked_tags


@operation
def create_analyzer(
    call: Call,
    *,
    analyzer_name: str,
    type: str,
    archive_rules: list[dict[str, Any]] | None = None,
    tags: dict[str, str] | None = None,
    client_token: str = "",
    configuration: dict[str, Any] | None = None,
) -> dict[str, str]:
    """It begins to look around at once."""
    before = state.analyzers.get(call, analyzer_name)
    arn = state.arn_of(call, analyzer_name)
    if before is not None and client_token and before.token == client_token:
        return {"arn": arn}
    if before is not None:
        raise ConflictException(f"An analyzer with the name {analyzer_name} already exists.", analyzer_name, "Analyzer")
    if "INTERNAL" in type:
        raise NotImplementedHere(f"Skyjar does not implement analyzers of the type {type}.")
    _check_quota(call, type)
    if type.startswith("ORGANIZATION"):
        trust.check_may_see_all(call)
    days, exclusions = _configured(type, configuration or {})
    linked.ensure(call, call.caller, call.account)
    made = Analyzer(
        name=analyzer_name,
        type=type,
        created_at=call.now,
        tags=checked_tags(tags or {}),
        unused_days=days,
        exclusions=exclusions,
        token=client_token,
    )
    state.analyzers.add(call, made)
    _add_rules(call, made, archive_rules or [])
    call.later(jobs.scan, key=f"daily {made.name}", name=made.name)
    if not made.is_unused:
        call.later(jobs.listen, key=made.name, name=made.name)
    return {"arn": arn}


def _add_rules(call: Call, made: Analyzer, given: list[dict[str, Any]]) -> None:
    for rule in given:
        archive_rules.add(call, made, rule["ruleName"], rule["filter"])


def _check_quota(call: Call, kind: str) -> None:
    held = sum(each.type == kind for each in state.analyzers.range(call))
    if held >= limits.ANALYZERS[kind]:
        raise ServiceQuotaExceededException(
            f"You have reached the maximum number of analyzers of the type {kind}: {limits.ANALYZERS[kind]}.",
            call.account,
            "Analyzer",
        )


def _configured(kind: str, configuration: dict[str, Any]) -> tuple[int, tuple[Exclusion, ...]]:
    if "internalAccess" in configuration:
        raise NotImplementedHere("Skyjar does not implement the configuration internalAccess.")
    given = configuration.get("unusedAccess")
    if given is None:
        return limits.UNUSED_DAYS, ()
    if not kind.endswith("UNUSED_ACCESS"):
        raise ValidationException("The configuration unusedAccess is only for analyzers of unused access.")
    days = given.get("unusedAccessAge", limits.UNUSED_DAYS)
    if not 1 <= days <= limits.UNUSED_DAYS_MOST:
        raise ValidationException(f"The unused access age must be from 1 to {limits.UNUSED_DAYS_MOST} days.")
    return days, _exclusions((given.get("analysisRule") or {}).get("exclusions") or [])


def _exclusions(given: list[dict[str, Any]]) -> tuple[Exclusion, ...]:
    if len(given) > limits.EXCLUSIONS:
        raise ValidationException(f"An analysis rule can have at most {limits.EXCLUSIONS} exclusions.")
    return tuple(
        Exclusion(tuple(each.get("accountIds") or ()), tuple(each.get("resourceTags") or ())) for each in given
    )


@operation
def get_analyzer(call: Call, *, analyzer_name: str) -> dict[str, Any]:
    return {"analyzer": _show(call, state.by_name(call, analyzer_name))}


@operation
def list_analyzers(
    call: Call, *, next_token: str = "", max_results: int = limits.PAGE, type: str = ""
) -> dict[str, Any]:
    found = [each for each in state.analyzers.range(call) if type in ("", each.type)]
    return paging.page("analyzers", found, next_token, max_results, lambda each: _show(call, each))


def _show(call: Call, found: Analyzer) -> dict[str, Any]:
    shown: dict[str, Any] = {
        "arn": state.arn_of(call, found.name),
        "name": found.name,
        "type": found.type,
        "createdAt": found.created_at,
        "status": "ACTIVE",
        "tags": found.tags,
    }
    if found.last_at:
        shown["lastResourceAnalyzedAt"] = found.last_at
    if found.last_resource:
        shown["lastResourceAnalyzed"] = found.last_resource
    if found.is_unused:
        shown["configuration"] = {"unusedAccess": _unused(found)}
    return shown


def _unused(found: Analyzer) -> dict[str, Any]:
    exclusions = [
        {
            **({"accountIds": list(each.accounts)} if each.accounts else {}),
            **({"resourceTags": list(each.tags)} if each.tags else {}),
        }
        for each in found.exclusions
    ]
    rule = {"analysisRule": {"exclusions": exclusions}} if exclusions else {}
    return {"unusedAccessAge": found.unused_days, **rule}


@operation
def update_analyzer(call: Call, *, analyzer_name: str, configuration: dict[str, Any] | None = None) -> dict[str, Any]:
    """Of unused access alone; what it leaves out can change, the age cannot."""
    found = state.by_name(call, analyzer_name)
    if not found.is_unused:
        raise ValidationException("External access analyzers cannot be updated.", "notSupported")
    days, exclusions = _configured(found.type, configuration or {})
    if "unusedAccessAge" in ((configuration or {}).get("unusedAccess") or {}) and days != found.unused_days:
        raise ValidationException("The unused access age of an analyzer cannot be changed.")
    found = state.change(call, found, exclusions=exclusions)
    call.later(jobs.scan, key=f"daily {found.name}", name=found.name)
    return {"configuration": {"unusedAccess": _unused(found)}}


@operation
def delete_analyzer(call: Call, *, analyzer_name: str, client_token: str = "") -> None:
    """With all that it has found."""
    if state.is_repeated(call, client_token):
        return
    state.drop(call, state.by_name(call, analyzer_name))
