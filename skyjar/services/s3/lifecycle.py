"""Lifecycle rules: which there can be, which apply to an object, and when. Pure but for reading the rules.

S3 counts days from midnight UTC: an object expires at the first midnight that is at least so many days after it was
made. Rules are kept as they were given.
"""

from __future__ import annotations

from email.utils import formatdate
from typing import Any

from skyjar.kernel.tables import At

from . import limits, state, transitions
from .errors import InvalidArgument, InvalidRequest, MalformedXML
from .object_state import Object
from .state import Bucket

KIND = "lifecycle"
VARIES = "varies_by_storage_class"
Rule = dict[str, Any]


class Rules(list[Rule]):
    """The rules of a bucket; `moves_small`: whether objects below 128 KiB may go to the archives."""

    moves_small = False


_ACTIONS = (
    "Expiration",
    "NoncurrentVersionExpiration",
    "AbortIncompleteMultipartUpload",
    "Transitions",
    "NoncurrentVersionTransitions",
)


def check(rules: list[Rule]) -> None:
    if not 1 <= len(rules) <= limits.LIFECYCLE_RULES:
        raise MalformedXML
    ids = [rule["ID"] for rule in rules if rule.get("ID")]
    if len(set(ids)) != len(ids):
        raise InvalidArgument("Rule ID must be unique. Found same ID for more than one rule")
    for rule in rules:
        _check_rule(rule)


def _check_rule(rule: Rule) -> None:
    if len(rule.get("ID", "")) > limits.RULE_ID:
        raise InvalidArgument(f"ID length should not exceed allowed limit of {limits.RULE_ID}")
    if rule.get("Status") not in ("Enabled", "Disabled") or ("Filter" in rule) == ("Prefix" in rule):
        raise MalformedXML
    if not any(action in rule for action in _ACTIONS):
        raise InvalidRequest("At least one action needs to be specified in a rule")
    _check_filter(rule.get("Filter") or {}, rule)
    expiration = rule.get("Expiration")
    if expiration is not None:
        _check_expiration(expiration)
    noncurrent = rule.get("NoncurrentVersionExpiration")
    if noncurrent is not None and noncurrent.get("NoncurrentDays", 0) < 1:
        raise InvalidArgument("'NoncurrentDays' for NoncurrentVersionExpiration action must be a positive integer")
    for action in (noncurrent, *(rule.get("NoncurrentVersionTransitions") or ())):
        if not 1 <= (action or {}).get("NewerNoncurrentVersions", 1) <= limits.NEWER_VERSIONS:
            raise InvalidArgument(f"'NewerNoncurrentVersions' must be between 1 and {limits.NEWER_VERSIONS}")
    abort = rule.get("AbortIncompleteMultipartUpload")
    if abort is not None and abort.get("DaysAfterInitiation", 0) < 1:
        raise InvalidArgument(
            "'DaysAfterInitiation' for AbortIncompleteMultipartUpload action must be a positive integer"
        )

    transitions.check(rule)


def _check_filter(chosen: dict[str, Any], rule: Rule) -> None:
    both = chosen.get("And")
    if len(chosen) > 1 or (both is not None and len(both) - ("Tags" in both) + len(both.get("Tags") or ()) < 2):
        raise MalformedXML
    within = both or chosen
    _check_sizes(within)
    tags = [tag["Key"] for tag in within.get("Tags") or ()]
    if len(set(tags)) != len(tags):
        raise InvalidRequest("Duplicate Tag Keys are not allowed.")
    if len((within.get("Prefix") or rule.get("Prefix") or "").encode()) > limits.KEY_BYTES:
        raise InvalidRequest(f"The maximum size of a prefix is {limits.KEY_BYTES}.")
    has_tags = "Tag" in within or bool(within.get("Tags"))
    if has_tags and "AbortIncompleteMultipartUpload" in rule:
        raise InvalidRequest("AbortIncompleteMultipartUpload cannot be specified with Tags.")
    if has_tags and (rule.get("Expiration") or {}).get("ExpiredObjectDeleteMarker"):
        raise InvalidRequest("ExpiredObjectDeleteMarker cannot be specified with Tags.")


def _check_sizes(within: dict[str, Any]) -> None:
    more, less = within.get("ObjectSizeGreaterThan", 0), within.get("ObjectSizeLessThan")
    if not 0 <= more <= limits.FILTER_BYTES:
        raise InvalidRequest(f"'ObjectSizeGreaterThan' should be between 0 and {limits.FILTER_BYTES}.")
    if less is not None and not 1 <= less <= limits.FILTER_BYTES:
        raise InvalidRequest(f"'ObjectSizeLessThan' should be between 1 and {limits.FILTER_BYTES}.")
    if less is not None and "ObjectSizeGreaterThan" in within and less <= more:
        raise InvalidRequest("'ObjectSizeLessThan' has to be a value greater than 'ObjectSizeGreaterThan'.")


def _check_expiration(expiration: dict[str, Any]) -> None:
    if len(expiration) != 1:
        raise MalformedXML
    if "Days" in expiration and expiration["Days"] < 1:
        raise InvalidArgument("'Days' for Expiration action must be a positive integer")
    if "Date" in expiration and expiration["Date"] % limits.DAY_S:
        raise InvalidArgument("'Date' must be at midnight GMT")


