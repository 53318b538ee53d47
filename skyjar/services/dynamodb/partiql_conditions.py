"""Names, values and conditions of PartiQL, as the nodes of `grammar.py`.

A literal, or a parameter (`?`), is a template of a value, kept by name; `bound` fills in the parameters.
"""

from __future__ import annotations

from typing import Any, NamedTuple

from . import limits
from .errors import ValidationException
from .grammar import COMPARATORS, Node, Path
from .partiql_tokens import KEYWORDS, NUMBER, QUOTED, SIGN, STRING, WORD, Cursor
from .values import Value

_FUNCTIONS = {"attribute_type": 2, "begins_with": 2, "contains": 2}


class Parameter(NamedTuple):
    place: int


def bound(template: Any, parameters: list[Value]) -> Value:
    """The value that a template makes."""
    if isinstance(template, Parameter):
        return parameters[template.place]
    ((kind, content),) = template.items()
    if kind == "M":
        return {"M": {name: bound(each, parameters) for name, each in content.items()}}
    if kind == "L":
        return {"L": [bound(each, parameters) for each in content]}
    if kind == "set":
        return _set([bound(each, parameters) for each in content])
    return {kind: content}


def _set(members: list[Value]) -> Value:
    kinds = {next(iter(each)) for each in members}
    kind = kinds.pop() if len(kinds) == 1 else ""
    if kind not in ("S", "N", "B"):
        raise ValidationException(
            "One or more parameter values were invalid: A set must have members of one scalar type"
        )
    return {kind + "S": [each[kind] for each in members]}


