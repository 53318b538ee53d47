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
            _check_order(one, other, days)
    expiration = (rule.get("Expiration") or {}).get("Days")
    for action in rule.get("Transitions") or ():
        if expiration is not None and action.get("Days", 0) >= expiration:
            raise InvalidArgument(
                "'Days' in the Expiration action for filter '(prefix=)' must be greater than 'Days' in the Transition "
                "action"
            )
    gone = (rule.get("NoncurrentVersionExpiration") or {}).get("NoncurrentDays")
    for action in rule.get("NoncurrentVersionTransitions") or ():
        if gone is not None and action.get("NoncurrentDays", 0) >= gone:
            raise InvalidArgument(
                "'NoncurrentDays' in the NoncurrentVersionExpiration action for filter '(prefix=)' must be greater than "
                "'NoncurrentDays' in the NoncurrentVersionTransition action"
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


def _check_order(one: dict[str, Any], other: dict[str, Any], days: str) -> None:
    if one["StorageClass"] == other["StorageClass"]:
        raise InvalidRequest("The same storage class is specified in more than one transition of a rule")
    measure = "Date" if "Date" in one else days
    if measure not in other:
        raise InvalidRequest("Found mixed 'Date' and 'Days' based Transition actions in lifecycle rule")
    first, then = sorted((one, other), key=lambda each: float(each[measure]))
    if not leads(first["StorageClass"], then["StorageClass"]):
        raise InvalidArgument(
            f"'{measure}' in the Transition action for StorageClass '{first['StorageClass']}' for filter '(prefix=)' must "
            f"be greater than '{measure}' in the Transition action for StorageClass '{then['StorageClass']}'"
        )
