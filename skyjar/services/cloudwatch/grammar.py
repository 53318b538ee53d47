"""The grammar of metric math: text to a tree. Pure.

From the loosest to the tightest: `||`, `&&`, comparisons, `+ -`, `* /`, `^`, a leading minus; then numbers, texts in
single or double quotes, ids, calls and arrays. Keywords AND, OR are as `&&`, `||`. A syntax error is a `BadExpression`.
"""

from __future__ import annotations

import re
from typing import NamedTuple

_TOKEN = re.compile(
    r"\s*(?:(?P<number>\d+(?:\.\d+)?(?:[eE][+-]?\d+)?)|(?P<name>[A-Za-z_][A-Za-z0-9_]*)"
    r"|(?P<text>'(?:[^'\\]|\\.)*'|\"(?:[^\"\\]|\\.)*\")|(?P<mark>\|\||&&|==|!=|<=|>=|[-+*/^<>(),\[\]]))"
)
_LEVELS = (("||",), ("&&",), ("==", "!=", "<", "<=", ">", ">="), ("+", "-"), ("*", "/"))
_WORDS = {"AND": "&&", "OR": "||"}
DEPTH_MOST = 60


class BadExpression(Exception):
    """What is wrong with it, as a sentence."""


class Number(NamedTuple):
    value: float


class Text(NamedTuple):
    value: str


class Name(NamedTuple):
    value: str


class Array(NamedTuple):
    parts: tuple[Node, ...]


class Apply(NamedTuple):
    """A function, or an operator such as `+`; `negate` is the leading minus."""

    function: str
    parts: tuple[Node, ...]


Node = Number | Text | Name | Array | Apply


def parse(text: str) -> Node:
    reader = _Reader(_tokens(text))
    tree = reader.level(0)
    if reader.peek()[1]:
        raise BadExpression(f"Unexpected '{reader.peek()[1]}'")
    return tree


def _tokens(text: str) -> list[tuple[str, str]]:
    found: list[tuple[str, str]] = []
    at = 0
    while text[at:].strip():
        token = _TOKEN.match(text, at)
        if token is None:
            raise BadExpression(f"Unexpected character '{text[at:].strip()[0]}'")
        kind = str(token.lastgroup)
        value = token[kind]
        if kind == "name" and value.upper() in _WORDS:
            kind, value = "mark", _WORDS[value.upper()]
        found.append((kind, value))
        at = token.end()
    return found


class _Reader:
    def __init__(self, tokens: list[tuple[str, str]]) -> None:
        self._tokens = tokens
        self._at = 0
        self._depth = 0

    def peek(self) -> tuple[str, str]:
        return self._tokens[self._at] if self._at < len(self._tokens) else ("end", "")

    def _take(self, *marks: str) -> str:
        kind, value = self.peek()
        if kind == "mark" and value in marks:
            self._at += 1
            return value
        return ""

    def _expect(self, mark: str) -> None:
        if not self._take(mark):
            raise BadExpression(f"Expected '{mark}' but found '{self.peek()[1] or 'the end'}'")

    def level(self, number: int) -> Node:
        if number == len(_LEVELS):
            return self._power()
        left = self.level(number + 1)
        while mark := self._take(*_LEVELS[number]):
            left = Apply(mark, (left, self.level(number + 1)))
        return left

    def _power(self) -> Node:
        if self._take("-"):
            return Apply("negate", (self._power(),))
        self._take("+")
        left = self._atom()
        return Apply("^", (left, self._power())) if self._take("^") else left

    def _atom(self) -> Node:
        self._depth += 1
        if self._depth > DEPTH_MOST:
            raise BadExpression("The expression is nested too deeply")
        try:
            return self._whole()
        finally:
            self._depth -= 1

    def _whole(self) -> Node:
        if self._take("("):
            inner = self.level(0)
            self._expect(")")
            return inner
        if self._take("["):
            return Array(self._list("]"))
        kind, value = self.peek()
        if kind not in ("number", "text", "name"):
            raise BadExpression(f"Unexpected '{value}'" if value else "Unexpected end of the expression")
        self._at += 1
        if kind == "number":
            return Number(float(value))
        if kind == "text":
            return Text(re.sub(r"\\(.)", r"\1", value[1:-1]))
        return Apply(value.upper(), self._list(")")) if self._take("(") else Name(value)

    def _list(self, end: str) -> tuple[Node, ...]:
        parts: list[Node] = []
        if self._take(end):
            return ()
        while True:
            parts.append(self.level(0))
            if self._take(end):
                return tuple(parts)
            self._expect(",")


def names_in(tree: Node) -> set[str]:
    """The ids that it refers to."""
    if isinstance(tree, Name):
        return {tree.value}
    return {name for part in parts_of(tree) for name in names_in(part)}


def functions_in(tree: Node) -> set[str]:
    own = {tree.function} if isinstance(tree, Apply) else set()
    return own.union(*(functions_in(part) for part in parts_of(tree)))


def parts_of(tree: Node) -> tuple[Node, ...]:
    return tree.parts if isinstance(tree, Apply | Array) else ()