class Conditions(Cursor):
    """Reads what stands in a WHERE clause, or behind a SET."""

    # Names, paths and values

    def name(self) -> str:
        token = self.tokens[self.at]
        if token.kind == QUOTED and len(token.text) > 2:
            self.at += 1
            return token.text[1:-1].replace('""', '"')
        if token.kind == WORD and token.text.upper() not in KEYWORDS:
            self.at += 1
            return token.text
        raise self.unexpected()

    def path(self) -> Path:
        parts: list[str | int] = [self.name()]
        while True:
            if self.accept("."):
                parts.append(self.name())
            elif self.accept("["):
                token = self.next()
                if token.kind == NUMBER and token.text.isdigit() and len(token.text) < 10:
                    parts.append(int(token.text))
                elif token.kind == STRING:
                    parts.append(token.text[1:-1].replace("''", "'"))
                else:
                    self.at -= 1
                    raise self.unexpected()
                self.expect("]")
            else:
                break
        if len(parts) > limits.PATH_DEPTH:
            raise self.error("The document path has too many nesting elements")
        self.named.append(tuple(parts))
        return tuple(parts)

    def keep(self, template: Any) -> str:
        name = f":{len(self.templates)}"
        self.templates[name] = template
        return name

    def is_literal(self) -> bool:
        token = self.tokens[self.at]
        if token.kind in (STRING, NUMBER) or (token.kind == SIGN and token.text in ("?", "[", "{", "<<", "-")):
            return True
        return self.is_word("TRUE", "FALSE", "NULL")

    def literal(self) -> Any:
        token = self.next()
        if token.kind == STRING:
            return {"S": token.text[1:-1].replace("''", "'")}
        if token.kind == NUMBER:
            return {"N": token.text}
        word = token.text.upper()
        if token.kind == WORD and word in ("TRUE", "FALSE", "NULL"):
            return {"NULL": True} if word == "NULL" else {"BOOL": word == "TRUE"}
        if token.kind == SIGN:
            if word == "?":
                self.parameters += 1
                return Parameter(self.parameters - 1)
            if word == "-" and self.tokens[self.at].kind == NUMBER:
                return {"N": "-" + self.next().text}
            if word in ("[", "{", "<<"):
                return self._collection(word)
        self.at -= 1
        raise self.unexpected()

    def _collection(self, sign: str) -> Any:
        self.deeper()
        end = {"[": "]", "{": "}", "<<": ">>"}[sign]
        listed: list[Any] = []
        named: dict[str, Any] = {}
        while not self.accept(end):
            if (listed or named) and not self.accept(","):
                raise self.unexpected()
            if sign == "{":
                token = self.next()
                if token.kind != STRING:
                    self.at -= 1
                    raise self.unexpected()
                self.expect(":")
                named[token.text[1:-1].replace("''", "'")] = self.literal()
            else:
                listed.append(self.literal())
        self.depth -= 1
        return {"M": named} if sign == "{" else {"L": listed} if sign == "[" else {"set": listed}

    def operand(self, *, is_update: bool = False) -> Node:
        if self.is_literal():
            return "value", self.keep(self.literal())
        name = self.function()
        if name is None:
            return "path", self.path()
        self.at += 1
        self.expect("(")
        self.deeper()
        first = self.operand(is_update=is_update)
        self.depth -= 1
        if name == "size" and not is_update:
            self.expect(")")
            return "size", first
        if is_update and name in ("list_append", "if_not_exists"):
            self.expect(",")
            self.deeper()
            second = self.operand(is_update=True)
            self.depth -= 1
            self.expect(")")
            return name, first, second
        raise self.error(f"Unsupported function: {name}")

    def function(self) -> str | None:
        token = self.tokens[self.at]
        if token.kind != WORD or token.text.upper() in KEYWORDS or self.tokens[self.at + 1] != (SIGN, "("):
            return None
        return token.text.lower()

    # Conditions

    def condition(self) -> Node:
        found = [self._conjunction()]
        while self.accept_word("OR"):
            self.operator()
            found.append(self._conjunction())
        return ("or", found) if len(found) > 1 else found[0]

    def _conjunction(self) -> Node:
        found = [self._negation()]
        while self.accept_word("AND"):
            self.operator()
            found.append(self._negation())
        return ("and", found) if len(found) > 1 else found[0]

    def _negation(self) -> Node:
        is_negated = False
        while self.accept_word("NOT"):
            self.operator()
            is_negated = not is_negated
        inner = self._primary()
        return ("not", inner) if is_negated else inner

    def _primary(self) -> Node:
        if self.accept("("):
            self.deeper()
            inner = self.condition()
            self.expect(")")
            self.depth -= 1
            return inner
        name = self.function()
        if name in _FUNCTIONS:
            self.at += 1
            self.expect("(")
            first = self.operand()
            self.expect(",")
            second = self.operand()
            self.expect(")")
            return name, [first, second]
        return self._comparison(self.operand())

    def _comparison(self, left: Node) -> Node:
        token = self.tokens[self.at]
        if token.kind == SIGN and token.text in (*COMPARATORS, "!="):
            self.at += 1
            self.operator()
            right = self.operand()
            if token.text not in ("<>", "!="):
                return token.text, left, right
            present: list[Node] = [("attribute_exists", [each]) for each in (left, right) if each[0] == "path"]
            return "and", [*present, ("<>", left, right)]
        if self.accept_word("BETWEEN"):
            self.operator()
            low = self.operand()
            self.expect_word("AND")
            return "between", left, low, self.operand()
        if self.accept_word("IN"):
            return self._choice(left)
        if self.accept_word("IS"):
            is_negated = self.accept_word("NOT")
            if self.accept_word("MISSING"):
                test: Node = ("attribute_not_exists", [left])
            else:
                self.expect_word("NULL")
                test = ("attribute_type", [left, ("value", self.keep({"S": "NULL"}))])
            return ("not", test) if is_negated else test
        raise self.unexpected()

    def _choice(self, left: Node) -> Node:
        self.operator()
        end = "]" if self.accept("[") else ")"
        if end == ")":
            self.expect("(")
        choices = [self.operand()]
        while self.accept(","):
            choices.append(self.operand())
        self.expect(end)
        if len(choices) > limits.IN_OPERANDS:
            raise ValidationException(
                f"The IN operator is provided with too many operands; number of operands: {len(choices)}"
            )
        return "in", left, choices
