"""The tokens of expressions, and a cursor over them: what the grammar reads from, with the errors of its syntax."""

from __future__ import annotations

import re
from typing import NamedTuple

from . import limits
from .errors import ValidationException

KEYWORDS = frozenset(("AND", "OR", "NOT", "BETWEEN", "IN"))
_TOKEN = re.compile(
    r"[ \t\r\n]+|([A-Za-z][A-Za-z0-9_]*)|([#:][A-Za-z0-9_]+)|([0-9]+)|(<>|<=|>=|[=<>()\[\],.+-])|(.)", re.DOTALL
)
WORD, NAME, NUMBER, SIGN, OTHER, END = range(1, 7)


class Token(NamedTuple):
    kind: int
    text: str
    start: int
    end: int


def tokens(text: str) -> list[Token]:
    found: list[Token] = []
    for match in _TOKEN.finditer(text):
        group = match.lastindex
        if group is not None:
            found.append(Token(group, match.group(), match.start(), match.end()))
    found.append(Token(END, "<EOF>", len(text), len(text)))
    return found


class Cursor:
    """The place in one expression; `kind` is its parameter's name, for the errors."""

    def __init__(self, kind: str, text: str) -> None:
        self.kind = kind
        self._text = text
        self._at = 0
        self._depth = 0
        self._operators = 0
        if not text.strip():
            raise self.error("The expression can not be empty;")
        size = len(text.encode("utf-8", "surrogatepass"))
        if size > limits.EXPRESSION_BYTES:
            shown = "" if kind == "UpdateExpression" else f" expression size: {size}"
            raise self.error(f"Expression size has exceeded the maximum allowed size;{shown}")
        self._tokens = tokens(text)

    def error(self, sentence: str) -> ValidationException:
        return ValidationException(f"Invalid {self.kind}: {sentence}")

    def _unexpected(self) -> ValidationException:
        """A syntax error at the present token, with what stands around it."""
        at, all_tokens = self._at, self._tokens
        token = all_tokens[at]
        first = all_tokens[at - 1] if at else token
        last = all_tokens[at + 1] if at + 1 < len(all_tokens) else token
        near = self._text[first.start : last.end]
        return self.error(f'Syntax error; token: "{token.text}", near: "{near}"')

    def _next(self) -> Token:
        token = self._tokens[self._at]
        self._at += 1
        return token

    def _is(self, text: str) -> bool:
        token = self._tokens[self._at]
        return token.text == text and token.kind == SIGN

    def _word(self, word: str) -> bool:
        token = self._tokens[self._at]
        return token.kind == WORD and token.text.upper() == word

    def _accept(self, text: str) -> bool:
        if self._is(text):
            self._at += 1
            return True
        return False

    def _accept_word(self, word: str) -> bool:
        if self._word(word):
            self._at += 1
            return True
        return False

    def _expect(self, text: str) -> None:
        if not self._accept(text):
            raise self._unexpected()

    def end(self) -> None:
        if self._tokens[self._at].kind != END:
            raise self._unexpected()

    def _deeper(self) -> None:
        self._depth += 1
        if self._depth > limits.EXPRESSION_DEPTH:
            raise self.error("The expression is nested too deeply")

    def _operator(self) -> None:
        self._operators += 1
        if self._operators > limits.OPERATORS:
            raise self.error(f"The expression contains too many operators; operator count: {self._operators}")
