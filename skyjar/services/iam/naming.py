"""Ids, dates, tags and pages, as IAM makes and checks them. Pure, but for the ids' chance."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any, TypeVar
from urllib.parse import quote

from skyjar.kernel.call import Call

from . import limits
from .errors import InvalidInputException, LimitExceededException, ValidationError

T = TypeVar("T")
Tags = list[dict[str, str]]


def new_id(call: Call, prefix: str) -> str:
    """`AIDA`, `AROA`, `AGPA`, `ANPA`, `AIPA` and 17 letters and digits."""
    return prefix + call.chance.base32(17)


def date(call: Call) -> float:
    """IAM keeps whole seconds."""
    return float(int(call.now))


def encoded(document: str) -> str:
    """A policy document on its way out: percent-encoded (RFC 3986); clients decode it."""
    return quote(document, safe="")


def checked_tags(given: Tags | None, present: dict[str, str] | None = None) -> dict[str, str]:
    """The tags after adding the given ones. Keys are told apart without regard to case."""
    tags = dict(present or {})
    folded = {key.lower(): key for key in tags}
    seen: set[str] = set()
    for tag in given or []:
        key, value = tag["Key"], tag["Value"]
        if key.lower() in seen:
            raise InvalidInputException("Duplicate tag keys found. Please note that Tag keys are case insensitive.")
        if key.lower().startswith("aws:"):
            raise ValidationError("Tag keys starting with 'aws:' are reserved for internal use")
        seen.add(key.lower())
        tags.pop(folded.get(key.lower(), key), None)
        tags[key] = value
    if len(tags) > limits.TAGS:
        raise LimitExceededException(f"The number of tags has reached the maximum limit. Limit: {limits.TAGS}")
    return tags


def without_tags(present: dict[str, str], keys: list[str]) -> dict[str, str]:
    gone = {key.lower() for key in keys}
    return {key: value for key, value in present.items() if key.lower() not in gone}


def shown_tags(tags: dict[str, str]) -> Tags:
    return [{"Key": key, "Value": value} for key, value in tags.items()]


def page(
    member: str,
    items: Iterable[T],
    marker: str,
    max_items: int | None,
    name: Callable[[T], str],
    show: Callable[[T], Any],
) -> dict[str, Any]:
    """One page of a list that is ordered by name; the marker is the name where the next one begins."""
    limit = max_items or limits.LIST_ITEMS
    shown: list[Any] = []
    for item in items:
        if name(item) < marker:
            continue
        if len(shown) == limit:
            return {member: shown, "IsTruncated": True, "Marker": name(item)}
        shown.append(show(item))
    return {member: shown, "IsTruncated": False}


def page_of_tags(tags: dict[str, str], marker: str, max_items: int | None) -> dict[str, Any]:
    return page("Tags", shown_tags(dict(sorted(tags.items()))), marker, max_items, lambda tag: tag["Key"], dict)
