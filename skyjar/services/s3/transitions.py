"""Transitions of a lifecycle rule: to which classes, how soon, in which order. Pure.

Objects only go down. Source: S3 User Guide, "Transitioning objects using Amazon S3 Lifecycle".
"""

from __future__ import annotations

from itertools import combinations
from typing import Any

from . import limits
from .errors import InvalidArgument, InvalidRequest, MalformedXML

_DOWN = ("STANDARD", "STANDARD_IA", "INTELLIGENT_TIERING", "ONEZONE_IA", "GLACIER_IR", "GLACIER", "DEEP_ARCHIVE")
_INFREQUENT = ("STANDARD_IA", "ONEZONE_IA")


def rank(storage_class: str) -> int:
    return _DOWN.index(storage_class) if storage_class in _DOWN else 0


def leads(storage_class: str, to: str) -> bool:
    """Whether an object of that class can go there."""
    return rank(to) > rank(storage_class) and not (storage_class == "ONEZONE_IA" and to == "GLACIER_IR")


def check(rule: dict[str, Any]) -> None:
    for name, days in (("Transitions", "Days"), ("NoncurrentVersionTransitions", "NoncurrentDays")):
        actions = rule.get(name) or ()
        for action in actions:
            _check_one(action, days)
        for one, other in combinations(actions, 2):
            _check_order(rule, one, other, days)
    for action in rule.get("Transitions") or ():
        _check_before_end(rule, action)
    gone = (rule.get("NoncurrentVersionExpiration") or {}).get("NoncurrentDays")
    for action in rule.get("NoncurrentVersionTransitions") or ():
        if gone is not None and action.get("NoncurrentDays", 0) >= gone:
            raise InvalidArgument(
                f"'NoncurrentDays' in the NoncurrentVersionExpiration action for filter '{_filter(rule)}' must be greater "
                "than 'NoncurrentDays' in the NoncurrentVersionTransition action"
            )


def _filter(rule: dict[str, Any]) -> str:
    """As it is told in errors."""
    chosen = rule.get("Filter") or {}
    return f"(prefix={(chosen.get('And') or chosen).get('Prefix') or rule.get('Prefix') or ''})"


def _check_before_end(rule: dict[str, Any], action: dict[str, Any]) -> None:
    """A transition comes before the expiration, and both have days or both a date."""
    end = rule.get("Expiration") or {}
    measure = next((name for name in ("Days", "Date") if name in end), "")
    if not measure:
        return
    if measure not in action:
        raise InvalidRequest(
            f"Found mixed 'Date' and 'Days' based Expiration and Transition actions in lifecycle rule for filter '{_filter(rule)}'"
        )
    if action[measure] >= end[measure]:
        raise InvalidArgument(
            f"'{measure}' in the Expiration action for filter '{_filter(rule)}' must be "
            f"{'greater' if measure == 'Days' else 'later'} than '{measure}' in the Transition action"
        )


def _check_one(action: dict[str, Any], days: str) -> None:
    to = action.get("StorageClass")
    if to not in _DOWN or to == "STANDARD":
        raise InvalidArgument(
            "The transition storage class is not valid", ArgumentName="StorageClass", ArgumentValue=to or ""
        )
    if ("Date" in action) == (days in action):
        raise MalformedXML
    if "Date" in action and action["Date"] % limits.DAY_S:
        raise InvalidArgument("'Date' must be at midnight GMT")
    if action.get(days, 0) < 0:
        raise InvalidArgument(f"'{days}' for Transition action must be nonnegative")
    if to in _INFREQUENT and action.get(days, limits.INFREQUENT_DAYS) < limits.INFREQUENT_DAYS:
        raise InvalidArgument(
            f"'{days}' in Transition action must be greater than or equal to {limits.INFREQUENT_DAYS} for storageClass "
            f"'{to}'"
        )


def _check_order(rule: dict[str, Any], one: dict[str, Any], other: dict[str, Any], days: str) -> None:
    if one["StorageClass"] == other["StorageClass"]:
        raise InvalidRequest("The same storage class is specified in more than one transition of a rule")
    measure = "Date" if "Date" in one else days
    if measure not in other:
        raise InvalidRequest(
            f"Found mixed 'Date' and 'Days' based Transition actions in lifecycle rule for filter '{_filter(rule)}'"
        )
    first, then = sorted((one, other), key=lambda each: float(each[measure]))
    if not leads(first["StorageClass"], then["StorageClass"]):
        raise InvalidArgument(
            f"'{measure}' in the Transition action for StorageClass '{first['StorageClass']}' for filter '{_filter(rule)}' "
            f"must be greater than '{measure}' in the Transition action for StorageClass '{then['StorageClass']}'"
        )
