"""Wildcard patterns against each other: does one cover all that the other does, can anything match both? Pure.

Policy variables stand for anything: what is covered only with a certain value of one is not covered.
"""

from __future__ import annotations

import re

from skyjar.policy.globs import matcher, tokens_of

_VARIABLE = re.compile(r"\$\{[^}]*\}")
_ANYTHING = "\ue000"
_ONE = "\ue001"


def plain(pattern: str) -> str:
    """The pattern with a star for each of its variables."""
    return _VARIABLE.sub("*", pattern)


def is_within(inner: str, outer: str) -> bool:
    """Whether everything that `inner` matches is matched by `outer`. False may also mean that it takes several patterns
    together, or a variable, to say so."""
    if outer == "*" or inner == outer:
        return True
    if "${" in outer:
        return False
    inner = plain(inner)
    if "?" not in outer:
        marked = inner.replace("*", _ANYTHING).replace("?", _ONE)
        return matcher(tokens_of(outer))(marked)
    return _covers(inner, outer)


def _covers(inner: str, outer: str) -> bool:
    """States are how far `outer` has come; only its star takes a star of `inner`."""
    places = _closed({0}, outer)
    for char in inner:
        places = _closed(
            {place for place in places if outer[place : place + 1] == "*"}
            | {
                place + 1
                for place in places
                if char != "*" and (outer[place : place + 1] == "?" or outer[place : place + 1] == char)
            },
            outer,
        )
        if not places:
            return False
    return len(outer) in places


def _closed(places: set[int], pattern: str) -> set[int]:
    """With what is reached by letting stars match nothing."""
    found = set(places)
    for place in places:
        while pattern[place : place + 1] == "*":
            place += 1
            found.add(place)
    return found


def do_overlap(one: str, other: str) -> bool:
    """Whether some text matches both."""
    one, other = plain(one), plain(other)
    if "*" not in one and "?" not in one:
        return matcher(tokens_of(other))(one)
    if "*" not in other and "?" not in other:
        return matcher(tokens_of(one))(other)
    reached = _closed({0}, other)
    for char in one:
        if char == "*":
            reached = set(range(min(reached), len(other) + 1))
            continue
        reached = _closed(
            {place for place in reached if other[place : place + 1] == "*"}
            | {
                place + 1
                for place in reached
                if place < len(other) and other[place] != "*" and (char == "?" or other[place] in ("?", char))
            },
            other,
        )
        if not reached:
            return False
    return len(other) in reached
