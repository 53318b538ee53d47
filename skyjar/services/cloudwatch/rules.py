"""Rules of composite alarms: `ALARM("a") AND (NOT OK(b) OR TRUE)`, `AT_LEAST(2, ALARM, (a, b, c))`. Pure."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import NamedTuple

from .errors import ValidationException

_TOKEN = re.compile(r'\s*(?:(?P<text>"(?:[^"\\]|\\.)*"|\'(?:[^\'\\]|\\.)*\')|(?P<mark>[(),])|(?P<word>[^\s(),"\']+))')
STATES = ("ALARM", "OK", "INSUFFICIENT_DATA")
DEPTH_MOST = 50


class Constant(NamedTuple):
    value: bool


class Is(NamedTuple):
    """That an alarm (its name or ARN) is in a state."""

    state: str
    alarm: str


class Joined(NamedTuple):
    """`word`: AND, OR, NOT."""

    word: str
    parts: tuple[Rule, ...]


class AtLeast(NamedTuple):
    """That so many of the alarms (or that share of them, in percent) are in a state, or are not."""

    number: int
    is_share: bool
    state: str
    is_negated: bool
    alarms: tuple[str, ...]


Rule = Constant | Is | Joined | AtLeast


def parse(text: str) -> Rule:
    reader = _Reader(text)
    rule = reader.any()
    if reader.left:
        raise reader.wrong()
    return rule


def named(rule: Rule) -> list[str]:
    """The names and ARNs of the alarms in it, each once."""
    if isinstance(rule, Is):
        return [rule.alarm]
    if isinstance(rule, AtLeast):
        return list(dict.fromkeys(rule.alarms))
    if isinstance(rule, Joined):
        return list(dict.fromkeys(name for part in rule.parts for name in named(part)))
    return []


def holds(rule: Rule, state_of: Callable[[str], str]) -> bool:
    if isinstance(rule, Constant):
        return rule.value
    if isinstance(rule, Is):
        return state_of(rule.alarm) == rule.state
    if isinstance(rule, AtLeast):
        found = sum((state_of(name) == rule.state) != rule.is_negated for name in rule.alarms)
        return found * 100 >= rule.number * len(rule.alarms) if rule.is_share else found >= rule.number
    if rule.word == "NOT":
        return not holds(rule.parts[0], state_of)
    found_any = (holds(part, state_of) for part in rule.parts)
    return all(found_any) if rule.word == "AND" else any(found_any)


class _Reader:
    def __init__(self, text: str) -> None:
        self._whole = text
        self._depth = 0
        self.left: list[tuple[str, str]] = []
        at = 0
        while text[at:].strip():
            token = _TOKEN.match(text, at)
            if token is None:
                raise self.wrong()
            kind = str(token.lastgroup)
            self.left.append((kind, token[kind]))
            at = token.end()

    def wrong(self) -> ValidationException:
        near = self.left[0][1] if self.left else "the end"
        return ValidationException(f"AlarmRule is invalid: syntax error near {near!r} in {self._whole[:200]!r}")

    def _next(self, *words: str) -> bool:
        return bool(self.left) and self.left[0][0] != "text" and self.left[0][1].upper() in words

    def _take(self, *words: str) -> str:
        if not self._next(*words):
            raise self.wrong()
        return self.left.pop(0)[1].upper()

    def any(self) -> Rule:
        return self._joined("OR", self._all)

    def _all(self) -> Rule:
        return self._joined("AND", self._one)

    def _joined(self, word: str, part: Callable[[], Rule]) -> Rule:
        parts = [part()]
        while self._next(word):
            self._take(word)
            parts.append(part())
        return parts[0] if len(parts) == 1 else Joined(word, tuple(parts))

    def _one(self) -> Rule:
        self._depth += 1
        if self._depth > DEPTH_MOST:
            raise self.wrong()
        try:
            return self._whole_one()
        finally:
            self._depth -= 1

    def _whole_one(self) -> Rule:
        if self._next("NOT"):
            self._take("NOT")
            return Joined("NOT", (self._one(),))
        if self._next("("):
            self._take("(")
            inner = self.any()
            self._take(")")
            return inner
        if self._next("TRUE", "FALSE"):
            return Constant(self._take("TRUE", "FALSE") == "TRUE")
        if self._next("AT_LEAST"):
            return self._at_least()
        state = self._take(*STATES)
        self._take("(")
        name = self._name()
        self._take(")")
        return Is(state, name)

    def _name(self) -> str:
        if not self.left or self.left[0][0] == "mark":
            raise self.wrong()
        kind, value = self.left.pop(0)
        return re.sub(r"\\(.)", r"\1", value[1:-1]) if kind == "text" else value

    def _at_least(self) -> Rule:
        self._take("AT_LEAST")
        self._take("(")
        text = self._name()
        number = text.removesuffix("%")
        if not (number.isascii() and number.isdigit() and int(number) > 0):
            raise self.wrong()
        self._take(",")
        is_negated = self._next("NOT")
        if is_negated:
            self._take("NOT")
        state = self._take(*STATES)
        self._take(",")
        self._take("(")
        alarms = [self._name()]
        while self._next(","):
            self._take(",")
            alarms.append(self._name())
        self._take(")")
        self._take(")")
        is_share = text.endswith("%")
        if (is_share and int(number) > 100) or (not is_share and int(number) > len(alarms)):
            raise self.wrong()
        return AtLeast(int(number), is_share, state, is_negated, tuple(alarms))
