"""Policies of advanced parameters: when they act, from what a client sends. Pure.

Source: Systems Manager User Guide, "Assigning parameter policies". The sentences of the errors that are not quoted from
AWS's API reference are Skyjar's.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any

import orjson

from . import limits
from .errors import (
    IncompatiblePolicyException,
    InvalidPolicyAttributeException,
    InvalidPolicyTypeException,
    PoliciesLimitExceededException,
    ValidationException,
)
from .state import Policy, replace

EXPIRATION, EXPIRATION_NOTIFICATION = "Expiration", "ExpirationNotification"
NO_CHANGE_NOTIFICATION = "NoChangeNotification"
PENDING, FINISHED = "Pending", "Finished"
_UNITS = {"Days": 86_400, "Hours": 3_600}
_ATTRIBUTES = {
    EXPIRATION: {"Timestamp"},
    EXPIRATION_NOTIFICATION: {"Before", "Unit"},
    NO_CHANGE_NOTIFICATION: {"After", "Unit"},
}


def read(text: str, now: float) -> tuple[Policy, ...]:
    """The policies of a request, as they begin; none of `[]` and `[{}]`, which take those away that there are."""
    try:
        given = orjson.loads(text)
    except orjson.JSONDecodeError:
        raise ValidationException(f"Invalid policies input: {text}.") from None
    if not isinstance(given, list) or not all(isinstance(each, dict) for each in given):
        raise ValidationException(f"Invalid policies input: {text}.")
    found = [_one(each) for each in given if each]
    if len(found) > limits.POLICIES:
        raise PoliciesLimitExceededException
    kinds = [policy.type for policy in found]
    if kinds.count(EXPIRATION) > 1:
        raise IncompatiblePolicyException("You can't specify two Expiration policies for a parameter.")
    if EXPIRATION_NOTIFICATION in kinds and EXPIRATION not in kinds:
        raise IncompatiblePolicyException("An ExpirationNotification policy requires an Expiration policy.")
    return started(found, now)


def _one(given: dict[str, Any]) -> Policy:
    kind, attributes = given.get("Type"), given.get("Attributes")
    if kind not in _ATTRIBUTES:
        raise InvalidPolicyTypeException
    if given.get("Version") != "1.0" or not isinstance(attributes, dict) or set(attributes) != _ATTRIBUTES[kind]:
        raise InvalidPolicyAttributeException
    moment, period = 0.0, 0
    if kind == EXPIRATION:
        moment = _moment(attributes["Timestamp"])
    else:
        period = _period(attributes["Before" if kind == EXPIRATION_NOTIFICATION else "After"], attributes["Unit"])
    return Policy(type=kind, text=orjson.dumps(given).decode(), due_at=moment, period_s=period)


def _moment(text: Any) -> float:
    try:
        found = datetime.fromisoformat(text)
    except (TypeError, ValueError):
        raise InvalidPolicyAttributeException from None
    if found.tzinfo is None:
        raise InvalidPolicyAttributeException
    return found.timestamp()


def _period(number: Any, unit: Any) -> int:
    if unit not in _UNITS or not isinstance(number, str) or not (number.isascii() and number.isdigit()):
        raise InvalidPolicyAttributeException
    count = int(number) if len(number) < 7 else 0
    if not count:
        raise InvalidPolicyAttributeException
    return count * _UNITS[unit]


def started(policies: Iterable[Policy], now: float) -> tuple[Policy, ...]:
    """The policies of a parameter that is changed now: periods without a change begin anew, expirations stay."""
    given = tuple(policies)
    expires_at = next((policy.due_at for policy in given if policy.type == EXPIRATION), 0.0)
    found = []
    for policy in given:
        if policy.type == NO_CHANGE_NOTIFICATION:
            policy = replace(policy, due_at=now + policy.period_s, status=PENDING)
        elif policy.type == EXPIRATION_NOTIFICATION:
            policy = replace(policy, due_at=expires_at - policy.period_s)
        found.append(policy)
    return tuple(found)


def next_due(policies: Iterable[Policy]) -> float | None:
    return min((policy.due_at for policy in policies if policy.status == PENDING), default=None)


def due(policies: Iterable[Policy], now: float) -> list[Policy]:
    return [policy for policy in policies if policy.status == PENDING and policy.due_at <= now]


def acted(policies: Iterable[Policy], done: list[Policy]) -> tuple[Policy, ...]:
    return tuple(replace(policy, status=FINISHED) if policy in done else policy for policy in policies)


def shown(policies: Iterable[Policy]) -> list[dict[str, str]]:
    return [{"PolicyText": each.text, "PolicyType": each.type, "PolicyStatus": each.status} for each in policies]
