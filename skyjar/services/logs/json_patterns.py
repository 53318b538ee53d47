"""The JSON form of filter patterns: `{ ($.a.b[0] = "x*" || $.n >= 2) && $.c EXISTS }`. Pure."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import orjson

from .errors import InvalidParameterException

Test = Callable[[Any], bool]
_TOKEN = re.compile(
    r"""\s*(?:(?P<op>&&|\|\||\(|\)|!=|>=|<=|=|>|<)|(?P<path>\$(?:\.[A-Za-z0-9_\-]+|\[\d+\]|\["[^"]*"\]|\['[^']*'\])+)"""
    r"""|(?P<text>"(?:[^"\\]|\\.)*")|(?P<regex>%[^%]*%)|(?P<word>[^\s()=<>!&|"]+))"""
)
_STEP = re.compile(r"""\.([A-Za-z0-9_\-]+)|\[(\d+)\]|\["([^"]*)"\]|\['([^']*)'\]""")
_MISSING = object()


def compile(pattern: str) -> Callable[[str], bool]:
    if not pattern.endswith("}"):
        raise _invalid()
    parser = _Parser(_tokens(pattern[1:-1].strip()))
    test = parser.either()
    if parser.left():
        raise _invalid()

    def matches(message: str) -> bool:
        try:
            found = orjson.loads(message)
        except orjson.JSONDecodeError:
            return False
        return test(found)

    return matches


def _invalid() -> InvalidParameterException:
    return InvalidParameterException("Invalid filter pattern")


def _tokens(text: str) -> list[tuple[str, str]]:
    found: list[tuple[str, str]] = []
    at = 0
    while at < len(text):
        match = _TOKEN.match(text, at)
        if match is None or match.lastgroup is None:
            raise _invalid()
        found.append((match.lastgroup, match[match.lastgroup]))
        at = match.end()
        at += len(text[at:]) - len(text[at:].lstrip())
    return found


class _Parser:
    def __init__(self, tokens: list[tuple[str, str]]) -> None:
        self._tokens = tokens
        self._at = 0

    def left(self) -> bool:
        return self._at < len(self._tokens)

    def _take(self) -> tuple[str, str]:
        if not self.left():
            raise _invalid()
        self._at += 1
        return self._tokens[self._at - 1]

    def _next_is(self, value: str) -> bool:
        if self.left() and self._tokens[self._at] == ("op", value):
            self._at += 1
            return True
        return False

    def either(self) -> Test:
        tests = [self._both()]
        while self._next_is("||"):
            tests.append(self._both())
        return tests[0] if len(tests) == 1 else lambda value: any(test(value) for test in tests)

    def _both(self) -> Test:
        tests = [self._one()]
        while self._next_is("&&"):
            tests.append(self._one())
        return tests[0] if len(tests) == 1 else lambda value: all(test(value) for test in tests)

    def _one(self) -> Test:
        if self._next_is("("):
            inner = self.either()
            if not self._next_is(")"):
                raise _invalid()
            return inner
        kind, path = self._take()
        if kind != "path":
            raise _invalid()
        kind, operator = self._take()
        if kind == "word":
            return self._worded(path, operator.upper())
        if kind != "op" or operator in ("&&", "||", "(", ")"):
            raise _invalid()
        return _compared(path, operator, *self._take())

    def _worded(self, path: str, word: str) -> Test:
        if word == "EXISTS":
            return lambda value: _find(value, path) is not _MISSING
        follows = self._take()[1].upper()
        if (word, follows) == ("NOT", "EXISTS"):
            return lambda value: _find(value, path) is _MISSING
        wanted = {"NULL": None, "TRUE": True, "FALSE": False}
        if word == "IS" and follows in wanted:
            return lambda value: _find(value, path) is wanted[follows]
        raise _invalid()


def _find(value: Any, path: str) -> Any:
    for name, index, quoted, single in _STEP.findall(path):
        if index:
            if not isinstance(value, list) or int(index) >= len(value):
                return _MISSING
            value = value[int(index)]
        else:
            key = name or quoted or single
            if not isinstance(value, dict) or key not in value:
                return _MISSING
            value = value[key]
    return value


def field(value: Any, path: str) -> Any:
    """The value at a path such as `$.a.b[0]`; None where there is none."""
    found = _find(value, path)
    return None if found is _MISSING else found


def _compared(path: str, operator: str, kind: str, wanted: str) -> Test:
    number = _number(wanted) if kind == "word" else None
    if number is not None:
        return _numeric(path, operator, number)
    if operator not in ("=", "!="):
        raise _invalid()
    if kind == "regex":
        pattern = re.compile(wanted[1:-1])
    else:
        text = re.sub(r"\\(.)", r"\1", wanted[1:-1]) if kind == "text" else wanted
        pattern = re.compile("^" + ".*".join(re.escape(part) for part in text.split("*")) + "$", re.DOTALL)

    def test(value: Any) -> bool:
        found = _find(value, path)
        same = isinstance(found, str | int | float) and pattern.search(spelled(found)) is not None
        return same if operator == "=" else found is not _MISSING and not same

    return test


def spelled(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def _number(text: str) -> float | None:
    try:
        return float(text)
    except ValueError:
        return None


def _numeric(path: str, operator: str, wanted: float) -> Test:
    compare: dict[str, Callable[[float], bool]] = {
        "=": lambda found: found == wanted,
        "!=": lambda found: found != wanted,
        ">": lambda found: found > wanted,
        "<": lambda found: found < wanted,
        ">=": lambda found: found >= wanted,
        "<=": lambda found: found <= wanted,
    }
    holds = compare[operator]

    def test(value: Any) -> bool:
        found = _find(value, path)
        return isinstance(found, int | float) and not isinstance(found, bool) and holds(found)

    return test