def covers(rule: Rule, key: str, size: int, tags: dict[str, str]) -> bool:
    if rule["Status"] != "Enabled":
        return False
    chosen = rule.get("Filter") or {}
    within = chosen.get("And") or chosen
    prefix = within.get("Prefix") or rule.get("Prefix") or ""
    wanted = [*within.get("Tags", ()), *([within["Tag"]] if "Tag" in within else ())]
    return (
        key.startswith(prefix)
        and all(tags.get(tag["Key"]) == tag["Value"] for tag in wanted)
        and size > within.get("ObjectSizeGreaterThan", -1)
        and ("ObjectSizeLessThan" not in within or size < within["ObjectSizeLessThan"])
    )


def midnight(at_s: float) -> int:
    """The first midnight UTC that is not before."""
    return -int(-at_s // limits.DAY_S) * limits.DAY_S


def expires(rules: list[Rule], found: Object) -> tuple[int, str] | None:
    """When a current version is due to go, and by which rule; the earliest counts."""
    due: list[tuple[int, str]] = []
    for rule in rules:
        expiration = rule.get("Expiration") or {}
        if not covers(rule, found.key, found.size, found.tags):
            continue
        if "Days" in expiration:
            due.append((midnight(found.modified_s + expiration["Days"] * limits.DAY_S), rule.get("ID", "")))
        elif "Date" in expiration:
            due.append((int(expiration["Date"]), rule.get("ID", "")))
    return min(due) if due else None


def is_noncurrent_due(rules: list[Rule], found: Object, since_s: int, newer: int, now: float) -> bool:
    """Whether a version that ceased to be current at `since_s`, with `newer` noncurrent ones on top of it, is to go."""
    for rule in rules:
        action = rule.get("NoncurrentVersionExpiration")
        if action is None or not covers(rule, found.key, found.size, found.tags):
            continue
        if newer >= action.get("NewerNoncurrentVersions", 0) and now >= midnight(
            since_s + action["NoncurrentDays"] * limits.DAY_S
        ):
            return True
    return False


def moves(rules: Rules, found: Object, since_s: int | None, newer: int, now: float) -> str:
    """The storage class that a version is to have by now, if that is another; `since_s`, `newer`: since when it is
    noncurrent, and how many noncurrent ones are on top of it (None: it is the current one)."""
    if found.is_marker:
        return ""
    due: list[str] = []
    for rule in rules:
        if not covers(rule, found.key, found.size, found.tags):
            continue
        chosen = rule.get("Filter") or {}
        is_sized = any(name.startswith("ObjectSize") for name in chosen.get("And") or chosen)
        for action in rule.get("Transitions" if since_s is None else "NoncurrentVersionTransitions", ()):
            to = action["StorageClass"]
            is_small = found.size < limits.TRANSITION_BYTES and not is_sized
            if is_small and not (rules.moves_small and to in ("GLACIER", "DEEP_ARCHIVE")):
                continue
            if now >= _moment(action, found, since_s) and (
                since_s is None or newer >= action.get("NewerNoncurrentVersions", 0)
            ):
                due.append(to)
    lowest = max(due, key=transitions.rank, default="")
    return lowest if transitions.leads(found.storage_class, lowest) else ""


def _moment(action: dict[str, Any], found: Object, since_s: int | None) -> float:
    if since_s is not None:
        return midnight(since_s + action.get("NoncurrentDays", 0) * limits.DAY_S)
    if "Date" in action:
        return float(action["Date"])
    return midnight(found.modified_s + action.get("Days", 0) * limits.DAY_S)


def clears_markers(rules: list[Rule], marker: Object) -> bool:
    """Whether a delete marker with nothing below it is to go."""
    return any(
        (rule.get("Expiration") or {}).get("ExpiredObjectDeleteMarker") and covers(rule, marker.key, 0, {})
        for rule in rules
    )


def aborts(rules: list[Rule], key: str, started_s: int) -> tuple[int, str] | None:
    """When an incomplete upload is given up, and by which rule."""
    due = [
        (
            midnight(started_s + rule["AbortIncompleteMultipartUpload"]["DaysAfterInitiation"] * limits.DAY_S),
            rule.get("ID", ""),
        )
        for rule in rules
        if "AbortIncompleteMultipartUpload" in rule and covers(rule, key, 0, {})
    ]
    return min(due) if due else None


def rules_of(at: At, bucket: Bucket) -> Rules:
    found = state.configuration(at, bucket, KIND) if bucket.has_lifecycle else None
    rules = Rules(found["Rules"] if found is not None else ())
    rules.moves_small = found is not None and found["Minimum"] == VARIES
    return rules


def expiration_shown(at: At, bucket: Bucket, found: Object) -> dict[str, str]:
    due = expires(rules_of(at, bucket), found)
    if due is None:
        return {}
    return {"Expiration": f'expiry-date="{formatdate(due[0], usegmt=True)}", rule-id="{due[1]}"'}
