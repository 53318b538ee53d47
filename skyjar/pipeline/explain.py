"""Why a call was denied, kept with its record for `skyjar why`. Loaded with the first denial."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from skyjar.policy.evaluation import Decision, Policies
from skyjar.policy.remedies import changes
from skyjar.policy.requests import Request
from skyjar.policy.traces import standings

from .judgement import Judgement


def denied(question: Request, policies: Policies, decision: Decision, context: dict[str, Any]) -> Judgement:
    return Judgement(
        is_allowed=False,
        reason=decision.reason,
        action=question.action,
        resource=question.resource,
        policy=decision.kind or "",
        source=decision.source,
        statement=decision.statement.label if decision.statement is not None else "",
        trace=tuple(str(verdict) for verdict in decision.explain()),
        policies=tuple(str(standing) for standing in standings(question, policies.considered(question.principal))),
        context=dict(_shown(context)),
        remedy=tuple(change.public() for change in changes(question, policies)),
    )


def _shown(context: dict[str, Any]) -> Iterator[tuple[str, str]]:
    """The condition keys that there are, as text."""
    for key, value in context.items():
        found = value() if callable(value) else value
        if found is not None:
            yield key, ", ".join(map(str, found)) if isinstance(found, list | tuple) else str(found)
