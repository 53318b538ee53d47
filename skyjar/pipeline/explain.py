"""Why a call was denied, kept with its record for `skyjar why`. Loaded with the first denial."""

from __future__ import annotations

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
        context={key: str(value() if callable(value) else value) for key, value in context.items()},
        remedy=tuple(change.public() for change in changes(question, policies)),
    )
