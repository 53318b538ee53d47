"""The SQL of S3 Select: one SELECT from one object. Anything else that SQL has is refused.

An expression is a tuple whose first member says what it is: literal, path, not, negate, a binary operator's sign, and, or,
in, between, like, null, missing, case, cast, call, aggregate. Source: S3 User Guide, "SQL reference for Amazon S3 Select".
"""

from __future__ import annotations

import re
from typing import Any, NamedTuple

from .errors import Refused
from .values import moment_of

EXPRESSION_BYTES = 256 * 1024
DEPTH_MAX = 64
AGGREGATES = ("count", "sum", "avg", "min", "max")
TYPES = {
    "bool": "bool", "boolean": "bool", "int": "int", "integer": "int", "string": "string", "varchar": "string",
    "char": "string", "float": "float", "double": "float", "real": "float", "decimal": "decimal",
    "numeric": "decimal", "timestamp": "timestamp",
}  # fmt: skip
FUNCTIONS = {  # least and most arguments
    "coalesce": (1, 64), "nullif": (2, 2), "char_length": (1, 1), "character_length": (1, 1), "lower": (1, 1),
    "upper": (1, 1), "substring": (2, 3), "trim": (1, 3), "utcnow": (0, 0), "to_timestamp": (1, 1), "extract": (2, 2),
    "to_string": (2, 2), "date_add": (3, 3), "date_diff": (3, 3),
}  # fmt: skip
_PARTS = ("year", "month", "day", "hour", "minute", "second", "timezone_hour", "timezone_minute")
_STRUCTURES = ("group", "order", "having", "join", "union", "inner", "left", "right", "cross", "distinct", "into")
_TOKEN = re.compile(
    r"""(?P<space>\s+|--[^\n]*)|(?P<number>\d+(?:\.\d+)?(?:[eE][+-]?\d+)?)|(?P<text>'(?:[^']|'')*')|(?P<moment>`[^`]*`)"""
    r"""|(?P<quoted>"(?:[^"]|"")*")|(?P<name>[A-Za-z_][A-Za-z0-9_]*)|(?P<sign><=|>=|<>|!=|[-+*/%=<>(),.\[\]])"""
)
_COMPARING = ("=", "<>", "!=", "<", ">", "<=", ">=")

Expression = tuple[Any, ...]
Step = tuple[str, Any]  # ("name", text), ("quoted", text), ("index", number), ("all", None)


class Token(NamedTuple):
    kind: str
    text: str


class Query(NamedTuple):
    """`items` are (expression, alias), None for every column; `source` is the path behind S3Object."""

    items: list[tuple[Expression, str]] | None
    source: tuple[Step, ...]
    alias: str
    where: Expression | None
    limit: int | None


def parse(text: str) -> Query:
    if len(text.encode()) > EXPRESSION_BYTES:
        raise Refused("ExpressionTooLong")
    return _Parser(_tokens(text)).query()


def _tokens(text: str) -> list[Token]:
    found: list[Token] = []
    at = 0
    while at < len(text):
        match = _TOKEN.match(text, at)
        if match is None:
            raise Refused("LexerInvalidLiteral" if text[at] in "'\"`" else "LexerInvalidChar", f"Found {text[at]!r}.")
        kind = str(match.lastgroup)
        if kind != "space":
            found.append(Token(kind, match[0]))
        at = match.end()
    return [*found, Token("end", "")]


