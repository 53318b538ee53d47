"""Filters of ListSecrets and BatchGetSecretValue. Pure.

A value matches from the beginning, and with `!` before it when it does not match. `description` and `all` look at words,
without regard to case; the rest heeds it.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from .errors import InvalidParameterException, ValidationException
from .state import Secret

Test = Callable[[Secret], bool]
_WORDS = re.compile(r"[^\s/_+=.@!-]+")


def _all_texts(secret: Secret) -> list[str]:
    return [secret.name, secret.description, secret.primary_region, *secret.tags, *secret.tags.values()]


_FIELDS: dict[str, Callable[[Secret], list[str]]] = {
    "name": lambda secret: [secret.name],
    "description": lambda secret: [secret.description],
    "tag-key": lambda secret: list(secret.tags),
    "tag-value": lambda secret: list(secret.tags.values()),
    "primary-region": lambda secret: [secret.primary_region] if secret.primary_region else [],
    "owning-service": lambda secret: [],
    "all": _all_texts,
}
_BY_WORD = ("description", "all")


def tests(given: list[dict[str, Any]]) -> list[Test]:
    return [_test(each.get("Key", ""), each.get("Values") or []) for each in given]


def _test(key: str, values: list[str]) -> Test:
    field = _FIELDS.get(key)
    if field is None:
        raise ValidationException(f"Invalid filter key: {key}")
    if not values:
        raise InvalidParameterException(f"Invalid filter values for key: {key}")
    matches = _word_match if key in _BY_WORD else _prefix_match

    def test(secret: Secret) -> bool:
        texts = field(secret)
        wanted = [value for value in values if not value.startswith("!")]
        unwanted = [value[1:] for value in values if value.startswith("!")]
        if any(matches(text, value) for value in unwanted for text in texts):
            return False
        return not wanted or any(matches(text, value) for value in wanted for text in texts)

    return test


def _prefix_match(text: str, value: str) -> bool:
    return text.startswith(value)


def _word_match(text: str, value: str) -> bool:
    """Every word of the value begins a word of the text."""
    words = _WORDS.findall(text.lower())
    return all(any(word.startswith(part) for word in words) for part in _WORDS.findall(value.lower()))
