"""Keeping what was found: what is new, what has changed, what is no longer so."""

from __future__ import annotations

from collections.abc import Iterable

import msgspec
import orjson

from skyjar.kernel.call import Call
from skyjar.policy.documents import compile_document
from skyjar.policy.errors import MalformedPolicy

from . import external, filters, limits, state, trust
from .external import Access
from .sources import Shared
from .state import ACTIVE, ARCHIVED, EXTERNAL, RESOLVED, Analyzer, Finding, Resource
from .zones import Zone


def record(call: Call, analyzer: Analyzer, shared: Shared, zone: Zone) -> None:
    """What is known of one resource, after looking at it."""
    found, error = _accesses(shared, zone)
    before = state.resources.get(call, analyzer.name, shared.arn)
    actions = tuple(sorted({action for access in found for action in access.actions}))
    is_public = any(access.is_public for access in found)
    is_same = before is not None and (before.actions, before.is_public, before.error) == (actions, is_public, error)
    kept = Resource(
        analyzer=analyzer.name,
        arn=shared.arn,
        type=shared.type,
        owner=shared.owner,
        created_at=before.created_at if before is not None else call.now,
        analyzed_at=call.now,
        updated_at=before.updated_at if before is not None and is_same else call.now,
        is_public=is_public,
        actions=actions,
        is_shared=bool(found),
        error=error,
    )
    state.resources.put(call, kept)
    wanted = _findings(call, analyzer, shared, found, error)
    keep(call, analyzer, wanted, state.findings.range(call, analyzer.name, shared.arn, via="resource"))


def findings_of(call: Call, analyzer: Analyzer, shared: Shared, zone: Zone) -> list[Finding]:
    """What would be found in a resource, without keeping it."""
    return _findings(call, analyzer, shared, *_accesses(shared, zone))


def _findings(call: Call, analyzer: Analyzer, shared: Shared, found: list[Access], error: str) -> list[Finding]:
    restriction = trust.restriction(call, shared.owner, shared.arn)
    wanted = [_external(analyzer, shared, access, call.now, restriction) for access in found]
    return [*wanted, _failed(analyzer, shared, error, call.now)] if error else wanted


def _accesses(shared: Shared, zone: Zone) -> tuple[list[Access], str]:
    """A policy that cannot be read is AWS's own error; policies are checked when they are attached."""
    if shared.error:
        return [], shared.error
    try:
        documents = [compile_document(text) for text in shared.documents]
    except MalformedPolicy:
        return [], "INTERNAL_ERROR"
    return [access for document in documents for access in external.accesses(document, zone, shared.arn)], ""


def _external(analyzer: Analyzer, shared: Shared, access: Access, now: float, restriction: str) -> Finding:
    condition = dict(access.condition)
    parts = ["/".join(access.principal), orjson.dumps(condition, option=orjson.OPT_SORT_KEYS).decode()]
    return msgspec.structs.replace(
        _bare(analyzer, shared, now, *parts),
        principal=dict([access.principal]),
        condition=condition,
        actions=access.actions,
        is_public=access.is_public,
        restriction=restriction,
        sources=("POLICY",) if shared.type == "AWS::S3::Bucket" else (),
    )


def _failed(analyzer: Analyzer, shared: Shared, error: str, now: float) -> Finding:
    return msgspec.structs.replace(_bare(analyzer, shared, now, error), error=error)


def _bare(analyzer: Analyzer, shared: Shared, now: float, *parts: str) -> Finding:
    """`parts` tell it from the resource's other findings."""
    return Finding(
        analyzer=analyzer.name,
        id=state.identity(analyzer, EXTERNAL, shared.arn, *parts),
        kind=EXTERNAL,
        resource=shared.arn,
        resource_type=shared.type,
        owner=shared.owner,
        created_at=now,
        analyzed_at=now,
        updated_at=now,
    )


def keep(call: Call, analyzer: Analyzer, wanted: list[Finding], held: Iterable[Finding]) -> None:
    """Of the findings that are held, those that are wanted no more are resolved."""
    before = {each.id: each for each in held}
    for new in wanted:
        old = before.pop(new.id, None)
        state.findings.put(call, _archived(call, analyzer, new) if old is None else _again(call, analyzer, old, new))
    for old in before.values():
        resolve(call, old)


def _again(call: Call, analyzer: Analyzer, old: Finding, new: Finding) -> Finding:
    now = msgspec.structs.replace(new, created_at=old.created_at, status=old.status, updated_at=old.updated_at)
    if old.status == RESOLVED:
        return _archived(call, analyzer, msgspec.structs.replace(now, status=ACTIVE, updated_at=call.now))
    has_changed = msgspec.structs.replace(old, analyzed_at=now.analyzed_at) != now
    return msgspec.structs.replace(now, updated_at=call.now) if has_changed else now


def _archived(call: Call, analyzer: Analyzer, new: Finding) -> Finding:
    """Archived at once when a rule says so."""
    rules = state.rules.range(call, analyzer.name)
    is_archived = any(filters.matches(orjson.loads(rule.filter), new) for rule in rules)
    return msgspec.structs.replace(new, status=ARCHIVED) if is_archived else new


def resolve(call: Call, old: Finding) -> None:
    """What has been resolved for long is forgotten."""
    if old.status != RESOLVED:
        state.findings.replace(
            call, old, msgspec.structs.replace(old, status=RESOLVED, analyzed_at=call.now, updated_at=call.now)
        )
    elif old.updated_at < call.now - limits.RESOLVED_KEPT_S:
        state.findings.remove(call, old)
