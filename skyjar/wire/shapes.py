"""Constraints of the model: compiled checks for the fast path, and AWS's sentences for the slow one.

A compiled check only says that something is wrong (by raising INVALID). The codec then parses once more without checks
and lets `violations` walk the model to say what: a valid request never pays for the words.
"""

from __future__ import annotations

import re
import warnings
from collections.abc import Callable
from functools import lru_cache
from typing import Any

from skyjar.wire.errors import INVALID
from skyjar.wire.models import Shape
from skyjar.wire.validation import Rules
from skyjar.wire.violation import Violation

Check = Callable[[Any], None]

PATTERN_LENGTH_MAX = 4096
NESTED_PATTERN_LENGTH_MAX = 256
VIOLATIONS_MAX = 10
VALUE_LENGTH_MAX = 1024

# A repeated group that itself repeats: backtracking in these can be exponential.
_NESTED = re.compile(r"[+*}]\??\)[+*{]")


class Pattern:
    """A Java regular expression of a model, in Python; `matches` is True for what cannot be decided safely."""

    __slots__ = ("_limit", "_match", "text")

    def __init__(self, text: str) -> None:
        self.text = text
        self._limit = NESTED_PATTERN_LENGTH_MAX if _NESTED.search(text) else PATTERN_LENGTH_MAX
        self._match = _compile(text)

    def matches(self, value: str) -> bool:
        return self._match is None or len(value) > self._limit or self._match(value) is not None


def _compile(text: str) -> Callable[[str], Any] | None:
    """None for what Python reads differently (character class intersections, nested sets) or not at all (\\p{…})."""
    if "&&" in text:
        return None
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            compiled = re.compile(text)
    except (re.error, Warning, OverflowError, RecursionError):
        return None
    anchored = text.startswith("^") or text.endswith("$")
    # Older models mean a match of the whole value, newer ones any match; only a repetition at the end tells.
    return compiled.search if anchored or text[-1:] not in tuple("*+?})") else compiled.fullmatch


@lru_cache(maxsize=8192)
def pattern(text: str) -> Pattern:
    return Pattern(text)


class Constraints:
    """What the model asks of one scalar, list or map, after a service's rules have been applied."""

    __slots__ = ("enum", "high", "low", "pattern", "shown", "size_high", "size_low")

    def __init__(self, shape: Shape, rules: Rules) -> None:
        low, high = shape.trait("min"), shape.trait("max")
        numeric = shape.type in ("integer", "long", "float", "double")
        sized = "length" in rules.checks and not numeric and shape.type not in ("boolean", "timestamp", "structure")
        ranged = "range" in rules.checks and numeric
        self.size_low = int(low) if sized and low else None
        self.size_high = int(high) if sized and high is not None else None
        self.low = low if ranged else None
        self.high = high if ranged else None
        text = shape.trait("pattern") if "pattern" in rules.checks and shape.type == "string" else None
        self.pattern = text or None
        self.enum = frozenset(shape.enum) if "enum" in rules.checks and shape.type == "string" else frozenset()
        self.shown = rules.enum_orders.get(shape.name) or sorted(self.enum)

    def check(self) -> Check | None:
        """The compiled check, or None when nothing is asked."""
        steps = [step for step in (self._size(), self._range(), self._enum(), self._pattern()) if step is not None]
        if len(steps) < 2:
            return steps[0] if steps else None

        def every(value: Any) -> None:
            for step in steps:
                step(value)

        return every

    def _size(self) -> Check | None:
        if self.size_low is None and self.size_high is None:
            return None
        low = self.size_low or 0
        high = self.size_high if self.size_high is not None else 1 << 62

        def size(value: Any) -> None:
            if not low <= len(value) <= high:
                raise INVALID

        return size

    def _range(self) -> Check | None:
        if self.low is None and self.high is None:
            return None
        low = self.low if self.low is not None else float("-inf")
        high = self.high if self.high is not None else float("inf")

        def within(value: Any) -> None:
            if not low <= value <= high:
                raise INVALID

        return within

    def _enum(self) -> Check | None:
        if not self.enum:
            return None
        allowed = self.enum

        def one_of(value: Any) -> None:
            if value not in allowed:
                raise INVALID

        return one_of

    def _pattern(self) -> Check | None:
        if self.pattern is None:
            return None
        text = self.pattern
        compiled: list[Pattern] = []

        def matching(value: Any) -> None:
            if not compiled:
                compiled.append(pattern(text))
            if not compiled[0].matches(value):
                raise INVALID

        return matching