class _Parser:
    def __init__(self, tokens: list[Token]) -> None:
        self._tokens = tokens
        self._at = 0
        self._depth = 0

    # Tokens

    @property
    def _next(self) -> Token:
        return self._tokens[self._at]

    def _take(self) -> Token:
        token = self._next
        self._at += 1
        return token

    def _is_word(self, *words: str) -> bool:
        return self._next.kind == "name" and self._next.text.lower() in words

    def _has_word(self, *words: str) -> bool:
        found = self._is_word(*words)
        self._at += found
        return found

    def _has_sign(self, sign: str) -> bool:
        found = self._next == Token("sign", sign)
        self._at += found
        return found

    def _need_word(self, word: str) -> None:
        if not self._has_word(word):
            raise Refused("ParseExpectedKeyword", f"Expected {word.upper()}, found {self._next.text or 'the end'}.")

    def _need_sign(self, sign: str) -> None:
        if not self._has_sign(sign):
            raise self._unexpected()

    def _unexpected(self) -> Refused:
        if self._is_word(*_STRUCTURES):
            return Refused("UnsupportedSqlStructure", f"Found {self._next.text}.")
        return Refused("ParseUnexpectedToken", f"Found {self._next.text or 'the end'}.")

    # The statement

    def query(self) -> Query:
        self._need_word("select")
        if self._is_word("distinct"):
            raise self._unexpected()
        items = self._items()
        self._need_word("from")
        if not self._has_word("s3object"):
            raise Refused("UnsupportedSqlStructure", "Only S3Object can be selected from.")
        source = tuple(self._steps())
        alias = self._alias("where", "limit", *_STRUCTURES)
        if not alias:
            last = source[-1] if source else ("", "")
            alias = last[1] if last[0] in ("name", "quoted") else "s3object"
        where = self._expression() if self._has_word("where") else None
        limit = self._number_behind("limit")
        if self._next.kind != "end":
            raise self._unexpected()
        return Query(items, source, alias, where, limit)

    def _number_behind(self, word: str) -> int | None:
        if not self._has_word(word):
            return None
        if self._next.kind != "number" or not self._next.text.isdigit():
            raise self._unexpected()
        return int(self._take().text)

    def _items(self) -> list[tuple[Expression, str]] | None:
        if self._has_sign("*"):
            return None
        if self._next.kind in ("name", "quoted") and self._tokens[self._at + 1 : self._at + 3] == [
            Token("sign", "."), Token("sign", "*"),
        ]:  # fmt: skip
            self._at += 3
            return None
        items: list[tuple[Expression, str]] = []
        while True:
            expression = self._expression()
            items.append((expression, self._alias("from")))
            if not self._has_sign(","):
                return items

    def _alias(self, *before: str) -> str:
        is_said = self._has_word("as")
        if self._next.kind == "quoted" or (self._next.kind == "name" and (is_said or not self._is_word(*before))):
            return _unquoted(self._take())
        if is_said:
            raise self._unexpected()
        return ""

    def _steps(self) -> list[Step]:
        steps: list[Step] = []
        while True:
            if self._has_sign("."):
                if self._next.kind not in ("name", "quoted"):
                    raise self._unexpected()
                token = self._take()
                steps.append((token.kind, _unquoted(token)))
            elif self._has_sign("["):
                if self._has_sign("*"):
                    steps.append(("all", None))
                elif self._next.kind == "number" and self._next.text.isdigit():
                    steps.append(("index", int(self._take().text)))
                elif self._next.kind == "text":
                    steps.append(("quoted", _unquoted(self._take())))
                else:
                    raise self._unexpected()
                self._need_sign("]")
            else:
                return steps

    # Expressions, from the loosest to the tightest

    def _expression(self) -> Expression:
        self._depth += 1
        if self._depth > DEPTH_MAX:
            raise Refused("UnsupportedSqlStructure", "It is nested too deeply.")
        left = self._conjunction()
        while self._has_word("or"):
            left = ("or", left, self._conjunction())
        self._depth -= 1
        return left

    def _conjunction(self) -> Expression:
        left = self._negation()
        while self._has_word("and"):
            left = ("and", left, self._negation())
        return left

    def _negation(self) -> Expression:
        count = 0
        while self._has_word("not"):
            count += 1
        inner = self._comparison()
        return ("not", inner) if count % 2 else inner

    def _comparison(self) -> Expression:
        left = self._sum()
        while True:
            if self._next.kind == "sign" and self._next.text in _COMPARING:
                sign = self._take().text
                left = ("<>" if sign == "!=" else sign, left, self._sum())
                continue
            if self._has_word("is"):
                is_not = self._has_word("not")
                kind = "null" if self._has_word("null") else "missing"
                if kind == "missing":
                    self._need_word("missing")
                left = (kind, left, is_not)
                continue
            is_not = self._is_word("not") and self._tokens[self._at + 1].text.lower() in ("in", "between", "like")
            self._at += is_not
            if self._has_word("in"):
                left = ("in", left, self._list(), is_not)
            elif self._has_word("between"):
                low = self._sum()
                self._need_word("and")
                left = ("between", left, low, self._sum(), is_not)
            elif self._has_word("like"):
                pattern = self._sum()
                left = ("like", left, pattern, self._sum() if self._has_word("escape") else None, is_not)
            else:
                return left

    def _list(self) -> list[Expression]:
        self._need_sign("(")
        if self._is_word("select"):
            raise Refused("UnsupportedSqlStructure", "There are no subqueries.")
        found = [self._expression()]
        while self._has_sign(","):
            found.append(self._expression())
        self._need_sign(")")
        return found

    def _sum(self) -> Expression:
        left = self._product()
        while self._next.kind == "sign" and self._next.text in "+-":
            left = (self._take().text, left, self._product())
        return left

    def _product(self) -> Expression:
        left = self._signed()
        while self._next.kind == "sign" and self._next.text in "*/%":
            left = (self._take().text, left, self._signed())
        return left

    def _signed(self) -> Expression:
        count = 0
        while self._next.kind == "sign" and self._next.text in "+-":
            count += self._take().text == "-"
        inner = self._primary()
        return ("negate", inner) if count % 2 else inner

    def _primary(self) -> Expression:
        token = self._next
        if token.kind == "number":
            self._at += 1
            return ("literal", int(token.text) if token.text.isdigit() else float(token.text))
        if token.kind == "text":
            return ("literal", _unquoted(self._take()))
        if token.kind == "moment":
            return ("literal", _moment(self._take().text[1:-1]))
        if self._has_sign("("):
            if self._is_word("select"):
                raise Refused("UnsupportedSqlStructure", "There are no subqueries.")
            inner = self._expression()
            self._need_sign(")")
            return inner
        if token.kind not in ("name", "quoted") or self._is_word("from", "where", "select", *_STRUCTURES):
            raise self._unexpected()
        if token.kind == "name":
            word = token.text.lower()
            if word in ("true", "false", "null", "missing"):
                self._at += 1
                return ("literal", {"true": True, "false": False}.get(word))
            if word == "case":
                return self._case()
            if self._tokens[self._at + 1] == Token("sign", "("):
                self._at += 2
                return self._call(word)
        self._at += 1
        return ("path", ((token.kind, _unquoted(token)), *self._steps()))

    def _case(self) -> Expression:
        self._need_word("case")
        base = None if self._is_word("when") else self._expression()
        branches: list[tuple[Expression, Expression]] = []
        while self._has_word("when"):
            condition = self._expression()
            self._need_word("then")
            branches.append((condition, self._expression()))
        otherwise = self._expression() if self._has_word("else") else ("literal", None)
        self._need_word("end")
        if not branches:
            raise Refused("ParseExpectedKeyword", "Expected WHEN.")
        return ("case", base, branches, otherwise)

    def _call(self, name: str) -> Expression:
        """Behind its opening bracket."""
        if name in AGGREGATES:
            inner = None if name == "count" and self._has_sign("*") else self._expression()
            self._need_sign(")")
            return ("aggregate", name, inner)
        if name == "cast":
            return self._cast()
        if name not in FUNCTIONS:
            raise Refused("UnsupportedFunction", f"Found {name}.")
        arguments = self._arguments(name)
        self._need_sign(")")
        least, most = FUNCTIONS[name]
        if not least <= len(arguments) <= most:
            raise Refused("EvaluatorInvalidArguments", f"Found {name}.")
        return ("call", name, arguments)

    def _cast(self) -> Expression:
        inner = self._expression()
        self._need_word("as")
        kind = TYPES.get(self._take().text.lower())
        if kind is None:
            raise Refused("ParseUnexpectedToken", "Expected a data type.")
        if self._has_sign("("):  # lengths and precisions, which are taken and have no effect on AWS either
            while self._next.kind == "number" or self._next.text == ",":
                self._at += 1
            self._need_sign(")")
        self._need_sign(")")
        return ("cast", inner, kind)

    def _arguments(self, name: str) -> list[Expression]:
        if self._next == Token("sign", ")"):
            return []
        if name == "trim":
            return self._trimmed()
        first: Expression
        if name in ("extract", "date_add", "date_diff"):
            if not self._is_word(*_PARTS):
                raise Refused("ParseUnexpectedToken", "Expected a date part.")
            first = ("literal", self._take().text.lower())
        else:
            first = self._expression()
        found = [first]
        if name in ("extract", "substring") and self._has_word("from"):
            found.append(self._expression())
            if name == "substring" and self._has_word("for"):
                found.append(self._expression())
            return found
        while self._has_sign(","):
            found.append(self._expression())
        return found

    def _trimmed(self) -> list[Expression]:
        """Which side, what, and of what."""
        side = self._take().text.lower() if self._is_word("leading", "trailing", "both") else "both"
        if self._has_word("from"):
            return [("literal", side), ("literal", " "), self._expression()]
        first = self._expression()
        if self._has_word("from"):
            return [("literal", side), first, self._expression()]
        return [("literal", side), ("literal", " "), first]


def _moment(text: str) -> Any:
    """What stands between backquotes is of Ion; points in time are taken."""
    try:
        return moment_of(text)
    except Refused:
        raise Refused("LexerInvalidIONLiteral", f"Found {text!r}.") from None


def _unquoted(token: Token) -> str:
    if token.kind == "quoted":
        return token.text[1:-1].replace('""', '"')
    if token.kind == "text":
        return token.text[1:-1].replace("''", "'")
    return token.text
