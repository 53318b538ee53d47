"""The words of PartiQL, and a cursor over those of one statement."""

from __future__ import annotations

import re
from typing import Any, NamedTuple

from . import limits
from .errors import ValidationException
from .grammar import Path

_TOKEN = re.compile(
    r"\s+|([A-Za-z_][A-Za-z0-9_]*)|(\"(?:[^\"]|\"\")*\")|('(?:[^']|'')*')|"
    r"([0-9]+(?:\.[0-9]*)?(?:[eE][+-]?[0-9]+)?|\.[0-9]+(?:[eE][+-]?[0-9]+)?)|(<<|>>|<>|!=|<=|>=|[=<>()\[\]{},.:?*+-])|(.)",
    re.DOTALL,
)
WORD, QUOTED, STRING, NUMBER, SIGN, OTHER, END = range(1, 8)
KEYWORDS = frozenset(
    ("SELECT", "FROM", "WHERE", "AND", "OR", "NOT", "IN", "BETWEEN", "IS", "ORDER", "BY", "SET", "REMOVE", "RETURNING",
     "VALUE", "INTO", "INSERT", "UPDATE", "DELETE", "EXISTS", "MISSING", "NULL", "TRUE", "FALSE", "ASC", "DESC")
)  # fmt: skip


class Token(NamedTuple):
    kind: int
    text: str


class Cursor:
    """Nesting and operators are counted, so that no statement takes long."""

    def __init__(self, text: str) -> None:
        self.tokens = [Token(match.lastindex, match.group()) for match in _TOKEN.finditer(text) if match.lastindex]
        self.tokens.append(Token(END, ""))
        self.at = self.depth = self.parameters = self._operators = 0
        self.templates: dict[str, Any] = {}
        self.named: list[Path] = []

    # Tokens

    def error(self, detail: str) -> ValidationException:
        return ValidationException(f"Statement wasn't well formed, can't be processed: {detail}")

    def unexpected(self) -> ValidationException:
        token = self.tokens[self.at]
        if token.kind == END:
            return self.error("Unexpected end of statement")
        what = "keyword" if token.kind == WORD and token.text.upper() in KEYWORDS else "term"
        return self.error(f"Unexpected {what}")

    def next(self) -> Token:
        self.at += 1
        return self.tokens[self.at - 1]

    def is_word(self, *words: str) -> bool:
        token = self.tokens[self.at]
        return token.kind == WORD and token.text.upper() in words

    def accept_word(self, word: str) -> bool:
        if self.is_word(word):
            self.at += 1
            return True
        return False

    def accept(self, sign: str) -> bool:
        token = self.tokens[self.at]
        if token.kind == SIGN and token.text == sign:
            self.at += 1
            return True
        return False

    def expect_word(self, *words: str) -> None:
        for word in words:
            if not self.accept_word(word):
                raise self.unexpected()

    def expect(self, sign: str) -> None:
        if not self.accept(sign):
            raise self.unexpected()

    def deeper(self) -> None:
        self.depth += 1
        if self.depth > limits.EXPRESSION_DEPTH:
            raise self.error("The statement is nested too deeply")

    def operator(self) -> None:
        self._operators += 1
        if self._operators > limits.OPERATORS:
            raise self.error("The statement has too many operators")