def compile_check(shape: Shape, rules: Rules | None) -> Check | None:
    return Constraints(shape, rules).check() if rules is not None else None


def lower_first(name: str) -> str:
    return name[:1].lower() + name[1:]


def missing_members(shape: Shape, value: dict[str, Any]) -> list[str]:
    return [name for name in shape.required if value.get(name) is None]


def violations(shape: Shape, value: Any, rules: Rules, path: str = "") -> list[Violation]:
    """Every broken constraint in a parsed value, in the model's order, at most `VIOLATIONS_MAX`."""
    found: list[Violation] = []
    _walk(shape, value, rules, path, found)
    return found[:VIOLATIONS_MAX]


def _walk(shape: Shape, value: Any, rules: Rules, path: str, found: list[Violation]) -> None:
    if len(found) >= VIOLATIONS_MAX:
        return
    if shape.type == "structure":
        _walk_structure(shape, value, rules, path, found)
        return
    found.extend(Violation(path, text) for text in _broken(Constraints(shape, rules), value, path))
    if shape.type == "list":
        for number, item in enumerate(value, 1):
            _walk_child(shape.member, item, rules, f"{path}.{number}.member", found)
    elif shape.type == "map":
        for key, item in value.items():
            _walk_child(shape.key, key, rules, f"{path}.key", found)
            _walk_child(shape.value, item, rules, f"{path}.{key}.member", found)


def _walk_child(shape: Shape, value: Any, rules: Rules, path: str, found: list[Violation]) -> None:
    if value is None:
        found.append(Violation(path, _sentence("null", path, "Member must not be null"), True))
    else:
        _walk(shape, value, rules, path, found)


def _walk_structure(shape: Shape, value: Any, rules: Rules, path: str, found: list[Violation]) -> None:
    if shape.trait("document") or not isinstance(value, dict):
        return
    prefix = f"{path}." if path else ""
    for name, member in shape.members.items():
        here = prefix + lower_first(name)
        item = value.get(name)
        if item is None:
            if name in shape.required:
                found.append(Violation(here, _sentence("null", here, "Member must not be null"), True))
        elif f"{shape.name}.{name}" not in rules.skip:
            _walk(member, item, rules, here, found)


def _broken(asked: Constraints, value: Any, path: str) -> list[str]:
    shown = show(value)
    rows: list[tuple[bool, str]] = []
    if asked.size_low is not None:
        rows.append((len(value) < asked.size_low, f"length greater than or equal to {asked.size_low}"))
    if asked.size_high is not None:
        rows.append((len(value) > asked.size_high, f"length less than or equal to {asked.size_high}"))
    if asked.low is not None:
        rows.append((value < asked.low, f"value greater than or equal to {asked.low}"))
    if asked.high is not None:
        rows.append((value > asked.high, f"value less than or equal to {asked.high}"))
    texts = [_sentence(shown, path, f"Member must have {rule}") for broken, rule in rows if broken]
    if asked.pattern is not None and not pattern(asked.pattern).matches(value):
        texts.append(_sentence(shown, path, f"Member must satisfy regular expression pattern: {asked.pattern}"))
    if asked.enum and value not in asked.enum:
        texts.append(_sentence(shown, path, f"Member must satisfy enum value set: [{', '.join(asked.shown)}]"))
    return texts


def _sentence(shown: str, path: str, rule: str) -> str:
    return f"Value {shown} at '{path}' failed to satisfy constraint: {rule}"


def show(value: Any) -> str:
    """A value as Java prints it, in quotes."""
    return f"'{_java(value)[:VALUE_LENGTH_MAX]}'"


def _java(value: Any) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, bytes):
        return f"java.nio.HeapByteBuffer[pos=0 lim={len(value)} cap={len(value)}]"
    if isinstance(value, list):
        return "[" + ", ".join(map(_java, value[:100])) + "]"
    if isinstance(value, dict):
        return "{" + ", ".join(f"{key}={_java(item)}" for key, item in list(value.items())[:100]) + "}"
    return str(value)


def summary(texts: list[str]) -> str:
    """`2 validation errors detected: …; …`."""
    plural = "error" if len(texts) == 1 else "errors"
    return f"{len(texts)} validation {plural} detected: {'; '.join(texts)}"
