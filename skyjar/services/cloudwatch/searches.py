"""SEARCH expressions: `{Namespace,Dimension} term MetricName="Exact" (a OR b) NOT c`. Pure.

Source: User Guide, "CloudWatch search expression syntax". A term without quotes is found as a part of a token (words,
digits, or what stands between other characters), one in quotes as a run of whole tokens; `Property=` limits it to one.
"""

from __future__ import annotations

import re
from collections.abc import Callable

from .grammar import BadExpression
from .state import Metric

_TOKEN = re.compile(r'\s*(?:(?P<text>"(?:[^"\\]|\\.)*")|(?P<mark>[()=])|(?P<word>[^\s()="]+))')
_PARTS = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|\d+|[A-Z]")
Test = Callable[[Metric], bool]


def compile_search(text: str) -> Test:
    """Whether a metric is found by it."""
    schema, rest = _schema(text.strip())
    reader = _Reader(rest)
    test = reader.any() if reader.left else (lambda metric: True)
    if reader.left:
        raise BadExpression("The search expression has an unexpected ')'")
    return (lambda metric: schema(metric) and test(metric)) if schema is not None else test


def _schema(text: str) -> tuple[Test | None, str]:
    if not text.startswith("{"):
        return None, text
    inside, closed, rest = text[1:].partition("}")
    if not closed:
        raise BadExpression("The search expression has no closing '}'")
    parts = [part.strip().strip('"') for part in re.findall(r'"[^"]*"|[^,]+', inside)]
    namespace, names = parts[0], sorted(parts[1:])
    return (lambda metric: metric.namespace == namespace and [name for name, _ in metric.dimensions] == names), rest


def _split(text: str) -> list[str]:
    return [part.lower() for part in _PARTS.findall(text)]


def _fields(metric: Metric, only: str) -> list[str]:
    if only == "Namespace":
        return [metric.namespace]
    if only == "MetricName":
        return [metric.name]
    own = [value for name, value in metric.dimensions if not only or name == only]
    names = [] if only else [metric.namespace, metric.name, *(name for name, _ in metric.dimensions)]
    return names + own


def _term(text: str, is_exact: bool, only: str) -> Test:
    if is_exact and only:
        return lambda metric: text in _fields(metric, only)
    wanted = _split(text)

    def test(metric: Metric) -> bool:
        for field in _fields(metric, only):
            parts = _split(field)
            if is_exact:
                if any(parts[n : n + len(wanted)] == wanted for n in range(len(parts))):
                    return True
            elif all(any(word in part for part in parts) for word in wanted) or text.lower() in field.lower():
                return True
        return False

    return test


class _Reader:
    def __init__(self, text: str) -> None:
        self.left: list[tuple[str, str]] = []
        at = 0
        while text[at:].strip():
            token = _TOKEN.match(text, at)
            if token is None:
                raise BadExpression("The search expression has an unclosed quote")
            kind = str(token.lastgroup)
            self.left.append((kind, token[kind]))
            at = token.end()

    def _next_is(self, kind: str, value: str) -> bool:
        return bool(self.left) and self.left[0] == (kind, value)

    def any(self, only: str = "") -> Test:
        tests = [self._all(only)]
        while self._next_is("word", "OR"):
            self.left.pop(0)
            tests.append(self._all(only))
        return lambda metric: any(test(metric) for test in tests)

    def _all(self, only: str) -> Test:
        tests = [self._one(only)]
        while self.left and not self._next_is("mark", ")") and not self._next_is("word", "OR"):
            if self._next_is("word", "AND"):
                self.left.pop(0)
            tests.append(self._one(only))
        return lambda metric: all(test(metric) for test in tests)

    def _one(self, only: str) -> Test:
        if not self.left:
            raise BadExpression("The search expression ends too early")
        kind, value = self.left.pop(0)
        if (kind, value) == ("word", "NOT"):
            test = self._one(only)
            return lambda metric: not test(metric)
        if (kind, value) == ("mark", "("):
            inner = self.any(only)
            if not self._next_is("mark", ")"):
                raise BadExpression("The search expression has no closing ')'")
            self.left.pop(0)
            return inner
        if kind == "mark":
            raise BadExpression(f"The search expression has an unexpected '{value}'")
        text = re.sub(r"\\(.)", r"\1", value[1:-1]) if kind == "text" else value
        if self._next_is("mark", "="):
            self.left.pop(0)
            return self._one(text.removeprefix(":aws."))
        return _term(text, kind == "text", only)
