"""Encoded authorization messages: why a call was refused, sealed for `sts:DecodeAuthorizationMessage`.

For services that declare `encodes_denials`, as EC2 does on AWS. The text is what AWS's decoded messages look like.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import orjson

from skyjar.kernel.call import Call
from skyjar.kernel.errors import AWSError
from skyjar.kernel.seals import seal

from .judgement import Judgement

if TYPE_CHECKING:
    from skyjar.policy.statements import Statement

    from .pipeline import Pipeline

SEAL = "denials"


def encode(pipeline: Pipeline, call: Call, error: AWSError) -> None:
    """Add the encoded message to the error of a denial; other errors are left alone."""
    judgement: Judgement | None = getattr(error, "judgement", None)
    if judgement is None:
        return
    text = orjson.dumps(_shown(call, judgement, getattr(error, "statement", None)))
    encoded = seal(pipeline.store, pipeline.chance, SEAL, text, call.caller.account)
    error.message = (
        f"You are not authorized to perform this operation. {error.message}. "
        f"Encoded authorization failure message: {encoded}"
    )


def _shown(call: Call, judgement: Judgement, statement: Statement | None) -> dict[str, Any]:
    is_explicit = judgement.reason == "explicit-deny"
    caller = call.caller
    return {
        "allowed": False,
        "explicitDeny": is_explicit,
        "matchedStatements": {"items": [_statement(caller.id, statement)] if is_explicit and statement else []},
        "failures": {"items": []},
        "context": {
            "principal": {"id": caller.id, "name": caller.session or caller.name, "arn": caller.arn},
            "action": judgement.action,
            "resource": judgement.resource,
            "conditions": {
                "items": [
                    {"key": key, "values": _items([str(value)])} for key, value in sorted(judgement.context.items())
                ]
            },
        },
    }


def _statement(caller_id: str, statement: Statement) -> dict[str, Any]:
    return {
        "statementId": statement.sid,
        "effect": statement.effect.upper(),
        "principals": _items([caller_id]),
        "principalGroups": _items([]),
        "actions": _items(list(statement.actions)),
        "resources": _items(list(statement.resources)),
        "conditions": {"items": [{"key": each.name, "values": _items([])} for each in statement.conditions]},
    }


def _items(values: list[str]) -> dict[str, list[dict[str, str]]]:
    return {"items": [{"value": value} for value in values]}
