"""Filter patterns: terms, "phrases", -excluded, ?either, %regular expressions%, and `{ $.a = "x" && … }` for JSON. Pure."""

from __future__ import annotations

import re
from collections.abc import Callable

from skyjar.kernel.errors import NotImplementedHere

from . import json_patterns
from .errors import InvalidParameterException

Matches = Callable[[str], bool]
_TERM = re.compile(r'\s*([-?]?)("(?:[^"\\]|\\.)*"|%[^%]*%|[^\s"]+)')


def compile(pattern: str) -> Matches:
    """A predicate on messages."""
    pattern = pattern.strip()
    if not pattern:
        return lambda message: True
    if pattern.startswith("{"):
        return json_patterns.compile(pattern)
    if pattern.startswith("["):
        raise NotImplementedHere("Skyjar does not implement space-delimited filter patterns of logs ([a, b, ...]).")
    return _terms(pattern)


def _terms(pattern: str) -> Matches:
    needed: list[Matches] = []
    unwanted: list[Matches] = []
    either: list[Matches] = []
    at = 0
    while at < len(pattern):
        match = _TERM.match(pattern, at)
        if match is None:
            raise InvalidParameterException("Invalid filter pattern")
        {"": needed, "-": unwanted, "?": either}[match[1]].append(_contains(match[2]))
        at = match.end()

    def matches(message: str) -> bool:
        if any(has(message) for has in unwanted) or not all(has(message) for has in needed):
            return False
        return not either or bool(needed) or any(has(message) for has in either)

    return matches


def _contains(term: str) -> Matches:
    if term.startswith("%") and term.endswith("%") and len(term) > 1:
        try:
            found = re.compile(term[1:-1])
        except re.error:
            raise InvalidParameterException("Invalid regular expression in filter pattern") from None
        return lambda message: found.search(message) is not None
    text = re.sub(r"\\(.)", r"\1", term[1:-1]) if term.startswith('"') else term
    return lambda message: text in message
