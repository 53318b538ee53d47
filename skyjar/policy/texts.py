"""From bytes to plain values, within bounds: nothing that a client sends can cost more than its length."""

import json
from typing import Any, NoReturn

from .errors import SYNTAX, MalformedPolicy

LARGEST_DOCUMENT_CHARS = 131_072  # the largest of AWS's is KMS's 32 KiB
DEEPEST = 10  # document, list, statement, Condition, operator, key, list: seven are ever needed
MOST_STATEMENTS = 2_000


def parse(text: str) -> dict[str, Any]:
    """The document as plain values; raises MalformedPolicy when it is no JSON object, too large, too deep or ambiguous."""
    if len(text) > LARGEST_DOCUMENT_CHARS or _is_deep(text):
        raise MalformedPolicy(SYNTAX)
    try:
        parsed = json.loads(
            text, object_pairs_hook=_unambiguous, parse_int=_Number, parse_float=_Number, parse_constant=_refuse
        )
    except (ValueError, RecursionError):
        raise MalformedPolicy(SYNTAX) from None
    if not isinstance(parsed, dict):
        raise MalformedPolicy(SYNTAX)
    return parsed


def text_of(document: str | bytes | dict[str, Any]) -> str:
    if isinstance(document, str):
        return document
    try:
        return document.decode() if isinstance(document, bytes) else json.dumps(document, separators=(",", ":"))
    except (ValueError, TypeError, RecursionError):
        raise MalformedPolicy(SYNTAX) from None


class _Number(str):
    """A JSON number as it was written: Decimals, not floats, compare it, and only conditions may hold one."""

    __slots__ = ()


def strings(value: object) -> tuple[str, ...]:
    """A string or a list of strings, as a tuple. Numbers and booleans are refused."""
    values = value if isinstance(value, list) else [value]
    if any(type(each) is not str for each in values):
        raise MalformedPolicy(SYNTAX)
    return tuple(values)


def scalars(value: object) -> tuple[str, ...]:
    """As `strings`, but numbers and booleans are allowed, as they are in conditions; they become their JSON text."""
    return tuple(_scalar(each) for each in (value if isinstance(value, list) else [value]))


def _scalar(value: object) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str):
        return str(value)
    raise MalformedPolicy(SYNTAX)


def _is_deep(text: str) -> bool:
    depth, in_string, escaped = 0, False, False
    for char in text:
        if in_string:
            if escaped:
                escaped = False
            elif char == "\\":
                escaped = True
            elif char == '"':
                in_string = False
        elif char == '"':
            in_string = True
        elif char in "{[":
            depth += 1
            if depth > DEEPEST:
                return True
        elif char in "}]":
            depth -= 1
    return False


def _unambiguous(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("a key occurs twice")
    return found


def _refuse(name: str) -> NoReturn:
    raise ValueError(name)
